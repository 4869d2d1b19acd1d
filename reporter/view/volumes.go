package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// maxStarts is how many workloads with volumes have a bar of their own; further ones are in the table.
const maxStarts = 12

// volumesLead says where the times come from.
const volumesLead = "All times are between moments at which the harness's watches brought a change, whatever driver provides the volumes; " +
	"How it was measured says from when to when. What did not get there has taken at least (≥) the time until the end."

// volumeTerms are the words of the section on volumes; none without it.
func (b *builder) volumeTerms() [][]string {
	if b.summary.Volumes == nil {
		return nil
	}
	return [][]string{
		{"Provision", "From when a volume was asked for until its claim is seen Bound. It is asked for when the claim is seen, or, if its class waits for the first " +
			"consumer, when the scheduler is seen to have selected a node for it. What is bound without that was not provisioned and does not count."},
		{"Attach, detach", "From when a VolumeAttachment is seen until its status says attached, and from when it is seen to be deleted until it is gone."},
		{"Stages with volumes", "Those of a pod add up to the time from when it was seen until it was seen Ready. Provision is the wait for the last of its volumes " +
			"to be bound; schedule is the rest of the time until it had a node; attach is from then until the last of its volumes was attached; start is from then until " +
			"it ran. Attaching counts as none where a class has no VolumeAttachments."},
	}
}

// volumes shows how long volumes took and what pods waited for. A run without volumes has no such section.
func (b *builder) volumes() []Section {
	v := b.summary.Volumes
	if v == nil {
		return nil
	}
	section := Section{ID: "volumes", Title: "Volumes", Nav: "Volumes", Lead: volumesLead, Tables: []Table{volumeTimes(v)}}
	if len(v.Workloads) > 0 {
		section.Figures = append(section.Figures, startFigure(v.Workloads))
		section.Tables = append(section.Tables, startTable(v.Workloads))
	}
	section.Figures = append(section.Figures, b.volumesFigure())
	if len(v.Calls) > 0 {
		section.Lead += callsLead
		section.Tables = append(section.Tables, volumeCallsTable(v))
	}
	section.Tables = append(section.Tables, volumeCounts(v))
	if len(v.Pending) > 0 {
		section.Tables = append(section.Tables, volumePending(v))
	}
	if len(v.Drivers) > 0 {
		section.Tables = append(section.Tables, driverTable(v))
	}
	return []Section{section}
}

// volumeTimes has a row for every class and operation of which there is a value.
func volumeTimes(v *summary.Volumes) Table {
	table := Table{ID: "volume-times", Caption: "How long volumes took, by class", Empty: "No volume was provisioned, attached or detached.",
		Columns: []Column{{Name: "Class"}, {Name: "Operation"}, {"p50", true}, {"p90", true}, {"p99", true}, {"Max", true}, {"Volumes", true}, {"Unfinished", true}}}
	for _, class := range v.Classes {
		for _, of := range []struct {
			name  string
			times *summary.VolumeTimes
		}{{"provision", class.Provision}, {"attach", class.Attach}, {"detach", class.Detach}} {
			if of.times == nil {
				continue
			}
			row := []string{class.Class, of.name}
			for _, q := range of.times.Quantiles {
				row = append(row, volumeQuantile(of.times, q))
			}
			table.Rows = append(table.Rows, append(row, volumeCell(of.times, of.times.Max), count(of.times.N), count(of.times.Censored)))
		}
	}
	return table
}

// volumeQuantile is a dash where too few samples lie beyond it.
func volumeQuantile(t *summary.VolumeTimes, q summary.Quantile) string {
	if !q.Printable {
		return Dash
	}
	return volumeCell(t, q.Value)
}

func volumeCell(t *summary.VolumeTimes, value float64) string {
	if t.AtLeast(value) {
		return "≥ " + format(value, sample.Seconds)
	}
	return format(value, sample.Seconds)
}

