package spec

import (
	"fmt"
	"slices"
	"strings"
)

// users checks the load's users, and that classes name them.
func (c *checker) users(l Load, path string) {
	names := map[string]bool{}
	for i, u := range l.Users {
		at := fmt.Sprintf("%s.users[%d]", path, i)
		if unique(c, names, u.Name, at, "user") {
			names[u.Name] = true
		}
		if !slices.ContainsFunc(l.Requests, func(r Request) bool { return r.User == u.Name }) {
			c.fault(at+".name", "name them as user: of a class, or leave them out", "no class is sent as %s", u.Name)
		}
	}
	for i, r := range l.Requests {
		at := fmt.Sprintf("%s.requests[%d].user", path, i)
		if c.sound(at) && !names[r.User] {
			c.fault(at, meant(r.User, sortedKeys(names)), "the load has no users %q", r.User)
		}
	}
}

// own checks what a class needs of the objects that it works on.
func (c *checker) own(r Request, path string) {
	if !c.sound(path+".verb") || !c.sound(path+".resource") || c.faulted[path+".manifest"] {
		return
	}
	makes := slices.Contains([]string{"create", "update", "apply", "delete"}, r.Verb) && r.Subresource == ""
	switch {
	case r.OfOthers() && r.Manifest != nil:
		c.fault(path+".manifest", "", "a load has no %s of its own", r.Resource)
	case r.PatchType == "json" && c.sound(path+".patchType") && !r.Own():
		c.fault(path+".patchType", "use merge", "a json patch adds to annotations that must exist, which is not known of %s", r.Resource)
	case r.OfOthers():
	case makes && !r.Own():
		c.fault(path+".resource", "give the class a manifest", "a load does not know what its own %s would be, and so cannot %s them",
			r.Resource, r.Verb)
	case c.has(path+".objects") && !r.Own():
		c.fault(path+".objects", "give the class a manifest, or leave it out", "the class works on the %s that workloads have made", r.Resource)
	case c.has(path+".size") && !r.Own():
		c.fault(path+".size", "give the class a manifest", "a load has no %s of its own that could carry a payload", r.Resource)
	case r.Verb == "update" && r.Custom() && r.Subresource != "scale":
		c.fault(path+".verb", "use patch or apply", "the API server replaces a custom resource only if its resourceVersion is told")
	case r.Custom() && c.has(path+".encoding") && r.Encoding == "protobuf":
		c.fault(path+".encoding", "use json, or leave it out", "the API server has no protobuf for custom resources such as %s", r.Resource)
	case r.Custom() && r.PatchType == "strategic":
		c.fault(path+".patchType", "use merge", "custom resources such as %s take no strategic patch", r.Resource)
	}
	if r.Manifest != nil {
		c.ownManifest(r, path+".manifest")
	}
}

// ownManifest checks the manifest of a class's own objects.
func (c *checker) ownManifest(r Request, path string) {
	kind, _ := r.Manifest["kind"].(string)
	version, _ := r.Manifest["apiVersion"].(string)
	for _, fixed := range []struct{ key, text string }{{"apiVersion", version}, {"kind", kind}} {
		if fixed.text == "" || strings.Contains(fixed.text, "${") {
			c.fault(path+"."+fixed.key, "", "the manifest needs %s, a fixed text", fixed.key)
		}
	}
	group, _, hasGroup := strings.Cut(version, "/")
	if !hasGroup {
		group = ""
	}
	if _, want, named := strings.Cut(r.Resource, "."); named && c.sound(path+".apiVersion") && group != want {
		c.fault(path+".apiVersion", "", "the manifest is of the group %q, the resource %s is not", group, r.Resource)
	}
	for _, key := range []string{"name", "generateName", "namespace"} {
		if c.has(path + ".metadata." + key) {
			c.fault(path+".metadata."+key, "leave it out", "the load gives its objects their name and namespace")
		}
	}
	_, pods := podKinds[kind]
	paused := kind == "Deployment" && Lookup(r.Manifest, "spec", "paused") == true
	if (pods || refused(kind)) && !paused {
		c.fault(path+".kind", "use a Deployment with spec.paused: true, which makes no pods, or a workload in actions of its own",
			"a load cannot make a %s: nobody would count its pods", kind)
	}
}

// subresourceVerbs are the verbs that the subresources have.
var subresourceVerbs = map[string][]string{
	"status": {"get", "update", "patch"},
	"scale":  {"get", "update", "patch"},
	"token":  {"create"},
}

// noSubresource says why a load does not write to other subresources.
var noSubresource = map[string]string{
	"binding":  "it would put pods on nodes behind the scheduler's back; pods bind as they are created",
	"eviction": "it would delete pods that are counted; use a delete action",
}

func (c *checker) subresource(r Request, path string) {
	at := path + ".subresource"
	if !c.sound(at) || !c.sound(path+".verb") || !c.sound(path+".resource") {
		return
	}
	verbs, known := subresourceVerbs[r.Subresource]
	write := r.Verb == "update" || r.Verb == "patch"
	switch {
	case noSubresource[r.Subresource] != "":
		c.fault(at, "", "a load does not write to %s: %s", r.Subresource, noSubresource[r.Subresource])
	case !known:
		c.fault(at, meant(r.Subresource, sortedKeys(subresourceVerbs)), "subresource must be %s, not %q",
			either(sortedKeys(subresourceVerbs)), r.Subresource)
	case !slices.Contains(verbs, r.Verb):
		c.fault(at, "", "the subresource %s is for %s, not for %s", r.Subresource, either(verbs), r.Verb)
	case r.Subresource == "token" && r.Resource != "serviceaccounts":
		c.fault(at, "", "only serviceaccounts have tokens")
	case r.Subresource == "scale" && write && r.Manifest == nil:
		c.fault(at, "use a scale action, or give the class a manifest",
			"the class would change the replicas of objects whose pods are counted")
	case r.Subresource == "status" && r.Verb == "update" && r.Manifest == nil:
		c.fault(at, "use patch, or give the class a manifest", "an update of the status needs objects of the class's own")
	case c.has(path+".patchType") && r.PatchType != "merge" && (r.Subresource == "scale" || r.Custom()):
		c.fault(path+".patchType", "use merge", "%s takes no %s patch here", r.Label(), r.PatchType)
	case c.has(path+".size") && r.Subresource == "token":
		c.fault(path+".size", "", "a token carries no payload")
	}
}

// storage limits what the classes of a load put into etcd together.
func (c *checker) storage(l Load, path string) {
	total := 0.0
	for i, rate := range l.Rates() {
		r := l.Requests[i]
		if r.Own() {
			total += l.Objects(r, rate) * float64(r.Bytes())
		}
	}
	if total > MaxLoadBytes {
		c.fault(path+".requests", "lower the sizes, objects, rates or the duration; etcd takes 2 GiB by default, with its history",
			"the objects of all classes have %.3g GiB together, more than the 1 GiB allowed", total/(1<<30))
	}
}
