package spec

import (
	"fmt"
	"strings"
)

// Requests returns the CPU in cores and the memory in bytes that each pod of the workload takes of a
// node, by the scheduler's rule: the requests of its containers and sidecars together, or the most of
// an init container if that is more, unless the pod has requests of its own; and its overhead. A
// container without a request takes its limit, as the API server defaults it.
func (w Workload) Requests() (cores, bytes float64) {
	pod := w.podSpec()
	return podAmount(pod, "cpu", requestOrLimit...), podAmount(pod, "memory", requestOrLimit...)
}

// Takes returns what each pod of the workload takes of a ResourceQuota's resource, in base units: 1
// of pods, and the requests or limits of compute resources; 0 of what is not about pods.
func (w Workload) Takes(resource string) float64 {
	if !w.HasPods() {
		return 0
	}
	if resource == "pods" || resource == "count/pods" {
		return 1
	}
	if name, limit := strings.CutPrefix(resource, "limits."); limit {
		return podAmount(w.podSpec(), name, "limits")
	}
	return podAmount(w.podSpec(), strings.TrimPrefix(resource, "requests."), requestOrLimit...)
}

// requestOrLimit is where a request stands, the API server's default of it last.
var requestOrLimit = []string{"requests", "limits"}

// podSpec returns the spec of the pods that the workload's objects make; nil if they make none.
func (w Workload) podSpec() map[string]any {
	path := []string{"spec", "template", "spec"}
	switch w.Kind() {
	case "Pod":
		path = []string{"spec"}
	case "CronJob":
		path = []string{"spec", "jobTemplate", "spec", "template", "spec"}
	}
	pod, _ := Lookup(w.Manifest, path...).(map[string]any)
	return pod
}

// podAmount is one resource of Requests, or of limits by the same rule (KEP-753 sidecar containers, KEP-2837 pod-level resources).
func podAmount(pod map[string]any, resource string, lists ...string) float64 {
	overhead := amount(Lookup(pod, "overhead", resource))
	if own, there := stated(pod, resource, lists); there {
		return own + overhead
	}
	most, sidecars, running := 0.0, 0.0, 0.0
	for _, container := range listOf(pod, "initContainers") {
		request, _ := stated(container, resource, lists)
		if container["restartPolicy"] == "Always" {
			sidecars += request
			request = 0
		}
		most = max(most, sidecars+request)
	}
	for _, container := range listOf(pod, "containers") {
		request, _ := stated(container, resource, lists)
		running += request
	}
	return max(most, sidecars+running) + overhead
}

// stated returns what a container, or a pod itself, states of a resource in the first of the lists
// that has it.
func stated(of map[string]any, resource string, lists []string) (value float64, there bool) {
	for _, list := range lists {
		if value := Lookup(of, "resources", list, resource); value != nil {
			return amount(value), true
		}
	}
	return 0, false
}

func listOf(pod map[string]any, field string) []map[string]any {
	list, _ := pod[field].([]any)
	var all []map[string]any
	for _, item := range list {
		if container, ok := item.(map[string]any); ok {
			all = append(all, container)
		}
	}
	return all
}

// amount reads a quantity of a manifest; 0 if it is none.
func amount(value any) float64 {
	quantity, err := parseQuantity(fmt.Sprint(value))
	if err != nil {
		return 0
	}
	return quantity.AsApproximateFloat64()
}
