package pace

import (
	"math"
	"testing"
	"time"
)

func TestFactorAndIntegral(t *testing.T) {
	steps := Steps([]float64{1, 4, 1}, 3*time.Minute)
	for _, test := range []struct {
		name             string
		shape            Shape
		at               time.Duration
		factor, integral float64
	}{
		{"constant", Constant(), 7 * time.Second, 1, 7},
		{"before the start", steps, -time.Second, 1, 0},
		{"first step", steps, 59 * time.Second, 1, 59},
		{"second step, at its beginning", steps, time.Minute, 4, 60},
		{"third step", steps, 150 * time.Second, 1, 60 + 240 + 30},
		{"after the end", steps, 4 * time.Minute, 1, 60 + 240 + 120},
		{"ramp", Ramp(0, 2, 10*time.Second), 5 * time.Second, 1, 2.5},
		{"wave", Sine(0.5, 40*time.Second), 10 * time.Second, 1.5, 10 + 0.5*40/(2*math.Pi)},
		{"tooth, in its middle", Sawtooth(1, 3, 4*time.Second), 10 * time.Second, 2, 16 + 2*1.5},
		{"tooth, just before its end", Sawtooth(1, 3, 4*time.Second), 8*time.Second - time.Nanosecond, 3, 16 - 3e-9},
		{"tooth, at its end", Sawtooth(1, 3, 4*time.Second), 8 * time.Second, 1, 16},
		{"tooth of 0.1 s, at the end of the third", Sawtooth(1, 3, 100*time.Millisecond), 300 * time.Millisecond, 1, 0.6},
		{"tooth that falls", Sawtooth(3, 1, 4*time.Second), 6 * time.Second, 2, 8 + 5},
		{"out of range", Steps(nil, time.Minute), time.Second, 0, 0},
	} {
		if got := Factor(test.shape, test.at); math.Abs(got-test.factor) > 1e-9 {
			t.Errorf("%s: the factor is %v, want %v", test.name, got, test.factor)
		}
		if got := Integral(test.shape, test.at); math.Abs(got-test.integral) > 1e-9 {
			t.Errorf("%s: the integral is %v, want %v", test.name, got, test.integral)
		}
	}
}
