package search

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	record "github.com/kubedyno/kubedyno/results/search"
	"github.com/kubedyno/kubedyno/results/slo"
)

var usual = record.Rules{From: 100, Until: 10_000, Least: 10, Integer: true, Factor: 2, Width: 0.1, Confirm: 3, Unjudged: 3}

// with is the usual rules with a change.
func with(change func(*record.Rules)) record.Rules {
	rules := usual
	change(&rules)
	return rules
}

// most is more trials than any search of these tests may take.
const most = 200

// drive runs a search to its end and returns its loads.
func drive(t *testing.T, m *Machine, try func(load float64, trial int) []slo.Verdict) (loads []float64) {
	t.Helper()
	for load, more := m.Next(); more; load, more = m.Next() {
		if len(loads) == most {
			t.Fatalf("no end after %d trials: %v", most, loads)
		}
		m.Tell(load, try(load, len(loads)))
		loads = append(loads, load)
	}
	return loads
}

func machine(t *testing.T, rules record.Rules, goals ...string) *Machine {
	t.Helper()
	if len(goals) == 0 {
		goals = []string{"all"}
	}
	m, err := New(rules, goals)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// capacity is a system that holds loads up to a limit, and a harness that can judge up to another.
func capacity(limit, harness float64) func(float64, int) []slo.Verdict {
	return func(load float64, _ int) []slo.Verdict {
		switch {
		case load > harness:
			return []slo.Verdict{slo.Inconclusive}
		case load > limit:
			return []slo.Verdict{slo.Miss}
		}
		return []slo.Verdict{slo.Pass}
	}
}

func TestSearch(t *testing.T) {
	never := math.Inf(1)
	for _, test := range []struct {
		name           string
		rules          record.Rules
		limit, harness float64
		state          record.State
		lower, upper   float64 // 0 for none.
		loads          []float64
	}{
		{"between", usual, 730, never, record.Closed, 700, 750, []float64{100, 200, 400, 800, 600, 700, 750, 700, 700}},
		{"at the end", usual, never, never, record.AtLeast, 10_000, 0, []float64{100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000}},
		{"below the first", usual, 30, never, record.Closed, 29, 32, []float64{100, 50, 25, 38, 32, 29, 29, 29}},
		{"below the least", usual, 5, never, record.Below, 0, 10, []float64{100, 50, 25, 13, 10}},
		{"harness gives in", usual, never, 730, record.Harness, 700, 750,
			[]float64{100, 200, 400, 800, 800, 800, 600, 700, 750, 750, 750, 700, 700}},
		{"nothing can be judged", usual, never, 5, record.Unjudged, 0, 10,
			[]float64{100, 100, 100, 50, 50, 50, 25, 25, 25, 13, 13, 13, 10, 10, 10}},
		{"whole numbers", with(func(r *record.Rules) { r.From, r.Until, r.Least, r.Width = 1, 10, 1, 0.01 }), 6, never, record.Closed, 6, 7,
			[]float64{1, 2, 4, 8, 6, 7, 6, 6}},
		{"fractions", with(func(r *record.Rules) { r.From, r.Least, r.Until, r.Integer, r.Confirm = 0.5, 0.01, 10, false, 1 }), 1.7, never, record.Closed, 1.63, 1.75,
			[]float64{0.5, 1, 2, 1.5, 1.75, 1.63}},
	} {
		m := machine(t, test.rules)
		loads := drive(t, m, capacity(test.limit, test.harness))
		got := m.Intervals()[0]
		if diff := cmp.Diff(test.loads, loads); diff != "" || got.State != test.state || loadOf(got.Lower) != test.lower || loadOf(got.Upper) != test.upper {
			t.Errorf("%s: %s [%v, %v], want %s [%v, %v]; loads (-want +got):\n%s", test.name, got.State, loadOf(got.Lower), loadOf(got.Upper),
				test.state, test.lower, test.upper, diff)
		}
		if got.Lower != nil && (!got.Lower.Confirmed || got.Lower.Passed != test.rules.Confirm) {
			t.Errorf("%s: the lower bound is not confirmed: %+v", test.name, *got.Lower)
		}
	}
}

func loadOf(b *record.Bound) float64 {
	if b == nil {
		return 0
	}
	return b.Load
}

// TestRepeatsLowerTheBound: a load that passed once and misses when it is repeated is no lower bound.
func TestRepeatsLowerTheBound(t *testing.T) {
	for _, test := range []struct {
		allowed      float64
		lower, upper float64
		missed       int
	}{{0, 650, 700, 0}, {0.34, 700, 750, 1}} {
		m := machine(t, with(func(r *record.Rules) { r.Allowed = test.allowed }))
		tries := map[float64]int{}
		drive(t, m, func(load float64, _ int) []slo.Verdict {
			if tries[load]++; load == 700 && tries[load] == 2 {
				return []slo.Verdict{slo.Miss}
			}
			return capacity(730, math.Inf(1))(load, 0)
		})
		got := m.Intervals()[0]
		if loadOf(got.Lower) != test.lower || loadOf(got.Upper) != test.upper || got.Lower.Missed != test.missed {
			t.Errorf("allowed %v: [%v, %v] with %d missed, want [%v, %v]", test.allowed, loadOf(got.Lower), loadOf(got.Upper), got.Lower.Missed, test.lower, test.upper)
		}
		if got.Width > 0.1 || !got.Lower.Confirmed {
			t.Errorf("allowed %v: width %v, confirmed %t", test.allowed, got.Width, got.Lower.Confirmed)
		}
	}
}

// TestNotMonotone: what passes above a load that broke does not count.
func TestNotMonotone(t *testing.T) {
	m := machine(t, usual)
	for load, verdict := range map[float64]slo.Verdict{100: slo.Pass, 200: slo.Miss, 400: slo.Pass, 800: slo.Miss} {
		m.Tell(load, []slo.Verdict{verdict})
	}
	if got := m.Intervals()[0]; loadOf(got.Lower) != 100 || loadOf(got.Upper) != 200 {
		t.Errorf("[%v, %v], want [100, 200]", loadOf(got.Lower), loadOf(got.Upper))
	}
}

// TestGoalsShareTrials finds the bounds of three goals, one of which never breaks.
func TestGoalsShareTrials(t *testing.T) {
	m := machine(t, usual, "early", "late", "never")
	limits := []float64{150, 2000, math.Inf(1)}
	loads := drive(t, m, func(load float64, _ int) (verdicts []slo.Verdict) {
		for _, limit := range limits {
			verdicts = append(verdicts, capacity(limit, math.Inf(1))(load, 0)...)
		}
		return verdicts
	})
	for i, got := range m.Intervals()[:2] {
		if got.State != record.Closed || loadOf(got.Lower) > limits[i] || loadOf(got.Upper) <= limits[i] || got.Width > 0.1 {
			t.Errorf("goal %s: %s [%v, %v], capacity %v", got.Goal, got.State, loadOf(got.Lower), loadOf(got.Upper), limits[i])
		}
	}
	if got := m.Intervals()[2]; got.State != record.AtLeast {
		t.Errorf("the goal that never breaks: %s", got.State)
	}
	if len(loads) > 30 {
		t.Errorf("%d trials for three goals: %v", len(loads), loads)
	}
}

// TestBoundsOfNoisySystems: near its capacity a system misses at random, the likelier the higher the
// load. A lower bound that is far too high must be rare, and rarer the more repeats confirm it.
func TestBoundsOfNoisySystems(t *testing.T) {
	wrong := func(confirm int) (share float64) {
		const searches = 2000
		random := rand.New(rand.NewPCG(1, uint64(confirm)))
		for range searches {
			limit := 150 + 5000*random.Float64()
			m := machine(t, with(func(r *record.Rules) { r.Confirm = confirm }))
			drive(t, m, func(load float64, _ int) []slo.Verdict {
				if random.Float64() < 0.1 {
					return []slo.Verdict{slo.Inconclusive}
				}
				if random.Float64() < 1/(1+math.Exp((load/limit-1)/0.03)) {
					return []slo.Verdict{slo.Pass}
				}
				return []slo.Verdict{slo.Miss}
			})
			// At this load half of the trials miss, so a pass of all is 0.5^confirm at most.
			if got := m.Intervals()[0]; got.State != record.Closed && got.State != record.Harness && got.State != record.AtLeast {
				t.Fatalf("capacity %v: %+v", limit, got)
			} else if loadOf(got.Lower) > limit {
				share += 1.0 / searches
			}
		}
		return share
	}
	one, three, six := wrong(1), wrong(3), wrong(6)
	if one > 0.5 || three > 0.125 || six > 0.5/32 || three >= one || six >= three {
		t.Errorf("lower bounds beyond the capacity: %.3f of one trial, %.3f of three, %.3f of six", one, three, six)
	}
}

// FuzzEnds gives arbitrary answers: every search ends, what it says is what it was told, and one that
// is told the same trials in another order wants the same load.
func FuzzEnds(f *testing.F) {
	f.Add([]byte{0, 0, 1, 2, 1, 0}, uint8(3), uint8(10), uint8(0))
	f.Add([]byte{2, 2, 2, 0}, uint8(1), uint8(1), uint8(50))
	f.Fuzz(func(t *testing.T, answers []byte, confirm, width, allowed uint8) {
		rules := with(func(r *record.Rules) {
			r.Confirm, r.Width, r.Allowed, r.Integer = 1+int(confirm%5), float64(1+width%50)/100, float64(allowed%100)/100, width%2 == 0
		})
		m := machine(t, rules, "a", "b")
		type trial struct {
			load     float64
			verdicts []slo.Verdict
		}
		var told []trial
		words := []slo.Verdict{slo.Pass, slo.Miss, slo.Inconclusive, slo.NoData}
		for load, more := m.Next(); more; load, more = m.Next() {
			if load < rules.Least || load > rules.Until || rules.Integer && load != math.Trunc(load) {
				t.Fatalf("load %v", load)
			}
			if len(told) == 5*most {
				t.Fatal("no end")
			}
			a, b := byte(len(told)*7%5%4), byte(len(told)%3)
			if len(answers) > 0 {
				answer := answers[len(told)%len(answers)] + byte(len(told)/len(answers))
				a, b = answer%4, answer/4%4
			}
			told = append(told, trial{load, []slo.Verdict{words[a], words[b]}})
			m.Tell(load, told[len(told)-1].verdicts)

			resumed := machine(t, rules, "a", "b")
			for i := range told {
				resumed.Tell(told[len(told)-1-i].load, told[len(told)-1-i].verdicts)
			}
			want, wantMore := m.Next()
			if got, gotMore := resumed.Next(); got != want || gotMore != wantMore {
				t.Fatalf("resumed after %d trials: next %v, %t, want %v, %t", len(told), got, gotMore, want, wantMore)
			}
		}
		for _, i := range m.Intervals() {
			if i.State == record.Going || i.Lower != nil && i.Upper != nil && i.Lower.Load >= i.Upper.Load ||
				i.Lower != nil && !i.Lower.Confirmed || i.State == record.Closed && (i.Upper == nil || i.Upper.Missed == 0) {
				t.Fatalf("%+v", i)
			}
		}
	})
}

func TestRulesAreChecked(t *testing.T) {
	for name, change := range map[string]func(*record.Rules){
		"least":    func(r *record.Rules) { r.Least = 0 },
		"from":     func(r *record.Rules) { r.From = 5 },
		"until":    func(r *record.Rules) { r.Until = 100 },
		"factor":   func(r *record.Rules) { r.Factor = 1 },
		"width":    func(r *record.Rules) { r.Width = math.NaN() },
		"confirm":  func(r *record.Rules) { r.Confirm = 0 },
		"allowed":  func(r *record.Rules) { r.Allowed = 1 },
		"unjudged": func(r *record.Rules) { r.Unjudged = 0 },
		"integer":  func(r *record.Rules) { r.From = 100.5 },
	} {
		if _, err := New(with(change), []string{"all"}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := New(usual, nil); err == nil {
		t.Error("no goals: no error")
	}
}

// TestMissesThatAreAllowed: with two misses of four allowed, a load that has missed is tried again until
// two passes or three misses have decided, and no longer.
func TestMissesThatAreAllowed(t *testing.T) {
	rules := with(func(r *record.Rules) { r.Confirm, r.Allowed = 4, 0.5 })
	for _, test := range []struct {
		name     string
		verdicts []slo.Verdict // At 200, after a pass at 100.
		next     float64
	}{
		{"one miss", []slo.Verdict{slo.Miss}, 200},
		{"one of each", []slo.Verdict{slo.Miss, slo.Pass}, 200},
		{"held", []slo.Verdict{slo.Miss, slo.Pass, slo.Pass}, 400},
		{"two misses", []slo.Verdict{slo.Miss, slo.Miss, slo.Pass}, 200},
		{"broken", []slo.Verdict{slo.Miss, slo.Miss, slo.Pass, slo.Miss}, 150},
		{"inconclusive counts for neither", []slo.Verdict{slo.Miss, slo.Inconclusive, slo.Inconclusive, slo.Pass}, 200},
	} {
		m := machine(t, rules)
		m.Tell(100, []slo.Verdict{slo.Pass})
		for _, verdict := range test.verdicts {
			m.Tell(200, []slo.Verdict{verdict})
		}
		if load, _ := m.Next(); load != test.next {
			t.Errorf("%s: next %v, want %v", test.name, load, test.next)
		}
	}
}
