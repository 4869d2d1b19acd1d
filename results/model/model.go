// Package model fits laws of growth to what several runs have measured, says how far each can be
// trusted, and refuses to predict where the data do not support it.
//
//	curve := model.Of(points, model.CostForms(), model.Options{Seed: 1})
//	prediction, refusals := curve.Predict(2000)
//
// Each point is one run: 100,000 requests of a run are one point. All forms have coefficients of at
// least 0, and residuals count relative to the fitted value, because what is measured over orders of
// magnitude scatters in proportion. The package is pure: the same points give the same curve.
package model

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
)

// The limits by which predictions are refused, and how forms are chosen.
const (
	// MinPoints is how many points a fit takes: AICc has no value for 3 parameters and the error
	// with fewer.
	MinPoints = 6
	// MinSizes is how many different sizes there must be among them, one more than parameters, and
	// Apart by which share each of them must be larger than the one before.
	MinSizes = 4
	Apart    = 0.1
	// MinSpan is how many times the smallest size the largest must be; less has no point at low load.
	MinSpan = 4.0
	// MaxReach is how many times the largest measured size predictions go: from 2,000 nodes to
	// 5,000. "make held-out" measures whether what is predicted that far comes true.
	MaxReach = 2.5
	// MaxPeak is how many times the largest measured size the peak of a throughput may be; one that
	// lies farther is not in the data. The R package usl warns in the same case.
	MaxPeak = 3.0
	// MinR2 is the least share of a throughput's variation that its fit must explain.
	MinR2 = 0.9
	// MaxTrendP is the largest chance at which the order of residuals is no accident any more.
	MaxTrendP = 0.05
	// Indistinct is up to how much larger the AICc of a form may be than the least for it to count as
	// well. Source: Burnham and Anderson, Model Selection and Multimodel Inference (2nd edition,
	// Springer, 2002), section 2.6.
	Indistinct = 2.0
	// Confidence is that of all intervals.
	Confidence = 0.95
	// MaxPoints is how many points a curve takes; the others are dropped and counted.
	MaxPoints = 1000
)

// A Point is what one run has measured.
type Point struct {
	X    float64 `json:"x"` // The size: nodes, pods or requests a second.
	Y    float64 `json:"y"` // In the metric's unit.
	Name string  `json:"name,omitempty"`
}

// Options say how a curve is made.
type Options struct {
	Seed uint64 // Of the bootstrap.
	// Replicates of the bootstrap; 0 is DefaultReplicates.
	Replicates int
}

// A Curve is what the points of one metric over one size say.
type Curve struct {
	Points  []Point `json:"points"`            // That count, by X.
	Dropped int     `json:"dropped,omitempty"` // Points that are no numbers, below 0, or beyond MaxPoints.
	// Fits are those forms that the data cannot tell apart, the one of the least AICc first; none if
	// there is too little data. A prediction covers the intervals of all of them.
	Fits     []Fit     `json:"fits,omitempty"`
	Scores   []Score   `json:"scores,omitempty"` // Of every form that was tried, the best first.
	HeldOut  *HeldOut  `json:"heldOut,omitempty"`
	Refusals []Refusal `json:"refusals,omitempty"`
}

// A Score is how well a form describes the points.
type Score struct {
	Form Form    `json:"form"`
	AICc float64 `json:"aicc"` // Of Hurvich and Tsai; less is better.
}

// HeldOut is a test of extrapolation: what the points without those of the largest size predict
// for it.
type HeldOut struct {
	X          float64    `json:"x"`
	Measured   float64    `json:"measured"` // The median of the points held out.
	Prediction Prediction `json:"prediction"`
	Inside     bool       `json:"inside"` // Measured lies within the interval.
}

// A Prediction is what a further run would measure: Value is the best fit's, and Low and High
// enclose the value of one run at Confidence. High is infinite where a queue has no bound.
type Prediction struct {
	Value, Low, High float64
}

// MarshalJSON writes a bound that is infinite as null.
func (p Prediction) MarshalJSON() ([]byte, error) {
	finite := func(v float64) *float64 {
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return nil
		}
		return &v
	}
	return json.Marshal(struct {
		Value *float64 `json:"value"`
		Low   *float64 `json:"low"`
		High  *float64 `json:"high"`
	}{finite(p.Value), finite(p.Low), finite(p.High)})
}

// Of fits each of the forms to the points and keeps those that the data cannot tell apart. It may
// take any points: those that are no numbers are dropped and counted.
func Of(points []Point, forms []Form, options Options) *Curve {
	c := fitted(points, forms, options)
	if len(c.Fits) > 0 {
		c.HeldOut = c.holdOut(forms, options)
		c.Refusals = append(c.Refusals, c.doubts()...)
	}
	return c
}

