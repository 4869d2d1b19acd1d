// Package stat holds the statistics that figures of one run need: how many samples a
// quantile takes, and how far it can be trusted.
//
// It assumes nothing about the shape of a distribution. It does assume that samples are
// independent, which those of one run seldom are: its intervals speak of this run, not of
// what the next run would show.
package stat

import (
	"math"

	"github.com/kubedyno/kubedyno/results/sample"
)

// Beyond is how many samples must lie beyond a quantile before it is shown as a number.
const Beyond = 10

// Confidence is the confidence of every interval that is shown.
const Confidence = 0.95

// Needed returns how many samples the quantile q (0..1) takes before at least Beyond of them
// lie beyond it: 1,000 for the 99th percentile, 20 for the median.
func Needed(q float64) int64 {
	tail := min(q, 1-q)
	if tail <= 0 {
		return math.MaxInt64
	}
	// 10/(1-0.99) is a little more than 1000 in floating point and must not become 1001.
	const tolerance = 1e-9
	return int64(math.Ceil(Beyond / tail * (1 - tolerance)))
}

// Printable reports whether the quantile q of n samples may be shown as a number.
func Printable(n int64, q float64) bool { return n >= Needed(q) }

// QuantileInterval returns the 1-based ranks of two order statistics among n samples that
// enclose the quantile q (0..1) with at least the given confidence (0..1), whatever the
// distribution. ok is false when n samples cannot give such an interval; a low rank of at
// least 1 is then still a bound on its side.
//
// With B binomial (n, q), the quantile lies below the sample of rank l with probability
// P(B < l) and above that of rank h with probability P(B >= h). The ranks are the narrowest
// for which each of the two is at most (1-confidence)/2, which makes the interval
// conservative. The sums are exact for every n; they take some 24*sqrt(n*q*(1-q)) steps.
//
// Source: Hahn and Meeker, Statistical Intervals (Wiley, 1991), section 5.2; David and
// Nagaraja, Order Statistics (3rd edition, Wiley, 2003), section 7.1.
func QuantileInterval(n int64, q, confidence float64) (lowRank, highRank int64, ok bool) {
	if n < 1 || !(q > 0 && q < 1) || !(confidence > 0 && confidence < 1) {
		return 0, 0, false
	}
	tail := (1 - confidence) / 2
	lowRank = tailCount(n, q, tail)
	// P(B >= h) = P(n-B <= n-h), and n-B is binomial (n, 1-q).
	highRank = n + 1 - tailCount(n, 1-q, tail)
	return lowRank, highRank, lowRank >= 1 && highRank <= n
}

// tailCount returns the largest l with P(B < l) <= tail for B binomial (n, q): 0 if even
// P(B = 0) exceeds it.
func tailCount(n int64, q, tail float64) int64 {
	mean := float64(n) * q
	deviation := math.Sqrt(mean * (1 - q))
	// What lies lower than this is less likely than 1e-20 and may be left out of the sum.
	first := max(int64(mean-12*deviation-40), 0)
	odds := q / (1 - q)
	probability := math.Exp(logBinomial(n, first, q))
	var below float64
	for k := first; k < n; k++ {
		below += probability
		if below > tail {
			return k
		}
		probability *= float64(n-k) / float64(k+1) * odds
	}
	return n
}

// logBinomial is the logarithm of P(B = k).
func logBinomial(n, k int64, q float64) float64 {
	return logFactorial(n) - logFactorial(k) - logFactorial(n-k) +
		float64(k)*math.Log(q) + float64(n-k)*math.Log1p(-q)
}

func logFactorial(n int64) float64 {
	value, _ := math.Lgamma(float64(n) + 1)
	return value
}

// A Quantile is a quantile of a sample with its interval at Confidence, in seconds.
type Quantile struct {
	Value     float64
	Low, High float64 // Both 0 unless Bounded.
	Bounded   bool    // There are enough samples for an interval.
	Printable bool    // There are enough samples to show Value as a number.
}

// QuantileOf returns the quantile q (0..1) of a histogram with its interval.
func QuantileOf(h *sample.Histogram, q float64) Quantile {
	result := Quantile{Value: h.Quantile(q), Printable: Printable(h.Count(), q)}
	low, high, ok := QuantileInterval(h.Count(), q, Confidence)
	if ok {
		result.Low, result.High, result.Bounded = h.AtRank(low), h.AtRank(high), true
	}
	return result
}
