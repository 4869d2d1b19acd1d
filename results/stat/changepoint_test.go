package stat

import (
	"math/rand/v2"
	"testing"
)

// series makes values around 1 with a spread of 3%, times 1+change from index at on.
func series(seed uint64, n, at int, change float64) []float64 {
	random := rand.New(rand.NewPCG(seed, 1))
	values := make([]float64, n)
	for i := range values {
		values[i] = 1 + 0.03*random.NormFloat64()
		if i >= at {
			values[i] *= 1 + change
		}
	}
	return values
}

// TestChangeIsFound asks for the right place, within one run, in at least 9 of 10 series.
func TestChangeIsFound(t *testing.T) {
	for _, test := range []struct {
		n, at  int
		change float64
	}{{20, 10, 0.2}, {20, 14, -0.15}, {40, 30, 0.1}, {12, 6, 0.2}, {30, 26, 0.2}} {
		right := 0
		const seeds = 40
		for seed := range uint64(seeds) {
			points := ChangePoints(series(seed, test.n, test.at, test.change), 0.05)
			for _, p := range points {
				if p.P > 0.05 || p.P < 0.0001 {
					t.Fatalf("p %v", p.P)
				}
				if p.At >= test.at-1 && p.At <= test.at+1 {
					right++
					break
				}
			}
		}
		if right < seeds*9/10 {
			t.Errorf("%+v: found in %d of %d series", test, right, seeds)
		}
	}
}

// TestTwoChanges has a regression that is mended later.
func TestTwoChanges(t *testing.T) {
	right := 0
	const seeds = 30
	for seed := range uint64(seeds) {
		values := series(seed, 36, 12, 0.2)
		for i := 24; i < len(values); i++ {
			values[i] /= 1.2
		}
		points := ChangePoints(values, 0.05)
		if len(points) == 2 && abs(points[0].At-12) <= 1 && abs(points[1].At-24) <= 1 {
			right++
		}
	}
	if right < seeds*8/10 {
		t.Errorf("both changes and no other found in %d of %d series", right, seeds)
	}
}

func abs(n int) int { return max(n, -n) }

// TestFalseAlarms holds the level: of 400 series without a change at most 5% raise an alarm, and 3
// standard deviations of that count, also with heavy tails and with ties.
func TestFalseAlarms(t *testing.T) {
	const seeds, most = 400, 20 + 13
	for name, draw := range map[string]func(*rand.Rand) float64{
		"normal":      func(r *rand.Rand) float64 { return r.NormFloat64() },
		"heavy tails": func(r *rand.Rand) float64 { return r.NormFloat64() / max(0.05, r.Float64()) },
		"ties":        func(r *rand.Rand) float64 { return float64(r.IntN(3)) },
	} {
		alarms := 0
		for seed := range uint64(seeds) {
			random := rand.New(rand.NewPCG(seed, 2))
			values := make([]float64, 16)
			for i := range values {
				values[i] = draw(random)
			}
			if len(ChangePoints(values, 0.05)) > 0 {
				alarms++
			}
		}
		if alarms > most {
			t.Errorf("%s: %d alarms in %d series without a change, want at most %d", name, alarms, seeds, most)
		}
		t.Logf("%s: %d alarms in %d series", name, alarms, seeds)
	}
}

// TestOutlier has one run that took 5 times as long, anywhere in the series.
func TestOutlier(t *testing.T) {
	for at := range 20 {
		alarms := 0
		const seeds = 20
		for seed := range uint64(seeds) {
			values := series(seed, 20, 20, 0)
			values[at] = 5
			if len(ChangePoints(values, 0.05)) > 0 {
				alarms++
			}
		}
		if alarms > 4 {
			t.Errorf("an outlier at %d raised an alarm in %d of %d series", at, alarms, seeds)
		}
	}
}

func TestDrift(t *testing.T) {
	drift, step := make([]float64, 40), make([]float64, 40)
	for i := range drift {
		drift[i] = series(3, 40, 40, 0)[i] + 0.02*float64(i)
		step[i] = series(3, 40, 20, 0.4)[i]
	}
	if points := ChangePoints(drift, 0.05); len(points) == 0 || !DriftOf(drift, points) {
		t.Errorf("a drift: points %v, drift %v", points, DriftOf(drift, points))
	}
	if points := ChangePoints(step, 0.05); len(points) == 0 || DriftOf(step, points) {
		t.Errorf("a step: points %v, drift %v", points, DriftOf(step, points))
	}
	if DriftOf(drift, nil) {
		t.Error("a series without a change point drifts")
	}
}

func TestFewValues(t *testing.T) {
	for n := range 12 {
		apart := make([]float64, n)
		for i := range apart {
			apart[i] = float64(i)/1000 + float64(2*i/max(n, 1))
		}
		found := len(ChangePoints(apart, 0.05)) > 0
		if n < ValuesNeeded(0.05) && found {
			t.Errorf("%d values raise an alarm, but %d are said to be needed", n, ValuesNeeded(0.05))
		}
		if n >= ValuesNeeded(0.05)+1 && !found {
			t.Errorf("nothing found in %d values that are wholly apart, and %d are said to be enough", n, ValuesNeeded(0.05))
		}
		if points := ChangePoints(make([]float64, n), 0.05); len(points) > 0 {
			t.Errorf("%d equal values changed: %v", n, points)
		}
	}
}

func TestChangePointsRepeat(t *testing.T) {
	values := series(9, 30, 15, 0.1)
	before := append([]float64{}, values...)
	first := ChangePoints(values, 0.05)
	for i := range values {
		if values[i] != before[i] {
			t.Fatal("the values were put into another order")
		}
	}
	second := ChangePoints(values, 0.05)
	if len(first) != len(second) || len(first) == 0 || first[0] != second[0] {
		t.Errorf("%v and then %v", first, second)
	}
}

// TestLeastSegment holds that a segment has 3 values, also where 2 stand out, and that 3 are enough.
func TestLeastSegment(t *testing.T) {
	for _, last := range []int{2, 3} {
		found := 0
		const seeds = 20
		for seed := range uint64(seeds) {
			values := series(seed, 40, 40-last, 0.5)
			for _, p := range ChangePoints(values, 0.05) {
				if p.At < 3 || p.At > len(values)-3 {
					t.Fatalf("a change at %d of %d", p.At, len(values))
				}
				found++
			}
		}
		if last == 3 && found < seeds*9/10 {
			t.Errorf("%d values that differ at the end: found in %d of %d series", last, found, seeds)
		}
	}
}
