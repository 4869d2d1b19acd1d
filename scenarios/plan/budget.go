package plan

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// budgetKind is the kind of the objects that bound evictions.
const budgetKind = "PodDisruptionBudget"

// warnBudgets warns of disruption budgets that let no pod be evicted, so that a drain would wait for ever.
func (s *simulation) warnBudgets(phase string, a spec.Drain) {
	ends := "The phase would run into its timeout."
	if a.GiveUp > 0 {
		ends = fmt.Sprintf("The drain is given up after %s.", short(a.GiveUp))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Workloads)) {
		budget := s.Workloads[name]
		if budget.Kind != budgetKind {
			continue
		}
		for _, covered := range slices.Sorted(maps.Keys(s.Workloads)) {
			w, there := s.Workloads[covered], s.pods[covered]
			if there == 0 || !covers(budget, w) || mayLack(budget.Render(0), there) > 0 {
				continue
			}
			s.Warnings = append(s.Warnings, fmt.Sprintf("In phase %s no pod of %s can be evicted: the disruption budget %s lets none of its %s pods lack. %s",
				phase, covered, name, grouped(there), ends))
		}
	}
}

// covers reports whether a budget is about the pods of a workload's objects, by its matchLabels; an
// expression is not looked at.
func covers(budget, w Workload) bool {
	object, of := budget.Render(0), w.Render(0)
	in, _ := Named(object)
	where, _ := Named(of)
	path := []string{"spec", "template", "metadata", "labels"}
	if w.Kind == "Pod" {
		path = []string{"metadata", "labels"}
	}
	wanted, _ := spec.Lookup(object, "spec", "selector", "matchLabels").(map[string]any)
	labels, _ := spec.Lookup(of, path...).(map[string]any)
	for key, value := range wanted {
		if labels[key] != value {
			return false
		}
	}
	return in == where && len(wanted) > 0
}

// mayLack returns how many of so many pods a budget lets lack. Percentages are rounded up
// (pkg/controller/disruption, getExpectedPodCount).
func mayLack(budget map[string]any, there int) int {
	if least := spec.Lookup(budget, "spec", "minAvailable"); least != nil {
		return there - pods(least, there, true)
	}
	most := spec.Lookup(budget, "spec", "maxUnavailable")
	if most == nil {
		return there // minAvailable is 0 then.
	}
	return pods(most, there, true)
}
