package evaluator

import (
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// PodUsage returns what a pod takes of quotas, by the names of their resources. A pod that has ended
// is still an object, and takes nothing but count/pods.
func PodUsage(spec corev1.PodSpec) corev1.ResourceList {
	return podUsage(&corev1.Pod{Spec: spec}, time.Time{})
}

func podUsage(pod *corev1.Pod, now time.Time) corev1.ResourceList {
	usage := corev1.ResourceList{"count/pods": one()}
	if ended(pod, now) {
		return usage
	}
	usage[corev1.ResourcePods] = one()
	for name, amount := range podRequests(pod) {
		bare := native(string(name)) || strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix)
		if bare {
			usage[name] = amount
		}
		if bare || extended(string(name)) {
			usage[requestsPrefix+name] = amount
		}
	}
	for name, amount := range podLimits(pod) {
		if native(string(name)) {
			usage[limitsPrefix+name] = amount
		}
	}
	return usage
}

// ended reports whether a pod takes nothing any more: it has succeeded or failed, or its deletion is
// overdue by a whole grace period. The deletion timestamp is the end of the grace period already, so
// that a pod that does not stop counts for two of them.
func ended(pod *corev1.Pod, now time.Time) bool {
	if pod.Status.Phase == corev1.PodFailed || pod.Status.Phase == corev1.PodSucceeded {
		return true
	}
	if pod.DeletionTimestamp == nil || pod.DeletionGracePeriodSeconds == nil {
		return false
	}
	grace := time.Duration(*pod.DeletionGracePeriodSeconds) * time.Second
	return now.After(pod.DeletionTimestamp.Add(grace))
}

// An amounts reads what a container states of resources.
type amounts func(container *corev1.Container, status *corev1.ContainerStatus) corev1.ResourceList

// podRequests returns what a pod requests: by its spec, or more while a resize is under way (KEP-1287);
// a pod's own requests of CPU, memory and huge pages replace those of its containers (KEP-2837); and
// its overhead (KEP-688). What claims of dynamic resource allocation add is left out.
func podRequests(pod *corev1.Pod) corev1.ResourceList {
	stated := func(c *corev1.Container, _ *corev1.ContainerStatus) corev1.ResourceList {
		return c.Resources.Requests
	}
	fallback := stated
	if infeasible(pod) {
		fallback = nothing
	}
	allocated := func(c *corev1.Container, s *corev1.ContainerStatus) corev1.ResourceList {
		if s != nil && s.AllocatedResources != nil {
			return s.AllocatedResources
		}
		return fallback(c, s)
	}
	actuated := func(c *corev1.Container, s *corev1.ContainerStatus) corev1.ResourceList {
		if s != nil && s.Resources != nil && s.Resources.Requests != nil {
			return s.Resources.Requests
		}
		return allocated(c, s)
	}
	total := together(pod, fallback)
	raise(total, together(pod, allocated))
	raise(total, together(pod, actuated))
	if pod.Spec.Resources != nil {
		replace(total, pod.Spec.Resources.Requests)
	}
	sum(total, pod.Spec.Overhead)
	return total
}

// podLimits returns what a pod is limited to, by the same rules; its overhead counts only where there
// is a limit.
func podLimits(pod *corev1.Pod) corev1.ResourceList {
	stated := func(c *corev1.Container, _ *corev1.ContainerStatus) corev1.ResourceList { return c.Resources.Limits }
	fallback := stated
	if infeasible(pod) {
		fallback = nothing
	}
	total := together(pod, fallback)
	raise(total, together(pod, func(c *corev1.Container, s *corev1.ContainerStatus) corev1.ResourceList {
		if s != nil && s.Resources != nil && s.Resources.Limits != nil {
			return s.Resources.Limits
		}
		return fallback(c, s)
	}))
	if pod.Spec.Resources != nil {
		replace(total, pod.Spec.Resources.Limits)
	}
	for name, amount := range pod.Spec.Overhead {
		if limit, there := total[name]; there && !limit.IsZero() {
			limit.Add(amount)
			total[name] = limit
		}
	}
	return total
}

func nothing(*corev1.Container, *corev1.ContainerStatus) corev1.ResourceList { return nil }

// infeasible reports whether the node has refused a resize for good: the spec is then not what counts.
func infeasible(pod *corev1.Pod) bool {
	i := slices.IndexFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool { return c.Type == corev1.PodResizePending })
	return i >= 0 && pod.Status.Conditions[i].Reason == corev1.PodReasonInfeasible
}

// together adds up the containers of a pod by KEP-753: containers and sidecars together, or the most
// that an init container takes beside the sidecars before it, if that is more.
func together(pod *corev1.Pod, of amounts) corev1.ResourceList {
	total, sidecars, starting := corev1.ResourceList{}, corev1.ResourceList{}, corev1.ResourceList{}
	for i := range pod.Spec.Containers {
		c := &pod.Spec.Containers[i]
		sum(total, of(c, statusOf(c.Name, pod.Status.ContainerStatuses)))
	}
	for i := range pod.Spec.InitContainers {
		c := &pod.Spec.InitContainers[i]
		taken := of(c, statusOf(c.Name, pod.Status.InitContainerStatuses))
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			sum(total, taken)
			sum(sidecars, taken)
			raise(starting, sidecars)
			continue
		}
		beside := maps.Clone(sidecars)
		sum(beside, taken)
		raise(starting, beside)
	}
	raise(total, starting)
	return total
}

func statusOf(name string, all []corev1.ContainerStatus) *corev1.ContainerStatus {
	i := slices.IndexFunc(all, func(s corev1.ContainerStatus) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// sum adds to list.
func sum(list, more corev1.ResourceList) {
	for name, amount := range more {
		total := list[name].DeepCopy()
		total.Add(amount)
		list[name] = total
	}
}

// raise lifts list to at least the amounts of another.
func raise(list, other corev1.ResourceList) {
	for name, amount := range other {
		if least, there := list[name]; !there || amount.Cmp(least) > 0 {
			list[name] = amount
		}
	}
}

// replace sets in list what a pod itself states, of the resources that it may.
func replace(list, own corev1.ResourceList) {
	for name, amount := range own {
		if ofWholePods(name) {
			list[name] = amount
		}
	}
}

// ofWholePods reports whether a pod itself may state amounts of a resource.
func ofWholePods(name corev1.ResourceName) bool {
	return name == corev1.ResourceCPU || name == corev1.ResourceMemory || strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix)
}

// statesItself reports whether a pod itself states requests or limits that replace its containers'.
func statesItself(pod *corev1.PodSpec) bool {
	if pod.Resources == nil {
		return false
	}
	for _, list := range []corev1.ResourceList{pod.Resources.Requests, pod.Resources.Limits} {
		for name := range list {
			if ofWholePods(name) {
				return true
			}
		}
	}
	return false
}
