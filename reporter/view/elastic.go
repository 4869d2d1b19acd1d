package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/stat"
	"github.com/kubedyno/kubedyno/results/summary"
)

// elasticLead says what the figures are about.
const elasticLead = "Nodes of elastic pools come when the scheduler finds no room for pods, and go when they are not needed. A node is paid for " +
	"from its order until it is gone, as clouds bill from launch, at the list price, on demand or as spot. Needed are the fewest nodes that any packing could " +
	"do with at that moment, by what pods request, without DaemonSets' pods and place-holders (a priority below 0); the least cost is theirs. Idle is a node of " +
	"which pods request less than the pool's utilization."

// elastic shows how nodes followed the pods; nil if no pool is elastic and Karpenter fills none.
func (b *builder) elastic() []Section {
	pools := b.elasticPools()
	if len(pools) == 0 {
		return nil
	}
	section := Section{ID: "elastic", Title: "Elastic nodes", Nav: "Elastic nodes", Lead: leadOf(pools),
		Figures: []Figure{b.elasticFigure(pools)}}
	for _, p := range pools {
		if p.pool.Elastic != "" {
			section.Facts = append(section.Facts, Fact{Name: "Pool " + p.name, Value: p.pool.Elastic})
		}
	}
	section.Tables = []Table{b.costTable(pools)}
	if b.karpenterRan() {
		section.Tables = append(section.Tables, b.typeTable())
	}
	section.Tables = append(section.Tables, b.orderTable(pools), b.roomTable(), b.shortageTable())
	return []Section{section}
}

// leadOf says what the figures are about, of the pools that are there.
func leadOf(pools []elasticPool) string {
	var parts []string
	if slices.ContainsFunc(pools, func(p elasticPool) bool { return !p.made }) {
		parts = append(parts, elasticLead)
	}
	if slices.ContainsFunc(pools, func(p elasticPool) bool { return p.made }) {
		parts = append(parts, karpenterLead)
	}
	return strings.Join(parts, " ")
}

// elasticPool is a pool whose nodes come and go, with what is known of it; no number is known that is nil.
type elasticPool struct {
	name              string
	pool              bundle.Pool
	made              bool     // Karpenter fills it.
	most, last        *float64 // Nodes that were there.
	needed            *float64 // At most.
	hours, cost, goal *float64
	excess            *float64 // How much more they cost than those that were needed, as a share.
}

// elasticPools are the elastic pools in the order of their names.
func (b *builder) elasticPools() []elasticPool {
	var all []elasticPool
	for _, g := range b.gauges(sample.ElasticNodeHours, false) {
		p := elasticPool{name: g.Labels["pool"], hours: &g.Last}
		if i := slices.IndexFunc(b.manifest.Cluster.Pools, func(q bundle.Pool) bool { return q.Name == p.name }); i >= 0 {
			p.pool = b.manifest.Cluster.Pools[i]
		} else {
			p.made = b.karpenterRan()
		}
		if there, ok := b.gauge(sample.ElasticNodes, sample.Labels{"pool": p.name, "state": "created"}); ok {
			p.most, p.last = &there.Max, &there.Last
		}
		if needed, ok := b.gauge(sample.ElasticNodes, sample.Labels{"pool": p.name, "state": "needed"}); ok {
			p.needed = &needed.Max
		}
		if cost, ok := b.gauge(sample.ElasticCost, sample.Labels{"pool": p.name}); ok {
			p.cost = &cost.Last
		}
		if ideal, ok := b.gauge(sample.ElasticIdeal, sample.Labels{"pool": p.name}); ok {
			p.goal = &ideal.Last
		}
		for _, s := range b.scalars(sample.ElasticExcess) {
			if s.Labels.String() == (sample.Labels{"pool": p.name}).String() {
				p.excess = &s.Value
			}
		}
		all = append(all, p)
	}
	return all
}

// aboveWords says how much more the nodes cost than those that were needed; empty if that is not known.
func (p elasticPool) aboveWords() string {
	least := "what the needed nodes would have cost"
	if p.made {
		least = "the least that nodes could cost"
	}
	switch {
	case p.excess == nil:
		return ""
	case *p.excess < 0:
		return format(-*p.excess, sample.Ratio) + " below " + least + ", as pods were without room"
	}
	return format(*p.excess, sample.Ratio) + " above " + least
}

