package spec

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// clusterScoped are the resources without a namespace that a load is likely to name.
var clusterScoped = []string{"nodes", "namespaces", "persistentvolumes", "storageclasses.storage.k8s.io",
	"priorityclasses.scheduling.k8s.io", "clusterroles.rbac.authorization.k8s.io"}

// maxAnnotation is the largest payload of kinds that carry it in an annotation: the API server
// takes 256 KiB of annotations in all, and 1 KiB is for their names and the other ones.
const maxAnnotation = 255 << 10

func (c *checker) load(h *history, l Load, path string) {
	shared := false
	c.users(l, path)
	for i, r := range l.Requests {
		at := fmt.Sprintf("%s.requests[%d]", path, i)
		shared = shared || !c.has(at+".rate")
		if c.has(at+".rate") && c.has(at+".weight") {
			c.fault(at+".weight", "", "a class has a rate of its own or a weight, not both")
		}
		c.request(h, r, at)
		c.own(r, at)
		c.subresource(r, at)
		c.twice(l.Requests[:i], r, at)
	}
	switch {
	case shared && !c.has(path+".rate"):
		c.fault(path+".rate", "give the load a rate, or each class its own", "the load has no rate to share among its classes")
	case !shared && c.has(path+".rate"):
		c.fault(path+".rate", "leave it out", "every class has a rate of its own, so this one has no effect")
	}
	if c.has(path + ".pace") {
		c.pace(l.Pace, path+".pace")
	}
	c.amount(l, path)
}

// amount limits what the load sends in all, once each part of it is sound.
func (c *checker) amount(l Load, path string) {
	for at := range c.faulted {
		if strings.HasPrefix(at, path+".") {
			return
		}
	}
	c.storage(l, path)
	for i, rate := range l.Rates() {
		at := fmt.Sprintf("%s.requests[%d]", path, i)
		peak, all := rate*l.Pace.Peak(), rate*l.Pace.Mean(l.Duration)*l.Duration.Seconds()
		switch {
		case peak > MaxRate:
			c.fault(at, "lower the rate or the factors", "the class sends up to %.3g requests a second, more than the %d allowed", peak, MaxRate)
		case all > MaxLoadRequests:
			c.fault(at, "lower the rate or the duration", "the class sends %.3g requests, more than the %d allowed", all, MaxLoadRequests)
		case rate <= 0:
			c.fault(at, "", "the class sends nothing")
		}
	}
}

// paceFields are the settings that each shape needs and may have.
var paceFields = map[string]struct{ needs, has []string }{
	"constant": {},
	"ramp":     {has: []string{"from", "to"}},
	"sawtooth": {needs: []string{"period"}, has: []string{"from", "to"}},
	"sine":     {needs: []string{"amplitude", "period"}},
	"steps":    {needs: []string{"factors"}},
	"trace":    {needs: []string{"points"}},
}

func (c *checker) pace(p Pace, path string) {
	if !c.sound(path+".shape") || c.faulted[path+".file"] {
		return
	}
	fields := paceFields[p.Shape]
	for _, name := range fields.needs {
		if !c.has(path + "." + name) {
			c.fault(path+"."+name, "", "the shape %s needs %s", p.Shape, strings.Join(fields.needs, " and "))
		}
	}
	all := append(slices.Clone(fields.needs), fields.has...)
	for _, name := range []string{"from", "to", "amplitude", "period", "factors", "points"} {
		if c.has(path+"."+name) && !slices.Contains(all, name) {
			c.fault(path+"."+name, "", "%s does not belong to the shape %s", name, p.Shape)
		}
	}
	if c.sound(path+".factors") && len(p.Factors) == 0 {
		c.fault(path+".factors", "", "the list of factors is empty")
	}
	for i := 1; i < len(p.Points); i++ {
		at := fmt.Sprintf("%s.points[%d]", path, i)
		if c.sound(at+".at") && p.Points[i].At <= p.Points[i-1].At {
			c.fault(at+".at", "", "points must ascend: %v comes after %v", p.Points[i].At, p.Points[i-1].At)
		}
	}
}

