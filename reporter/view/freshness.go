package view

import (
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// freshness shows how old the usage was that autoscalers and others got, by phase; none where no
// metrics-server was asked or read.
func (b *builder) freshness() []Table {
	told, rounds := b.byPhase(sample.MetricsFreshness), b.byPhase(sample.MetricsScrape)
	if len(told)+len(rounds) == 0 {
		return nil
	}
	table := Table{ID: "metrics-age", Caption: "How old the metrics were when metrics-server told them, by the upper edges of its buckets",
		Columns: []Column{{Name: "Phase"}, {"Answers", true}, {"Age, mean", true}, {"half at most", true}, {"99 of 100 at most", true},
			{"Readings of all nodes", true}, {"A reading took, mean", true}, {"longest at most", true}}}
	for _, phase := range b.summary.Phases {
		age, round := told[phase.Name], rounds[phase.Name]
		if age.N+round.N == 0 && !b.awayIn(phase.Name) {
			continue
		}
		row := []string{phase.Name, Dash, Dash, Dash, Dash}
		if len(told) > 0 {
			row = append(row[:1], ageCells(age)...)
		}
		if len(rounds) == 0 {
			row = append(row, Dash, Dash, Dash)
		} else {
			row = append(row, roundCells(round)...)
		}
		table.Rows = append(table.Rows, row)
	}
	return []Table{table}
}

// byPhase returns the figures of a metric without labels of its own.
func (b *builder) byPhase(metric string) map[string]summary.BucketFigure {
	all := map[string]summary.BucketFigure{}
	for _, figure := range b.buckets(metric) {
		all[figure.Labels["phase"]] = figure
	}
	return all
}

// awayIn reports whether a component was killed in a phase: that nothing was told then is worth a row.
func (b *builder) awayIn(phase string) bool {
	for _, o := range b.summary.Outages {
		if o.Phase == phase {
			return true
		}
	}
	return false
}

func ageCells(age summary.BucketFigure) []string {
	if age.N == 0 {
		return []string{"0", Dash, Dash, Dash}
	}
	cells := serverCells(age, 50, 99)
	return []string{cells[0], format(age.Mean, sample.Seconds), cells[1], cells[2]}
}

func roundCells(round summary.BucketFigure) []string {
	if round.N == 0 {
		return []string{"0", Dash, Dash}
	}
	longest := Dash
	for _, q := range round.Quantiles { // The highest one; of fewer than 1,000 values p99.9 is the longest.
		switch {
		case round.N >= 1000:
		case q.Open:
			longest = "> " + format(q.Low, sample.Seconds)
		default:
			longest = "≤ " + format(q.High, sample.Seconds)
		}
	}
	return []string{count(round.N), format(round.Mean, sample.Seconds), longest}
}

// freshnessWithoutHPAs shows it among the server's own figures where there is no autoscaler.
func (b *builder) freshnessWithoutHPAs() []Table {
	if len(b.manifest.Autoscalers) > 0 {
		return nil
	}
	return b.freshness()
}
