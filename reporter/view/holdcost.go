package view

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/stat"
	"github.com/kubedyno/kubedyno/results/summary"
)

// simulator stands in for the kubelets, so its cost is none of the control plane's.
const simulator = "kwok"

// controlPlane is the column of all components but the simulator and the harness.
const controlPlane = "control plane"

// perThings is the number of further nodes or pods to which costs are given.
const perThings = 1000

// A holding is a cluster that was held still: a phase that did nothing but hold.
type holding struct {
	phase       string
	nodes, pods float64 // Ready ones, at the end of the phase.
	size        float64 // That of the two which differs between the phases.
	leases      float64 // Lease writes a second; NaN where the server did not tell.
	cpu, memory map[string]float64
}

// A holdCost is what nodes, or pods, cost while they were held still.
type holdCost struct {
	noun string // "node" or "pod".
	axis Axis
	held []holding
}

// holdCost compares the phases in which the cluster was held still. It is not ok unless they
// differ in the number of nodes or in that of pods, and not in both: the cost could then not be
// put down to either.
func (b *builder) holdCost() (holdCost, bool) {
	held := b.holdings()
	if b.autoscalersDiffer(held) {
		return holdCost{}, false
	}
	nodes, pods := map[float64]bool{}, map[float64]bool{}
	for _, h := range held {
		nodes[h.nodes], pods[h.pods] = true, true
	}
	switch {
	case len(nodes) > 1 && len(pods) == 1:
		for i := range held {
			held[i].size = held[i].nodes
		}
		return holdCost{"node", NodesAxis, held}, true
	case len(pods) > 1 && len(nodes) == 1:
		for i := range held {
			held[i].size = held[i].pods
		}
		return holdCost{"pod", PodsAxis, held}, true
	}
	return holdCost{}, false
}

// cost shows what nodes, or pods, cost; nil if no phases tell.
func (b *builder) cost() []Section {
	c, ok := b.holdCost()
	if !ok {
		return nil
	}
	section := Section{
		ID: c.noun + "-cost", Title: "What " + c.noun + "s cost", Nav: upperFirst(c.noun) + " cost",
		Lead: "Each row is a phase in which nothing happened but the nodes' heartbeats, with its mean CPU and memory. " +
			"The control plane is all components but kwok, which stands in for the kubelets, and kubedyno itself. " +
			"What 1,000 further " + c.noun + "s cost is given twice: between the first and the last row, and as the slope of the line of " +
			fmt.Sprintf("least squares through all rows (n = %d). Where the two differ, the cost does not grow evenly.", len(c.held)),
		Tables: []Table{
			c.table(c.noun+"-cost-cpu", "CPU while the cluster was held still", sample.Cores,
				func(h holding) map[string]float64 { return h.cpu }),
			c.table(c.noun+"-cost-memory", "Resident memory while the cluster was held still", sample.Bytes,
				func(h holding) map[string]float64 { return h.memory }),
		},
	}
	if figure := b.costFigure(c); len(figure.Panels) > 0 {
		section.Figures = []Figure{figure}
	}
	return []Section{section}
}

// costFacts are the key figures on what further nodes or pods cost.
func (b *builder) costFacts() []Fact {
	c, ok := b.holdCost()
	if !ok {
		return nil
	}
	cost := func(unit sample.Unit, of func(holding) map[string]float64) string {
		if len(costComponents(c.held, of)) == 0 {
			return Dash
		}
		return slopeCell(c.held, unit, func(h holding) float64 { return of(h)[controlPlane] })
	}
	cpu := cost(sample.Cores, func(h holding) map[string]float64 { return h.cpu })
	memory := cost(sample.Bytes, func(h holding) map[string]float64 { return h.memory })
	if cpu == Dash || memory == Dash {
		return nil
	}
	return []Fact{{"1,000 further " + c.noun + "s", fmt.Sprintf("%s and %s of the control plane (least squares, n = %d)",
		cpu, memory, len(c.held))}}
}

// holdings returns the phases that did nothing but hold, in the order in which they ran.
func (b *builder) holdings() []holding {
	only := map[string]bool{}
	for _, e := range b.detail.Events {
		if e.Kind == sample.StepStarted {
			before, known := only[e.Phase]
			only[e.Phase] = strings.HasPrefix(e.Step, "hold ") && (before || !known)
		}
	}
	var all []holding
	for _, phase := range b.summary.Phases {
		ready, ok := b.gauge(sample.NodesByState, sample.Labels{"state": "ready", "phase": phase.Name})
		if !only[phase.Name] || !phase.Ended || !ok || ready.Last == 0 {
			continue
		}
		pods, _ := b.gauge(sample.PodsByState, sample.Labels{"state": "ready", "phase": phase.Name})
		all = append(all, holding{
			phase: phase.Name, nodes: ready.Last, pods: pods.Last, leases: b.leaseWrites(phase),
			cpu: b.byComponent(sample.ComponentCPU, phase.Name), memory: b.byComponent(sample.ComponentMemory, phase.Name),
		})
	}
	return all
}

// leaseWrites is how many leases a second the API server says were written in a phase.
func (b *builder) leaseWrites(phase summary.Phase) float64 {
	writes, told := 0.0, false
	for _, figure := range b.buckets(sample.ServerRequest) {
		l := figure.Labels
		if l["phase"] != phase.Name {
			continue
		}
		told = true
		if l["resource"] == "leases.coordination.k8s.io" && (l["verb"] == "update" || l["verb"] == "patch") {
			writes += float64(figure.N)
		}
	}
	if !told {
		return math.NaN()
	}
	return writes / (phase.End - phase.Start).Seconds()
}

