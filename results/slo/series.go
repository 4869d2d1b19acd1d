package slo

import (
	"fmt"

	"github.com/kubedyno/kubedyno/results/sample"
)

// A Series is the evidence of one label set for an objective on a gauge or scalar metric, in
// the metric's unit. A scalar has one point, and all its figures are equal.
type Series struct {
	Labels sample.Labels
	N      int64 // Points.
	Mean   float64
	Min    float64
	Max    float64
	Last   float64
}

// EvaluateSeries judges an objective on a gauge or scalar metric. Where several series match,
// each must meet the limit by itself, so the worst counts: the mean of unlike things would say
// nothing about any of them. What would be a PASS is INCONCLUSIVE if there is a doubt.
func EvaluateSeries(o Objective, series []Series, doubt string) Outcome {
	var out Outcome
	var worst *Series
	var observed float64
	for i := range series {
		if series[i].N == 0 {
			continue
		}
		out.N += series[i].N
		value, ok := series[i].statistic(o.Statistic)
		if !ok {
			return out.because(Inconclusive, fmt.Sprintf("%s has no %q", o.Metric, o.Statistic))
		}
		if worst == nil || (o.Most != nil) == (value > observed) && value != observed {
			worst, observed = &series[i], value
		}
	}
	limit, ok := o.limit()
	switch {
	case worst == nil:
		return out.because(NoData, "nothing was observed")
	case !ok:
		return out.because(Inconclusive, "the objective has no limit")
	}
	out.Observed, out.Margin = &observed, margin(o, observed)
	met := meets(o, observed, limit)
	switch {
	case met && doubt != "":
		return out.because(Inconclusive, doubt)
	case met:
		return out.because(Pass, "")
	case len(series) > 1 && len(worst.Labels) > 0:
		return out.because(Miss, fmt.Sprintf("%s is the worst of %d series", worst.Labels, len(series)))
	default:
		return out.because(Miss, "")
	}
}

func (s Series) statistic(statistic Statistic) (value float64, ok bool) {
	switch statistic {
	case Mean:
		return s.Mean, true
	case Min:
		return s.Min, true
	case Max:
		return s.Max, true
	case Last, Value:
		return s.Last, true
	default:
		return 0, false
	}
}

// Worst returns the verdict of a whole run: a miss outweighs everything, then an objective
// without data, then an inconclusive one. Without any objective it is Inconclusive: nothing
// was promised, so nothing was kept.
func Worst(verdicts []Verdict) Verdict {
	if len(verdicts) == 0 {
		return Inconclusive
	}
	for _, verdict := range []Verdict{Miss, NoData, Inconclusive} {
		for _, got := range verdicts {
			if got == verdict {
				return verdict
			}
		}
	}
	return Pass
}