// volumeCounts are the most that there were at a time.
func volumeCounts(v *summary.Volumes) Table {
	table := Table{ID: "volume-counts", Caption: "Volumes by class: the most at a time, and the errors of their driver", Empty: "Nothing is known of volumes.",
		Columns: []Column{{Name: "Class"}, {"Asked for", true}, {"Bound", true}, {"Attaching", true}, {"Attached", true}, {"Detaching", true},
			{"Attach errors", true}, {"Detach errors", true}}}
	for _, c := range v.Classes {
		row := []string{c.Class}
		for _, n := range []int64{c.Asked, c.Bound, c.Attaching, c.Attached, c.Detaching, c.AttachErrors, c.DetachErrors} {
			row = append(row, count(n))
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

func volumePending(v *summary.Volumes) Table {
	table := Table{ID: "volume-pending", Caption: "Why pods had no node because of their volumes, as the scheduler says it",
		Columns: []Column{{Name: "Reason"}, {"Pods at most", true}, {"At the end", true}}}
	for _, p := range v.Pending {
		table.Rows = append(table.Rows, []string{p.Reason, count(p.Most), count(p.Last)})
	}
	return table
}

func driverTable(v *summary.Volumes) Table {
	table := Table{ID: "volume-nodes", Caption: "Volumes on a node, by driver",
		Columns: []Column{{Name: "Driver"}, {"Most on one node", true}, {"A node may have", true}, {"Largest share", true}}}
	for _, d := range v.Drivers {
		row := []string{d.Driver, count(d.Most), "no limit known", Dash}
		if d.Allowed != nil {
			row[2] = count(*d.Allowed)
		}
		if d.Share != nil {
			row[3] = format(*d.Share, sample.Ratio)
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

// startTable has the stages of the start by workload: averages, as those of stages add up.
func startTable(all []summary.VolumeStart) Table {
	table := Table{ID: "volume-start", Caption: "What the start of pods with volumes was spent on, on average",
		Columns: []Column{{Name: "Workload"}, {"Pods", true}, {"Unfinished", true}, {"Creation to Ready", true}}}
	for _, stage := range sample.VolumeStages() {
		table.Columns = append(table.Columns, Column{stage, true})
	}
	for _, w := range all {
		row := []string{orDash(w.Workload), count(w.Pods), count(w.Unfinished), atLeast(w) + format(w.Seconds, sample.Seconds)}
		for _, stage := range sample.VolumeStages() {
			cell := Dash // No pod came to it.
			for _, of := range w.Stages {
				if of.Stage == stage {
					cell = format(of.Seconds, sample.Seconds) + " (" + percent(of.Share) + ")"
				}
			}
			row = append(row, cell)
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

// atLeast marks a time that pods which are not Ready push up further.
func atLeast(w summary.VolumeStart) string {
	if w.Unfinished > 0 {
		return "≥ "
	}
	return ""
}

// startFigure shows the same as bars.
func startFigure(all []summary.VolumeStart) Figure {
	slowest := slices.MaxFunc(all, func(x, y summary.VolumeStart) int { return cmp.Compare(x.Seconds, y.Seconds) })
	figure := Figure{ID: "volume-start-figure", Axis: PartsAxis, XUnit: sample.Seconds, Along: "seconds from a pod's creation, on average",
		Title: startFinding(slowest), Table: startTable(all),
		Caption: "One bar for each workload whose pods have volumes: what their start was spent on, from creation until Ready, on average over its pods. " +
			"Provision is the wait for the last of a pod's volumes to be bound, and attach that for the last one to be attached, from when the pod had a node; " +
			"schedule is the rest of the time before it had one, start that until it ran."}
	figure.Table.ID = "volume-start-figure-data"
	var words []string
	for _, w := range all[:min(len(all), maxStarts)] {
		panel := Panel{Label: orDash(w.Workload), Unit: sample.Seconds,
			Marks: []Mark{{Name: atLeast(w) + format(w.Seconds, sample.Seconds), At: Point{X: w.Seconds}}}}
		from := 0.0
		for _, stage := range w.Stages {
			if slot := slices.Index(sample.VolumeStages(), stage.Stage); stage.Seconds > 0 {
				panel.Series = append(panel.Series, Series{Name: stage.Stage, Slot: slot, Parts: [][]Point{{{X: from}, {X: from + stage.Seconds}}}})
			}
			from += stage.Seconds
		}
		if len(panel.Series) > 0 {
			figure.Panels = append(figure.Panels, panel)
			words = append(words, startWords(w))
		}
	}
	if hidden := len(all) - maxStarts; hidden > 0 {
		figure.Caption += " " + plural(hidden, "more workload is", "more workloads are") + " only in the table."
	}
	if len(figure.Panels) == 0 {
		figure.Empty = "Of no pod with volumes all moments of its start are known."
	}
	figure.Alt = "Bars of stages. " + strings.Join(words, " ")
	return figure
}

// doing are what people call the stages.
var doing = map[string]string{"schedule": "scheduling", "provision": "provisioning", "attach": "attaching", "start": "starting", "ready": "becoming Ready"}

// startFinding says what took most of a workload's start.
func startFinding(w summary.VolumeStart) string {
	if len(w.Stages) == 0 {
		return "The start of pods with volumes"
	}
	if attach := w.AttachShare; attach != nil && dominant(w).Stage == "attach" {
		return fmt.Sprintf("%s took %s of the time from scheduled to Ready (%s)", upperFirst(doing["attach"]), percent(*attach), w.Workload)
	}
	most := dominant(w)
	return fmt.Sprintf("%s took %s of the time from creation to Ready (%s)", upperFirst(doing[most.Stage]), percent(most.Share), w.Workload)
}

func dominant(w summary.VolumeStart) summary.VolumeStage {
	return slices.MaxFunc(w.Stages, func(x, y summary.VolumeStage) int { return cmp.Compare(x.Seconds, y.Seconds) })
}

// startWords are a sentence on a workload.
func startWords(w summary.VolumeStart) string {
	if len(w.Stages) == 0 {
		return "Of no pod of " + w.Workload + " all moments of its start are known."
	}
	text := fmt.Sprintf("Pods of %s took %s%s on average from creation to Ready", w.Workload, atLeast(w), format(w.Seconds, sample.Seconds))
	most := dominant(w)
	text += fmt.Sprintf("; %s took %s of it", doing[most.Stage], percent(most.Share))
	switch {
	case w.AttachShare == nil:
	case most.Stage == "attach":
		text += fmt.Sprintf(", and %s of the time from scheduled to Ready", percent(*w.AttachShare))
	default:
		text += fmt.Sprintf("; of the time from scheduled to Ready alone, attaching took %s", percent(*w.AttachShare))
	}
	return text + "."
}

// volumesFigure shows how many volumes there were over time, and how many attachments were under way.
func (b *builder) volumesFigure() Figure {
	figure := Figure{ID: "volumes-figure", Axis: TimeAxis, End: b.duration().Seconds(), Bands: b.bands(), Outages: b.awayBands(), Title: "Volumes over time",
		Caption: "Volumes of the run, all classes together; shaded bands are the phases. The room between asked for and bound is the queue of the provisioner; " +
			"attaching and detaching are the operations that were under way at once."}
	_, lines := b.tracks(sample.VolumesByState, label("state"))
	there := Panel{Label: "Volumes", Unit: sample.Count}
	for slot, state := range []struct{ name, state string }{{"asked for", "asked"}, {"bound", "bound"}, {"attached", "attached"}} {
		there.add(b, state.name, slot, lines[state.state])
	}
	under := Panel{Label: "Operations under way", Unit: sample.Count}
	under.add(b, "attaching", 3, lines["attaching"])
	under.add(b, "detaching", 4, lines["detaching"])
	for _, panel := range []Panel{there, under} {
		if len(panel.Series) > 0 {
			figure.Panels = append(figure.Panels, panel)
		}
	}
	if len(figure.Panels) == 0 {
		figure.Empty = "Nothing is known of volumes over time."
		return figure
	}
	if points := lines["attaching"]; len(points) > 0 {
		_, most, _ := extremes(points)
		figure.Title = "At most " + plural(int(most), "attachment was", "attachments were") + " under way at once"
	}
	figure.finishTime()
	return figure
}

// volumeFacts are what a reader takes away.
func (b *builder) volumeFacts() []Fact {
	v := b.summary.Volumes
	if v == nil {
		return nil
	}
	var facts []Fact
	for _, class := range v.Classes {
		for _, of := range []struct {
			name  string
			times *summary.VolumeTimes
		}{{"Volumes provisioned", class.Provision}, {"Volumes attached", class.Attach}, {"Volumes detached", class.Detach}} {
			if t := of.times; t != nil {
				facts = append(facts, Fact{of.name + " (" + class.Class + ")", count(t.N-t.Censored) + " of " + count(t.N) + ", " + volumeWords(t)})
			}
		}
	}
	facts = append(facts, volumeCallsFacts(v)...)
	for _, w := range v.Workloads {
		if len(w.Stages) > 0 {
			facts = append(facts, Fact{"Start with volumes (" + orDash(w.Workload) + ")", startWords(w)})
		}
	}
	for _, p := range v.Pending {
		facts = append(facts, Fact{"Pods without a node", fmt.Sprintf("%s at most: %s", count(p.Most), p.Reason)})
	}
	return facts
}

// volumeWords are the percentiles that have enough samples, and the longest time.
func volumeWords(t *summary.VolumeTimes) string {
	var parts []string
	for _, q := range t.Quantiles {
		if q.Printable && q.Percentile != 90 {
			parts = append(parts, "p"+trimFloat(q.Percentile)+" "+volumeCell(t, q.Value))
		}
	}
	return strings.Join(append(parts, "max "+volumeCell(t, t.Max)), ", ")
}
