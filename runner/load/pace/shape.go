package pace

import (
	"fmt"
	"math"
	"time"
)

// A Shape is a factor over time, by which a schedule's rate is multiplied. The functions of this
// package make one; New returns an error if it was made of values out of range.
type Shape interface {
	check() error
	peak() float64 // The highest factor, or a bound of it.

	// Times are in seconds since the start, and not negative.
	factor(t float64) float64
	integral(t float64) float64   // From 0 to t.
	reached(area float64) float64 // The latest time at which the integral is area; infinite if it stays so.
}

// Factor returns the factor of a shape at a moment since the start; 0 for one made of values out
// of range.
func Factor(shape Shape, at time.Duration) float64 {
	if shape.check() != nil {
		return 0
	}
	return shape.factor(max(at, 0).Seconds())
}

// Integral returns the integral of the factor over seconds, from the start to a moment: what a
// rate of one a second amounts to. It is 0 for a shape made of values out of range.
func Integral(shape Shape, until time.Duration) float64 {
	if shape.check() != nil {
		return 0
	}
	return shape.integral(max(until, 0).Seconds())
}

// A Point is the factor at a moment.
type Point struct {
	At     time.Duration // Since the start.
	Factor float64
}

// Constant is the factor 1 throughout.
func Constant() Shape { return newLinear([]knot{{0, 1}}) }

// Ramp is a factor that changes evenly over duration, and stays at to afterwards.
func Ramp(from, to float64, duration time.Duration) Shape {
	if duration <= 0 {
		return invalid{fmt.Errorf("ramp over %v: give a duration above 0", duration)}
	}
	return newLinear([]knot{{0, from}, {duration.Seconds(), to}})
}

// Steps are factors one after another, each for an equal share of duration; the last one stays.
func Steps(factors []float64, duration time.Duration) Shape {
	if len(factors) == 0 || duration <= 0 {
		return invalid{fmt.Errorf("%d steps over %v: give at least one factor and a duration above 0", len(factors), duration)}
	}
	knots := make([]knot, 0, 2*len(factors))
	for i, factor := range factors {
		share := duration.Seconds() / float64(len(factors))
		knots = append(knots, knot{float64(i) * share, factor}, knot{float64(i+1) * share, factor})
	}
	return newLinear(knots)
}

// Trace is the factor at some moments, in ascending order. In between it changes evenly; before
// the first it is that of the first and after the last that of the last. Two points of the
// same moment make a jump.
func Trace(points []Point) Shape {
	if len(points) == 0 {
		return invalid{fmt.Errorf("trace of no points: give at least one")}
	}
	knots := make([]knot, 0, len(points)+1)
	knots = append(knots, knot{0, points[0].Factor})
	for i, point := range points {
		if point.At < 0 || i > 0 && point.At < points[i-1].At {
			return invalid{fmt.Errorf("trace with point %d at %v: give its points in ascending order, from 0 on", i, point.At)}
		}
		knots = append(knots, knot{point.At.Seconds(), point.Factor})
	}
	return newLinear(knots)
}

// Sine is the factor 1 + amplitude·sin(2πt/period). The amplitude is from 0 to 1.
func Sine(amplitude float64, period time.Duration) Shape {
	switch {
	case !(amplitude >= 0 && amplitude <= 1):
		return invalid{fmt.Errorf("sine of amplitude %g: give one from 0 to 1", amplitude)}
	case period <= 0:
		return invalid{fmt.Errorf("sine of period %v: give one above 0", period)}
	}
	return sine{amplitude: amplitude, period: period.Seconds()}
}

// invalid is the shape of values out of range; check says so before anything else is asked.
type invalid struct{ fault error }

func (s invalid) check() error             { return s.fault }
func (s invalid) peak() float64            { return 0 }
func (s invalid) factor(float64) float64   { return 0 }
func (s invalid) integral(float64) float64 { return 0 }
func (s invalid) reached(float64) float64  { return math.Inf(1) }

// sine is a wave about 1.
type sine struct {
	amplitude float64
	period    float64 // Seconds.
}

func (s sine) check() error  { return nil }
func (s sine) peak() float64 { return 1 + s.amplitude }

func (s sine) factor(t float64) float64 {
	return max(0, 1+s.amplitude*math.Sin(2*math.Pi*math.Mod(t, s.period)/s.period))
}

// lead returns how far the integral may be above t: that of the upper half of a wave.
func (s sine) lead() float64 { return s.amplitude * s.period / math.Pi }

// integral is t + lead·sin²(πt/period), which is exact near a wave's beginning where 1 − cos is not.
func (s sine) integral(t float64) float64 {
	half := math.Sin(math.Pi * math.Mod(t, s.period) / s.period)
	return t + s.lead()*(half*half)
}

// reached has no closed form. It halves an interval down to 1 ns, its tolerance; only where the
// factor is nearly 0 the resolution of a float64 integral is coarser. The moments it
// compares at lie on one fixed grid, which makes the result ascend with area by construction:
// of two areas, the first moment that tells them apart sends the lower one to its left.
func (s sine) reached(area float64) float64 {
	lead := s.lead()
	low := time.Duration(0)
	for step := MaxDuration / 2; step > 0; step /= 2 {
		// The integral is from t to t + lead: most moments are decided without a sine.
		t := (low + step).Seconds()
		if t <= area && (t+lead <= area || s.integral(t) <= area) {
			low += step
		}
	}
	return low.Seconds()
}
