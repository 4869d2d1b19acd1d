package pace

import (
	"math"
	"testing"
	"time"
)

// TestSawtoothInverse goes back and forth at the end of every tooth and in between, over many teeth
// of a period that no float64 holds exactly.
func TestSawtoothInverse(t *testing.T) {
	for _, shape := range []Shape{Sawtooth(0.1, 1.9, 100*time.Millisecond), Sawtooth(1.9, 0.1, 100*time.Millisecond),
		Sawtooth(0, 2, 100*time.Millisecond)} {
		for n := range 100_000 {
			at := float64(n) / 40 // Every fourth is the end of a tooth.
			area := shape.integral(at)
			if back := shape.reached(area); math.Abs(back-at) > 1e-7 {
				t.Fatalf("%+v: the integral up to %v is %v, which is reached at %v", shape, at, area, back)
			}
		}
	}
}

// TestSawtoothBegins: at the end of each tooth the next one begins, whatever the rounding.
func TestSawtoothBegins(t *testing.T) {
	shape := Sawtooth(1, 3, 100*time.Millisecond)
	for n := range 10_000 {
		at := time.Duration(n) * 100 * time.Millisecond
		if got := Factor(shape, at); math.Abs(got-1) > 1e-9 {
			t.Fatalf("the factor at %v is %v, want 1", at, got)
		}
		if got := Factor(shape, at+100*time.Millisecond-1); math.Abs(got-3) > 1e-6 {
			t.Fatalf("the factor just before %v is %v, want 3", at+100*time.Millisecond, got)
		}
	}
}

func TestSawtoothOfNothing(t *testing.T) {
	if at := Sawtooth(0, 0, time.Second).reached(1); !math.IsInf(at, 1) {
		t.Errorf("what never comes is reached at %v", at)
	}
}
