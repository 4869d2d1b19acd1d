package stat

import (
	"math"
	"testing"
)

// TestProportionLow has values of which those of all successes are (1-confidence)^(1/n), and the
// others are from tables of the beta distribution.
func TestProportionLow(t *testing.T) {
	for _, test := range []struct {
		k, n int
		want float64
	}{{1, 1, 0.05}, {3, 3, math.Cbrt(0.05)}, {5, 5, math.Pow(0.05, 0.2)}, {0, 3, 0}, {4, 3, 0}, {1, 2, 1 - math.Sqrt(0.95)}, {9, 10, 0.6058}} {
		if got := ProportionLow(test.k, test.n, 0.95); math.Abs(got-test.want) > 1e-4 {
			t.Errorf("%d of %d: %.4f, want %.4f", test.k, test.n, got, test.want)
		}
	}
}
