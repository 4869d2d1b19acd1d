package spec

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// A history is what the actions so far have made.
type history struct {
	made    map[string]bool // Workloads: true if their objects are there, false if deleted again.
	counts  map[string]int  // Objects made so far, by workload; meaningless where made is false.
	nodes   map[string]int  // Nodes made so far, by pool.
	joined  map[string]bool // "pool phase": the pool has got nodes in the phase.
	failed  map[string]bool // Pools with failed nodes.
	drained map[string]bool // Pools with drained nodes.
	fitted  map[string]bool // Pools whose number of nodes only the run will find.
	patches map[string][]map[string]any
	objects int
}

// actions checks the actions of all phases in the order in which they run.
func (c *checker) actions() {
	h := &history{made: map[string]bool{}, counts: map[string]int{}, nodes: map[string]int{}, joined: map[string]bool{},
		failed: map[string]bool{}, drained: map[string]bool{}, fitted: map[string]bool{}, patches: map[string][]map[string]any{}}
	for i, phase := range c.s.Spec.Phases {
		for j, action := range phase.Actions {
			path := fmt.Sprintf("spec.phases[%d].actions[%d]", i, j)
			if c.sound(path) && c.oneVerb(action, path) {
				c.action(h, phase, action, path+"."+action.Verb())
			} else if action.Create != nil {
				h.created(action.Create.Workload, 0) // Later actions are not to blame.
			}
		}
	}
}

// Verbs returns the words that an action can begin with.
func Verbs() []string {
	var verbs []string
	action := reflect.TypeFor[Action]()
	for i := range action.NumField() {
		if f := action.Field(i); f.Type.Kind() == reflect.Pointer {
			verbs = append(verbs, f.Tag.Get("yaml"))
		}
	}
	return verbs
}

// Verb returns the action's verb: the name of the pointer that is set.
func (a Action) Verb() string {
	value := reflect.ValueOf(a)
	for i := range value.NumField() {
		if f := value.Field(i); f.Kind() == reflect.Pointer && !f.IsNil() {
			return value.Type().Field(i).Tag.Get("yaml")
		}
	}
	return ""
}

func (c *checker) oneVerb(a Action, path string) bool {
	var there []string
	for _, verb := range Verbs() {
		if c.has(path + "." + verb) {
			there = append(there, verb)
		}
	}
	switch len(there) {
	case 0:
		c.fault(path, "", "an action needs a verb: %s", either(Verbs()))
	case 1:
		return a.Verb() != "" && !c.faulted[path+"."+there[0]]
	default:
		c.fault(path, "begin each action with a dash of its own", "an action has one verb, here are %s",
			strings.Join(there, " and "))
	}
	return false
}

func (c *checker) action(h *history, phase Phase, a Action, path string) {
	switch {
	case a.Nodes != nil:
		c.nodes(h, phase.Name, *a.Nodes, path)
	case a.Fit != nil:
		c.fit(h, phase.Name, *a.Fit, path)
	case a.Fail != nil:
		c.fail(h, *a.Fail, path)
	case a.Recover != nil:
		c.recover(h, *a.Recover, path)
	case a.Drain != nil:
		c.drain(h, phase, *a.Drain, path)
	case a.Uncordon != nil:
		c.uncordon(h, *a.Uncordon, path)
	case a.Create != nil:
		c.create(h, *a.Create, path)
	case a.Wait != nil:
		c.wait(h, *a.Wait, path)
	case a.Rollout != nil:
		c.rollout(h, phase, *a.Rollout, path)
	case a.Patch != nil:
		c.made(h, a.Patch.Workload, path)
	case a.Scale != nil:
		if w := c.made(h, a.Scale.Workload, path); w != nil && !podKinds[w.Kind()].scales {
			c.fault(path+".workload", "", "a %s cannot be scaled", w.Kind())
		} else if w != nil {
			c.grow(h, h.counts[w.Name]*a.Scale.Replicas, path+".replicas")
		}
	case a.Delete != nil:
		if w := c.made(h, a.Delete.Workload, path); w != nil {
			h.made[w.Name], h.counts[w.Name] = false, 0
		}
	case a.Hold != nil:
		c.fits(a.Hold.Duration, phase, path)
	case a.Load != nil:
		c.fits(a.Load.Duration, phase, path)
		c.load(h, *a.Load, path)
	case a.Watch != nil:
		c.watch(phase, *a.Watch, path)
	case a.Demand != nil:
		c.demand(h, phase, *a.Demand, path)
	case a.Outage != nil:
		c.outage(phase, *a.Outage, path)
	}
}

