package evaluator

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// PodInScope reports whether a quota is about pods of a spec as admission has completed it.
func PodInScope(quota corev1.ResourceQuotaSpec, pod corev1.PodSpec) bool {
	return podInScopes(scopesOf(quota), &corev1.Pod{Spec: pod})
}

// scopesOf lists the scopes of a quota; an object must be in all of them.
func scopesOf(quota corev1.ResourceQuotaSpec) []corev1.ScopedResourceSelectorRequirement {
	var all []corev1.ScopedResourceSelectorRequirement
	for _, scope := range quota.Scopes {
		all = append(all, corev1.ScopedResourceSelectorRequirement{ScopeName: scope, Operator: corev1.ScopeSelectorOpExists})
	}
	if quota.ScopeSelector != nil {
		all = append(all, quota.ScopeSelector.MatchExpressions...)
	}
	return all
}

func podInScopes(scopes []corev1.ScopedResourceSelectorRequirement, pod *corev1.Pod) bool {
	return !slices.ContainsFunc(scopes, func(s corev1.ScopedResourceSelectorRequirement) bool { return !podInScope(s, pod) })
}

// podInScope ignores the operator but of priority classes: the others can only be Exists. No pod is in
// the scope of volume attributes classes.
func podInScope(scope corev1.ScopedResourceSelectorRequirement, pod *corev1.Pod) bool {
	switch scope.ScopeName {
	case corev1.ResourceQuotaScopeTerminating: // Those that end by themselves, not those that are being deleted.
		return terminating(pod)
	case corev1.ResourceQuotaScopeNotTerminating:
		return !terminating(pod)
	case corev1.ResourceQuotaScopeBestEffort:
		return bestEffort(pod)
	case corev1.ResourceQuotaScopeNotBestEffort:
		return !bestEffort(pod)
	case corev1.ResourceQuotaScopePriorityClass:
		return selects(scope, pod.Spec.PriorityClassName)
	case corev1.ResourceQuotaScopeCrossNamespacePodAffinity:
		return slices.ContainsFunc(affinityTerms(pod.Spec.Affinity), func(t corev1.PodAffinityTerm) bool {
			return len(t.Namespaces) > 0 || t.NamespaceSelector != nil
		})
	}
	return false
}

func claimInScopes(scopes []corev1.ScopedResourceSelectorRequirement, claim *corev1.PersistentVolumeClaim) bool {
	return !slices.ContainsFunc(scopes, func(s corev1.ScopedResourceSelectorRequirement) bool {
		return s.ScopeName != corev1.ResourceQuotaScopeVolumeAttributesClass || !selects(s, attributesClasses(claim)...)
	})
}

// selects matches names of classes, of which empty ones are none. NotIn and DoesNotExist hold for an
// object without a class; of several names one has to match, so that NotIn holds if one of them is
// not among the values.
func selects(scope corev1.ScopedResourceSelectorRequirement, names ...string) bool {
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == "" })
	among := func(name string) bool { return slices.Contains(scope.Values, name) }
	switch scope.Operator {
	case corev1.ScopeSelectorOpExists:
		return len(names) > 0
	case corev1.ScopeSelectorOpDoesNotExist:
		return len(names) == 0
	case corev1.ScopeSelectorOpIn:
		return slices.ContainsFunc(names, among)
	case corev1.ScopeSelectorOpNotIn:
		return len(names) == 0 || slices.ContainsFunc(names, func(name string) bool { return !among(name) })
	}
	return false
}

func terminating(pod *corev1.Pod) bool {
	return pod.Spec.ActiveDeadlineSeconds != nil && *pod.Spec.ActiveDeadlineSeconds >= 0
}

// bestEffort reports whether no CPU and no memory is requested or limited. Other resources do not
// matter, and neither do amounts of 0.
func bestEffort(pod *corev1.Pod) bool {
	if pod.Status.QOSClass != "" {
		return pod.Status.QOSClass == corev1.PodQOSBestEffort
	}
	stated := func(r corev1.ResourceRequirements) bool {
		for _, list := range []corev1.ResourceList{r.Requests, r.Limits} {
			if !list.Cpu().IsZero() || !list.Memory().IsZero() {
				return true
			}
		}
		return false
	}
	if statesItself(&pod.Spec) {
		return !stated(*pod.Spec.Resources)
	}
	inContainer := func(c corev1.Container) bool { return stated(c.Resources) }
	return !slices.ContainsFunc(pod.Spec.Containers, inContainer) && !slices.ContainsFunc(pod.Spec.InitContainers, inContainer)
}

// affinityTerms are all terms of affinity and anti-affinity to pods.
func affinityTerms(affinity *corev1.Affinity) []corev1.PodAffinityTerm {
	var all []corev1.PodAffinityTerm
	if affinity == nil {
		return nil
	}
	weighted := func(terms []corev1.WeightedPodAffinityTerm) {
		for _, t := range terms {
			all = append(all, t.PodAffinityTerm)
		}
	}
	if pods := affinity.PodAffinity; pods != nil {
		all = append(all, pods.RequiredDuringSchedulingIgnoredDuringExecution...)
		weighted(pods.PreferredDuringSchedulingIgnoredDuringExecution)
	}
	if pods := affinity.PodAntiAffinity; pods != nil {
		all = append(all, pods.RequiredDuringSchedulingIgnoredDuringExecution...)
		weighted(pods.PreferredDuringSchedulingIgnoredDuringExecution)
	}
	return all
}
