package spec

import "slices"

// mayRefuse reports whether attempts to make pods are followed: the scenario makes a ResourceQuota or
// a LimitRange, or updates a workload.
func (c *checker) mayRefuse() bool {
	limits := func(w Workload) bool { return w.Kind() == quotaKind || w.Kind() == "LimitRange" }
	rolls := func(a Action) bool { return a.Rollout != nil }
	return slices.ContainsFunc(c.s.Spec.Workloads, limits) ||
		slices.ContainsFunc(c.s.Spec.Phases, func(p Phase) bool { return slices.ContainsFunc(p.Actions, rolls) })
}