func (c *checker) fits(duration time.Duration, phase Phase, path string) {
	if c.sound(path+".duration") && duration >= phase.Timeout {
		c.fault(path+".duration", "raise the phase's timeout", "%v does not fit into the phase's timeout of %v",
			duration, phase.Timeout)
	}
}

// workload returns the workload that an action names, or nil after a fault.
func (c *checker) workload(name, path string) *Workload {
	if !c.sound(path + ".workload") {
		return nil
	}
	if c.workloads[name] == nil {
		c.fault(path+".workload", meant(name, sortedKeys(c.workloads)), "there is no workload %q", name)
	}
	return c.workloads[name]
}

// made is workload for an action that needs the objects to be there.
func (c *checker) made(h *history, name, path string) *Workload {
	w := c.workload(name, path)
	if w != nil && !h.made[name] {
		c.fault(path+".workload", "create it in an action before", "no object of workload %q is there yet, or any more", name)
		return nil
	}
	if w != nil && refused(w.Kind()) {
		return nil // It has its fault where it is defined.
	}
	return w
}

func (c *checker) wait(h *history, wait Wait, path string) {
	if wait.For != "deleted" {
		if w := c.made(h, wait.Workload, path); w != nil && !w.HasPods() && w.Kind() != quotaKind && w.Kind() != ClaimKind {
			c.fault(path+".workload", "", "a %s has nothing that becomes ready", w.Kind())
		}
		return
	}
	w := c.workload(wait.Workload, path)
	if w == nil {
		return
	}
	if there, made := h.made[w.Name]; there || !made {
		c.fault(path+".workload", "delete it in an action before, in the background",
			"nothing before deletes workload %q, so it would never be gone", w.Name)
	}
}

func (c *checker) create(h *history, create Create, path string) {
	w := c.workload(create.Workload, path)
	if w == nil {
		return
	}
	there := h.counts[w.Name]
	want := c.upTo(create.UpTo, w.Count, there, path, "objects of workload", w.Name)
	if h.made[w.Name] && there == w.Count {
		c.fault(path+".workload", "delete it in an action before", "the objects of workload %q are there already", w.Name)
	}
	h.created(w.Name, want)
	c.grow(h, (want-there)*(1+w.PodsEach(c.s.Spec.Fleet.Nodes())), path+".workload")
}

// created says that so many objects of a workload are there; 0 if that is not known.
func (h *history) created(workload string, count int) {
	h.made[workload], h.counts[workload] = true, count
}

// grow adds to the number of objects that the run makes.
func (c *checker) grow(h *history, objects int, path string) {
	if h.objects += objects; h.objects > MaxObjects {
		c.fault(path, "", "the run makes %d objects and pods up to here, more than the %d allowed",
			h.objects, MaxObjects)
	}
}

func (c *checker) rollout(h *history, phase Phase, r Rollout, path string) {
	w := c.made(h, r.Workload, path)
	if w == nil {
		return
	}
	if !podKinds[w.Kind()].rolls {
		c.fault(path+".workload", "", "a %s has no rollouts", w.Kind())
		return
	}
	c.givesUp(r.GiveUp, phase, path)
	if !c.sound(path + ".patch") {
		return
	}
	template, _ := Lookup(r.Patch, "spec", "template").(map[string]any)
	switch same := func(earlier map[string]any) bool { return reflect.DeepEqual(earlier, r.Patch) }; {
	case len(template) == 0:
		c.fault(path+".patch", "change an annotation below spec.template.metadata",
			"the patch changes nothing below spec.template, so nothing would be rolled out")
	case slices.ContainsFunc(h.patches[w.Name], same):
		c.fault(path+".patch", "", "an earlier rollout of %q has the same patch, so nothing would be rolled out", w.Name)
	}
	h.patches[w.Name] = append(h.patches[w.Name], r.Patch)
	c.grow(h, h.counts[w.Name]*w.PodsEach(c.s.Spec.Fleet.Nodes()), path+".workload")
}
