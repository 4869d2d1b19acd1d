package view

import (
	"fmt"
	"strings"

	"github.com/kubedyno/kubedyno/results/sample"
)

// timeline shows what happened when: phases, pods, load, CPU and memory on one time axis.
func (b *builder) timeline() Section {
	return Section{
		ID: "timeline", Title: "What happened when", Nav: "Timeline",
		Figures: []Figure{b.timelineFigure()},
		Tables:  append([]Table{b.phaseTable()}, b.outageTable()...),
	}
}

func (b *builder) timelineFigure() Figure {
	figure := Figure{
		ID: "timeline-figure", Axis: TimeAxis, End: b.duration().Seconds(), Bands: b.bands(), Outages: b.awayBands(),
		Title: b.timelineFinding(),
		Caption: "One time axis for all panels; shaded bands are the phases. Pods in a later state " +
			"are also counted in the earlier ones, so the room between two lines is the queue for that step.",
	}
	for _, panel := range []Panel{b.nodePanel(), b.podPanel(), b.ratePanel(), b.cpuPanel(), b.memoryPanel()} {
		if len(panel.Series) > 0 {
			figure.Panels = append(figure.Panels, panel)
		}
	}
	if len(figure.Panels) == 0 {
		figure.Empty = "No values over time were recorded."
		return figure
	}
	figure.finishTime()
	return figure
}

func (b *builder) timelineFinding() string {
	var parts []string
	if c := b.summary.Counts; c.PodsCreated > 0 {
		parts = append(parts, count(c.PodsReady)+" of "+count(c.PodsCreated)+" pods became Ready")
	}
	if _, lines := b.tracks(sample.ComponentCPU, everything("all")); len(lines["all"]) > 0 {
		_, high, _ := extremes(lines["all"])
		part := "all processes together peaked at " + digits(high)
		if cpus := b.manifest.Machine.CPUs; cpus > 0 {
			part = fmt.Sprintf("%s of %d", part, cpus)
		}
		part += " cores"
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		return "The run over time"
	}
	return upperFirst(strings.Join(parts, "; "))
}

func (b *builder) bands() []Band {
	var bands []Band
	for _, phase := range b.summary.Phases {
		end := phase.End
		if !phase.Ended {
			end = max(end, b.duration())
		}
		bands = append(bands, Band{Name: phase.Name, From: phase.Start.Seconds(), To: end.Seconds()})
	}
	return bands
}

// podStates are the states a timeline shows, in the order a pod goes through them.
func podStates() []string { return []string{"created", "scheduled", "running", "ready", "deleted"} }

func (b *builder) podPanel() Panel {
	_, lines := b.tracks(sample.PodsByState, label("state"))
	panel := Panel{Label: "Pods by state", Unit: sample.Count}
	for slot, state := range podStates() {
		if points := lines[state]; len(points) > 0 && !allZero(points) {
			panel.add(b, state, slot, points)
		}
	}
	return panel
}

// nodePanel shows the nodes as they join.
func (b *builder) nodePanel() Panel {
	_, lines := b.tracks(sample.NodesByState, label("state"))
	panel := Panel{Label: "Nodes by state", Unit: sample.Count}
	for slot, state := range []string{"created", "ready"} {
		if points := lines[state]; len(points) > 0 && !allZero(points) {
			panel.add(b, state, slot, points)
		}
	}
	return panel
}

func allZero(points []Point) bool {
	low, high, _ := extremes(points)
	return low == 0 && high == 0
}

func (b *builder) ratePanel() Panel {
	panel := Panel{Label: "API requests per second, all classes", Unit: sample.PerSecond}
	_, offered := b.tracks(sample.APIOffered, everything("offered"))
	_, achieved := b.tracks(sample.APIAchieved, everything("achieved"))
	panel.add(b, "offered", 1, offered["offered"])
	panel.add(b, "achieved", 0, achieved["achieved"])
	return panel
}