// elasticFigure has the nodes and the pods without room on one time axis.
func (b *builder) elasticFigure(pools []elasticPool) Figure {
	figure := Figure{ID: "elastic-figure", Axis: TimeAxis, End: b.duration().Seconds(), Bands: b.bands(), Outages: b.awayBands(),
		Title:   b.elasticFinding(pools),
		Caption: "One time axis for all panels; shaded bands are the phases. Ordered nodes are on their way and paid for."}
	if slices.ContainsFunc(pools, func(p elasticPool) bool { return p.needed != nil }) {
		figure.Caption += " Where more nodes are there than needed, room is paid for that no pod asks for; where fewer are, pods wait."
	}
	for _, p := range pools {
		_, lines := b.tracks(sample.ElasticNodes, func(l sample.Labels) string {
			if l["pool"] != p.name {
				return ""
			}
			return l["state"]
		})
		panel := Panel{Label: "Nodes of pool " + p.name, Unit: sample.Count}
		for slot, line := range []struct{ state, name string }{{"created", "there"}, {"ordered", "ordered"}, {"needed", "needed"}} {
			if points := lines[line.state]; len(points) > 0 {
				panel.addSteps(b, line.name, slot, points)
			}
		}
		if len(panel.Series) > 0 {
			figure.Panels = append(figure.Panels, panel)
		}
	}
	if types := b.typePanel(); len(types.Series) > 0 {
		figure.Panels = append(figure.Panels, types)
	}
	workloads, lines := b.tracks(sample.ElasticPending, label("workload"))
	panel := Panel{Label: "Pods without room", Unit: sample.Count}
	for slot, workload := range workloads[:min(len(workloads), maxLines)] {
		panel.addSteps(b, orDash(workload), slot, lines[workload])
	}
	if len(panel.Series) > 0 {
		figure.Panels = append(figure.Panels, panel)
	}
	if len(figure.Panels) == 0 {
		figure.Empty = "No values over time were recorded."
		return figure
	}
	figure.finishTime()
	return figure
}

// elasticFinding is what the figure shows, in a sentence.
func (b *builder) elasticFinding(pools []elasticPool) string {
	var parts []string
	for _, p := range pools {
		if p.most == nil {
			continue
		}
		part := "At most " + digits(*p.most) + " nodes"
		if len(pools) > 1 {
			part += " of pool " + p.name
		}
		if p.needed != nil {
			part += " where at most " + digits(*p.needed) + " were needed"
		}
		parts = append(parts, part)
	}
	parts = append(parts, b.waitWords())
	for _, p := range pools {
		if p.cost != nil && p.aboveWords() != "" {
			parts = append(parts, "the nodes cost "+format(*p.cost, sample.Dollars)+", "+p.aboveWords())
		}
	}
	return strings.Join(parts, "; ")
}

// maxNamed is how many workloads the finding names.
const maxNamed = 3

// waitWords say how many pods were without room, and for how long.
func (b *builder) waitWords() string {
	workloads, waits := b.merged(sample.ElasticWait, func(l sample.Labels) string { return orDash(l["workload"]) })
	switch all := b.mergedAll(sample.ElasticWait); {
	case len(workloads) == 0:
		return "no pod was without room"
	case len(workloads) == 1 || len(workloads) > maxNamed:
		return plural(int(all.Histogram.Count()), "pod was", "pods were") + " without room, for " + longestTime(all) + " at most"
	}
	var parts []string
	for _, workload := range workloads {
		parts = append(parts, fmt.Sprintf("%s of %s for %s at most", count(waits[workload].Histogram.Count()), workload, longestTime(waits[workload])))
	}
	return "pods were without room: " + strings.Join(parts, ", ")
}

// mergedAll adds up a distribution over all its series.
func (b *builder) mergedAll(metric string) *summary.Values {
	if _, all := b.merged(metric, everything("all")); all["all"] != nil {
		return all["all"]
	}
	return &summary.Values{Metric: metric}
}

// longestTime is the maximum of a distribution of times; at least that where one had not come to its end.
func longestTime(v *summary.Values) string {
	words := format(v.Histogram.Max(), sample.Seconds)
	if v.Censored > 0 && v.Histogram.Max() >= v.CensoredFrom {
		words = "≥ " + words
	}
	return words
}

// timeCells are how many times there are, their percentiles and the longest.
func timeCells(v *summary.Values) []string {
	if v == nil || v.Histogram.Count() == 0 {
		return []string{"0", Dash, Dash, Dash, Dash}
	}
	cells := []string{count(v.Histogram.Count())}
	for _, p := range []float64{0.5, 0.9, 0.99} {
		cell := Dash
		if q := stat.QuantileOf(&v.Histogram, p); q.Printable {
			cell = format(q.Value, sample.Seconds)
			if v.Censored > 0 && q.Value >= v.CensoredFrom {
				cell = "≥ " + cell
			}
		}
		cells = append(cells, cell)
	}
	return append(cells, longestTime(v))
}

// valueCell is a number that may not be known.
func valueCell(value *float64, unit sample.Unit) string {
	if value == nil {
		return Dash
	}
	return format(*value, unit)
}

// costTable sets what the nodes cost against those that were needed.
func (b *builder) costTable(pools []elasticPool) Table {
	table := Table{ID: "elastic-cost", Caption: "Nodes, and what they cost in this run", Columns: []Column{{Name: "Pool"}, {Name: "Node type"},
		{"Most nodes", true}, {"At the end", true}, {"Most needed", true}, {"Node-hours", true}, {"Cost", true}, {"Least cost", true},
		{"Above that", true}, {Name: "Price of"}}}
	for _, p := range pools {
		kind, price := orDash(p.pool.NodeType), priceOf(p.pool)
		if p.made {
			kind, price = "Karpenter's choice", b.offeredPrices()
		}
		table.Rows = append(table.Rows, []string{p.name, kind, valueCell(p.most, sample.Count), valueCell(p.last, sample.Count),
			valueCell(p.needed, sample.Count), valueCell(p.hours, sample.Hours), valueCell(p.cost, sample.Dollars), valueCell(p.goal, sample.Dollars),
			valueCell(p.excess, sample.Ratio), price})
	}
	return table
}

