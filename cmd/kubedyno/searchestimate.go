package main

import (
	"fmt"
	"io"
	"time"

	record "github.com/kubedyno/kubedyno/results/search"
	"github.com/kubedyno/kubedyno/runner/search"
)

// assumedAround is how long the start and the end of a control plane take around a trial, with the end of
// what runs on it. As the rates of plan's estimates it only tells how long a search will take.
const assumedAround = 10 * time.Second

// A searchEstimate is how long the search of one variant takes at most, by the plans of its trials, as
// long as no trial is inconclusive and repeats agree. A budget may end it before.
type searchEstimate struct {
	Trials int           `json:"trials"`
	Time   time.Duration `json:"time"` // In nanoseconds, as that of a plan.
}

// estimate plans every load that a search may come to.
func (x *searching) estimate(v record.Variant) (searchEstimate, error) {
	known := map[float64]time.Duration{}
	trials, took, err := search.Longest(x.record.Rules, func(load float64) (time.Duration, error) {
		if known[load] == 0 {
			p, err := x.plan(v, load)
			if err != nil {
				return 0, err
			}
			known[load] = p.Estimate.Duration + assumedAround
		}
		return known[load], nil
	})
	return searchEstimate{trials, took}, err
}

// writeEstimate says how long the search of one variant takes at most, beside its budget.
func (x *searching) writeEstimate(w io.Writer, e searchEstimate) {
	budget := time.Duration(x.record.Budget.Time)
	words := fmt.Sprintf("By its plans it takes %d trials at most, and about %s at most; the budget is %s.", e.Trials, e.Time.Round(time.Second), budget)
	if len(x.record.Variants) > 1 {
		words += fmt.Sprintf(" That is for each of %d variants.", len(x.record.Variants))
	}
	if e.Time > budget || e.Trials > x.record.Budget.Trials {
		words += " It may stop before its end; --resume then goes on."
	}
	fmt.Fprintln(w, x.lines(words))
}
