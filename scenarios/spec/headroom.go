package spec

import (
	"fmt"
	"strconv"
	"strings"
)

// A Headroom says how many pods a ResourceQuota allows by how many a workload has, so that one
// setting keeps its meaning whatever the replicas are.
type Headroom struct {
	Workload string `yaml:"workload" need:"yes" doc:"The workload whose pods the quota is for, in the number that its manifest says."`
	Share    string `yaml:"share" need:"yes" is:"share" doc:"How many more pods the quota allows, as a percentage of the workload's; a part of a pod is none."`
}

// Allows returns how many pods a quota with the headroom allows for so many of its workload.
func (h Headroom) Allows(pods int) int {
	const whole = 100
	more, _ := strconv.Atoi(strings.TrimSuffix(h.Share, "%")) // The rule share has seen to it.
	return pods * (whole + more) / whole
}

// headrooms writes spec.hard.pods of the quotas that have a headroom, once the workloads are known.
func (c *checker) headrooms() {
	for i := range c.s.Spec.Workloads {
		w := &c.s.Spec.Workloads[i]
		if w.Headroom != nil {
			c.headroom(w, fmt.Sprintf("spec.workloads[%d]", i))
		}
	}
}

func (c *checker) headroom(quota *Workload, path string) {
	at := path + ".headroom"
	if !c.sound(path+".manifest") || !c.sound(at+".workload") || !c.sound(at+".share") {
		return
	}
	w := c.workloads[quota.Headroom.Workload]
	hard, _ := Lookup(quota.Manifest, "spec", "hard").(map[string]any)
	switch {
	case quota.Kind() != quotaKind:
		c.fault(at, "", "headroom is for a ResourceQuota, not for a %s", quota.Kind())
	case hard["pods"] != nil:
		c.fault(path+".manifest.spec.hard.pods", "leave it out", "the headroom says how many pods the quota allows")
	case w == nil:
		c.fault(at+".workload", meant(quota.Headroom.Workload, sortedKeys(c.workloads)), "there is no workload %q", quota.Headroom.Workload)
	case !w.HasPods():
		c.fault(at+".workload", "", "a %s has no pods", w.Kind())
	case Lookup(w.Manifest, "metadata", "namespace") != Lookup(quota.Manifest, "metadata", "namespace"):
		c.fault(at+".workload", "give both the same namespace", "the quota is in another namespace than workload %q, and would not bound it", w.Name)
	default:
		allowed := quota.Headroom.Allows(w.Count * w.PodsEach(c.s.Spec.Fleet.Nodes()))
		below(below(quota.Manifest, "spec"), "hard")["pods"] = strconv.Itoa(allowed)
	}
}

// below returns the mapping at a key of another one, which is made where there is none.
func below(m map[string]any, key string) map[string]any {
	inner, ok := m[key].(map[string]any)
	if !ok {
		inner = map[string]any{}
		m[key] = inner
	}
	return inner
}
