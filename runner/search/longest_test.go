package search

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	record "github.com/kubedyno/kubedyno/results/search"
)

// TestLongest says by hand how long the longest search is.
func TestLongest(t *testing.T) {
	rules := with(func(r *record.Rules) { r.Until, r.Least, r.Width, r.Confirm = 400, 100, 0.3, 2 })
	// 100 200 400 300 250 200, for a limit of 200: from there to 250, narrow enough, confirmed.
	seconds := func(load float64) (time.Duration, error) { return time.Duration(load) * time.Second, nil }
	trials, took, err := Longest(rules, seconds)
	// At the end it is 100 200 400 400; just below it 100 200 400 300 300.
	if err != nil || trials != 6 || took != 1450*time.Second {
		t.Errorf("%d trials, %v, %v", trials, took, err)
	}
	wrong := errors.New("no plan")
	if _, _, err := Longest(rules, func(float64) (time.Duration, error) { return 0, wrong }); !errors.Is(err, wrong) {
		t.Errorf("got %v", err)
	}
	if _, _, err := Longest(record.Rules{}, seconds); err == nil {
		t.Error("no rules: no error")
	}
}

// TestLongestIsNotExceeded plays searches for any limit.
func TestLongestIsNotExceeded(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	flat := func(float64) (time.Duration, error) { return time.Second, nil }
	for range 300 {
		rules := with(func(r *record.Rules) {
			r.Factor, r.Width, r.Confirm = 1.5+2*random.Float64(), 0.03+0.3*random.Float64(), 1+random.IntN(4)
			r.Integer = random.IntN(2) == 0
		})
		trials, took, err := Longest(rules, flat)
		if err != nil || took != time.Duration(trials)*time.Second {
			t.Fatal(trials, took, err)
		}
		for range 50 {
			limit := 12_000 * random.Float64() * random.Float64()
			loads, err := loadsOf(rules, limit)
			if err != nil || len(loads) > trials {
				t.Fatalf("%+v: %d trials for a limit of %v, and at most %d: %v, %v", rules, len(loads), limit, trials, slices.Compact(loads), err)
			}
		}
	}
}
