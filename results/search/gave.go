package search

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// Gave says what gave first for a goal: what differs between the lowest load that broke and the
// highest that held. It is a finding beside each other, no proof of a cause.
type Gave struct {
	Goal       string   `json:"goal"`
	Missed     float64  `json:"missed"`           // The load that broke.
	Trial      int      `json:"trial"`            // The trial that is looked at: the first that missed at this load.
	Passed     float64  `json:"passed,omitempty"` // The load that held; 0 if none did.
	Objectives []string `json:"objectives"`       // That missed, the worst first, with figure and limit; before them why the run broke off.
	// Breakdown is what gave up at that load; nil if nothing did.
	Breakdown *Breakdown `json:"breakdown,omitempty"`
	// Saturated is what was beyond its limit at the load that broke: first what was not at the load that
	// held. Empty means that nothing stands out, so the cause is not known.
	Saturated []Evidence `json:"saturated"`
}

// Evidence is one thing that was saturated.
type Evidence struct {
	Of   string `json:"of"`
	Also bool   `json:"also"` // It was so at the load that held, too.
	Text string `json:"text"` // The figures, in a sentence.
}

// gave compares the trials at the two bounds of a goal; nil if no load broke.
func (v Variant) gave(g int, goal Goal) *Gave {
	i := v.Intervals[g]
	if i.Upper == nil || i.Upper.Harness {
		return nil
	}
	missed, ok := v.trial(g, i.Upper.Load, slo.Miss)
	if !ok {
		return nil
	}
	out := &Gave{Goal: goal.Name, Missed: i.Upper.Load, Trial: missed.Number, Objectives: missWords(goal, missed), Saturated: []Evidence{}}
	if missed.breaks() {
		out.Breakdown = missed.Breakdown
	}
	var before []Reading
	if i.Lower != nil {
		if passed, ok := v.trial(g, i.Lower.Load, slo.Pass); ok {
			out.Passed, before = i.Lower.Load, passed.Readings
		}
	}
	for _, r := range beyond(missed.then()) {
		out.Saturated = append(out.Saturated, evidence(r, before, out.Passed))
	}
	slices.SortStableFunc(out.Saturated, func(a, b Evidence) int {
		order := map[bool]int{true: 1}
		return cmp.Compare(order[a.Also], order[b.Also])
	})
	return out
}

// trial returns the first trial at a load with that verdict for a goal.
func (v Variant) trial(g int, load float64, verdict slo.Verdict) (Trial, bool) {
	for _, t := range v.Trials {
		if t.Ended && t.Load == load && t.Verdicts[g] == verdict {
			return t, true
		}
	}
	return Trial{}, false
}

// then returns the readings of the phases in which objectives missed, and those of the whole run; all
// of them if no such phase is known.
func (t Trial) then() []Reading {
	if len(t.Phases) == 0 {
		return t.Readings
	}
	return slices.DeleteFunc(slices.Clone(t.Readings), func(r Reading) bool { return r.Phase != "" && !slices.Contains(t.Phases, r.Phase) })
}

// beyond returns the readings at or beyond their limits, each thing once in the phase in which it is
// furthest beyond, the furthest first.
func beyond(all []Reading) (found []Reading) {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b Reading) int { return cmp.Compare(b.Value/b.Limit, a.Value/a.Limit) })
	for _, r := range sorted {
		if r.Value >= r.Limit && !slices.ContainsFunc(found, func(o Reading) bool { return o.Of == r.Of }) {
			found = append(found, r)
		}
	}
	return found
}

// evidence puts a reading into words, beside that of the same phase at the load that held.
func evidence(r Reading, before []Reading, held float64) Evidence {
	out := Evidence{Of: r.Of}
	value := sample.Format(r.Value, r.Unit)
	if r.Above {
		value = "above " + value
	}
	out.Text = fmt.Sprintf("%s: %s", r.Of, value)
	if r.Phase != "" {
		out.Text += " in phase " + r.Phase
	}
	out.Text += fmt.Sprintf(" (saturated from %s: %s)", sample.Format(r.Limit, r.Unit), r.Why)
	if r.Greatest != "" {
		out.Text += ", most of it " + r.Greatest
	}
	if held == 0 {
		out.Text += "."
		return out
	}
	at := slices.IndexFunc(before, func(b Reading) bool { return b.Of == r.Of && b.Phase == r.Phase })
	if at < 0 {
		out.Text += fmt.Sprintf("; at %s it was less than a tenth of the limit.", Number(held))
		return out
	}
	then := sample.Format(before[at].Value, r.Unit)
	out.Also = before[at].Value >= r.Limit
	out.Text += fmt.Sprintf("; at %s it was %s.", Number(held), then)
	return out
}

// missWords names the objectives of a goal that a trial missed, the worst first. If its run broke off,
// that comes before them: they may have missed for no other reason.
func missWords(goal Goal, t Trial) []string {
	missed := slices.DeleteFunc(goal.Of(t), func(o summary.Objective) bool { return o.Verdict != slo.Miss })
	slices.SortStableFunc(missed, func(a, b summary.Objective) int { return cmp.Compare(room(a), room(b)) })
	words := []string{}
	if t.breaks() {
		words = append(words, t.Breakdown.Words())
	}
	if t.TimedOut {
		words = append(words, "the run did not end in time: "+t.Failure)
	}
	for _, o := range missed {
		text := o.Subject()
		if o.Observed != nil {
			text += " " + sample.Format(*o.Observed, o.Unit)
		}
		words = append(words, text+", limit "+strings.TrimLeft(o.LimitWords(), "≤≥ "))
	}
	return words
}

// room is the margin of an objective; of one without a figure, as of a limit of 0, it is the least.
func room(o summary.Objective) float64 {
	if o.Margin == nil {
		return -1e9
	}
	return *o.Margin
}

// Words says in a sentence what gave first.
func (g Gave) Words() string {
	what := strings.Join(g.Objectives[:min(len(g.Objectives), 1)], "")
	if more := len(g.Objectives) - 1; more > 0 {
		what += fmt.Sprintf(" and %d more", more)
	}
	var fresh, also []string
	for _, e := range g.Saturated {
		if e.Also {
			also = append(also, e.Of)
		} else {
			fresh = append(fresh, e.Of)
		}
	}
	words := fmt.Sprintf("At %s broke: %s.", Number(g.Missed), what)
	if what == "" { // What is known of the trial does not name it.
		words = fmt.Sprintf("It broke at %s.", Number(g.Missed))
	}
	if g.Breakdown != nil {
		words = fmt.Sprintf("At %s the %s.", Number(g.Missed), g.Breakdown.Words())
	}
	switch {
	case len(fresh) > 0:
		words += " Saturated there and not below: " + strings.Join(fresh, "; ") + "."
	case len(also) > 0:
		words += " Saturated there, and already at the load that held: " + strings.Join(also, "; ") + "."
	case g.Breakdown == nil:
		words += " Nothing that was watched was saturated, so what gave is not known."
	}
	return words
}
