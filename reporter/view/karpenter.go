package view

import (
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
)

// karpenterLead says what the figures of Karpenter's nodes are about.
const karpenterLead = "Karpenter makes nodes for pods that find no room, of the types that cost least, and takes them away when fewer or smaller " +
	"ones would do. A node is ordered when its NodeClaim is seen, and paid for from when that is launched until the node is gone, at the list price " +
	"of its type. The least cost is a bound by what pods request at each moment, without DaemonSets' pods and place-holders (a priority below " +
	"0): however they are packed, nodes of the NodePool's types cost no less; it takes parts of nodes, so that whole ones need not reach it. " +
	"How many nodes would do is not known, as their types differ; nor what Karpenter would not order, nor when it finds a node idle."

// karpenterRan reports whether the run had Karpenter.
func (b *builder) karpenterRan() bool {
	return slices.ContainsFunc(b.manifest.Cluster.Components, func(c bundle.Component) bool { return c.Name == "karpenter" })
}

// typePanel has the nodes of each type over time; without lines if there were none.
func (b *builder) typePanel() Panel {
	panel := Panel{Label: "Nodes by instance type", Unit: sample.Count}
	names, lines := b.tracks(sample.NodesByType, label("type"))
	for slot, name := range names {
		panel.addSteps(b, name, slot, lines[name])
	}
	if len(panel.Series) > maxLines {
		panel.keepHighest(maxLines)
	}
	return panel
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

// typeTable has how many nodes of each type there were, and their prices.
func (b *builder) typeTable() Table {
	table := Table{ID: "karpenter-types", Caption: "Nodes by instance type over the whole run", Empty: "Karpenter made no node.",
		Columns: []Column{{Name: "Instance type"}, {"Most at once", true}, {"At the end", true}, {"On demand, an hour", true}, {"Spot", true}}}
	for _, g := range b.gauges(sample.NodesByType, false) {
		row := []string{g.Labels["type"], format(g.Max, sample.Count), format(g.Last, sample.Count), Dash, Dash}
		offered := b.manifest.Cluster.Offered
		if i := slices.IndexFunc(offered, func(p bundle.Pool) bool { return p.NodeType == g.Labels["type"] }); i >= 0 {
			row[3], row[4] = dollarsCell(offered[i].PricePerHour), dollarsCell(offered[i].SpotPerHour)
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

// dollarsCell is a price, of which 0 means that it is not known.
func dollarsCell(price float64) string {
	if price <= 0 {
		return Dash
	}
	return format(price, sample.Dollars)
}

// offeredPrices say of what the prices are of the types that Karpenter may choose from.
func (b *builder) offeredPrices() string {
	var all []string
	for _, p := range b.manifest.Cluster.Offered {
		if words := priceOf(p); !slices.Contains(all, words) {
			all = append(all, words)
		}
	}
	return orDash(strings.Join(all, "; "))
}
