package view

import (
	"cmp"
	"slices"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// components shows what each process of the control plane consumed.
func (b *builder) components() Section {
	return Section{
		ID: "components", Title: "CPU and memory of the control plane", Nav: "Components",
		Figures: []Figure{
			b.componentFigure("cpu-figure", sample.ComponentCPU, "CPU cores by component", b.cpuFinding()),
			b.componentFigure("memory-figure", sample.ComponentMemory, "Resident memory by component", b.memoryFinding()),
		},
		Tables: slices.Concat([]Table{b.componentTable()}, b.phaseCPUTable(), b.absenceTables()),
	}
}

// componentSlot gives a process the same colour and dash in every figure.
func (b *builder) componentSlot(name string) int {
	known := []string{"kube-apiserver", "etcd", "kube-controller-manager", "kube-scheduler",
		"kwok-controller", "metrics-server", "metrics-adapter", harnessComponent}
	if slot := slices.Index(known, name); slot >= 0 {
		return slot
	}
	if name == "kwok" {
		return slices.Index(known, "kwok-controller")
	}
	return len(known)
}

func (b *builder) componentFigure(id, metric, panelLabel, finding string) Figure {
	figure := Figure{
		ID: id, Axis: TimeAxis, End: b.duration().Seconds(), Bands: b.bands(), Outages: b.awayBands(), Title: finding,
		Caption: "One line per process; shaded bands are the phases. " +
			"Labels stand where the lines end, in the order of their last values.",
	}
	panel := Panel{Label: panelLabel, Unit: unitOf(metric)}
	names, lines := b.tracks(metric, label("component"))
	for _, name := range names {
		panel.add(b, name, b.componentSlot(name), lines[name])
	}
	if len(panel.Series) == 0 {
		figure.Empty = "The processes were not sampled; an attached cluster does not show them to kubedyno."
		return figure
	}
	if len(panel.Series) > maxLines {
		panel.keepHighest(maxLines)
	}
	figure.Panels = []Panel{panel}
	figure.finishTime()
	return figure
}

// busiest returns the control-plane process with the highest mean CPU.
func (b *builder) busiest() (string, summary.Gauge, bool) {
	return b.highest(sample.ComponentCPU, func(g summary.Gauge) float64 { return g.Mean })
}

func (b *builder) highest(metric string, of func(summary.Gauge) float64) (string, summary.Gauge, bool) {
	var best summary.Gauge
	name := ""
	for _, gauge := range b.gauges(metric, false) {
		component := gauge.Labels["component"]
		if component != harnessComponent && (name == "" || of(gauge) > of(best)) {
			name, best = component, gauge
		}
	}
	return name, best, name != ""
}

func (b *builder) cpuFinding() string {
	name, gauge, ok := b.busiest()
	if !ok {
		return "CPU by component"
	}
	return name + " used the most CPU: " + format(gauge.Mean, sample.Cores) + " on average, " +
		format(gauge.Max, sample.Cores) + " at most"
}

func (b *builder) memoryFinding() string {
	name, gauge, ok := b.highest(sample.ComponentMemory, func(g summary.Gauge) float64 { return g.Max })
	if !ok {
		return "Memory by component"
	}
	return name + " held the most memory: " + format(gauge.Max, sample.Bytes) + " at most, " +
		format(gauge.Last, sample.Bytes) + " at the end"
}

func (b *builder) componentTable() Table {
	table := Table{ID: "component-figures", Caption: "CPU and memory over the whole run",
		Empty: "No process was sampled.",
		Columns: []Column{{Name: "Component"}, {"CPU mean", true}, {"CPU max", true}, {"CPU seconds", true},
			{"Share", true}, {"Memory mean", true}, {"Memory max", true}}}
	var all float64
	for _, gauge := range b.gauges(sample.ComponentCPUTotal, false) {
		all += gauge.Last
	}
	for _, cpu := range b.componentsByCPU() {
		labels := sample.Labels{"component": cpu.Labels["component"]}
		row := []string{labels["component"], format(cpu.Mean, sample.Cores), format(cpu.Max, sample.Cores), Dash, Dash, Dash, Dash}
		if spent, ok := b.gauge(sample.ComponentCPUTotal, labels); ok && all > 0 {
			row[3], row[4] = format(spent.Last, sample.Count)+" s", percent(spent.Last/all)
		}
		if memory, ok := b.gauge(sample.ComponentMemory, labels); ok {
			row[5], row[6] = format(memory.Mean, sample.Bytes), format(memory.Max, sample.Bytes)
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

// phaseCPUTable has the mean CPU of every process in every phase; none where the run had one phase.
func (b *builder) phaseCPUTable() []Table {
	if len(b.summary.Phases) < 2 {
		return nil
	}
	table := Table{ID: "component-phases", Caption: "Mean CPU by phase, in cores; a process that was killed on purpose counts as 0 while it was away",
		Empty: "No process was sampled.", Columns: []Column{{Name: "Phase"}}}
	components := b.componentsByCPU()
	for _, c := range components {
		table.Columns = append(table.Columns, Column{c.Labels["component"], true})
	}
	table.Columns = append(table.Columns, Column{"all of them", true})
	for _, phase := range b.summary.Phases {
		row, all := []string{phase.Name}, 0.0
		for _, c := range components {
			gauge, ok := b.gauge(sample.ComponentCPU, sample.Labels{"component": c.Labels["component"], "phase": phase.Name})
			if !ok {
				row = append(row, Dash)
				continue
			}
			row, all = append(row, format(gauge.Mean, sample.Cores)), all+gauge.Mean
		}
		if slices.Contains(row, Dash) {
			table.Rows = append(table.Rows, append(row, Dash)) // Of a short phase, or not all ran.
			continue
		}
		table.Rows = append(table.Rows, append(row, format(all, sample.Cores)))
	}
	return []Table{table}
}

func (b *builder) componentsByCPU() []summary.Gauge {
	all := b.gauges(sample.ComponentCPU, false)
	slices.SortStableFunc(all, func(x, y summary.Gauge) int { return cmp.Compare(y.Mean, x.Mean) })
	return all
}
