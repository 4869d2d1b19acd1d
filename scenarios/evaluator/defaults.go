package evaluator

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Defaulted returns a pod's spec with the requests and limits that the API server fills in: first a
// container's limits become the requests that it does not state, then LimitRanges of the namespace
// give every container what it still lacks (k8s.io/kubernetes/pkg/apis/core/v1 and
// plugin/pkg/admission/limitranger), and a pod with limits of its own requests them if its containers
// request nothing.
func Defaulted(pod corev1.PodSpec, ranges []corev1.LimitRangeSpec) corev1.PodSpec {
	whole := *pod.DeepCopy()
	for _, containers := range [][]corev1.Container{whole.Containers, whole.InitContainers} {
		for i := range containers {
			r := &containers[i].Resources
			r.Requests = filled(r.Requests, r.Limits)
			for _, limits := range ranges {
				complete(r, limits)
			}
		}
	}
	if r := whole.Resources; r != nil {
		asked := together(&corev1.Pod{Spec: whole}, func(c *corev1.Container, _ *corev1.ContainerStatus) corev1.ResourceList {
			return c.Resources.Requests
		})
		for name, limit := range r.Limits {
			if amount := asked[name]; amount.IsZero() {
				r.Requests = filled(r.Requests, corev1.ResourceList{name: limit})
			}
		}
	}
	return whole
}

// complete gives a container the defaults of a LimitRange. Its largest amount is the default limit if
// none is stated, which is the default request if none is stated, and that is else the smallest.
func complete(r *corev1.ResourceRequirements, limits corev1.LimitRangeSpec) {
	for _, item := range limits.Limits {
		if item.Type != corev1.LimitTypeContainer {
			continue
		}
		limit := filled(item.Default, item.Max)
		request := filled(filled(item.DefaultRequest, limit), item.Min)
		r.Limits, r.Requests = filled(r.Limits, limit), filled(r.Requests, request)
	}
}

// filled returns list with the amounts of another where it has none.
func filled(list, other corev1.ResourceList) corev1.ResourceList {
	all := list.DeepCopy()
	for name, amount := range other {
		if _, there := all[name]; !there {
			if all == nil {
				all = corev1.ResourceList{}
			}
			all[name] = amount
		}
	}
	return all
}

// Unstated returns the resources of a quota that some container of a pod has to state and does not,
// in the order of their names: such a pod is refused. Only CPU and memory have to be stated, and not
// where the pod itself states its resources. The pod is one that Defaulted returned.
func Unstated(hard corev1.ResourceList, pod corev1.PodSpec) []corev1.ResourceName {
	if statesItself(&pod) {
		return nil
	}
	var missing []corev1.ResourceName
	for name := range hard {
		lacks := func(c corev1.Container) bool {
			list, bare := c.Resources.Requests, strings.TrimPrefix(string(name), requestsPrefix)
			if limited, ok := strings.CutPrefix(string(name), limitsPrefix); ok {
				list, bare = c.Resources.Limits, limited
			}
			_, there := list[corev1.ResourceName(bare)]
			return !there && (bare == "cpu" || bare == "memory")
		}
		if slices.ContainsFunc(pod.Containers, lacks) || slices.ContainsFunc(pod.InitContainers, lacks) {
			missing = append(missing, name)
		}
	}
	slices.Sort(missing)
	return missing
}