// byComponent returns the means of a gauge in a phase, and their sum over the control plane.
func (b *builder) byComponent(metric, phase string) map[string]float64 {
	means := map[string]float64{}
	for _, gauge := range b.gauges(metric, true) {
		name := gauge.Labels["component"]
		if gauge.Labels["phase"] != phase {
			continue
		}
		means[name] = gauge.Mean
		if name != simulator && name != harnessComponent {
			means[controlPlane] += gauge.Mean
		}
	}
	return means
}

// table has a row for each phase and below them the cost of further nodes or pods.
func (c holdCost) table(id, caption string, unit sample.Unit, of func(holding) map[string]float64) Table {
	held, components := c.held, costComponents(c.held, of)
	table := Table{ID: id, Caption: caption, Empty: "No component was sampled in every such phase.",
		Columns: []Column{{Name: "Phase"}, {upperFirst(c.noun) + "s", true}, {"Lease writes per second", true}}}
	if len(components) == 0 {
		return table
	}
	for _, name := range components {
		table.Columns = append(table.Columns, Column{name, true})
	}
	for _, h := range held {
		row := []string{h.phase, count(int64(h.size)), format(h.leases, sample.PerSecond)}
		for _, name := range components {
			row = append(row, format(of(h)[name], unit))
		}
		table.Rows = append(table.Rows, row)
	}
	first, last := held[0], held[len(held)-1]
	between := []string{"per 1,000 " + c.noun + "s, first to last", Dash, perThousand((last.leases-first.leases)/(last.size-first.size), sample.PerSecond)}
	fitted := []string{fmt.Sprintf("per 1,000 %ss, least squares, n = %d", c.noun, len(held)), Dash,
		slopeCell(held, sample.PerSecond, func(h holding) float64 { return h.leases })}
	for _, name := range components {
		value := func(h holding) float64 { return of(h)[name] }
		between = append(between, perThousand((value(last)-value(first))/(last.size-first.size), unit))
		fitted = append(fitted, slopeCell(held, unit, value))
	}
	table.Rows = append(table.Rows, between, fitted)
	return table
}

// costComponents are the columns: the control plane, and what was sampled in every phase.
func costComponents(held []holding, of func(holding) map[string]float64) []string {
	names := []string{controlPlane, "kube-apiserver", "etcd", "kube-controller-manager", "kube-scheduler", simulator}
	return slices.DeleteFunc(names, func(name string) bool {
		return slices.ContainsFunc(held, func(h holding) bool { _, ok := of(h)[name]; return !ok })
	})
}

func slopeCell(held []holding, unit sample.Unit, value func(holding) float64) string {
	var x, y []float64
	for _, h := range held {
		x, y = append(x, h.size), append(y, value(h))
	}
	slope, ok := stat.Slope(x, y)
	if !ok {
		return Dash
	}
	return perThousand(slope, unit)
}

// perThousand writes the cost of one thing as that of perThings, with its sign if it falls.
func perThousand(each float64, unit sample.Unit) string {
	if math.IsNaN(each) || math.IsInf(each, 0) {
		return Dash
	}
	if each < 0 {
		return "−" + format(-each*perThings, unit)
	}
	return format(each*perThings, unit)
}

// costFigure draws CPU and memory against nodes or pods.
func (b *builder) costFigure(c holdCost) Figure {
	figure := Figure{ID: c.noun + "-cost-figure", Axis: c.axis, Title: "CPU and memory of the control plane against " + c.noun + "s",
		Caption: "One point for each phase in which the cluster was held still, joined by lines. " +
			"A straight line means that every " + c.noun + " costs the same."}
	for _, h := range c.held {
		figure.End = max(figure.End, h.size)
	}
	ordered := slices.SortedFunc(slices.Values(c.held), func(x, y holding) int { return cmp.Compare(x.size, y.size) })
	for _, part := range []struct {
		label string
		unit  sample.Unit
		of    func(holding) map[string]float64
	}{
		{"CPU cores", sample.Cores, func(h holding) map[string]float64 { return h.cpu }},
		{"Resident memory", sample.Bytes, func(h holding) map[string]float64 { return h.memory }},
	} {
		panel := Panel{Label: part.label, Unit: part.unit}
		for _, name := range costComponents(c.held, part.of) {
			var points []Point
			for _, h := range ordered {
				points = append(points, Point{X: h.size, Y: part.of(h)[name]})
			}
			panel.Series = append(panel.Series, Series{Name: name, Slot: b.componentSlot(name), Parts: [][]Point{points}})
		}
		if len(panel.Series) > 0 {
			figure.Panels = append(figure.Panels, panel)
		}
	}
	figure.finishCost(c.noun)
	return figure
}

// finishCost writes the data table and the text alternative.
func (f *Figure) finishCost(noun string) {
	f.Table = Table{ID: f.ID + "-data", Caption: "The lines of the figure in numbers",
		Columns: []Column{{Name: "Panel"}, {Name: "Line"}, {"Lowest", true}, {"Highest", true}}}
	var words []string
	for _, panel := range f.Panels {
		for _, series := range panel.Series {
			low, high, _ := extremes(series.all())
			f.Table.Rows = append(f.Table.Rows, []string{panel.Label, series.Name, format(low, panel.Unit), format(high, panel.Unit)})
			words = append(words, fmt.Sprintf("%s, %s: lowest %s, highest %s", panel.Label, series.Name,
				format(low, panel.Unit), format(high, panel.Unit)))
		}
	}
	f.Alt = fmt.Sprintf("Lines over up to %s %ss. %s.", count(int64(f.End)), noun, strings.Join(words, ". "))
}
