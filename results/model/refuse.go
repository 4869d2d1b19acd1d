package model

import (
	"fmt"
	"math"

	"github.com/kubedyno/kubedyno/results/sample"
)

// A Rule is a reason not to predict.
type Rule string

// The rules.
const (
	FewPoints   Rule = "few points"        // Fewer than MinPoints.
	FewSizes    Rule = "few sizes"         // Fewer than MinSizes.
	NoFit       Rule = "no fit"            // No form could be fitted.
	Trend       Rule = "residuals trend"   // The form does not describe the points.
	NoLowLoad   Rule = "no low load"       // The sizes span less than MinSpan.
	LowFit      Rule = "low R²"            // A throughput with less than MinR2.
	FarPeak     Rule = "peak not in sight" // A throughput's peak beyond MaxPeak, or none.
	HeldOutMiss Rule = "held-out missed"   // The largest size is not what the others predict.
	BeyondReach Rule = "beyond reach"      // Beyond MaxReach.
	BelowReach  Rule = "below reach"       // The same towards small sizes.
)

// A Refusal is why there is no prediction.
type Refusal struct {
	Rule   Rule   `json:"rule"`
	Reason string `json:"reason"` // A clause: "runs: 5, and a fit takes 6".
	// Beyond says that it holds only for sizes larger than those measured.
	Beyond bool `json:"beyond,omitempty"`
}

// lacks says what is missing for any fit.
func (c *Curve) lacks() []Refusal {
	if n := len(c.Points); n < MinPoints {
		return []Refusal{{Rule: FewPoints, Reason: fmt.Sprintf("runs: %d, and a fit takes %d", n, MinPoints)}}
	}
	if n := c.Sizes(); n < MinSizes {
		return []Refusal{{Rule: FewSizes, Reason: fmt.Sprintf("different sizes: %d, and a fit takes %d", n, MinSizes)}}
	}
	return nil
}

// doubts says what is to be held against the fits, which must be there.
func (c *Curve) doubts() []Refusal {
	var all []Refusal
	best := c.Fits[0]
	if best.TrendP < MaxTrendP {
		all = append(all, Refusal{Rule: Trend, Reason: fmt.Sprintf("the residuals of the best form, %s, change sign too seldom along the sizes (runs test, p = %.2g)", best.Form, best.TrendP)})
	}
	if span := c.Largest() / c.Smallest(); span < MinSpan {
		all = append(all, Refusal{Rule: NoLowLoad, Beyond: true,
			Reason: fmt.Sprintf("the largest size is only %s times the smallest, so there is no point at low load; it takes %s times", number(span), number(MinSpan))})
	}
	if best.Form == USL {
		all = append(all, c.peakDoubts(best)...)
	}
	if h := c.HeldOut; h != nil && !h.Inside {
		all = append(all, Refusal{Rule: HeldOutMiss, Beyond: true,
			Reason: "without the runs of the largest size, " + number(h.X) + ", the others would not have predicted it"})
	}
	return all
}

func (c *Curve) peakDoubts(best Fit) []Refusal {
	var all []Refusal
	if best.R2 < MinR2 {
		all = append(all, Refusal{Rule: LowFit, Beyond: true, Reason: fmt.Sprintf("the fit explains %.0f%% of the variation, and it takes %.0f%%", 100*best.R2, 100*MinR2)})
	}
	switch {
	case best.Peak == nil:
		all = append(all, Refusal{Rule: FarPeak, Beyond: true, Reason: "no peak of the throughput shows in what was measured"})
	case best.Peak.X > MaxPeak*c.Largest():
		all = append(all, Refusal{Rule: FarPeak, Beyond: true, Reason: fmt.Sprintf("the peak that is fitted, at %s, is more than %s times as large as what was measured",
			number(best.Peak.X), number(MaxPeak))})
	}
	return all
}

// refuse says why nothing is to be predicted at size x; nil if something is.
func (c *Curve) refuse(x float64) []Refusal {
	var all []Refusal
	for _, r := range c.Refusals {
		if !r.Beyond || x > c.Largest() {
			all = append(all, r)
		}
	}
	if len(c.Points) == 0 {
		return all
	}
	switch {
	case math.IsNaN(x) || x > MaxReach*c.Largest():
		all = append(all, Refusal{Rule: BeyondReach, Beyond: true,
			Reason: fmt.Sprintf("the largest that was measured is %s, and predictions go to %s times that", number(c.Largest()), number(MaxReach))})
	case x < c.Smallest()/MaxReach:
		all = append(all, Refusal{Rule: BelowReach,
			Reason: fmt.Sprintf("the smallest that was measured is %s, and predictions go down to 1/%s of that", number(c.Smallest()), number(MaxReach))})
	}
	return all
}

func number(v float64) string { return sample.Format(v, sample.Count) }

// trendP is the chance of as few runs of residuals of one sign, or fewer, as there are along the
// sizes, if their order were an accident. Points of the same size are one, with the mean of their
// residuals. It is 1 where all have the same sign or none has any.
//
// Source: Wald and Wolfowitz, On a test whether two samples are from the same population (Annals of
// Mathematical Statistics 11, 1940).
func trendP(points []Point, residuals []float64) float64 {
	const nothing = 1e-9
	var signs []bool
	above, runs := 0, 0
	for i := 0; i < len(points); {
		sum, x := 0.0, points[i].X
		for ; i < len(points) && points[i].X == x; i++ {
			sum += residuals[i]
		}
		if math.Abs(sum) < nothing {
			continue
		}
		up := sum > 0
		if len(signs) == 0 || signs[len(signs)-1] != up {
			runs++
		}
		signs = append(signs, up)
		if up {
			above++
		}
	}
	return fewRuns(above, len(signs)-above, runs)
}

// fewRuns is the chance of at most so many runs in a random order of n and m things of two kinds.
func fewRuns(n, m, runs int) float64 {
	if n == 0 || m == 0 {
		return 1
	}
	choose := func(n, k int) float64 {
		if k < 0 || k > n {
			return 0
		}
		a, _ := math.Lgamma(float64(n + 1))
		b, _ := math.Lgamma(float64(k + 1))
		c, _ := math.Lgamma(float64(n - k + 1))
		return math.Exp(a - b - c)
	}
	ways := 0.0
	for r := 2; r <= runs; r++ {
		if half := r / 2; r%2 == 0 {
			ways += 2 * choose(n-1, half-1) * choose(m-1, half-1)
		} else {
			ways += choose(n-1, half)*choose(m-1, half-1) + choose(n-1, half-1)*choose(m-1, half)
		}
	}
	return min(1, ways/choose(n+m, n))
}
