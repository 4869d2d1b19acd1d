// Package pace computes open-loop schedules: the times at which requests are meant to leave,
// fixed before the first is sent and whatever the answers are.
//
// The rate at time t is Rate·f(t), where f is a Shape. Its integral Λ(t) is the number of
// requests expected by t. A regular schedule sends request i when Λ reaches i + Offset. A
// Poisson schedule sends it when Λ reaches the sum of i+1 independent exponentials of mean 1:
// by Çinlar's theorem (Introduction to Stochastic Processes, 1975, chapter 4.7) the inverse of
// Λ turns the arrivals of a Poisson process of rate 1 into those of one of rate Rate·f(t).
//
// Where the rate is zero Λ is flat and its inverse has a choice; the latest moment is taken, so
// that a request on the border of such a stretch leaves when the rate rises again. Thus no
// request is due while the rate is zero, and before t a regular schedule sends ⌈Λ(t)−Offset⌉.
//
// Times are rounded to nanoseconds. They never descend: each step from a request's number to
// its time is an operation of which the rounding, too, is monotone.
package pace

import (
	"fmt"
	"math"
	"sort"
	"time"
)

// The limits of a schedule.
const (
	MaxRequests = 100_000_000            // Expected; the sums of a Poisson schedule are 6 MB then.
	MaxRate     = 10_000_000             // Requests per second, at the highest factor.
	MaxFactor   = 1_000_000              // Of a shape.
	MaxDuration = time.Duration(1) << 50 // 13 days: float64 seconds are well below 1 ns exact.
)

// endSlack is how near the end, as a share of the integral, a request counts as due at the end:
// the sum of a shape's parts is no more exact than that.
const endSlack = 1e-13

// Arrivals is how requests of a given rate are spread.
type Arrivals int

// The arrivals.
const (
	Regular Arrivals = iota // Evenly spaced in the integral of the rate.
	Poisson                 // At random, as many independent clients send.
)

// Options are what a schedule is made of.
type Options struct {
	Rate     float64 // Requests per second at factor 1.
	Shape    Shape   // The factor over time; nil is Constant().
	Arrivals Arrivals
	Duration time.Duration // Requests are due before it.
	Seed     uint64        // Of Poisson arrivals; equal seeds give equal schedules.
	Offset   float64       // Of regular arrivals, from 0 up to 1: where in the first interval the first request leaves.
}

// A Schedule says when each request is meant to leave. It never changes, so any number of
// goroutines may use it.
type Schedule struct {
	rate     float64
	shape    Shape
	duration time.Duration
	total    float64 // Requests expected.
	offset   float64
	random   *unitPoisson // Nil for regular arrivals.
	count    uint64
}

// New returns the schedule of options. For Poisson arrivals it draws every gap once, which takes
// about a second for MaxRequests.
func New(options Options) (*Schedule, error) {
	if options.Shape == nil {
		options.Shape = Constant()
	}
	if err := check(options); err != nil {
		return nil, err
	}
	s := &Schedule{
		rate:     options.Rate,
		shape:    options.Shape,
		duration: options.Duration,
		total:    options.Rate * options.Shape.integral(options.Duration.Seconds()),
		offset:   options.Offset,
	}
	if s.total > MaxRequests {
		return nil, fmt.Errorf("schedule of %.4g requests: more than %d; lower the rate or the duration", s.total, MaxRequests)
	}
	most := uint64(s.total) + 2
	if options.Arrivals == Poisson {
		s.random = newUnitPoisson(options.Seed, s.total)
		most = s.random.len()
	}
	s.count = uint64(sort.Search(int(most), func(i int) bool { return s.At(uint64(i)) >= s.duration }))
	return s, nil
}

// check returns what is wrong with options, which have a shape.
func check(options Options) error {
	if err := options.Shape.check(); err != nil {
		return err
	}
	peak := options.Rate * options.Shape.peak()
	switch {
	case !(options.Rate > 0) || math.IsInf(options.Rate, 1):
		return fmt.Errorf("schedule of %g requests per second: give a rate above 0", options.Rate)
	case peak > MaxRate || options.Rate > MaxRate:
		return fmt.Errorf("schedule of %.4g requests per second: more than %d; lower the rate or the factors",
			max(peak, options.Rate), MaxRate)
	case options.Duration <= 0 || options.Duration > MaxDuration:
		return fmt.Errorf("schedule of %v: give a duration above 0 and up to %v", options.Duration, MaxDuration)
	case !(options.Offset >= 0 && options.Offset < 1):
		return fmt.Errorf("schedule with its first request at %g of an interval: give an offset from 0 up to 1", options.Offset)
	case options.Arrivals != Regular && options.Arrivals != Poisson:
		return fmt.Errorf("schedule of arrivals %d: give Regular or Poisson", options.Arrivals)
	}
	return nil
}

// At returns the intended send time of request seq (0, 1, ...) since the start. It never
// descends as seq grows; from request Count on it is the schedule's duration.
func (s *Schedule) At(seq uint64) time.Duration {
	expected := float64(seq) + s.offset
	if s.random != nil {
		expected = s.random.arrival(seq)
	}
	if expected >= s.total*(1-endSlack) {
		return s.duration
	}
	at := math.Round(s.shape.reached(expected/s.rate) * float64(time.Second))
	return time.Duration(min(at, float64(s.duration)))
}

// Count returns the number of requests due before the schedule's duration.
func (s *Schedule) Count() uint64 { return s.count }

// RateAt returns the rate in requests per second at t since the start: the expected rate, if
// arrivals are Poisson. It is 0 before the start and after the duration.
func (s *Schedule) RateAt(t time.Duration) float64 {
	if t < 0 || t > s.duration {
		return 0
	}
	return s.rate * s.shape.factor(t.Seconds())
}
