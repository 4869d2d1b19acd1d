package series

import (
	"math"
	"testing"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
)

func sec(s float64) sample.Offset { return sample.Offset(s * float64(time.Second)) }

// steps makes a series of pairs: second, value.
func steps(pairs ...float64) Steps {
	var s Steps
	for i := 0; i+1 < len(pairs); i += 2 {
		s = append(s, Step{sec(pairs[i]), pairs[i+1]})
	}
	return s
}

var unknown = math.NaN()

func TestRecorder(t *testing.T) {
	var r Recorder
	for _, p := range []struct{ at, value float64 }{{1, 2}, {2, 2}, {3, 4}, {2.5, 9}, {4, 4}, {10, 4}, {11, 5}} {
		r.Add(sec(p.at), p.value)
	}
	got := r.Steps()
	want := []float64{0, unknown, 1, 2, 3, 4, 9, unknown, 10, 4, 11, 5, 12, unknown}
	for i := 0; i+1 < len(want); i += 2 {
		if v := got.At(sec(want[i])); v != want[i+1] && !(math.IsNaN(v) && math.IsNaN(want[i+1])) {
			t.Errorf("at %v s it is %v, want %v", want[i], v, want[i+1])
		}
	}
	for i := range MaxSteps + 10 {
		r.Add(sec(float64(20+i)), float64(i))
	}
	if steps := r.Steps(); !r.Full() || len(steps) > MaxSteps || !math.IsNaN(steps[len(steps)-1].Value) {
		t.Errorf("%d steps, full %t: want no more than %d and an unknown end", len(r.Steps()), r.Full(), MaxSteps)
	}
}

func TestSum(t *testing.T) {
	sum := Sum(steps(0, 1, 10, 2), steps(5, 3, 20, unknown))
	for at, want := range map[float64]float64{0: unknown, 5: 4, 10: 5, 20: unknown} {
		if v := sum.At(sec(at)); v != want && !(math.IsNaN(v) && math.IsNaN(want)) {
			t.Errorf("at %v s the sum is %v, want %v", at, v, want)
		}
	}
}
