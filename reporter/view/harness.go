package view

import (
	"github.com/kubedyno/kubedyno/results/sample"
)

// harness shows what measuring cost and how late the harness was.
func (b *builder) harness() Section {
	return Section{
		ID: "harness", Title: "The harness itself", Nav: "Harness",
		Lead: "kubedyno watches itself as it watches the cluster: what it consumed, how late it sent, " +
			"how late it saw, and what it lost.",
		Tables: []Table{b.harnessDelays(), b.harnessGauges(), b.books()},
	}
}

func (b *builder) harnessDelays() Table {
	table := Table{ID: "harness-delays", Caption: "Delays of the harness", Empty: "No delay was recorded.",
		Columns: []Column{{Name: "Delay"}, {Name: "Of"}, {Name: "Phase"}, {"p50", true}, {"p90", true}, {"p99", true}, {"Max", true}, {"Samples", true}}}
	for _, metric := range []string{sample.APISendLag, sample.WatchLag, sample.WatchWake, sample.PodSimulatorOverhead} {
		described, _ := sample.Lookup(metric)
		for _, d := range b.distributions(metric) {
			of := orDash(d.Labels["class"] + d.Labels["workload"])
			row := []string{described.Words(), of, orDash(d.Labels["phase"])}
			row = append(row, percentileCells(d, 50, 90, 99)...)
			table.Rows = append(table.Rows, append(row, format(d.Max, sample.Seconds), count(d.N)))
		}
	}
	return table
}

func (b *builder) harnessGauges() Table {
	table := Table{ID: "harness-figures", Caption: "What kubedyno consumed", Empty: "kubedyno's own figures were not recorded.",
		Columns: []Column{{Name: "Quantity"}, {"Mean", true}, {"Highest", true}, {"Last", true}}}
	own := sample.Labels{"component": harnessComponent}
	for _, row := range []struct {
		name   string
		metric string
		labels sample.Labels
	}{
		{"CPU", sample.ComponentCPU, own},
		{"Memory", sample.ComponentMemory, own},
		{"Goroutines", sample.HarnessGoroutines, nil},
		{"GC pause, longest in a second", sample.HarnessGCPause, nil},
		{"Records that waited for the disk, most in a second", sample.HarnessQueue, nil},
		{"Requests held back by own rate limits", sample.HarnessHeldBack, nil},
		{"Watches that were cut and went on", sample.WatchResumes, nil},
	} {
		if gauge, ok := b.gauge(row.metric, row.labels); ok {
			unit := unitOf(row.metric)
			table.Rows = append(table.Rows, []string{row.name, format(gauge.Mean, unit),
				format(gauge.Max, unit), format(gauge.Last, unit)})
		}
	}
	return table
}

// books are the counts that must balance.
func (b *builder) books() Table {
	c := b.summary.Counts
	return Table{ID: "books", Caption: "The books: created = observed = reported",
		Columns: []Column{{Name: "Count"}, {"Records", true}, {Name: "Meaning"}},
		Rows: [][]string{
			{"Pods created", count(c.PodsCreated), "as the watch saw them"},
			{"Pods Ready", count(c.PodsReady), "of those created"},
			{"Pods unfinished", count(c.PodsCensored), "not Ready when last seen; they count with the time they had waited"},
			{"Pods uncertain", count(c.Uncertain), "a watch was interrupted for longer than watch lag may be, or listed anew, while they started; their start-up times are upper bounds, their stages are left out"},
			{"Requests", count(c.Requests), "sent to the API server as load"},
			{"Requests failed", count(c.Failed), "answered with an error or not in time"},
			{"Records dropped", count(c.Dropped), "lost to a full queue of kubedyno"},
			{"Lines cut", count(c.CutLines), "unreadable last lines of files of a run that was killed"},
		}}
}
