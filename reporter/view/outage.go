package view

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/elasticity"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// awayBands are the times for which components were away because the scenario had killed them: until
// each served again, or the run ended.
func (b *builder) awayBands() []Band {
	var away []Band
	for _, o := range b.summary.Outages {
		to := b.duration()
		if o.Back != nil {
			to = *o.Back
		}
		away = append(away, Band{Name: o.Component + " away", From: o.Killed.Seconds(), To: to.Seconds()})
	}
	return away
}

// awayWords names the outages of a figure in its text alternative.
func awayWords(away []Band) string {
	words := ""
	for _, m := range away {
		words += " " + upperFirst(m.Name) + " from " + format(m.From, sample.Seconds) + " to " + format(m.To, sample.Seconds) + "."
	}
	return words
}

// outageTable has a row for every outage; none without outages.
func (b *builder) outageTable() []Table {
	if len(b.summary.Outages) == 0 {
		return nil
	}
	table := Table{ID: "outages", Caption: "Components that the scenario killed and started again",
		Columns: []Column{{Name: "Component"}, {Name: "Phase"}, {"Killed at", true}, {"Started again after", true},
			{"Served again after", true}, {"HPAs without metric for", true}, {"Metric back after", true}, {Name: "In words"}}}
	for _, o := range b.summary.Outages {
		row := []string{o.Component, o.Phase, elapsed(o.Killed), Dash, Dash, blindCell(o.Blind), blindCell(o.Recovery), outageWords(o)}
		if o.Started != nil {
			row[3] = elapsed(*o.Started - o.Killed)
		}
		if o.Started != nil && o.Back != nil {
			row[4] = elapsed(*o.Back - *o.Started)
		}
		table.Rows = append(table.Rows, row)
	}
	return []Table{table}
}

func blindCell(s *elasticity.Span) string {
	if s == nil {
		return Dash
	}
	return spanCell(s)
}

// outageWords says in a sentence what an outage did: "metrics-server was away for 60.5 s; an HPA had
// no metric for 1 min 10 s, until 14 s after metrics-server was started again".
func outageWords(o summary.Outage) string {
	words := o.Component + " did not come back before the run ended"
	if o.Back != nil {
		words = o.Component + " was away for " + elapsed(*o.Back-o.Killed)
	}
	switch {
	case o.Blind == nil:
		return words
	case o.Blind.Censored:
		return words + "; an HPA had no metric until the end, for at least " + seconds(o.Blind)
	}
	return words + "; an HPA had no metric for " + seconds(o.Blind) + ", until " + seconds(o.Recovery) +
		" after " + o.Component + " was started again, and changed nothing meanwhile"
}

// outageFacts are the key figures on outages.
func (b *builder) outageFacts() []Fact {
	var facts []Fact
	for _, o := range b.summary.Outages {
		facts = append(facts, Fact{"Outage (" + o.Phase + ")", outageWords(o)})
	}
	return facts[:min(len(facts), maxScaled)]
}

// absenceTables set the CPU of all processes with a component against that without it: for outages
// in phases in which nothing else happened, and the phase before in which nothing happened, with as
// many nodes and pods.
func (b *builder) absenceTables() []Table {
	var tables []Table
	for _, o := range b.summary.Outages {
		before, ok := b.stillBefore(o.Phase)
		if !ok || o.Started == nil {
			continue
		}
		tables = append(tables, b.absenceTable(o, before))
	}
	return tables
}

// stillBefore returns the last phase before one that did nothing but kill a component, which did
// nothing at all but hold, with as many Ready nodes and pods.
func (b *builder) stillBefore(phase string) (string, bool) {
	if !b.onlySteps(phase, "outage ", "hold ") {
		return "", false
	}
	still := ""
	for _, p := range b.summary.Phases {
		if p.Name == phase {
			break
		}
		if p.Ended && b.onlySteps(p.Name, "hold ") {
			still = p.Name
		}
	}
	same := still != ""
	for _, metric := range []string{sample.NodesByState, sample.PodsByState} {
		before, _ := b.gauge(metric, sample.Labels{"state": "ready", "phase": still})
		after, _ := b.gauge(metric, sample.Labels{"state": "ready", "phase": phase})
		same = same && before.Last == after.Last
	}
	return still, same
}

// onlySteps reports whether a phase had steps, and all of these kinds.
func (b *builder) onlySteps(phase string, kinds ...string) bool {
	found := false
	for _, e := range b.detail.Events {
		if e.Kind != sample.StepStarted || e.Phase != phase {
			continue
		}
		found = true
		if !slices.ContainsFunc(kinds, func(kind string) bool { return strings.HasPrefix(e.Step, kind) }) {
			return false
		}
	}
	return found
}

func (b *builder) absenceTable(o summary.Outage, before string) Table {
	table := Table{ID: "without-" + o.Component, Caption: "CPU with and without " + o.Component +
		": the mean in phase " + before + ", and in phase " + o.Phase + " until it was started again",
		Empty:   "No process was sampled in both.",
		Columns: []Column{{Name: "Process"}, {"With " + o.Component, true}, {"Without", true}, {"Difference", true}}}
	with := b.byComponent(sample.ComponentCPU, before)
	all := [2]float64{}
	names := slices.SortedFunc(maps.Keys(with), func(x, y string) int {
		return cmp.Or(cmp.Compare(with[y]-o.CPU[y], with[x]-o.CPU[x]), cmp.Compare(x, y))
	})
	for _, name := range names {
		without, known := o.CPU[name]
		if name == controlPlane || !known {
			continue
		}
		all[0], all[1] = all[0]+with[name], all[1]+without
		table.Rows = append(table.Rows, absenceRow(name, with[name], without))
	}
	if len(table.Rows) > 0 {
		table.Rows = append(table.Rows, absenceRow("all of them", all[0], all[1]))
	}
	return table
}

func absenceRow(name string, with, without float64) []string {
	difference := "+" + format(with-without, sample.Cores)
	if with < without {
		difference = "−" + format(without-with, sample.Cores)
	}
	return []string{name, format(with, sample.Cores), format(without, sample.Cores), difference}
}
