package pace

import (
	"math"
	"slices"
	"testing"
	"time"
)

// seeds are fixed, so that a test of chance gives the same answer every time.
var seeds = []uint64{1, 42, math.MaxUint64}

// TestPoissonCounts compares the counts in windows with their distribution. The sum of the
// counts has the variance of its mean. Pearson's statistic over n windows has the mean n and the
// variance 2n + Σ 1/mean, as the fourth central moment of a Poisson count is mean + 3·mean².
func TestPoissonCounts(t *testing.T) {
	const windows, sigmas = 200, 4
	for name, shape := range shapes {
		for _, seed := range seeds {
			s := mustNew(t, Options{Rate: 2000, Shape: shape, Arrivals: Poisson, Duration: 10 * time.Second, Seed: seed})
			counts := make([]float64, windows)
			for i := range s.Count() {
				counts[s.At(i)*windows/(10*time.Second)]++
			}
			var statistic, used, spread, total, mean float64
			for w, count := range counts {
				from, until := float64(w)*10/windows, float64(w+1)*10/windows
				expected := s.rate * (shape.integral(until) - shape.integral(from))
				total, mean = total+count, mean+expected
				if expected > 0.5 {
					used++
					statistic += (count - expected) * (count - expected) / expected
					spread += 2 + 1/expected
				}
			}
			if off := math.Abs(total-mean) / math.Sqrt(mean); off > sigmas {
				t.Errorf("%s, seed %d: %g requests, %.1f sigma from %g", name, seed, total, off, mean)
			}
			if off := math.Abs(statistic-used) / math.Sqrt(spread); off > sigmas || used < windows/4 {
				t.Errorf("%s, seed %d: statistic %g over %g windows, %.1f sigma off", name, seed, statistic, used, off)
			}
		}
	}
}

// TestPoissonGaps tests the gaps, measured in expected requests, to be exponential of mean 1: by
// Kolmogorov and Smirnov's distance, of which the critical value at 1 % is 1.628/√n.
func TestPoissonGaps(t *testing.T) {
	for name, shape := range shapes {
		for _, seed := range seeds {
			s := mustNew(t, Options{Rate: 2000, Shape: shape, Arrivals: Poisson, Duration: 10 * time.Second, Seed: seed})
			gaps := make([]float64, s.Count())
			before := 0.0
			for i := range gaps {
				reached := s.rate * shape.integral(s.At(uint64(i)).Seconds())
				gaps[i], before = reached-before, reached
			}
			if distance, critical := distanceToExponential(gaps), 1.628/math.Sqrt(float64(len(gaps))); distance > critical {
				t.Errorf("%s, seed %d: distance %.4f over %d gaps, want at most %.4f", name, seed, distance, len(gaps), critical)
			}
		}
	}
}

// TestRegularIsNotPoisson shows that the distance tells regular gaps from exponential ones.
func TestRegularIsNotPoisson(t *testing.T) {
	gaps := slices.Repeat([]float64{1}, 1000)
	if distance := distanceToExponential(gaps); distance < 0.6 {
		t.Errorf("distance %g, want 1 - 1/e", distance)
	}
}

func distanceToExponential(gaps []float64) float64 {
	slices.Sort(gaps)
	distance, n := 0.0, float64(len(gaps))
	for i, gap := range gaps {
		want := -math.Expm1(-gap)
		distance = max(distance, math.Abs(want-float64(i)/n), math.Abs(want-float64(i+1)/n))
	}
	return distance
}

// TestGapsAreUncorrelated looks at neighbours within blocks and across their borders, and at
// the same places of neighbouring blocks: a poor seeding of the blocks would show there.
func TestGapsAreUncorrelated(t *testing.T) {
	const n = 20000
	p := newUnitPoisson(1, n+2*blockSize)
	gap := func(i uint64) float64 {
		if i == 0 {
			return p.arrival(0)
		}
		return p.arrival(i) - p.arrival(i-1)
	}
	for _, lag := range []uint64{1, 2, blockSize} {
		sum := 0.0
		for i := range uint64(n) {
			sum += (gap(i) - 1) * (gap(i+lag) - 1)
		}
		if correlation := sum / n; math.Abs(correlation) > 4/math.Sqrt(n) {
			t.Errorf("correlation %g at lag %d, want 0 within 4 sigma", correlation, lag)
		}
	}
}

func TestSeeds(t *testing.T) {
	make := func(seed uint64) *Schedule {
		return mustNew(t, Options{Rate: 1000, Arrivals: Poisson, Duration: 10 * time.Second, Seed: seed})
	}
	same, again, other := make(1), make(1), make(2)
	equal := 0
	for i := range same.Count() {
		if same.At(i) != again.At(i) {
			t.Fatalf("equal seeds differ at request %d", i)
		}
		if same.At(i) == other.At(i) {
			equal++
		}
	}
	if equal > 10 {
		t.Errorf("different seeds agree on %d requests", equal)
	}
}

func BenchmarkAt(b *testing.B) {
	for _, bench := range []struct {
		name     string
		shape    Shape
		arrivals Arrivals
	}{
		{"regular", Constant(), Regular},
		{"ramp", Ramp(0, 1, time.Hour), Regular},
		{"sine", Sine(1, time.Minute), Regular},
		{"poisson", Constant(), Poisson},
		{"poisson sine", Sine(1, time.Minute), Poisson},
	} {
		b.Run(bench.name, func(b *testing.B) {
			s := mustNew(b, Options{Rate: 1000, Shape: bench.shape, Arrivals: bench.arrivals, Duration: time.Hour})
			b.ReportAllocs()
			for i := uint64(0); b.Loop(); i++ {
				s.At(i % s.Count())
			}
		})
	}
}

func BenchmarkNewPoisson(b *testing.B) {
	for b.Loop() {
		mustNew(b, Options{Rate: 1000, Arrivals: Poisson, Duration: 1000 * time.Second})
	}
}
