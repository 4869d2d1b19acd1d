package search

import (
	"maps"
	"slices"
	"time"

	record "github.com/kubedyno/kubedyno/results/search"
	"github.com/kubedyno/kubedyno/results/slo"
)

// Longest returns how many trials a search for one goal makes at most, and how long they take at most,
// given how long one at a load takes. It plays the search for limits on both ends between any two loads
// that it steps through, where it takes the most halves. A trial that is inconclusive, or a repeat that
// comes out differently, makes the search longer. The error is that of the rules or of cost.
func Longest(rules record.Rules, cost func(load float64) (time.Duration, error)) (trials int, took time.Duration, err error) {
	steps := map[float64]bool{}
	for _, limit := range []float64{0, rules.Until} {
		loads, err := loadsOf(rules, limit)
		if err != nil {
			return 0, 0, err
		}
		for _, load := range loads {
			steps[load] = true
		}
	}
	limits := []float64{0}
	const within = 1e-6 // Below a step, above every load that is halved to.
	for _, step := range slices.Sorted(maps.Keys(steps)) {
		limits = append(limits, step*(1-within), step)
	}
	for _, limit := range limits {
		loads, err := loadsOf(rules, limit)
		if err != nil {
			return 0, 0, err
		}
		all := time.Duration(0)
		for _, load := range loads {
			one, err := cost(load)
			if err != nil {
				return 0, 0, err
			}
			all += one
		}
		trials, took = max(trials, len(loads)), max(took, all)
	}
	return trials, took, nil
}

// loadsOf are the loads of a search of which those up to a limit hold.
func loadsOf(rules record.Rules, limit float64) (loads []float64, err error) {
	m, err := New(rules, []string{record.AllObjectives})
	if err != nil {
		return nil, err
	}
	for load, more := m.Next(); more; load, more = m.Next() {
		verdict := slo.Pass
		if load > limit {
			verdict = slo.Miss
		}
		m.Tell(load, []slo.Verdict{verdict})
		loads = append(loads, load)
	}
	return loads, nil
}
