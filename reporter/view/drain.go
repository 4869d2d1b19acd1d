package view

import (
	"github.com/kubedyno/kubedyno/results/sample"
)

// drains shows how long it took to empty nodes. A run without drains has no such section.
func (b *builder) drains() []Section {
	table := b.drainTable()
	var standstills []Table
	if len(b.rollouts()) == 0 { // Else they are there.
		standstills = b.standstillTables()
	}
	if len(table.Rows) == 0 && len(standstills) == 0 {
		return nil
	}
	return []Section{{
		ID: "drains", Title: "Drained nodes", Nav: "Drains",
		Lead: "A node that is drained takes no new pods, and its pods are evicted. A PodDisruptionBudget refuses an eviction " +
			"(429) that would leave too few pods; it is tried again every 5 s, as kubectl drain does. Pods of DaemonSets stay.",
		Tables: append(standstills, table),
	}}
}

// drainTable has a row for every pool and phase with a drain that emptied nodes.
func (b *builder) drainTable() Table {
	table := Table{ID: "drains-table", Caption: "From a node's cordon until its last pod is gone", Empty: "No node was emptied.",
		Columns: []Column{{Name: "Pool"}, {Name: "Phase"}, {"Nodes", true}, {"never empty", true}, {"p50", true}, {"p90", true}, {"Max", true},
			{"Pods evicted", true}, {"Evictions refused", true}}}
	for _, d := range b.distributions(sample.DrainDuration) {
		row := append([]string{d.Labels["pool"], d.Labels["phase"], count(d.N), count(d.Censored)}, percentileCells(d, 50, 90)...)
		longest := format(d.Max, sample.Seconds)
		if d.Censored > 0 {
			longest = "≥ " + longest
		}
		row = append(row, longest, Dash, Dash)
		for i, metric := range []string{sample.Evictions, sample.EvictionsRefused} {
			for _, s := range b.scalars(metric) {
				if s.Labels.Match(d.Labels) {
					row[len(row)-2+i] = digits(s.Value)
				}
			}
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}