func (b *builder) cpuPanel() Panel {
	panel := Panel{Label: "CPU cores", Unit: sample.Cores}
	_, all := b.tracks(sample.ComponentCPU, everything("all processes"))
	_, lines := b.tracks(sample.ComponentCPU, label("component"))
	panel.add(b, "all processes", 0, all["all processes"])
	panel.add(b, harnessComponent, b.componentSlot(harnessComponent), lines[harnessComponent])
	if cpus := b.manifest.Machine.CPUs; cpus > 0 && len(panel.Series) > 0 {
		panel.Limits = []Limit{{Name: plural(cpus, "CPU", "CPUs") + " of the machine", Value: float64(cpus)}}
	}
	return panel
}

func (b *builder) memoryPanel() Panel {
	panel := Panel{Label: "Resident memory", Unit: sample.Bytes}
	_, all := b.tracks(sample.ComponentMemory, everything("all processes"))
	_, lines := b.tracks(sample.ComponentMemory, label("component"))
	panel.add(b, "all processes", 0, all["all processes"])
	panel.add(b, harnessComponent, b.componentSlot(harnessComponent), lines[harnessComponent])
	return panel
}

// add puts a line into the panel unless it has no points.
func (p *Panel) add(b *builder, name string, slot int, points []Point) {
	if len(points) > 0 {
		p.Series = append(p.Series, Series{Name: name, Slot: slot, Parts: split(points, b.duration().Seconds())})
	}
}

// finishTime writes the data table and the text alternative of a figure over time.
func (f *Figure) finishTime() {
	f.Table = Table{ID: f.ID + "-data", Caption: "The lines of the figure in numbers", Columns: []Column{
		{Name: "Panel"}, {Name: "Line"}, {"Lowest", true}, {"Highest", true}, {"Last", true}, {"Last at", true},
	}}
	var words []string
	for _, panel := range f.Panels {
		for _, series := range panel.Series {
			points := series.all()
			low, high, last := extremes(points)
			at := sample.Offset(points[len(points)-1].X * 1e9)
			f.Table.Rows = append(f.Table.Rows, []string{panel.Label, series.Name,
				format(low, panel.Unit), format(high, panel.Unit), format(last, panel.Unit), elapsed(at)})
			words = append(words, fmt.Sprintf("%s, %s: lowest %s, highest %s, last %s", panel.Label, series.Name,
				format(low, panel.Unit), format(high, panel.Unit), format(last, panel.Unit)))
		}
	}
	f.Alt = "Lines over " + elapsed(sample.Offset(f.End*1e9)) + ". " + strings.Join(words, ". ") + "." + awayWords(f.Outages)
}

func (s Series) all() []Point {
	var points []Point
	for _, part := range s.Parts {
		points = append(points, part...)
	}
	return points
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func (b *builder) phaseTable() Table {
	table := Table{ID: "phases", Caption: "Phases", Empty: "No phase was started.", Columns: []Column{
		{Name: "Phase"}, {Name: "What it does"}, {"Start", true}, {"Duration", true}, {"Pods Ready per second", true}, {Name: "Ended"},
	}}
	described := map[string]string{}
	for _, phase := range b.manifest.Phases {
		described[phase.Name] = phase.Description
	}
	rates := map[string]string{}
	for _, s := range b.scalars(sample.PodsReadyRate) {
		rates[s.Labels["phase"]] = format(s.Value, sample.PerSecond)
	}
	for _, phase := range b.summary.Phases {
		ended := "by itself"
		if !phase.Ended {
			ended = "cut off"
		}
		table.Rows = append(table.Rows, []string{phase.Name, orDash(described[phase.Name]),
			elapsed(phase.Start), elapsed(phase.End - phase.Start), orDash(rates[phase.Name]), ended})
		delete(described, phase.Name)
	}
	for _, phase := range b.manifest.Phases {
		if _, waiting := described[phase.Name]; waiting {
			table.Rows = append(table.Rows, []string{phase.Name, orDash(phase.Description), Dash, Dash, Dash, "never started"})
		}
	}
	return table
}

func orDash(s string) string {
	if s == "" {
		return Dash
	}
	return s
}
