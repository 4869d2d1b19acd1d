package slo

import (
	"fmt"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/stat"
)

// An Outcome is what became of one objective. Figures are in the objective's unit; a nil
// figure is one that the data does not allow to be shown.
type Outcome struct {
	Verdict  Verdict
	Reason   string   // Why, unless it is a plain pass or miss. No full stop, lower case.
	Observed *float64 // A lower bound if the reason says so.
	Low      *float64 // The interval of an observed quantile at stat.Confidence.
	High     *float64
	Margin   *float64 // Room left, as a share of the limit; negative: missed. nil for a limit of 0.
	N        int64
	Censored int64
	// AtLeast says that Observed is a lower bound, because things that never got there have a part in it.
	AtLeast bool
}

// A Distribution is the evidence for an objective on a distribution metric.
type Distribution struct {
	Values *sample.Histogram
	// Censored is how many of Values never got there; they are recorded at the time that had
	// passed, so that their true value is at least that.
	Censored     int64
	CensoredFrom float64 // The shortest of those times in seconds.
	// Delay is what the harness itself may have added to each value, DelayMetric the metric
	// that says so. Delay may be nil or empty.
	Delay       *sample.Histogram
	DelayMetric string
	// Doubt is why a pass would prove nothing, such as "the run did not finish"; "" if none.
	Doubt string
}

// EvaluateDistribution judges an objective on a distribution. The rules, first to last:
//
//   - Without values there is NO DATA.
//   - A quantile with fewer than stat.Beyond samples beyond it is no number: INCONCLUSIVE,
//     except that it is a MISS if that many values are over the limit and the whole
//     interval of the quantile is. Mean, min, max and count need no number of samples.
//   - A figure that things which never got there have a part in is a lower bound: over the
//     limit it is decided, below it the objective is INCONCLUSIVE.
//   - A limit missed by no more than the harness's own delay (its p99) is INCONCLUSIVE.
//   - What would be a PASS is INCONCLUSIVE if there is a doubt.
//
// The statistic count is how many got there. Limits are compared at the histogram's
// resolution of 0.1%: a value that cannot be told from the limit meets it.
func EvaluateDistribution(o Objective, e Distribution) Outcome {
	out := Outcome{Censored: e.Censored}
	if e.Values != nil {
		out.N = e.Values.Count()
	}
	limit, ok := o.limit()
	switch {
	case out.N == 0:
		return out.because(NoData, "nothing was observed")
	case !ok:
		return out.because(Inconclusive, "the objective has no limit")
	}
	if q, isQuantile := o.Statistic.Quantile(); isQuantile {
		quantile := stat.QuantileOf(e.Values, q)
		if !quantile.Printable {
			return tooFew(o, e, out, q)
		}
		out.Low, out.High = bounds(quantile, e)
	}
	observed, ok := e.statistic(o.Statistic)
	if !ok {
		return out.because(Inconclusive, fmt.Sprintf("a distribution has no %q", o.Statistic))
	}
	out.Observed = &observed
	if o.Most != nil && o.Statistic != Total {
		limit = sample.Resolve(limit)
	}
	out.Margin = margin(o, observed)
	return e.decide(o, out, limit)
}

// decide compares a figure that the data allows to be shown with the limit.
func (e Distribution) decide(o Objective, out Outcome, limit float64) Outcome {
	observed := *out.Observed
	atLeast := e.isLowerBound(o.Statistic, observed)
	out.AtLeast = atLeast
	met := meets(o, observed, limit)
	if met && out.Margin != nil {
		*out.Margin = max(*out.Margin, 0) // Equal to the limit but for the resolution.
	}
	switch {
	case atLeast && met == (o.Most != nil):
		return out.because(Inconclusive, e.censoredWords(o, observed))
	case met && e.Doubt != "":
		return out.because(Inconclusive, e.Doubt)
	case met:
		return out.because(Pass, "")
	case o.Most != nil && o.Statistic != Total && e.delay() > 0 && observed-e.delay() <= limit:
		return out.because(Inconclusive, e.delayWords())
	case atLeast:
		return out.because(Miss, e.censoredWords(o, observed))
	default:
		return out.because(Miss, "")
	}
}

// tooFew judges a quantile that may not be shown as a number.
func tooFew(o Objective, e Distribution, out Outcome, q float64) Outcome {
	lowRank, _, _ := stat.QuantileInterval(out.N, q, stat.Confidence)
	if o.Most != nil && lowRank >= 1 {
		limit := *o.Most + e.delay()
		above := e.Values.CountAbove(limit)
		sure := e.Values.AtRank(lowRank) > sample.Resolve(limit)
		if above >= stat.Beyond && sure {
			return out.because(Miss, fmt.Sprintf("%s of %s took longer than %s",
				sample.FormatCount(above), sample.FormatCount(out.N), sample.Format(limit, o.Unit())))
		}
	}
	return out.because(Inconclusive, fmt.Sprintf("too few samples (n = %s, %s needs %s)",
		sample.FormatCount(out.N), o.Statistic, sample.FormatCount(stat.Needed(q))))
}

func (e Distribution) statistic(s Statistic) (value float64, ok bool) {
	if q, isQuantile := s.Quantile(); isQuantile {
		return e.Values.Quantile(q), true
	}
	switch s {
	case Mean:
		return e.Values.Mean(), true
	case Max:
		return e.Values.Max(), true
	case Min:
		return e.Values.Min(), true
	case Total:
		return float64(e.Values.Count() - e.Censored), true
	default:
		return 0, false
	}
}

// isLowerBound reports whether the true figure may be larger, because things that never got
// there have a part in it. A quantile below all of them is untouched by them.
func (e Distribution) isLowerBound(s Statistic, observed float64) bool {
	switch {
	case e.Censored == 0 || s == Total:
		return false
	case s == Mean || s == Max:
		return true
	default:
		return sample.Resolve(observed) >= sample.Resolve(e.CensoredFrom)
	}
}

// bounds returns the interval of a quantile; an end that lies among things which never got
// there is unknown.
func bounds(quantile stat.Quantile, e Distribution) (low, high *float64) {
	if !quantile.Bounded {
		return nil, nil
	}
	low = &quantile.Low
	if e.Censored == 0 || quantile.High < sample.Resolve(e.CensoredFrom) {
		high = &quantile.High
	}
	return low, high
}

func (e Distribution) censoredWords(o Objective, observed float64) string {
	return fmt.Sprintf("%s of %s never got there: %s is at least %s", sample.FormatCount(e.Censored),
		sample.FormatCount(e.Values.Count()), o.Statistic, sample.Format(observed, o.Unit()))
}

// delay is the p99 of what the harness may have added, in seconds; 0 if not measured.
func (e Distribution) delay() float64 {
	if e.Delay == nil {
		return 0
	}
	return e.Delay.Quantile(0.99)
}

func (e Distribution) delayWords() string {
	what := e.DelayMetric
	if metric, ok := sample.Lookup(e.DelayMetric); ok {
		what = metric.Words()
	}
	return fmt.Sprintf("the harness was late: %s p99 %s", what, sample.Format(e.delay(), sample.Seconds))
}

func (out Outcome) because(verdict Verdict, reason string) Outcome {
	out.Verdict, out.Reason = verdict, reason
	return out
}

func meets(o Objective, observed, limit float64) bool {
	if o.Most != nil {
		return observed <= limit
	}
	return observed >= limit
}

func margin(o Objective, observed float64) *float64 {
	limit, ok := o.limit()
	if !ok || limit <= 0 {
		return nil
	}
	room := (observed - limit) / limit
	if o.Most != nil {
		room = (limit - observed) / limit
	}
	return &room
}
