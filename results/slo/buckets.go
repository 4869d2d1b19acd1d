package slo

import (
	"fmt"
	"math"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/stat"
)

// Buckets are the evidence for an objective on a bucketed metric, in the metric's unit.
type Buckets struct {
	Bounds []float64 // Upper bounds, ascending; one more bucket lies above the last.
	Counts []uint64  // By bucket, not cumulative; one more than Bounds.
	Sum    float64
	// Doubt is why a pass would prove nothing; "" if none.
	Doubt string
}

// N returns how many values the buckets hold.
func (b Buckets) N() int64 {
	var n int64
	for _, count := range b.Counts {
		n += int64(count)
	}
	return n
}

// Mean returns the mean, which is exact; 0 if there are no values.
func (b Buckets) Mean() float64 {
	if n := b.N(); n > 0 {
		return b.Sum / float64(n)
	}
	return 0
}

// Quantile returns the edges of the bucket that holds the quantile q (0..1): it lies above low
// and is at most high, which is +Inf in the last bucket. Both are 0 if there are no values.
func (b Buckets) Quantile(q float64) (low, high float64) {
	n := b.N()
	if n == 0 {
		return 0, 0
	}
	rank := int64(math.Ceil(q*float64(n) - 1e-9)) // 0.99*100 must not become 99.00000000000001.
	rank = min(max(rank, 1), n)
	for i, count := range b.Counts {
		rank -= int64(count)
		if rank > 0 {
			continue
		}
		if i > 0 {
			low = b.Bounds[i-1]
		}
		if i < len(b.Bounds) {
			return low, b.Bounds[i]
		}
		break
	}
	return low, math.Inf(1)
}

// EvaluateBuckets judges an objective on a bucketed metric. A quantile is only known to lie in
// its bucket: it passes if the whole bucket meets the limit, it is a miss if none of the bucket
// does, and INCONCLUSIVE if the limit lies inside the bucket. The figure shown is the bucket's
// upper edge, which is never too small. Mean and count are exact; min and max are unknown.
func EvaluateBuckets(o Objective, e Buckets) Outcome {
	out := Outcome{N: e.N()}
	limit, ok := o.limit()
	switch {
	case out.N == 0:
		return out.because(NoData, "nothing was observed")
	case !ok:
		return out.because(Inconclusive, "the objective has no limit")
	}
	q, isQuantile := o.Statistic.Quantile()
	switch {
	case isQuantile && !stat.Printable(out.N, q):
		return out.because(Inconclusive, fmt.Sprintf("too few samples (n = %s, %s needs %s)",
			sample.FormatCount(out.N), o.Statistic, sample.FormatCount(stat.Needed(q))))
	case isQuantile:
		low, high := e.Quantile(q)
		return e.between(o, out, limit, low, high)
	case o.Statistic == Mean:
		return e.exact(o, out, limit, e.Mean())
	case o.Statistic == Total:
		return e.exact(o, out, limit, float64(out.N))
	default:
		return out.because(Inconclusive, fmt.Sprintf("a server's buckets have no %q", o.Statistic))
	}
}

// between judges a value that is above low and at most high.
func (e Buckets) between(o Objective, out Outcome, limit, low, high float64) Outcome {
	passed, missed := high <= limit, low >= limit
	if o.Most == nil {
		passed, missed = low >= limit, high < limit
	}
	reason := fmt.Sprintf("%s lies between %s and %s", o.Statistic,
		sample.Format(low, o.Unit()), sample.Format(high, o.Unit()))
	if math.IsInf(high, 1) {
		reason = fmt.Sprintf("%s lies above %s, in the last bucket", o.Statistic, sample.Format(low, o.Unit()))
	} else {
		out.Observed = &high
	}
	if passed || missed {
		out.Margin = e.margin(o, out)
	}
	switch {
	case missed:
		return out.because(Miss, reason)
	case !passed:
		return out.because(Inconclusive, reason)
	case e.Doubt != "":
		return out.because(Inconclusive, e.Doubt)
	default:
		return out.because(Pass, reason)
	}
}

func (e Buckets) exact(o Objective, out Outcome, limit, observed float64) Outcome {
	out.Observed = &observed
	out.Margin = margin(o, observed)
	switch met := meets(o, observed, limit); {
	case !met:
		return out.because(Miss, "")
	case e.Doubt != "":
		return out.because(Inconclusive, e.Doubt)
	default:
		return out.because(Pass, "")
	}
}

// margin is the room between the figure that is shown and the limit.
func (Buckets) margin(o Objective, out Outcome) *float64 {
	if out.Observed == nil {
		return nil
	}
	return margin(o, *out.Observed)
}
