package view

import (
	"fmt"
	"slices"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// Forecasts hold what was foreseen of rollouts under quotas against what was observed.
type Forecasts struct {
	Lead  string
	Table Table // Its caption counts those that agree.
}

// agreementWords are for what became of a forecast, with a mark.
func agreementWords(agreement string) string {
	switch agreement {
	case summary.Agrees:
		return "✓ agrees"
	case summary.Differs:
		return "✗ differs"
	case summary.NotKnown:
		return "○ not known"
	}
	return Dash
}

// observedWords says how a rollout under quotas came out, and whether that was foreseen.
func observedWords(r summary.Rollout) string {
	if r.Agreement == "" {
		return Dash
	}
	words := agreementWords(r.Agreement) + ": complete"
	if r.Unfinished {
		words = agreementWords(r.Agreement) + ": not complete"
	}
	if r.Refused == nil {
		return words + ", refusals not known"
	}
	return words + ", " + digits(*r.Refused) + " refused"
}

// A foretold rollout is one of a variant, with what its trials have shown.
type foretold struct {
	workload, phase string
	trials          []summary.Rollout
}

// forecasts compares all rollouts of which something was foreseen; nil if no trial has such.
func (c *comparer) forecasts() *Forecasts {
	var kinds []foretold // The rollouts that there are, of any variant.
	for _, t := range c.Trials {
		for _, r := range t.Rollouts {
			if !slices.ContainsFunc(kinds, func(k foretold) bool { return k.workload == r.Workload && k.phase == r.Phase }) {
				kinds = append(kinds, foretold{workload: r.Workload, phase: r.Phase})
			}
		}
	}
	if len(kinds) == 0 {
		return nil
	}
	out := &Forecasts{Lead: "What the plan foresees of a rollout under quotas, against what happened. \"Never complete\" agrees if it was not " +
		"complete while it was watched and attempts to make pods were refused; \"attempts refused\" agrees if there were such, however long " +
		"it took; \"nothing in the way\" agrees if it was complete and none was refused."}
	out.Table = Table{ID: "forecasts-table", Columns: []Column{{"Variant", false}, {"Rollout", false}, {"Foreseen", false},
		{"Observed", false}, {"Attempts refused", true}, {"Agreement", false}}}
	count := map[string]int{}
	for i := range c.Variants {
		for _, k := range kinds {
			row, agreement := c.forecastRow(i, k)
			out.Table.Rows = append(out.Table.Rows, row)
			count[agreement]++
		}
	}
	rows := plural(len(out.Table.Rows), "rollout", "rollouts")
	if len(kinds) == 1 {
		rows = plural(len(out.Table.Rows), "variant", "variants")
		for i, row := range out.Table.Rows { // All are of the same workload and phase.
			out.Table.Rows[i] = slices.Delete(row, 1, 2)
		}
		out.Table.Columns = slices.Delete(out.Table.Columns, 1, 2)
	}
	out.Table.Caption = fmt.Sprintf("Foreseen and observed agree in %d of %s", count[summary.Agrees], rows)
	if n := count[summary.NotKnown]; n > 0 {
		out.Table.Caption += fmt.Sprintf("; of %d it is not known", n)
	}
	return out
}

// forecastRow is what the trials of a variant have shown of a rollout. They agree with the forecast
// if all of them do; one that differs is enough to differ.
func (c *comparer) forecastRow(variant int, k foretold) (row []string, agreement string) {
	for _, t := range c.Trials {
		if t.Variant != variant || !t.Ended {
			continue
		}
		found := summary.Rollout{Workload: k.workload, Phase: k.phase, Unfinished: true, Agreement: summary.NotKnown}
		if at := slices.IndexFunc(t.Rollouts, func(r summary.Rollout) bool { return r.Workload == k.workload && r.Phase == k.phase }); at >= 0 {
			found = t.Rollouts[at]
		}
		k.trials = append(k.trials, found)
	}
	row = []string{variantName(c.Experiment, variant), k.workload + " in " + k.phase, Dash, c.variant(variant).Word, Dash, ""}
	agreement = summary.NotKnown
	if len(k.trials) > 0 {
		agreement = summary.Agrees
		for _, r := range k.trials {
			if r.Agreement == summary.Differs || agreement == summary.Agrees {
				agreement = r.Agreement
			}
		}
		row[2], row[3], row[4] = foreseen(k.trials[0].Forecast), k.outcome(), k.refusals()
	}
	row[5] = agreementWords(agreement)
	return row, agreement
}

// outcome says whether the rollout was complete, in how many of the trials.
func (k foretold) outcome() string {
	complete := slices.DeleteFunc(slices.Clone(k.trials), func(r summary.Rollout) bool { return r.Unfinished })
	switch {
	case len(complete) < len(k.trials) && len(complete) > 0:
		return fmt.Sprintf("complete in %d of %d trials", len(complete), len(k.trials))
	case len(complete) > 0:
		return "complete" + longest(complete, " in %s", " in at most %s")
	}
	return "not complete" + longest(k.trials, " within %s", " within up to %s")
}

// longest is the longest time that a rollout took, in the words for one or for several trials; "" if
// nothing is known of it.
func longest(trials []summary.Rollout, one, several string) string {
	var most sample.Offset
	for _, r := range trials {
		most = max(most, r.To-r.From)
	}
	switch {
	case most <= 0:
		return ""
	case len(trials) == 1:
		return fmt.Sprintf(one, format(most.Seconds(), sample.Seconds))
	}
	return fmt.Sprintf(several, format(most.Seconds(), sample.Seconds))
}

// refusals is how many attempts were refused, "3 to 12" in several trials.
func (k foretold) refusals() string {
	var low, high float64
	for i, r := range k.trials {
		if r.Refused == nil {
			return Dash
		}
		if i == 0 {
			low, high = *r.Refused, *r.Refused
		}
		low, high = min(low, *r.Refused), max(high, *r.Refused)
	}
	if low == high {
		return digits(low)
	}
	return digits(low) + " to " + digits(high)
}
