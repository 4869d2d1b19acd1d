package stat

import (
	"math"
	"testing"
)

func TestSlope(t *testing.T) {
	for _, test := range []struct {
		name string
		x, y []float64
		want float64
		ok   bool
	}{
		{"a line", []float64{100, 500, 5000}, []float64{1.1, 1.5, 6}, 0.001, true},
		{"no growth", []float64{1, 2, 3}, []float64{5, 5, 5}, 0, true},
		// By hand: means 2.5 and 4.625; (1.5*3.625 + 0.5*0.125 + 0.5*0.375 + 1.5*3.375) / 5 = 2.15.
		{"scatter", []float64{1, 2, 3, 4}, []float64{1, 4.5, 5, 8}, 2.15, true},
		{"two points", []float64{0, 2}, []float64{3, 1}, -1, true},
		{"one point", []float64{1}, []float64{1}, 0, false},
		{"none", nil, nil, 0, false},
		{"one x", []float64{2, 2}, []float64{1, 3}, 0, false},
	} {
		got, ok := Slope(test.x, test.y)
		if ok != test.ok || math.Abs(got-test.want) > 1e-12 {
			t.Errorf("%s: %v, %v; want %v, %v", test.name, got, ok, test.want, test.ok)
		}
	}
}
