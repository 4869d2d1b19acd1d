package view

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// total is the name of the whole pod startup beside its stages.
const total = "total"

// stages are the rows and lines of pod startup in their order.
func stages() []string { return []string{"create", "schedule", "start", "ready", total} }

// podSections has none for a run that was to make no pods and made none.
func (b *builder) podSections() []Section {
	if b.manifest.NoPods && b.summary.Counts.PodsCreated == 0 {
		return nil
	}
	return []Section{b.pods().terse()}
}

// pods shows how long pods took to start and which stage took the time.
func (b *builder) pods() Section {
	return Section{
		ID: "pods", Title: "Pod startup", Nav: "Pods",
		Lead:    b.simulatorLead(),
		Figures: []Figure{b.startupFigure()},
		Tables:  []Table{b.startupTable()},
	}
}

// simulatorLead says how much of the startup the simulator was told to spend, and what it
// added of its own.
func (b *builder) simulatorLead() string {
	var parts []string
	if configured := b.manifest.Cluster.PodStartup; configured != "" {
		parts = append(parts, "The simulated kubelet was told to start pods with "+configured+
			"; the rest is the control plane's time.")
	}
	all := b.distributions(sample.PodSimulatorOverhead)
	if len(all) == 0 {
		return strings.Join(parts, " ")
	}
	worst := slices.MaxFunc(all, func(x, y summary.Distribution) int { return cmp.Compare(p99(x), p99(y)) })
	parts = append(parts, "Beyond that delay the simulator added "+quantiles(worst)+b.inPhase(worst.Labels, "workload")+".")
	return strings.Join(parts, " ")
}

// startupDistributions returns the summary's distributions of pod startup with their stage.
func (b *builder) startupDistributions() []summary.Distribution {
	all := append(b.distributions(sample.PodStage), b.distributions(sample.PodStartup)...)
	phases := map[string]int{}
	for i, phase := range b.summary.Phases {
		phases[phase.Name] = i
	}
	slices.SortStableFunc(all, func(x, y summary.Distribution) int {
		return cmp.Or(
			cmp.Compare(phases[x.Labels["phase"]], phases[y.Labels["phase"]]),
			cmp.Compare(x.Labels["workload"], y.Labels["workload"]),
			cmp.Compare(slices.Index(stages(), stageOf(x)), slices.Index(stages(), stageOf(y))))
	})
	return all
}

func stageOf(d summary.Distribution) string {
	if d.Metric == sample.PodStartup {
		return total
	}
	return d.Labels["stage"]
}

func (b *builder) startupTable() Table {
	table := Table{ID: "startup", Caption: "Pod startup by stage, workload and phase",
		Empty: "No pod startup was measured.",
		Columns: append([]Column{{Name: "Phase"}, {Name: "Workload"}, {Name: "Stage"}},
			Column{"p50", true}, Column{"p90", true}, Column{"p99", true}, Column{"Max", true},
			Column{"Pods", true}, Column{"Unfinished", true})}
	for _, d := range b.startupDistributions() {
		row := []string{orDash(d.Labels["phase"]), orDash(d.Labels["workload"]), stageOf(d)}
		row = append(row, append(percentileCells(d, 50, 90, 99), format(d.Max, sample.Seconds))...)
		b.markBounds(d, row[3:])
		table.Rows = append(table.Rows, append(row, count(d.N), count(d.Censored)))
	}
	return table
}

// markBounds puts ≥ before the percentiles and the maximum that pods which never got there
// may push up further.
func (b *builder) markBounds(d summary.Distribution, cells []string) {
	if d.Censored == 0 {
		return
	}
	for _, values := range b.detail.Distributions {
		if values.Metric != d.Metric || values.Labels.String() != d.Labels.String() {
			continue
		}
		for i, q := range []float64{0.5, 0.9, 0.99, 1} {
			if cells[i] != Dash && values.Histogram.Quantile(q) >= values.CensoredFrom {
				cells[i] = "≥ " + cells[i]
			}
		}
	}
}

// percentileCells writes percentiles; one with too few samples beyond it is a dash.
func percentileCells(d summary.Distribution, percentiles ...float64) []string {
	cells := make([]string, len(percentiles))
	for i, percentile := range percentiles {
		cells[i] = Dash
		if value, ok := quantile(d, percentile); ok {
			cells[i] = format(value, unitOf(d.Metric))
		}
	}
	return cells
}

// maxPhasePanels is how many phases get a panel of their own; further ones are in the table.
const maxPhasePanels = 4

