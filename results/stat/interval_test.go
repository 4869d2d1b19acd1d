package stat

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
)

func TestQuantileIntervalAgainstPublishedRanks(t *testing.T) {
	tests := []struct {
		name       string
		n          int64
		q          float64
		confidence float64
		low, high  int64
		ok         bool
	}{
		// The sign-test tables for the median: 5 samples are too few at 95%, 6 give their range.
		{"median of 5", 5, 0.5, 0.95, 0, 6, false},
		{"median of 6", 6, 0.5, 0.95, 1, 6, true},
		{"median of 10", 10, 0.5, 0.95, 2, 9, true},
		{"median of 15", 15, 0.5, 0.95, 4, 12, true},
		{"median of 20", 20, 0.5, 0.95, 6, 15, true},
		{"median of 25", 25, 0.5, 0.95, 8, 18, true},
		{"median of 100", 100, 0.5, 0.95, 40, 61, true},
		{"median of 10 at 99%", 10, 0.5, 0.99, 1, 10, true},
		{"no samples", 0, 0.5, 0.95, 0, 0, false},
		{"no quantile", 10, 1, 0.95, 0, 0, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			low, high, ok := QuantileInterval(test.n, test.q, test.confidence)
			if low != test.low || high != test.high || ok != test.ok {
				t.Errorf("got %d, %d, %v, want %d, %d, %v", low, high, ok, test.low, test.high, test.ok)
			}
		})
	}
}

// exactBelow is P(B < l) in exact arithmetic for q = numerator/denominator.
func exactBelow(n, l, numerator, denominator int64) float64 {
	sum := new(big.Int)
	for k := range l {
		term := new(big.Int).Binomial(n, k)
		term.Mul(term, new(big.Int).Exp(big.NewInt(numerator), big.NewInt(k), nil))
		term.Mul(term, new(big.Int).Exp(big.NewInt(denominator-numerator), big.NewInt(n-k), nil))
		sum.Add(sum, term)
	}
	all := new(big.Int).Exp(big.NewInt(denominator), big.NewInt(n), nil)
	share, _ := new(big.Rat).SetFrac(sum, all).Float64()
	return share
}

func TestQuantileIntervalAgainstExactArithmetic(t *testing.T) {
	const tail = 0.025
	for _, n := range []int64{7, 50, 300, 1000} {
		for _, percentile := range []int64{1, 10, 50, 90, 95, 99} {
			low, high, _ := QuantileInterval(n, float64(percentile)/100, 0.95)
			if below := exactBelow(n, low, percentile, 100); low > 0 && below > tail {
				t.Errorf("n=%d p%d: rank %d leaves %v below", n, percentile, low, below)
			}
			if next := exactBelow(n, low+1, percentile, 100); low < n && next <= tail {
				t.Errorf("n=%d p%d: low rank %d could be %d", n, percentile, low, low+1)
			}
			if above := 1 - exactBelow(n, high, percentile, 100); high <= n && above > tail+1e-12 {
				t.Errorf("n=%d p%d: rank %d leaves %v above", n, percentile, high, above)
			}
		}
	}
}

func TestQuantileIntervalOfManySamplesIsTheNormalOne(t *testing.T) {
	const n, q, z = 100_000_000, 0.99, 1.959964
	low, high, ok := QuantileInterval(n, q, 0.95)
	deviation := math.Sqrt(n * q * (1 - q))
	if !ok || math.Abs(float64(low)-(n*q-z*deviation)) > 3 || math.Abs(float64(high)-(n*q+z*deviation)) > 3 {
		t.Errorf("got %d..%d, want about %.0f..%.0f", low, high, n*q-z*deviation, n*q+z*deviation)
	}
}

func TestQuantileIntervalCoversTheTruth(t *testing.T) {
	const rounds = 4000
	random := rand.New(rand.NewPCG(1, 2))
	tests := []struct {
		n int
		q float64
	}{{20, 0.5}, {200, 0.9}, {400, 0.95}, {1000, 0.99}}
	for _, test := range tests {
		low, high, ok := QuantileInterval(int64(test.n), test.q, Confidence)
		if !ok {
			t.Fatalf("no interval for n=%d q=%v", test.n, test.q)
		}
		truth := -math.Log(1 - test.q) // The quantile of the exponential distribution.
		covered := 0
		values := make([]float64, test.n)
		for range rounds {
			for i := range values {
				values[i] = random.ExpFloat64()
			}
			slices.Sort(values)
			if values[low-1] <= truth && truth <= values[high-1] {
				covered++
			}
		}
		if share := float64(covered) / rounds; share < Confidence {
			t.Errorf("n=%d q=%v: the interval holds the truth in %.2f%% of samples", test.n, test.q, 100*share)
		}
	}
}

func TestNeeded(t *testing.T) {
	for q, want := range map[float64]int64{0.5: 20, 0.9: 100, 0.95: 200, 0.99: 1000, 0.999: 10_000, 0.01: 1000} {
		if got := Needed(q); got != want {
			t.Errorf("Needed(%v) = %d, want %d", q, got, want)
		}
		if Printable(want-1, q) || !Printable(want, q) {
			t.Errorf("q=%v becomes printable at another count than %d", q, want)
		}
	}
	if Printable(math.MaxInt64-1, 1) {
		t.Error("the quantile 1 has nothing beyond it and was printable")
	}
}

func TestQuantileOf(t *testing.T) {
	var h sample.Histogram
	for ms := range 100 {
		h.Record(time.Duration(ms+1) * time.Millisecond)
	}
	median := QuantileOf(&h, 0.5)
	// The bounds are the ranks 40 and 61 of 1..100 ms, up to the histogram's resolution.
	near := func(got, want float64) bool { return got >= want && got <= want*1.001 }
	if !median.Printable || !median.Bounded ||
		!near(median.Value, 0.05) || !near(median.Low, 0.04) || !near(median.High, 0.061) {
		t.Errorf("median is %+v, want 50 ms in 40..61 ms", median)
	}
	if tail := QuantileOf(&h, 0.999); tail.Printable || tail.Bounded || tail.Low != 0 || tail.High != 0 {
		t.Errorf("p99.9 of 100 samples is %+v", tail)
	}
	if empty := QuantileOf(new(sample.Histogram), 0.5); empty != (Quantile{}) {
		t.Errorf("the median of nothing is %+v", empty)
	}
}
