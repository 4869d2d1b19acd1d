// Package series holds step series: gauges that keep a value until the next one, with the stretches
// in which they are not known. It is pure.
package series

import (
	"math"
	"slices"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
)

// The limits of a series that is recorded.
const (
	// Hold is how long a value stands for the time after it when no other follows; beyond that
	// the series is unknown. Gauges are sampled every second.
	Hold = sample.Offset(5 * time.Second)
	// MaxSteps is how many steps of one series are kept; what comes later is unknown.
	MaxSteps = 20_000
)

// A Step is a value that holds from a moment on until the next Step. A value that is NaN says
// that the series is unknown from then on.
type Step struct {
	At    sample.Offset
	Value float64
}

// Steps are a step series in the order of time. Before its first Step it is unknown.
type Steps []Step

// At returns the value at a moment; NaN where it is unknown.
func (s Steps) At(at sample.Offset) float64 {
	i, found := slices.BinarySearchFunc(s, at, func(step Step, at sample.Offset) int {
		return int(min(max(step.At-at, -1), 1))
	})
	if !found {
		i--
	}
	if i < 0 {
		return math.NaN()
	}
	return s[i].Value
}

// Changes calls yield for every moment in (from, to] at which a known value follows another
// known one, with both. A gap between two values hides when it changed; it counts where the
// gap ends.
func (s Steps) Changes(from, to sample.Offset, yield func(at sample.Offset, before, after float64) bool) {
	last := s.At(from)
	for _, step := range s {
		if step.At <= from || step.At > to || math.IsNaN(step.Value) {
			continue
		}
		if !math.IsNaN(last) && step.Value != last && !yield(step.At, last, step.Value) {
			return
		}
		last = step.Value
	}
}

// Known returns the last known value in [from, to]; NaN if there is none.
func (s Steps) Known(from, to sample.Offset) float64 {
	last := s.At(from)
	for _, step := range s {
		if step.At > from && step.At <= to && !math.IsNaN(step.Value) {
			last = step.Value
		}
	}
	return last
}

// Sum adds series up; the sum is unknown where one of them is.
func Sum(all ...Steps) Steps {
	if len(all) == 1 {
		return all[0]
	}
	var moments []sample.Offset
	for _, s := range all {
		for _, step := range s {
			moments = append(moments, step.At)
		}
	}
	slices.Sort(moments)
	var sum Steps
	for _, at := range slices.Compact(moments) {
		total := 0.0
		for _, s := range all {
			total += s.At(at)
		}
		sum = sum.With(at, total)
	}
	return sum
}

// With appends a step unless it changes nothing.
func (s Steps) With(at sample.Offset, value float64) Steps {
	if len(s) == 0 && math.IsNaN(value) {
		return s
	}
	if len(s) > 0 {
		last := &s[len(s)-1]
		if last.Value == value || math.IsNaN(last.Value) && math.IsNaN(value) {
			return s
		}
		if last.At == at {
			last.Value = value
			return s
		}
	}
	return append(s, Step{at, value})
}

// Over calls do for every stretch of [from, to] in which no series changes and all are known,
// with its beginning, its length in seconds and their values, which do must not keep.
func Over(from, to sample.Offset, do func(at sample.Offset, seconds float64, values []float64), all ...Steps) {
	moments := []sample.Offset{from, to}
	for _, s := range all {
		for _, step := range s {
			if step.At > from && step.At < to {
				moments = append(moments, step.At)
			}
		}
	}
	slices.Sort(moments)
	moments = slices.Compact(moments)
	values := make([]float64, len(all))
	for i := 0; i+1 < len(moments); i++ {
		known := true
		for j, s := range all {
			values[j] = s.At(moments[i])
			known = known && !math.IsNaN(values[j])
		}
		if known {
			do(moments[i], (moments[i+1] - moments[i]).Seconds(), values)
		}
	}
}

// A Recorder makes a step series of the points of a gauge. The zero value is ready for use.
type Recorder struct {
	steps     Steps
	last      sample.Offset
	full, any bool
}

// Add takes a point; one that is older than the newest is left out. After a pause of more than
// Hold the series is unknown from Hold after the point before.
func (r *Recorder) Add(at sample.Offset, value float64) {
	if r.full || r.any && at < r.last {
		return
	}
	if r.any && at-r.last > Hold {
		r.steps = r.steps.With(r.last+Hold, math.NaN())
	}
	r.steps = r.steps.With(at, value)
	r.last, r.any = at, true
	if len(r.steps) >= MaxSteps {
		r.steps, r.full = r.steps.With(at, math.NaN()), true
	}
}

// Steps returns the series so far; it is unknown after its last point.
func (r *Recorder) Steps() Steps {
	if !r.any || r.full {
		return r.steps
	}
	return slices.Clone(r.steps).With(r.last+1, math.NaN())
}

// Full reports whether the series has too many steps, so that its end is missing.
func (r *Recorder) Full() bool { return r.full }
