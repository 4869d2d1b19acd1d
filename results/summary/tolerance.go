package summary

import (
	"slices"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

// What a harness may do before its figures deserve a second look. Passing these bounds decides
// no verdict: objectives are judged one by one, with the delay that was measured.
const (
	MinAchieved    = 0.98 // Of the offered rate.
	toleratedShare = 0.05 // Of the tightest limit that a delay of the harness could push a value over.
	toleratedDelay = 0.05 // In seconds, where no objective says what matters.
)

// ToleratedDelay returns up to how many seconds a delay of the harness is nothing to speak of:
// a small share of the tightest limit among the objectives on metrics that the delay adds to.
func ToleratedDelay(objectives []slo.Objective, delay string) float64 {
	tightest := 0.0
	for _, o := range objectives {
		metric, ok := sample.Lookup(o.Metric)
		if !ok || !slices.Contains(metric.HarnessDelays, delay) || o.Most == nil {
			continue
		}
		if tightest == 0 || *o.Most < tightest {
			tightest = *o.Most
		}
	}
	if tightest == 0 {
		return toleratedDelay
	}
	return toleratedShare * tightest
}
