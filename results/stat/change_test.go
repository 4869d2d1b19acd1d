package stat

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestCentreOf(t *testing.T) {
	if got := CentreOf(nil); got.N != 0 {
		t.Errorf("CentreOf(nil) = %v", got)
	}
	if got := CentreOf([]float64{3, 1, 2, 10}); got.Median != 2.5 || got.Low != nil || got.High != nil {
		t.Errorf("of 4 values: %+v, want the median 2.5 without an interval", got)
	}
	got := CentreOf([]float64{6, 5, 4, 3, 2, 1})
	if got.Median != 3.5 || got.Low == nil || *got.Low != 1 || *got.High != 6 {
		t.Errorf("of 6 values: %+v, want the median 3.5 in [1, 6]", got)
	}
}

func TestShiftOf(t *testing.T) {
	if got := ShiftOf([]float64{1, 2, 3}, []float64{11, 12, 13}); got.Value != 10 || got.Low != nil {
		t.Errorf("3 and 3 values: %+v, want 10 without an interval", got)
	}
	got := ShiftOf([]float64{1, 2, 3, 4}, []float64{11, 12, 13, 14})
	if got.Value != 10 || got.Low == nil || *got.Low != 7 || *got.High != 13 {
		t.Errorf("4 and 4 values: %+v, want 10 in [7, 13]", got)
	}
	// R: wilcox.test(y, x, conf.int = TRUE) of Hollander and Wolfe's example: -0.305 in [-0.76, 0.15].
	got = ShiftOf([]float64{0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46}, []float64{1.15, 0.88, 0.90, 0.74, 1.21})
	if math.Abs(got.Value+0.305) > 1e-9 || math.Abs(*got.Low+0.76) > 1e-9 || math.Abs(*got.High-0.15) > 1e-9 {
		t.Errorf("Hollander and Wolfe: %v in [%v, %v], want -0.305 in [-0.76, 0.15]", got.Value, *got.Low, *got.High)
	}
}

func TestRatioOf(t *testing.T) {
	got, ok := RatioOf([]float64{1, 2, 4, 8}, []float64{3, 6, 12, 24})
	if !ok || math.Abs(got.Value-2) > 1e-9 || *got.Low >= 2 || *got.High <= 2 {
		t.Errorf("three times as much: %+v, %v, want +200%%", got, ok)
	}
	for _, with := range [][]float64{{0, 1}, {-1, 1}, nil} {
		if _, ok := RatioOf([]float64{1, 2}, with); ok {
			t.Errorf("RatioOf of %v is ok, want not", with)
		}
	}
}

func TestSuperiority(t *testing.T) {
	for _, test := range []struct {
		base, other []float64
		want        float64
	}{{[]float64{1, 2}, []float64{3, 4}, 1}, {[]float64{3, 4}, []float64{1, 2}, 0}, {[]float64{1, 2}, []float64{1, 2}, 0.5}} {
		if got := Superiority(test.base, test.other); got != test.want {
			t.Errorf("Superiority(%v, %v) = %v, want %v", test.base, test.other, got, test.want)
		}
	}
}

// TestShiftCoverage draws both sides from one skewed distribution, moved by 1: the interval must
// hold the 1 in at least 95 of 100 draws, and not in all, at the sizes that people use.
func TestShiftCoverage(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{4, 5, 8, 35} {
		const draws = 2000
		held := 0
		for range draws {
			base, other := make([]float64, n), make([]float64, n)
			for i := range base {
				base[i], other[i] = random.ExpFloat64(), 1+random.ExpFloat64()
			}
			if s := ShiftOf(base, other); *s.Low <= 1 && 1 <= *s.High {
				held++
			}
		}
		if share := float64(held) / draws; share < 0.94 || share > 0.99 {
			t.Errorf("%d runs a side: the interval held the shift in %.1f%% of draws, want about 95%% or a little more", n, share*100)
		}
	}
}
