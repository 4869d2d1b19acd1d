package view

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// between stands between the parts of a cell.
const between = " · "

// answerTable shows what the server answered: when it began to, how much, with which codes and
// under which flow schemas.
func (b *builder) answerTable() Table {
	table := Table{ID: "api-answers", Caption: "Answers by class and phase",
		Columns: []Column{{Name: "Class"}, {Name: "Phase"}, {"Requests", true}, {"First byte p50", true}, {"p99", true},
			{"Bytes each", true}, {Name: "Codes"}, {"Retry-After max", true}, {Name: "Flow schema (priority level)"}}}
	var classes []sample.Labels
	for _, d := range b.distributions(sample.APIByCode) {
		labels := sample.Labels{"class": d.Labels["class"], "phase": d.Labels["phase"]}
		if !slices.ContainsFunc(classes, func(l sample.Labels) bool { return l.String() == labels.String() }) {
			classes = append(classes, labels)
		}
	}
	for _, class := range classes {
		requests, answered, codes := b.codes(class)
		row := []string{orDash(class["class"]), orDash(class["phase"]), count(requests)}
		row = append(row, b.firstByte(class)...)
		table.Rows = append(table.Rows, append(row, b.bytesEach(class, answered), codes, b.retryAfter(class), b.flows(class)))
	}
	return table
}

// codes counts the requests of a class and those that were answered, and writes them by code:
// "200 ×9,100 · 429 ×3".
func (b *builder) codes(class sample.Labels) (requests, answered int64, words string) {
	var all []summary.Distribution
	for _, d := range b.distributions(sample.APIByCode) {
		if d.Labels.Match(class) {
			all = append(all, d)
			requests += d.N
		}
	}
	slices.SortStableFunc(all, func(x, y summary.Distribution) int { return cmp.Compare(y.N, x.N) })
	var parts []string
	for _, d := range all {
		code := d.Labels["code"]
		if code == "0" {
			code = "no answer"
		} else {
			answered += d.N
		}
		parts = append(parts, code+" ×"+count(d.N))
	}
	return requests, answered, strings.Join(parts, between)
}

func (b *builder) firstByte(class sample.Labels) []string {
	for _, d := range b.distributions(sample.APIFirstByte) {
		if d.Labels.Match(class) {
			return percentileCells(d, 50, 99)
		}
	}
	return []string{Dash, Dash}
}

// bytesEach is the mean size of an answer's body.
func (b *builder) bytesEach(class sample.Labels, answered int64) string {
	received, measured := 0.0, false
	for _, gauge := range b.gauges(sample.APIReceived, true) {
		if gauge.Labels.Match(class) {
			received += gauge.Last
			measured = true
		}
	}
	if !measured || answered == 0 {
		return Dash
	}
	return format(received/float64(answered), sample.Bytes)
}

func (b *builder) retryAfter(class sample.Labels) string {
	for _, d := range b.distributions(sample.APIRetryAfter) {
		if d.Labels.Match(class) {
			return format(d.Max, sample.Seconds)
		}
	}
	return Dash
}

// flows writes under which flow schemas a class was served: "tenants (workload-low) ×9,100".
func (b *builder) flows(class sample.Labels) string {
	var all []summary.Gauge
	for _, gauge := range b.gauges(sample.APIFlowSchema, true) {
		if gauge.Labels.Match(class) {
			all = append(all, gauge)
		}
	}
	slices.SortStableFunc(all, func(x, y summary.Gauge) int { return cmp.Compare(y.Last, x.Last) })
	var parts []string
	for _, gauge := range all {
		name, level := gauge.Labels["flow_schema"], gauge.Labels["priority_level"]
		if level != name {
			name += " (" + level + ")"
		}
		parts = append(parts, name+" ×"+count(int64(gauge.Last)))
	}
	return orDash(strings.Join(parts, between))
}