func (c *checker) request(h *history, r Request, path string) {
	if !c.sound(path+".verb") || !c.sound(path+".resource") || c.faulted[path+".scope"] {
		return
	}
	read := r.Verb == "get" || r.OfMany()
	switch {
	case r.OfMany() && r.Scope == "resource":
		c.fault(path+".scope", "use get for one object", "a %s is of scope namespace or cluster", r.Verb)
	case !r.OfMany() && r.Scope != "resource":
		c.fault(path+".scope", "only list and watch have the scopes namespace and cluster",
			"a %s is of one object, its scope is resource", r.Verb)
	case r.Scope == "namespace" && slices.Contains(clusterScoped, r.Resource):
		c.fault(path+".resource", "use scope: cluster", "%s are in no namespace", r.Resource)
	case r.OfOthers() && !read && r.Subresource == "":
		c.fault(path+".verb", "use configmaps, or a workload's objects in an action of their own",
			"a load cannot %s %s: what it made would be run by nothing", r.Verb, r.Resource)
	case r.OfOthers() && c.has(path+".objects"):
		c.fault(path+".objects", "", "a load has no %s of its own", r.Resource)
	case r.Resource == "pods" && !r.OfMany() && !c.anyPods(h):
		c.fault(path+".resource", "create a workload with pods before", "there are no pods to %s yet", r.Verb)
	case r.Resource == "nodes" && !r.OfMany() && len(h.nodes) == 0:
		c.fault(path+".resource", "create a pool's nodes before", "there are no nodes to %s yet", r.Verb)
	}
	c.requestSettings(r, path)
}

// requestSettings checks that each setting belongs to the verb.
func (c *checker) requestSettings(r Request, path string) {
	for _, setting := range []struct {
		name  string
		verbs []string
	}{
		{"mode", []string{"get", "list"}},
		{"pageSize", []string{"list"}},
		{"labelSelector", []string{"list", "watch"}},
		{"fieldSelector", []string{"list", "watch"}},
		{"patchType", []string{"patch"}},
	} {
		if c.has(path+"."+setting.name) && !slices.Contains(setting.verbs, r.Verb) {
			c.fault(path+"."+setting.name, "", "%s is for %s, not for %s", setting.name, either(setting.verbs), r.Verb)
		}
	}
	big := r.Resource == "configmaps" || r.Resource == "secrets"
	switch {
	case r.Verb == "get" && c.sound(path+".mode") && (r.Mode == "paged" || r.Mode == "watch-list"):
		c.fault(path+".mode", "", "the mode %s is for list: a get reads one object", r.Mode)
	case c.has(path+".pageSize") && r.Mode != "paged":
		c.fault(path+".pageSize", "use mode: paged", "pageSize has no effect in the mode %s", r.Mode)
	case r.OfOthers() && c.has(path+".size"):
		c.fault(path+".size", "", "a load has no %s of its own that could carry a payload", r.Resource)
	case c.sound(path+".size") && !big && r.Size > maxAnnotation:
		c.fault(path+".size", "use configmaps or secrets", "%s carry their payload in an annotation, at most %d bytes",
			r.Resource, maxAnnotation)
	}
}

// twice reports a class that is there already.
func (c *checker) twice(before []Request, r Request, path string) {
	r.Weight, r.Rate, r.Objects, r.Manifest = 0, 0, 0, nil // Not in the class's name.
	for _, other := range before {
		other.Weight, other.Rate, other.Objects, other.Manifest = 0, 0, 0, nil
		if reflect.DeepEqual(other, r) {
			c.fault(path, "give the first one more weight", "the class %s %s of scope %s stands here twice",
				r.Verb, r.Label(), r.Scope)
		}
	}
}

func (c *checker) anyPods(h *history) bool {
	for name, there := range h.made {
		if w := c.workloads[name]; there && w != nil && w.HasPods() {
			return true
		}
	}
	return false
}
