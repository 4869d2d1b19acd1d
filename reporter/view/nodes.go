package view

import (
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// nodes shows how the fake nodes joined; nil if the run created none.
func (b *builder) nodes() []Section {
	all := b.distributions(sample.NodeReady)
	if len(all) == 0 && len(b.scalars(sample.FleetReady)) == 0 {
		return nil
	}
	return []Section{{
		ID: "nodes", Title: "Nodes", Nav: "Nodes",
		Lead: "A node is Ready when its status says so to a watch; the time counts from sending its creation. " +
			"One POST, one lease and one status update make a fake node.",
		Figures: []Figure{b.nodeFigure(all)},
		Tables:  []Table{b.poolTable()},
	}}
}

func (b *builder) nodeFigure(all []summary.Distribution) Figure {
	figure := Figure{
		ID: "node-figure", Axis: TailAxis, Title: "Node readiness by pool",
		Caption: "How to read it: at 99% a line shows the time within which 99 of 100 nodes were Ready; " +
			"every further nine takes the same width. A line ends where fewer than 10 nodes remain.",
	}
	if slow, ok := slowest(all); ok {
		figure.Title = "The slowest pool to be Ready was " + slow.Labels["pool"] + ": " + quantiles(slow)
		if len(all) == 1 {
			figure.Title = "Nodes were Ready within " + quantiles(slow)
		}
	}
	panel := Panel{Label: "From sending the creation to Ready", Unit: sample.Seconds, Log: true,
		Limits: b.limits(sample.NodeReady, nil)}
	pools, values := b.merged(sample.NodeReady, label("pool"))
	for slot, pool := range pools {
		panel.addTail(pool, slot, values[pool])
	}
	if len(panel.Series) == 0 {
		figure.Empty = "Fewer than 20 nodes were measured, too few for a curve; the table has what there is."
		return figure
	}
	figure.Panels = []Panel{panel}
	figure.finishTail("Pool")
	return figure
}

// poolTable shows each pool as planned, and how its nodes joined, by phase if they did so in
// several.
func (b *builder) poolTable() Table {
	table := Table{ID: "pools", Caption: "Node pools", Empty: "The scenario has no pools of fake nodes.",
		Columns: []Column{{Name: "Pool"}, {Name: "Node type"}, {Name: "Phase"}, {"Nodes", true}, {"Created per second", true},
			{"All Ready after", true}, {"Node Ready p50", true}, {"Node Ready p99", true}, {"Node Ready max", true}}}
	for _, pool := range b.manifest.Cluster.Pools {
		phases := b.joinPhases(pool.Name)
		for _, phase := range phases {
			row := []string{pool.Name, pool.NodeType, orDash(phase), count(int64(pool.Count)),
				b.ofPool(sample.FleetCreateRate, pool.Name, phase), b.ofPool(sample.FleetReady, pool.Name, phase), Dash, Dash, Dash}
			for _, d := range b.distributions(sample.NodeReady) {
				if d.Labels["pool"] == pool.Name && d.Labels["phase"] == phase {
					copy(row[6:], append(percentileCells(d, 50, 99), format(d.Max, sample.Seconds)))
					if len(phases) > 1 || pool.AtMost {
						row[3] = count(d.N)
					}
				}
			}
			table.Rows = append(table.Rows, row)
		}
	}
	return table
}

// joinPhases returns the phases in which nodes of a pool joined, in the order in which they
// ran; "" alone if that is not known.
func (b *builder) joinPhases(pool string) []string {
	var phases []string
	for _, phase := range b.summary.Phases {
		for _, d := range b.distributions(sample.NodeReady) {
			if d.Labels["pool"] == pool && d.Labels["phase"] == phase.Name {
				phases = append(phases, phase.Name)
			}
		}
	}
	if len(phases) == 0 {
		return []string{""}
	}
	return phases
}

func (b *builder) ofPool(metric, pool, phase string) string {
	for _, s := range b.scalars(metric) {
		if s.Labels["pool"] == pool && s.Labels["phase"] == phase {
			return format(s.Value, unitOf(metric))
		}
	}
	return Dash
}
