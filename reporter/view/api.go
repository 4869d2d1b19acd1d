package view

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// api shows how the API server answered the load.
func (b *builder) api() Section {
	section := Section{
		ID: "api", Title: "API latency", Nav: "API",
		Lead: "Latency counts from the moment a request was due to leave until its whole answer was read, " +
			"so a stall of the server or of the harness counts for every request that was due in it.",
		Figures: []Figure{b.apiFigure()},
		Tables:  []Table{b.apiTable()},
	}
	if heat, ok := b.heat(); ok {
		section.Figures = append(section.Figures, heat)
	}
	if answers := b.answerTable(); len(answers.Rows) > 0 {
		section.Tables = append(section.Tables, answers)
	}
	if errors := b.errorTable(); len(errors.Rows) > 0 {
		section.Tables = append(section.Tables, errors)
	}
	if len(b.distributions(sample.APIRequest)) == 0 {
		section.Lead = ""
	}
	return section
}

func (b *builder) apiFigure() Figure {
	figure := Figure{
		ID: "api-figure", Axis: TailAxis, Title: b.apiFinding(),
		Caption: "How to read it: at 99% a line shows the latency that 99 of 100 requests stayed within; " +
			"every further nine takes the same width. A line ends where fewer than 10 requests remain. " +
			"A line that passes above the step misses that limit.",
	}
	classes, histograms := b.merged(sample.APIRequest, label("class"))
	panel := Panel{Label: "Latency by class of request", Unit: sample.Seconds, Log: true}
	for slot, class := range classes {
		panel.addTail(class, slot, histograms[class])
	}
	panel.Limits = b.limits(sample.APIRequest, nil)
	if len(panel.Series) == 0 {
		figure.Empty = "The scenario sent no load to the API server."
		if len(b.distributions(sample.APIRequest)) > 0 {
			figure.Empty = "No class has the 20 requests that a curve needs; the table has what there is."
		}
		return figure
	}
	if hidden := len(panel.Series) - maxLines; hidden > 0 {
		panel.keepHighest(maxLines)
		figure.Caption += " The " + plural(hidden, "fastest class is", "fastest classes are") + " only in the table."
	}
	if len(b.summary.Phases) > 1 {
		figure.Caption += " All phases are taken together; the table has each by itself."
	}
	figure.Panels = []Panel{panel}
	figure.finishTail("Class")
	return figure
}

// keepHighest leaves the n lines that end highest.
func (p *Panel) keepHighest(n int) {
	end := func(s Series) float64 { _, _, last := extremes(s.all()); return last }
	slices.SortStableFunc(p.Series, func(x, y Series) int { return cmp.Compare(end(y), end(x)) })
	p.Series = p.Series[:n]
}

// apiFinding says how the classes stand to their limits, or how far apart they are.
func (b *builder) apiFinding() string {
	all := b.distributions(sample.APIRequest)
	slow, ok := slowest(all)
	if !ok {
		return "API latency by class of request"
	}
	statistic := "max" // Of too few requests for a p99.
	if _, ok := quantile(slow, 99); ok {
		statistic = "p99"
	}
	worst := slow.Labels["class"] + ", " + statistic + " " + format(p99(slow), sample.Seconds)
	classes := map[string]bool{}
	for _, d := range all {
		classes[d.Labels["class"]] = true
	}
	var judged, missed int
	for _, o := range b.summary.Objectives {
		if o.Metric != sample.APIRequest || o.Most == nil || o.Observed == nil {
			continue
		}
		judged++
		if *o.Observed > *o.Most {
			missed++
		}
	}
	switch {
	case judged == 0:
		return "API latency: the slowest of " + plural(len(classes), "class", "classes") + " is " + worst
	case missed == 0:
		return "API latency stayed within " + allOf(judged) + "; slowest: " + worst
	default:
		return "API latency missed " + count(int64(missed)) + " of " + plural(judged, "limit", "limits") +
			"; slowest: " + worst
	}
}

func allOf(limits int) string {
	if limits == 1 {
		return "its limit"
	}
	return "all " + count(int64(limits)) + " limits"
}

func (b *builder) apiTable() Table {
	table := Table{ID: "api-classes", Caption: "Requests by class and phase", Empty: "No requests were sent.",
		Columns: []Column{{Name: "Class"}, {Name: "Phase"}, {"Requests", true}, {"Failed", true},
			{"p50", true}, {"p90", true}, {"p99", true}, {"Max", true}, {"Offered", true}, {"Achieved", true}}}
	all := b.distributions(sample.APIRequest)
	slices.SortStableFunc(all, func(x, y summary.Distribution) int { return cmp.Compare(p99(y), p99(x)) })
	for _, d := range all {
		row := []string{orDash(d.Labels["class"]), orDash(d.Labels["phase"]), count(d.N), b.failed(d.Labels)}
		row = append(row, percentileCells(d, 50, 90, 99)...)
		table.Rows = append(table.Rows, append(row, format(d.Max, sample.Seconds),
			b.rate(sample.APIOffered, d.Labels), b.rate(sample.APIAchieved, d.Labels)))
	}
	return table
}

// rate is the mean of a rate for one class in one phase.
func (b *builder) rate(metric string, labels sample.Labels) string {
	if gauge, ok := b.gauge(metric, labels); ok {
		return format(gauge.Mean, sample.PerSecond)
	}
	return Dash
}

// failed counts the failed requests of a class in a phase.
func (b *builder) failed(labels sample.Labels) string {
	total, measured := 0.0, false
	for _, gauge := range b.gauges(sample.APIErrors, true) {
		if gauge.Labels["class"] == labels["class"] && gauge.Labels["phase"] == labels["phase"] {
			total += gauge.Last
			measured = true
		}
	}
	if !measured {
		return Dash
	}
	return count(int64(total))
}

func (b *builder) errorTable() Table {
	table := Table{ID: "api-errors", Caption: "Failed requests by class and kind",
		Columns: []Column{{Name: "Class"}, {Name: "Kind"}, {"Failed", true}}}
	for _, gauge := range b.gauges(sample.APIErrors, false) {
		if gauge.Last > 0 {
			table.Rows = append(table.Rows, []string{orDash(gauge.Labels["class"]), orDash(gauge.Labels["kind"]),
				count(int64(gauge.Last))})
		}
	}
	slices.SortFunc(table.Rows, func(x, y []string) int { return strings.Compare(x[0]+x[1], y[0]+y[1]) })
	return table
}
