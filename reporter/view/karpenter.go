package view

import (
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
)

// karpenter shows which nodes Karpenter has made; nil if none ran.
func (b *builder) karpenter() []Section {
	if !slices.ContainsFunc(b.manifest.Cluster.Components, func(c bundle.Component) bool { return c.Name == "karpenter" }) {
		return nil
	}
	section := Section{
		ID: "karpenter", Title: "Nodes that Karpenter made", Nav: "Karpenter",
		Lead: "Karpenter made these nodes for pods that found no room, chose their types by price, and took them away " +
			"when fewer or smaller ones would do.",
		Figures: []Figure{b.karpenterFigure()},
		Tables:  []Table{b.karpenterTable()},
	}
	return []Section{section.terse()}
}

func (b *builder) karpenterFigure() Figure {
	figure := Figure{
		ID: "karpenter-figure", Axis: TimeAxis, End: b.duration().Seconds(), Bands: b.bands(), Outages: b.awayBands(),
		Title:   "Nodes by instance type",
		Caption: "One line per instance type; shaded bands are the phases. A node counts from when it is seen until it is gone.",
	}
	if all, ok := b.gauge(sample.NodesByState, sample.Labels{"state": "created"}); ok {
		figure.Title = "Karpenter had " + format(all.Max, sample.Count) + " nodes at most, " + format(all.Last, sample.Count) + " at the end"
	}
	panel := Panel{Label: "Nodes by instance type", Unit: sample.Count}
	names, lines := b.tracks(sample.NodesByType, label("type"))
	for slot, name := range names {
		panel.add(b, name, slot, lines[name])
	}
	if len(panel.Series) == 0 {
		figure.Title, figure.Empty = "Nodes by instance type", "Karpenter made no node."
		return figure
	}
	if len(panel.Series) > maxLines {
		panel.keepHighest(maxLines)
	}
	figure.Panels = []Panel{panel}
	figure.finishTime()
	return figure
}

// karpenterFacts says how many nodes of each type there were at most; nothing where Karpenter made none.
func (b *builder) karpenterFacts() []Fact {
	var most []string
	for _, g := range b.gauges(sample.NodesByType, false) {
		most = append(most, format(g.Max, sample.Count)+" × "+g.Labels["type"])
	}
	all, ok := b.gauge(sample.NodesByState, sample.Labels{"state": "created"})
	if len(most) == 0 || !ok {
		return nil
	}
	return []Fact{{"Nodes that Karpenter made", format(all.Max, sample.Count) + " at most, " + format(all.Last, sample.Count) + " at the end; of each type at most " + strings.Join(most, ", ")}}
}

func (b *builder) karpenterTable() Table {
	table := Table{ID: "karpenter-types", Caption: "Nodes by instance type", Empty: "Karpenter made no node.",
		Columns: []Column{{Name: "Instance type"}, {"Most at once", true}, {"Mean since its first", true}, {"At the end", true}}}
	for _, g := range b.gauges(sample.NodesByType, false) {
		table.Rows = append(table.Rows, []string{g.Labels["type"], format(g.Max, sample.Count), format(g.Mean, sample.Count), format(g.Last, sample.Count)})
	}
	return table
}