// orderTable has the orders and the removals of each pool.
func (b *builder) orderTable(pools []elasticPool) Table {
	table := Table{ID: "elastic-orders", Caption: "Orders, from each until the node is Ready, and removals", Columns: []Column{{Name: "Pool"},
		{"Placed", true}, {"Refused: no capacity", true}, {"by quota", true}, {"Failed", true}, {"n", true}, {"Ready after p50", true}, {"p90", true}, {"p99", true},
		{"Longest", true}, {"Removed", true}, {"Idle before, longest", true}}}
	_, ready := b.merged(sample.ElasticNodeReady, label("pool"))
	_, idle := b.merged(sample.ElasticIdle, label("pool"))
	for _, p := range pools {
		row := []string{p.name}
		for _, outcome := range []string{"placed", "capacity", "quota", "failed"} {
			orders := Dash // Karpenter does not tell all.
			if g, told := b.gauge(sample.ElasticOrders, sample.Labels{"pool": p.name, "outcome": outcome}); told {
				orders = digits(g.Last)
			}
			row = append(row, orders)
		}
		row = append(row, timeCells(ready[p.name])...)
		row = append(row, digits(b.lastOf(sample.ElasticRemoved, sample.Labels{"pool": p.name})), timeCells(idle[p.name])[4])
		table.Rows = append(table.Rows, row)
	}
	return table
}

// lastOf is the last value of a counter; 0 if it never counted.
func (b *builder) lastOf(metric string, labels sample.Labels) float64 {
	g, _ := b.gauge(metric, labels)
	return g.Last
}

// roomTable says how long pods were without room.
func (b *builder) roomTable() Table {
	table := Table{ID: "elastic-room", Caption: "Pods without room, from when the scheduler first said so until they were bound", Empty: "No workload has pods.",
		Columns: []Column{{Name: "Workload"}, {"Pods", true}, {"p50", true}, {"p90", true}, {"p99", true}, {"Longest", true}, {"Most at once", true},
			{"Pods × time", true}, {"Evicted", true}}}
	_, waits := b.merged(sample.ElasticWait, func(l sample.Labels) string { return orDash(l["workload"]) })
	for _, g := range b.gauges(sample.ElasticPending, false) {
		name := orDash(g.Labels["workload"])
		row := append([]string{name}, timeCells(waits[name])...)
		table.Rows = append(table.Rows, append(row, digits(g.Max), format(b.lastOf(sample.ElasticPendingSeconds, g.Labels), sample.PodSeconds),
			digits(b.lastOf(sample.ElasticEvictions, g.Labels))))
	}
	return table
}

// shortageTable says how long it took until room came.
func (b *builder) shortageTable() Table {
	table := Table{ID: "elastic-shortages", Caption: "From the first pod without room, when there was none before", Empty: "No pod was without room.",
		Columns: []Column{{Name: "Until"}, {"n", true}, {"p50", true}, {"p90", true}, {"p99", true}, {"Longest", true}}}
	for _, part := range []struct{ metric, words string }{
		{sample.ElasticFirstNode, "the next node is Ready"}, {sample.ElasticShortage, "no pod is without room"},
	} {
		if v := b.mergedAll(part.metric); v.Histogram.Count() > 0 {
			table.Rows = append(table.Rows, append([]string{part.words}, timeCells(v)...))
		}
	}
	return table
}

// elasticFacts are what a reader takes away.
func (b *builder) elasticFacts() []Fact {
	var facts []Fact
	for _, p := range b.elasticPools() {
		value := fmt.Sprintf("at most %s there, %s at the end", valueCell(p.most, sample.Count), valueCell(p.last, sample.Count))
		if p.needed != nil {
			value += ", " + format(*p.needed, sample.Count) + " needed at most"
		}
		if p.cost != nil {
			value += "; they cost " + format(*p.cost, sample.Dollars)
			if words := p.aboveWords(); words != "" {
				value += ", " + words
			}
		}
		facts = append(facts, Fact{"Elastic nodes (" + p.name + ")", value})
	}
	_, waits := b.merged(sample.ElasticWait, func(l sample.Labels) string { return orDash(l["workload"]) })
	for _, g := range b.gauges(sample.ElasticPending, false) {
		name, value := orDash(g.Labels["workload"]), "none"
		if v := waits[name]; v != nil {
			value = fmt.Sprintf("%s, for %s at most, %s", plural(int(v.Histogram.Count()), "pod", "pods"), longestTime(v),
				format(b.lastOf(sample.ElasticPendingSeconds, g.Labels), sample.PodSeconds))
		}
		facts = append(facts, Fact{"Without room (" + name + ")", value})
	}
	return facts
}
