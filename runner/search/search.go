// Package search finds the highest load at which objectives hold, with few trials: loads rise by a
// factor until one breaks, the gap is halved until it is narrow, and the lower bound is confirmed by
// repeats. It is pure: it is asked for the next load and told how a trial came out.
//
//	m, err := search.New(rules, []string{"all objectives"})
//	for load, more := m.Next(); more; load, more = m.Next() {
//		m.Tell(load, try(load))
//	}
//	intervals := m.Intervals()
//
// What comes next follows from the trials told so far, in whatever order, so a search that was
// stopped goes on as if it had not been, once the trials before are told again.
package search

import (
	"fmt"
	"maps"
	"math"
	"slices"

	record "github.com/kubedyno/kubedyno/results/search"
	"github.com/kubedyno/kubedyno/results/slo"
)

// A Machine is a search on its way. It is not safe for concurrent use.
type Machine struct {
	rules   record.Rules
	goals   []string
	tallies []map[float64]tally // By goal, then by load.
}

// A tally counts the trials of one load for one goal.
type tally struct{ passed, missed, inconclusive int }

// New returns a search of which nothing is known yet. Each goal gets bounds of its own, from the
// same trials. The error says what is wrong with the rules.
func New(rules record.Rules, goals []string) (*Machine, error) {
	if err := rules.Check(); err != nil {
		return nil, err
	}
	if len(goals) == 0 {
		return nil, fmt.Errorf("search for a load: there is no goal")
	}
	m := &Machine{rules: rules, goals: slices.Clone(goals)}
	for range goals {
		m.tallies = append(m.tallies, map[float64]tally{})
	}
	return m, nil
}

// Tell adds a trial at a load with the verdict for each goal, in the order of the goals. Whatever
// is neither a pass nor a miss says nothing about the system.
func (m *Machine) Tell(load float64, verdicts []slo.Verdict) {
	for g, verdict := range verdicts[:min(len(verdicts), len(m.goals))] {
		t := m.tallies[g][load]
		switch verdict {
		case slo.Pass:
			t.passed++
		case slo.Miss:
			t.missed++
		default:
			t.inconclusive++
		}
		m.tallies[g][load] = t
	}
}

// Next returns the load of the next trial; false if the search is at its end. It serves the goal
// whose bounds are furthest apart.
func (m *Machine) Next() (load float64, more bool) {
	widest := -1.0
	for g := range m.goals {
		s := m.look(g)
		if s.state == record.Going && s.gap() > widest {
			widest, load, more = s.gap(), s.next, true
		}
	}
	return load, more
}

// Intervals returns what is known of each goal by now.
func (m *Machine) Intervals() []record.Interval {
	var all []record.Interval
	for g, name := range m.goals {
		s := m.look(g)
		i := record.Interval{Goal: name, State: s.state}
		if s.hasLower {
			i.Lower = m.bound(g, s.lower)
			i.Lower.Confirmed = m.held(m.tallies[g][s.lower])
		}
		if s.hasUpper {
			i.Upper = m.bound(g, s.upper)
			i.Upper.Harness = s.harness
		}
		if s.hasLower && s.hasUpper {
			i.Width = s.gap()
		}
		all = append(all, i)
	}
	return all
}

func (m *Machine) bound(g int, load float64) *record.Bound {
	t := m.tallies[g][load]
	return &record.Bound{Load: load, Passed: t.passed, Missed: t.missed, Inconclusive: t.inconclusive}
}

func (m *Machine) broken(t tally) bool { return t.missed > m.rules.Misses() }

// held reports whether the trials left could not break the load any more.
func (m *Machine) held(t tally) bool {
	return !m.broken(t) && t.passed >= m.rules.Confirm-m.rules.Misses()
}

// unjudged reports whether the load is given up as one that the harness cannot judge.
func (m *Machine) unjudged(t tally) bool {
	return !m.broken(t) && !m.held(t) && t.inconclusive >= m.rules.Unjudged
}