// fitted is Of without the doubts about the fits.
func fitted(points []Point, forms []Form, options Options) *Curve {
	c := &Curve{}
	for _, p := range points {
		if !usable(p.X) || !usable(p.Y) || len(c.Points) == MaxPoints {
			c.Dropped++
			continue
		}
		c.Points = append(c.Points, p)
	}
	slices.SortStableFunc(c.Points, func(a, b Point) int { return cmp.Compare(a.X, b.X) })
	if c.Refusals = c.lacks(); len(c.Refusals) > 0 {
		return c
	}
	solver := newSolver(c.Points)
	var all []Fit
	for _, name := range forms {
		form, known := formOf(name)
		if fit, ok := solver.fit(form); known && ok {
			all = append(all, fit)
		}
	}
	slices.SortStableFunc(all, func(a, b Fit) int { return cmp.Compare(a.AICc, b.AICc) })
	for i := range all {
		c.Scores = append(c.Scores, Score{all[i].Form, all[i].AICc})
		if all[i].AICc <= all[0].AICc+Indistinct {
			all[i].bootstrap(solver, options)
			c.Fits = append(c.Fits, all[i])
		}
	}
	if len(c.Fits) == 0 {
		c.Refusals = append(c.Refusals, Refusal{Rule: NoFit, Reason: "none of the forms can be fitted to the points"})
	}
	return c
}

// usable reports whether a value can be fitted: a number, not below 0, and not so far from 1 that
// sums overflow.
func usable(v float64) bool { return v >= 0 && v <= largest }

const largest = 1e100

// Largest and Smallest are the ends of what was measured; 0 without points.
func (c *Curve) Largest() float64 {
	if len(c.Points) == 0 {
		return 0
	}
	return c.Points[len(c.Points)-1].X
}

// Smallest is the smallest size with a point.
func (c *Curve) Smallest() float64 {
	if len(c.Points) == 0 {
		return 0
	}
	return c.Points[0].X
}

// Sizes counts the different sizes.
func (c *Curve) Sizes() int {
	n, last := 0, 0.0
	for _, p := range c.Points {
		if n == 0 || p.X > last*(1+Apart) {
			n, last = n+1, p.X
		}
	}
	return n
}

// Predict says what a run at size x would measure, or why that is not to be said. There is a
// prediction only without refusals.
func (c *Curve) Predict(x float64) (Prediction, []Refusal) {
	if refused := c.refuse(x); len(refused) > 0 {
		return Prediction{}, refused
	}
	return c.envelope(x), nil
}

// envelope covers the intervals of all fits, which must be there. Beyond the sizes measured both sides are
// wider by the root of how many times the largest x is, or the smallest is of x, as the error of a random
// walk grows: the bootstrap says what scatter does if the form holds, and nothing of whether it holds
// there. Of 14 quantities that "make held-out" measured at 2.5 times the largest size, 8 lay within the
// intervals of the forms alone, and 11 within these. The root was chosen on those data, so that 11 is no
// test of it.
func (c *Curve) envelope(x float64) Prediction {
	all := c.Fits[0].Predict(x)
	for _, fit := range c.Fits[1:] {
		p := fit.Predict(x)
		all.Low, all.High = min(all.Low, p.Low), max(all.High, p.High)
	}
	return all.widened(math.Sqrt(max(x/c.Largest(), c.Smallest()/x)))
}

// widened makes both sides of the interval so many times as wide, no lower than 0.
func (p Prediction) widened(times float64) Prediction {
	if !(times > 1) || math.IsInf(p.Value, 1) {
		return p
	}
	return Prediction{p.Value, max(0, p.Value-times*(p.Value-p.Low)), p.Value + times*(p.High-p.Value)}
}

// Band is the interval at x for a figure: that of Predict, without regard to refusals other than
// that there is no fit.
func (c *Curve) Band(x float64) (Prediction, bool) {
	if len(c.Fits) == 0 {
		return Prediction{}, false
	}
	return c.envelope(x), true
}

// holdOut predicts the largest size from the others; nil if these are too few, or too far from it.
func (c *Curve) holdOut(forms []Form, options Options) *HeldOut {
	largest := c.Largest()
	at := slices.IndexFunc(c.Points, func(p Point) bool { return p.X == largest })
	rest := fitted(c.Points[:at], forms, options)
	if len(rest.Fits) == 0 || largest > MaxReach*rest.Largest() {
		return nil
	}
	var measured []float64
	for _, p := range c.Points[at:] {
		measured = append(measured, p.Y)
	}
	h := &HeldOut{X: largest, Measured: median(measured), Prediction: rest.envelope(largest)}
	h.Inside = h.Measured >= h.Prediction.Low && h.Measured <= h.Prediction.High
	return h
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	if len(sorted) == 0 {
		return math.NaN()
	}
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}
