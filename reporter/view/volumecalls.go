package view

import (
	"strings"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// seen is what was measured of an operation of a class; nil if nothing was.
func seen(v *summary.Volumes, class, operation string) *summary.VolumeTimes {
	for _, c := range v.Classes {
		if c.Class == class {
			return map[string]*summary.VolumeTimes{"provision": c.Provision, "attach": c.Attach, "detach": c.Detach}[operation]
		}
	}
	return nil
}

// volumeCallsTable sets what the driver was told to take beside what was seen of it.
func volumeCallsTable(v *summary.Volumes) Table {
	table := Table{ID: "volume-calls", Caption: "What the driver was told to take for a call, beside what was seen of a volume",
		Columns: []Column{{Name: "Class"}, {Name: "Operation"}, {"Calls", true}, {"Of these failed", true}, {"Told, mean", true}, {"Told, max", true}, {"Seen, mean", true}, {"Seen, max", true},
			{"Above it, mean", true}}}
	for _, c := range v.Calls {
		row := []string{c.Class, c.Operation, count(c.Calls), count(c.Failed), Dash, Dash, Dash, Dash, Dash}
		if c.Given != nil {
			row[4], row[5] = format(zeroed(c.Given.Mean), sample.Seconds), format(zeroed(c.Given.Max), sample.Seconds)
		}
		if t := seen(v, c.Class, c.Operation); t != nil {
			least := "" // What did not get there pushes the mean up further.
			if t.Censored > 0 {
				least = "≥ "
			}
			row[6], row[7] = least+format(t.Mean, sample.Seconds), volumeCell(t, t.Max)
			if c.Given != nil {
				row[8] = least + format(max(t.Mean-c.Given.Mean, 0), sample.Seconds)
			}
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

// callsLead says what lies between the columns of volumeCallsTable.
const callsLead = " The driver here has no storage: it takes as long for a call as it was told to, which stands beside what was seen. What is seen above it is Kubernetes' own " +
	"work, the wait for one of the driver's parallel calls, and calls that failed before with the pauses after them."

// zeroed takes a call for which the driver was told to take no time for none: a timer alone takes microseconds.
func zeroed(seconds float64) float64 {
	if seconds < 1e-3 { // The shortest delay that a scenario can ask for.
		return 0
	}
	return seconds
}

// volumeCallsFacts says the same in a sentence for each class.
func volumeCallsFacts(v *summary.Volumes) []Fact {
	var facts []Fact
	for _, class := range v.Classes {
		var parts []string
		var calls, failed int64
		for _, c := range v.Calls {
			if c.Class != class.Class {
				continue
			}
			calls, failed = calls+c.Calls, failed+c.Failed
			if t := seen(v, c.Class, c.Operation); t != nil && c.Given != nil {
				parts = append(parts, c.Operation+" "+format(zeroed(c.Given.Mean), sample.Seconds)+" (seen: "+format(t.Mean, sample.Seconds)+")")
			}
		}
		if calls == 0 {
			continue
		}
		words := "no operation that was seen"
		if len(parts) > 0 {
			words = strings.Join(parts, ", ") + " on average"
		}
		facts = append(facts, Fact{"Driver told to take (" + class.Class + ")", words + "; " + count(failed) + " of its " + count(calls) + " calls failed"})
	}
	return facts
}