func (b *builder) startupFigure() Figure {
	figure := Figure{
		ID: "startup-figure", Axis: TailAxis, Title: b.startupFinding(),
		Caption: "How to read it: at 99% a line shows the time within which 99 of 100 pods were done; " +
			"every further nine takes the same width. A line ends where fewer than 10 pods remain, " +
			"or where one that never got there could lie. A stage that took no time at all has no line.",
	}
	for _, phase := range b.summary.Phases {
		if len(figure.Panels) == maxPhasePanels {
			break
		}
		if panel := b.startupPanel(phase.Name); len(panel.Series) > 0 {
			figure.Panels = append(figure.Panels, panel)
		}
	}
	if len(figure.Panels) == 0 {
		figure.Empty = "Fewer than 20 pods were measured, too few for a curve; the table has what there is."
		if b.summary.Counts.PodsCreated == 0 {
			figure.Empty = "No pod of this run was seen."
		}
		return figure
	}
	figure.finishTail("Stage")
	return figure
}

func (b *builder) startupPanel(phase string) Panel {
	only := func(read func(sample.Labels) string) func(sample.Labels) string {
		return func(labels sample.Labels) string {
			if labels["phase"] != phase {
				return ""
			}
			return read(labels)
		}
	}
	_, byStage := b.merged(sample.PodStage, only(label("stage")))
	_, whole := b.merged(sample.PodStartup, only(everything(total)))
	panel := Panel{Label: phase, Unit: sample.Seconds, Log: true,
		Limits: b.limits(sample.PodStartup, sample.Labels{"phase": phase})}
	for slot, stage := range stages() {
		values := byStage[stage]
		if stage == total {
			slot, values = 0, whole[total]
		} else {
			slot++
		}
		if values != nil {
			panel.addTail(stage, slot, values)
		}
	}
	return panel
}

// addTail puts a percentile curve into the panel unless there are too few samples for one, or
// nothing to see: kwok makes a pod Running and Ready in one update.
func (p *Panel) addTail(name string, slot int, values *summary.Values) {
	if values.Histogram.Max() <= sample.Resolution {
		return
	}
	if curve := tail(values); len(curve) > 0 {
		p.Series = append(p.Series, Series{Name: name, Slot: slot, Parts: [][]Point{curve}})
	}
}

// startupFinding names the slowest startup and the stage that took most of it.
func (b *builder) startupFinding() string {
	slow, ok := slowest(b.distributions(sample.PodStartup))
	if !ok {
		return "Pod startup by stage"
	}
	name := "p99"
	if _, printable := quantile(slow, 99); !printable {
		name = "max"
	}
	text := "Pod startup " + name + " was " + format(p99(slow), sample.Seconds) + b.inPhase(slow.Labels, "workload")
	var parts []summary.Distribution
	for _, d := range b.distributions(sample.PodStage) {
		if !contradicts(d.Labels, slow.Labels) {
			parts = append(parts, d)
		}
	}
	if stage, ok := slowest(parts); ok {
		text += "; the slowest stage was “" + stage.Labels["stage"] + "” with " + format(p99(stage), sample.Seconds)
	}
	return text
}

// slowest returns the distribution with the highest p99.
func slowest(all []summary.Distribution) (summary.Distribution, bool) {
	if len(all) == 0 {
		return summary.Distribution{}, false
	}
	return slices.MaxFunc(all, func(x, y summary.Distribution) int { return cmp.Compare(p99(x), p99(y)) }), true
}

// finishTail writes the data table and the text alternative of a figure of percentile curves.
func (f *Figure) finishTail(what string) {
	shares := []float64{0.5, 0.9, 0.99, 0.999}
	f.Table = Table{ID: f.ID + "-data", Caption: "The curves of the figure in numbers",
		Columns: []Column{{Name: "Panel"}, {Name: what}, {"Lowest", true}}}
	for _, share := range shares {
		f.Table.Columns = append(f.Table.Columns, Column{"p" + trimFloat(share*100), true})
	}
	f.Table.Columns = append(f.Table.Columns, Column{"End of the curve", true})
	var words []string
	for _, panel := range f.Panels {
		for _, series := range panel.Series {
			points := series.all()
			last := points[len(points)-1]
			end := format(last.Y, panel.Unit) + " at " + shareName(last.X)
			row := []string{panel.Label, series.Name, format(points[0].Y, panel.Unit)}
			for _, share := range shares {
				row = append(row, curveCell(points, share, panel.Unit))
			}
			f.Table.Rows = append(f.Table.Rows, append(row, end))
			words = append(words, panel.Label+", "+series.Name+": lowest "+format(points[0].Y, panel.Unit)+
				", half within "+curveCell(points, 0.5, panel.Unit)+", last "+end)
		}
	}
	f.Alt = "Percentile curves. " + strings.Join(words, ". ") + "."
}

// curveCell reads a percentile off a curve; a dash beyond its end.
func curveCell(points []Point, share float64, unit sample.Unit) string {
	const tolerance = 1e-9
	if share > points[len(points)-1].X+tolerance {
		return Dash
	}
	for _, p := range points {
		if p.X >= share-tolerance {
			return format(p.Y, unit)
		}
	}
	return Dash
}

// shareName writes a share of a distribution as its percentile: p99, p99.87.
func shareName(p float64) string {
	return "p" + strings.TrimSuffix(strings.TrimRight(formatFixed(p*100, 2), "0"), ".")
}