// passing reports whether the load may be a lower bound. A load that has missed once may be one
// only after all its trials.
func (m *Machine) passing(t tally) bool {
	return m.held(t) || t.passed > 0 && t.missed == 0 && !m.unjudged(t)
}

// A standing is what is known of one goal, and what it asks for next.
type standing struct {
	state              record.State
	next               float64 // Unless the state is an end.
	lower, upper       float64
	hasLower, hasUpper bool
	harness            bool // The upper end is the harness's, not the system's.
}

// gap is the width of the interval over its upper end; infinite if an end is not known.
func (s standing) gap() float64 {
	if !s.hasLower || !s.hasUpper {
		return math.Inf(1)
	}
	return (s.upper - s.lower) / s.upper
}

// look derives a goal's standing from its trials. The upper bound is the lowest load that broke: one
// above it that passed does not count, so a system whose answers are not monotone is not flattered.
func (m *Machine) look(g int) standing {
	s := standing{state: record.Going}
	tallies := m.tallies[g]
	loads := slices.Sorted(maps.Keys(tallies))
	for i, load := range loads {
		t := tallies[load]
		if m.broken(t) || m.unjudged(t) && !m.passes(tallies, loads[i+1:]) {
			s.upper, s.hasUpper, s.harness = load, true, !m.broken(t)
			break
		}
		if m.passing(t) {
			s.lower, s.hasLower = load, true
		}
	}
	for _, load := range loads { // What is between the bounds has no answer yet.
		if (!s.hasLower || load > s.lower) && (!s.hasUpper || load < s.upper) && !m.unjudged(tallies[load]) {
			s.next = load
			return s
		}
	}
	m.choose(&s)
	if s.state != record.Going && s.hasLower && !m.held(tallies[s.lower]) {
		s.state, s.next = record.Going, s.lower
	}
	return s
}

// passes reports whether one of the loads passes: then the harness can judge as much, and a lower load
// that it could not judge was not too high for it.
func (m *Machine) passes(tallies map[float64]tally, loads []float64) bool {
	return slices.ContainsFunc(loads, func(load float64) bool { return m.passing(tallies[load]) })
}

// choose says what follows from the bounds, when every load between them has its answer: a next load,
// or an end, which then still needs its lower bound confirmed.
func (m *Machine) choose(s *standing) {
	switch {
	case !s.hasLower && !s.hasUpper:
		s.next = m.rules.From
	case !s.hasLower:
		s.next = max(m.round(s.upper/m.rules.Factor), m.rules.Least)
		if s.upper <= m.rules.Least || s.next >= s.upper {
			s.state = record.Below
		}
	case !s.hasUpper && s.lower >= m.rules.Until:
		s.state = record.AtLeast
	case !s.hasUpper:
		s.next = m.round(s.lower * m.rules.Factor)
		if s.next <= s.lower || s.next > m.rules.Until {
			s.next = m.rules.Until
		}
	default:
		const rounding = 1e-9
		s.next = m.round((s.lower + s.upper) / 2)
		if s.gap() <= m.rules.Width+rounding || s.next <= s.lower || s.next >= s.upper {
			s.state = record.Closed
		}
	}
	switch {
	case s.harness && s.state == record.Below:
		s.state = record.Unjudged
	case s.harness && s.state == record.Closed:
		s.state = record.Harness
	}
}

// digits is how many significant digits loads have that are not given.
const digits = 3

// round makes a load one that reads well: of few digits, and whole if the parameter's values are.
func (m *Machine) round(load float64) float64 {
	step := math.Pow(10, math.Floor(math.Log10(load))+1-digits)
	load = math.Round(load/step) * step
	if step < 1 { // A step such as 0.01 has no exact value, its inverse has.
		inverse := math.Round(1 / step)
		load = math.Round(load*inverse) / inverse
	}
	if m.rules.Integer {
		load = math.Round(load)
	}
	return load
}
