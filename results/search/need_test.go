package search

import (
	"strings"
	"testing"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/slo"
)

// TestNeed asks for 500 of searches that came to every end.
func TestNeed(t *testing.T) {
	lower := func(load float64) *Bound { return &Bound{Load: load, Passed: 3, Confirmed: true} }
	upper := func(load float64) *Bound { return &Bound{Load: load, Missed: 1} }
	const unknown = "needs rate=500, and whether that holds is not known: "
	for _, test := range []struct {
		name  string
		i     Interval
		want  slo.Verdict
		words string
	}{
		{"more", Interval{State: Closed, Lower: lower(700), Upper: upper(750)}, slo.Pass, "PASS: at least rate=700"},
		{"just so", Interval{State: AtLeast, Lower: lower(500)}, slo.Pass, "PASS: at least rate=500"},
		{"less", Interval{State: Closed, Lower: lower(400), Upper: upper(420)}, slo.Miss, "MISS: needs rate=500, holds 400: at least rate=400 (3 of 3 trials passed), less than rate=420"},
		{"between", Interval{State: Closed, Lower: lower(480), Upper: upper(520)}, slo.Miss, "MISS: needs rate=500, holds 480: at least"},
		{"it broke there", Interval{State: Closed, Lower: lower(480), Upper: upper(500)}, slo.Miss, "MISS: needs rate=500, holds 480: at least"},
		{"broken before the end", Interval{State: Going, Lower: &Bound{Load: 100, Passed: 1}, Upper: upper(400)}, slo.Miss, "MISS: needs rate=500, holds 100: at least"},
		{"nothing holds", Interval{State: Below, Upper: upper(10)}, slo.Miss, "MISS: needs rate=500, holds no load that was tried: below rate=10"},
		{"broken above, not confirmed", Interval{State: Going, Lower: &Bound{Load: 600, Passed: 1}, Upper: upper(800)}, slo.Inconclusive, "INCONCLUSIVE: " + unknown},
		{"the harness ended there", Interval{State: Harness, Lower: lower(400), Upper: &Bound{Load: 450, Inconclusive: 3, Harness: true}}, slo.Inconclusive, "INCONCLUSIVE: " + unknown},
		{"the harness ended above", Interval{State: Harness, Lower: lower(600), Upper: &Bound{Load: 700, Inconclusive: 3, Harness: true}}, slo.Pass, "PASS: at least rate=600"},
		{"never asked", Interval{State: AtLeast, Lower: lower(400)}, slo.Inconclusive, "INCONCLUSIVE: " + unknown},
	} {
		s := &Search{Goals: []Goal{{Name: AllObjectives}}, Parameter: "rate", At: 500, Status: bundle.Complete, Variants: []Variant{{Intervals: []Interval{test.i}}}}
		s.Judge()
		if s.Verdict != test.want || !strings.HasPrefix(s.Sentence, test.words) {
			t.Errorf("%s: %q, want %q", test.name, s.Sentence, test.words)
		}
	}
}

// TestNeedOfAll: one goal or one variant that does not hold the load is enough.
func TestNeedOfAll(t *testing.T) {
	of := func(load float64) Interval {
		return Interval{State: Closed, Lower: &Bound{Load: load, Passed: 3, Confirmed: true}, Upper: &Bound{Load: load * 1.1, Missed: 1}}
	}
	s := &Search{Goals: []Goal{{Name: "a"}, {Name: "b"}}, Parameter: "rate", At: 500, Status: bundle.Complete,
		Variants: []Variant{{Label: "disk=fast", Intervals: []Interval{of(600), of(700)}}, {Label: "disk=slow", Intervals: []Interval{of(600), of(300)}}}}
	s.Judge()
	if s.Verdict != slo.Miss || !strings.Contains(s.Sentence, "MISS: disk=fast: ") || !strings.Contains(s.Sentence, "disk=slow: needs rate=500, holds 300: ") {
		t.Error(s.Sentence)
	}
	s.At = 300
	if s.Judge(); s.Verdict != slo.Pass {
		t.Error(s.Sentence)
	}
}
