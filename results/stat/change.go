package stat

import (
	"math"
	"slices"
)

// A Centre is the middle of a figure over several runs, in the figure's unit.
type Centre struct {
	N      int     `json:"n"`
	Median float64 `json:"median"` // The mean of the middle two of an even number.
	// Low and High enclose the median of all such runs at Confidence; there is no such interval
	// with fewer than 6 runs.
	Low  *float64 `json:"low,omitempty"`
	High *float64 `json:"high,omitempty"`
}

// CentreOf returns the middle of some values; all zero without any.
func CentreOf(values []float64) Centre {
	if len(values) == 0 {
		return Centre{}
	}
	sorted := slices.Sorted(slices.Values(values))
	c := Centre{N: len(sorted), Median: median(sorted)}
	if low, high, ok := QuantileInterval(int64(len(sorted)), 0.5, Confidence); ok {
		c.Low, c.High = &sorted[low-1], &sorted[high-1]
	}
	return c
}

func median(sorted []float64) float64 {
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// A Shift is by how much one side lies above another, with an interval at Confidence. Low and
// High are nil where there are too few values for one, which is with fewer than 4 on each side.
type Shift struct {
	Value float64  `json:"value"`
	Low   *float64 `json:"low,omitempty"`
	High  *float64 `json:"high,omitempty"`
}

// ShiftOf returns by how much the values of other lie above those of base: the median of the
// differences of all pairs, with the interval that is the inverse of the rank test. It is exact
// without ties and wider than need be with them. Both sides must have values.
//
// Source: Hodges and Lehmann, Estimates of location based on rank tests (Annals of Mathematical
// Statistics 34, 1963); Hollander, Wolfe and Chicken, Nonparametric Statistical Methods (3rd
// edition, Wiley, 2014), sections 4.2 and 4.3.
func ShiftOf(base, other []float64) Shift {
	return shiftOf(base, other, func(from, to float64) float64 { return to - from })
}

// RatioOf returns by which share the values of other lie above those of base: 0.33 for a third
// more. It is ShiftOf of the logarithms, so its interval holds for a side that is a multiple of
// the other. It is not ok unless every value is above 0.
func RatioOf(base, other []float64) (share Shift, ok bool) {
	if len(base) == 0 || len(other) == 0 || slices.Min(base) <= 0 || slices.Min(other) <= 0 {
		return Shift{}, false
	}
	share = shiftOf(base, other, func(from, to float64) float64 { return math.Log(to) - math.Log(from) })
	share.Value = math.Expm1(share.Value)
	for _, bound := range []*float64{share.Low, share.High} {
		if bound != nil {
			*bound = math.Expm1(*bound)
		}
	}
	return share, true
}

func shiftOf(base, other []float64, difference func(from, to float64) float64) Shift {
	var all []float64
	for _, from := range base {
		for _, to := range other {
			all = append(all, difference(from, to))
		}
	}
	slices.Sort(all)
	s := Shift{Value: median(all)}
	if rank := shiftRank(len(base), len(other)); rank > 0 {
		low, high := all[rank-1], all[len(all)-rank]
		s.Low, s.High = &low, &high
	}
	return s
}

// shiftRank returns which of the ordered differences, counted from either end, bounds the
// interval: the largest k such that fewer than k of the pairs lie on one side with a probability
// of at most half of what Confidence leaves. It is 0 if there is none.
func shiftRank(n, m int) int {
	const tail = (1 - Confidence) / 2 * (1 + 1e-9)
	if n+m > exactRuns {
		pairs := float64(n * m)
		deviation := math.Sqrt(pairs * float64(n+m+1) / 12)
		const quantile = 1.959964 // Of the normal distribution at 97.5%.
		return max(0, int(math.Floor(pairs/2-quantile*deviation)))
	}
	ranks := make([]int, n+m)
	for i := range ranks {
		ranks[i] = 2 * (i + 1)
	}
	lowest, _ := extremeSums(ranks, n)
	var below float64
	for sum, probability := range rankSums(ranks, n) {
		if below += probability; below > tail {
			return (sum - lowest) / 2
		}
	}
	return 0
}

// Superiority returns the share of pairs of a value of base and one of other in which the latter
// is higher, equal ones counted by half: 0.5 if the sides are alike, 1 if all of other lie above
// all of base. Both sides must have values.
//
// Source: Vargha and Delaney, A critique and improvement of the CL common language effect size
// statistics (Journal of Educational and Behavioral Statistics 25, 2000). Cliff's delta is twice
// this less 1.
func Superiority(base, other []float64) float64 {
	higher := 0.0
	for _, from := range base {
		for _, to := range other {
			if to > from {
				higher++
			} else if to == from {
				higher += 0.5
			}
		}
	}
	return higher / float64(len(base)*len(other))
}
