package spec

import (
	"fmt"
	"strconv"
	"strings"
)

// autoscalerKind is what makes a workload's objects autoscalers.
const autoscalerKind = "HorizontalPodAutoscaler"

// An Autoscaler is what kubedyno knows of the HorizontalPodAutoscalers of a workload.
type Autoscaler struct {
	Kind string // Of the objects that they scale.
	// Name is that of the objects as written: ReplaceIndex has yet to be applied.
	Name     string
	Min, Max int // Replicas of each object.
}

// Autoscaler returns what the workload's objects say if they are HorizontalPodAutoscalers.
func (w Workload) Autoscaler() (a Autoscaler, ok bool) {
	if w.Kind() != autoscalerKind {
		return a, false
	}
	a.Kind, _ = Lookup(w.Manifest, "spec", "scaleTargetRef", "kind").(string)
	a.Name, _ = Lookup(w.Manifest, "spec", "scaleTargetRef", "name").(string)
	most, _ := Lookup(w.Manifest, "spec", "maxReplicas").(int64)
	least, there := Lookup(w.Manifest, "spec", "minReplicas").(int64)
	if !there {
		least = 1 // As the API server defaults it.
	}
	a.Min, a.Max = int(least), int(most)
	return a, true
}

// HasObject reports whether one of the workload's objects has this name.
func (w Workload) HasObject(name string) bool {
	template, _ := Lookup(w.Manifest, "metadata", "name").(string)
	if ReplaceIndex(template, 0) == ReplaceIndex(template, 1) {
		return w.Count > 0 && ReplaceIndex(template, 0) == name
	}
	for from := range name {
		for to := from + 1; to <= len(name); to++ {
			index, err := strconv.ParseUint(name[from:to], 10, 32)
			if err != nil {
				break // A longer text is no number either.
			}
			if int(index) < w.Count && ReplaceIndex(template, int(index)) == name {
				return true
			}
		}
	}
	return false
}

// ScaledBy returns the most pods that the objects of an autoscaler's workload may give those of w
// together; 0 if they scale others.
func (w Workload) ScaledBy(autoscaler Workload) int {
	a, ok := autoscaler.Autoscaler()
	if !ok || a.Kind != w.Kind() || !w.HasObject(ReplaceIndex(a.Name, 0)) {
		return 0
	}
	return autoscaler.Count * a.Max
}

// containers returns the containers of the pods that the workload's objects make.
func (w Workload) containers() []map[string]any {
	list, _ := Lookup(w.Manifest, "spec", "template", "spec", "containers").([]any)
	containers := make([]map[string]any, len(list))
	for i := range list {
		containers[i], _ = list[i].(map[string]any)
	}
	return containers
}

// CPULimit returns how many cores a pod of the workload may use: the sum of its containers'
// limits; 0 if one of them has none.
func (w Workload) CPULimit() float64 {
	total := 0.0
	for _, container := range w.containers() {
		limit := amount(Lookup(container, "resources", "limits", "cpu"))
		if limit <= 0 {
			return 0
		}
		total += limit
	}
	return total
}

// autoscalers checks the HorizontalPodAutoscalers, once the workloads are known.
func (c *checker) autoscalers() {
	for i := range c.s.Spec.Workloads {
		w := &c.s.Spec.Workloads[i]
		path := fmt.Sprintf("spec.workloads[%d].manifest", i)
		a, ok := w.Autoscaler()
		if !ok || !c.sound(path) {
			continue
		}
		most, least := path+".spec.maxReplicas", path+".spec.minReplicas"
		switch {
		case c.faulted[most] || c.faulted[least]:
		case a.Max < 1:
			c.fault(most, "", "an autoscaler needs maxReplicas, a whole number from 1")
		case a.Max > MaxReplicas:
			c.fault(most, "", "maxReplicas must be %s", rules["replicas"].words)
		case a.Min < 0:
			c.fault(least, "", "minReplicas must be %s", rules["replicas"].words)
		case a.Min > a.Max:
			c.fault(least, "lower minReplicas or raise maxReplicas", "minReplicas %d is above maxReplicas %d: the API server would refuse it", a.Min, a.Max)
		}
		scaled := c.scaleTarget(w, a, path)
		if !c.faulted[least] {
			c.autoscalerMetrics(w, scaled, a.Min, path)
		}
	}
}

// scaleTarget checks that what an autoscaler scales is there, and has what it reads. It returns the
// workload whose object the first one scales; nil if there is none.
func (c *checker) scaleTarget(w *Workload, a Autoscaler, path string) (scaled *Workload) {
	at := path + ".spec.scaleTargetRef"
	if a.Kind == "" || a.Name == "" {
		c.fault(at, "", "an autoscaler needs scaleTargetRef with kind and name")
		return nil
	}
	for _, index := range []int{0, max(w.Count, 1) - 1} {
		target, name := -1, ReplaceIndex(a.Name, index)
		for i, other := range c.s.Spec.Workloads {
			if other.Kind() == a.Kind && other.HasObject(name) {
				target = i
			}
		}
		if target < 0 {
			c.fault(at+".name", "", "no workload makes a %s called %q, so the autoscaler would scale nothing", a.Kind, name)
			return nil
		}
		if scaled == nil {
			scaled = &c.s.Spec.Workloads[target]
		}
		if container, reads := readsRequests(w.Manifest); reads {
			c.requests(target, w.Name, container)
		}
	}
	return scaled
}

// readsRequests reports whether an autoscaler's objects read CPU as a share of what pods request,
// and of which container; "" is all of them.
func readsRequests(manifest map[string]any) (container string, reads bool) {
	version, _ := manifest["apiVersion"].(string)
	metrics, _ := Lookup(manifest, "spec", "metrics").([]any)
	if strings.HasSuffix(version, "/v1") || len(metrics) == 0 {
		return "", true // Without metrics, it is 80% of the CPU requests.
	}
	for _, m := range metrics {
		metric, _ := m.(map[string]any)
		for _, source := range []string{"resource", "containerResource"} {
			if Lookup(metric, source, "name") == "cpu" && Lookup(metric, source, "target", "type") == "Utilization" {
				container, _ = Lookup(metric, source, "container").(string)
				return container, true
			}
		}
	}
	return "", false
}

// requests reports the containers of a workload that request no CPU, which an autoscaler reads.
func (c *checker) requests(target int, autoscaler, only string) {
	w := &c.s.Spec.Workloads[target]
	template := fmt.Sprintf("spec.workloads[%d].manifest.spec.template.spec", target)
	if Lookup(w.Manifest, "spec", "template", "spec", "resources", "requests", "cpu") != nil || c.limitRange() {
		return
	}
	for i, container := range w.containers() {
		name, _ := container["name"].(string)
		requested, given := Lookup(container, "resources", "requests", "cpu"), true
		if requested == nil { // The API server puts the limit there.
			requested, given = Lookup(container, "resources", "limits", "cpu"), false
		}
		if only != "" && only != name || amount(requested) > 0 {
			continue
		}
		at := fmt.Sprintf("%s.containers[%d]", template, i)
		if given {
			at += ".resources.requests.cpu"
		}
		c.fault(at, "set resources.requests.cpu",
			"the autoscaler %q reads CPU as a share of what is requested, and container %q requests none: it would fail and scale nothing",
			autoscaler, name)
	}
}

// limitRange reports whether the scenario makes a LimitRange, which may set requests.
func (c *checker) limitRange() bool {
	for _, w := range c.s.Spec.Workloads {
		if w.Kind() == "LimitRange" {
			return true
		}
	}
	return false
}
