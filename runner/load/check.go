package load

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
)

// withDefaults fills in what was left empty.
func (c Class) withDefaults() Class {
	if c.Verb == Get || c.Verb == List {
		c.Mode = cmp.Or(c.Mode, Cached)
	}
	if c.Mode == Paged {
		c.PageSize = cmp.Or(c.PageSize, DefaultPageSize)
	}
	if c.Verb == Patch {
		c.PatchType = cmp.Or(c.PatchType, MergePatch)
	}
	if c.Encoding == "" && c.custom() {
		c.Encoding = JSON // The API server has no protobuf for them.
	}
	c.Encoding = cmp.Or(c.Encoding, Protobuf)
	return c
}

// ofMany reports whether the class's requests are for a collection and not for one object.
func (c Class) ofMany() bool { return c.Verb == List || c.Verb == Watch }

// check refuses a class that cannot be sent.
func (c Class) check() error {
	switch {
	case c.Rate <= 0:
		return fmt.Errorf("the rate %v/s must be positive", c.Rate)
	case c.ofMany() && c.Scope != ScopeNamespace && c.Scope != ScopeCluster:
		return fmt.Errorf("%s has the scope namespace or cluster, not %q", c.Verb, c.Scope)
	case !c.ofMany() && c.Scope != ScopeResource:
		return fmt.Errorf("%s has the scope resource, not %q", c.Verb, c.Scope)
	case c.Encoding != "" && c.Encoding != Protobuf && c.Encoding != JSON:
		return fmt.Errorf("the encoding %q is neither protobuf nor json", c.Encoding)
	}
	return cmp.Or(c.checkVerb(), c.checkReading(), c.checkPatchType(), c.checkSize(), c.checkManifest(), c.Users.check())
}

// checkVerb refuses verbs that the resource is not fit for.
func (c Class) checkVerb() error {
	if c.Subresource != "" {
		return c.checkSubresource()
	}
	resource := c.Resource.GroupResource()
	kind, own := c.ownKind()
	switch c.Verb {
	case Get, List, Watch, Patch:
		return nil
	case Create, Delete, Apply:
		if !own {
			return fmt.Errorf("%s needs objects that are nothing but a name, such as configmaps, or a manifest; %s are not", c.Verb, resource)
		}
		return nil
	case Update:
		if !own || kind.versioned {
			return fmt.Errorf("update needs objects that can be replaced blindly, such as configmaps; use patch for %s", resource)
		}
		return nil
	}
	return fmt.Errorf("the verb %q is none of get, list, watch, create, update, patch, apply, delete", c.Verb)
}

// checkReading refuses ways to read that the verb does not have.
func (c Class) checkReading() error {
	modes := map[string][]string{Get: {Cached, Consistent}, List: {Cached, Consistent, Paged, WatchList}}[c.Verb]
	switch {
	case c.Mode != "" && modes == nil:
		return fmt.Errorf("the mode %q is for get and list, not for %s", c.Mode, c.Verb)
	case c.Mode != "" && !slices.Contains(modes, c.Mode):
		return fmt.Errorf("%s has the modes %v, not %q", c.Verb, modes, c.Mode)
	case c.PageSize < 0:
		return fmt.Errorf("the page size %d must be positive", c.PageSize)
	case c.PageSize > 0 && c.Mode != Paged:
		return errors.New("a page size is for the mode paged; set it or leave the page size out")
	case (c.LabelSelector != "" || c.FieldSelector != "") && !c.ofMany():
		return fmt.Errorf("selectors are for list and watch, not for %s", c.Verb)
	}
	if _, err := labels.Parse(c.LabelSelector); err != nil {
		return fmt.Errorf("the label selector %q: %w", c.LabelSelector, err)
	}
	if _, err := fields.ParseSelector(c.FieldSelector); err != nil {
		return fmt.Errorf("the field selector %q: %w", c.FieldSelector, err)
	}
	return nil
}

// checkPatchType refuses patches that the resource's objects do not take.
func (c Class) checkPatchType() error {
	resource := c.Resource.GroupResource()
	_, own := c.ownKind()
	switch {
	case c.PatchType == "":
		return nil
	case c.Verb != Patch:
		return fmt.Errorf("the patch type %q is for patch, not for %s", c.PatchType, c.Verb)
	case c.PatchType == MergePatch:
		return nil
	case c.PatchType == StrategicPatch:
		if c.custom() {
			return fmt.Errorf("custom resources such as %s take no strategic patch; use merge", resource)
		}
		return nil
	case c.PatchType == JSONPatch:
		if !own {
			return fmt.Errorf("a json patch adds to annotations that must exist, which is not known of %s; use merge", resource)
		}
		return nil
	}
	return fmt.Errorf("the patch type %q is none of merge, strategic, json", c.PatchType)
}

// checkSize refuses payloads that no object can carry.
func (c Class) checkSize() error {
	resource := c.Resource.GroupResource()
	kind, own := c.ownKind()
	switch {
	case c.Size < 0:
		return fmt.Errorf("the size %d must not be negative", c.Size)
	case c.Size > 0 && !own:
		return fmt.Errorf("a size is for objects that the load makes, such as configmaps; it makes no %s", resource)
	case c.Size > kind.maxSize:
		return fmt.Errorf("the size %d is more than the %d bytes that %s can carry; "+
			"configmaps and secrets carry %d", c.Size, kind.maxSize, resource, MaxSize)
	}
	return nil
}
