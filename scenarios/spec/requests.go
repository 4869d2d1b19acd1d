package spec

import "fmt"

// Requests returns the CPU in cores and the memory in bytes that each pod of the workload takes of a
// node, by the scheduler's rule: the requests of its containers and sidecars together, or the most of
// an init container if that is more, unless the pod has requests of its own; and its overhead. A
// container without a request takes its limit, as the API server defaults it.
func (w Workload) Requests() (cores, bytes float64) {
	pod := w.PodSpec()
	return podAmount(pod, "cpu"), podAmount(pod, "memory")
}

// PodSpec returns the spec of the pods that the workload's objects make, as the manifest has it; nil if
// they make none.
func (w Workload) PodSpec() map[string]any {
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

// podAmount is one resource of Requests (KEP-753 sidecar containers, KEP-2837 pod-level resources).
func podAmount(pod map[string]any, resource string) float64 {
	overhead := amount(Lookup(pod, "overhead", resource))
	if own, there := stated(pod, resource); there {
		return own + overhead
	}
	most, sidecars, running := 0.0, 0.0, 0.0
	for _, container := range listOf(pod, "initContainers") {
		request, _ := stated(container, resource)
		if container["restartPolicy"] == "Always" {
			sidecars += request
			request = 0
		}
		most = max(most, sidecars+request)
	}
	for _, container := range listOf(pod, "containers") {
		request, _ := stated(container, resource)
		running += request
	}
	return max(most, sidecars+running) + overhead
}

// stated returns what a container, or a pod itself, requests of a resource, or else its limit.
func stated(of map[string]any, resource string) (value float64, there bool) {
	for _, list := range []string{"requests", "limits"} {
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
