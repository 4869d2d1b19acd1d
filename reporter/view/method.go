package view

import (
	"fmt"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/stat"
)

// method says how the figures of this report were measured, and what its words mean.
func (b *builder) method() Section {
	words := glossary()
	words.Rows = append(words.Rows, b.volumeTerms()...)
	return Section{ID: "method", Title: "How it was measured", Nav: "Method",
		Lead: "Times are those of the harness's own monotonic clock: when a request was due, when an event of a watch arrived. " +
			"The API server's timestamps, which have a resolution of a second, are never subtracted from them.",
		Tables: append(b.metricTable(), words),
	}
}

// metricTable says what the metrics of the objectives are; it is none without objectives.
func (b *builder) metricTable() []Table {
	table := Table{ID: "method-metrics", Caption: "The metrics of the objectives", Columns: []Column{{Name: "Metric"}, {Name: "Unit"}, {Name: "Better"}, {Name: "What it is"}}}
	seen := map[string]bool{}
	for _, o := range b.summary.Objectives {
		metric, ok := sample.Lookup(o.Metric)
		if !ok || seen[o.Metric] {
			continue
		}
		seen[o.Metric] = true
		table.Rows = append(table.Rows, []string{metric.Name, string(metric.Unit), string(metric.Better), metric.Help})
	}
	if len(table.Rows) == 0 {
		return nil
	}
	return []Table{table}
}

func glossary() Table {
	return Table{ID: "method-words", Caption: "Words", Columns: []Column{{Name: "Word"}, {Name: "What it means"}}, Rows: [][]string{
		{"PASS, MISS", "The figure keeps its limit, or does not, and there is enough data to say so."},
		{"INCONCLUSIVE", "There are too few samples, the run did not finish, or the harness itself may have been what was slow."},
		{"NO DATA", "Nothing was observed. It is never taken for a pass."},
		{"p99", fmt.Sprintf("The time that 99 of 100 stayed within, from a histogram whose error is at most 0.1%%; those of all windows are added, "+
			"never averaged. A percentile with fewer than %d samples beyond it is not printed.", stat.Beyond)},
		{"95% interval", "Two order statistics that enclose the percentile with that confidence, whatever the distribution (binomial). " +
			"It speaks of this run alone: whether another run would show the same takes several runs."},
		{"Unfinished", "What had not got there when the run ended counts with the time that it had waited: its true time is longer."},
		{"Latency", "From the moment a request was due to be sent, not from when it was sent: what waited behind a stall counts too (open loop)."},
		{"Send lag", "How much later than due the harness sent its requests. It is part of the latency, and of the doubts."},
	}}
}
