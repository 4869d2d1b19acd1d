package view

import (
	"cmp"
	"maps"
	"slices"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/stat"
	"github.com/kubedyno/kubedyno/results/summary"
)

// maxQueues is how many work queues a report shows: those with the longest waits.
const maxQueues = 8

// server shows what the control plane measured itself, beside what was measured from outside.
// A run whose components were not read has no such section.
func (b *builder) server() []Section {
	section := Section{
		ID: "server", Title: "The server's own view", Nav: "Server",
		Lead: "Both sides time the same requests and need not agree. The server counts the requests of every client, " +
			"starts when a request has arrived, leaves out its wait in the queues of priority and fairness, " +
			"and keeps buckets: a percentile is known to lie within one, of which the upper edge is shown. " +
			"The client counts the load alone, from the moment a request was really sent, " +
			"with TLS, HTTP/2, that wait and the reading of the answer.",
	}
	for _, table := range append([]Table{b.sideBySide(), b.diskTable(), b.inside(), b.queues()}, b.freshnessWithoutHPAs()...) {
		if len(table.Rows) > 0 {
			section.Tables = append(section.Tables, table)
		}
	}
	if len(section.Tables) == 0 {
		return nil
	}
	return []Section{section}
}

// sideBySide sets what the load's requests took to what the server says of them.
func (b *builder) sideBySide() Table {
	table := Table{ID: "server-requests", Caption: "Client and server side by side",
		Columns: []Column{{Name: "Request"}, {Name: "Scope"}, {Name: "Phase"}, {"Client n", true}, {"Client p50", true},
			{"Client p99", true}, {"Server n", true}, {"Server p50", true}, {"Server p99", true}}}
	own := map[string]summary.BucketFigure{}
	for _, figure := range b.buckets(sample.ServerRequest) {
		own[requestKey(figure.Labels)] = figure
	}
	if len(own) == 0 {
		return table
	}
	labels := map[string]sample.Labels{}
	keys, sent := b.merged(sample.APIService, func(l sample.Labels) string {
		labels[requestKey(l)] = l
		return requestKey(l)
	})
	for _, key := range keys {
		l, h := labels[key], &sent[key].Histogram
		row := []string{l["verb"] + " " + l["resource"], orDash(l["scope"]), orDash(l["phase"]), count(h.Count())}
		for _, q := range []float64{0.5, 0.99} {
			row = append(row, clientQuantile(h, q))
		}
		row = append(row, serverCells(own[key], 50, 99)...)
		table.Rows = append(table.Rows, row)
	}
	return table
}

func requestKey(l sample.Labels) string {
	return sample.Labels{"verb": l["verb"], "resource": l["resource"], "scope": l["scope"], "phase": l["phase"]}.String()
}

func clientQuantile(h *sample.Histogram, q float64) string {
	if !stat.Printable(h.Count(), q) {
		return Dash
	}
	return format(h.Quantile(q), sample.Seconds)
}

// serverCells writes how many values a server counted, and the upper edges of the buckets that
// hold percentiles.
func serverCells(figure summary.BucketFigure, percentiles ...float64) []string {
	if figure.N == 0 {
		return slices.Repeat([]string{Dash}, 1+len(percentiles))
	}
	cells := []string{count(figure.N)}
	for _, percentile := range percentiles {
		cell := Dash
		for _, q := range figure.Quantiles {
			switch {
			case q.Percentile != percentile || !q.Printable:
			case q.Open:
				cell = "> " + format(q.Low, unitOf(figure.Metric))
			default:
				cell = "≤ " + format(q.High, unitOf(figure.Metric))
			}
		}
		cells = append(cells, cell)
	}
	return cells
}

// inside shows where a request and a pod wait within the control plane.
func (b *builder) inside() Table {
	table := Table{ID: "server-inside", Caption: "Inside the control plane",
		Columns: []Column{{Name: "What"}, {Name: "Of"}, {Name: "Phase"}, {"n", true}, {"Mean", true}, {"p50", true}, {"p99", true}}}
	for _, part := range []struct{ metric, words, label string }{
		{sample.ServerQueueWait, "priority-and-fairness queue wait", "priority_level"},
		{sample.ServerStorageRequest, "API server's request to etcd", "operation"},
		{sample.EtcdFsync, "etcd fsync of its log", ""},
		{sample.EtcdCommit, "etcd commit", ""},
		{sample.SchedulerAttempt, "scheduling attempt", "result"},
		{sample.SchedulerPod, "pod from queue to bound", ""},
	} {
		for _, figure := range b.buckets(part.metric) {
			of := orDash(figure.Labels[part.label])
			if figure.Labels["execute"] == "false" {
				of += " (refused)"
			}
			table.Rows = append(table.Rows, insideRow(figure, part.words, of))
		}
	}
	return table
}

func insideRow(figure summary.BucketFigure, what, of string) []string {
	cells := serverCells(figure, 50, 99)
	return append([]string{what, of, orDash(figure.Labels["phase"]), cells[0], format(figure.Mean, unitOf(figure.Metric))}, cells[1:]...)
}

// queues shows the work queues in which things wait longest.
func (b *builder) queues() Table {
	table := Table{ID: "server-queues", Caption: "Work queues with the longest waits",
		Columns: []Column{{Name: "Queue"}, {Name: "Component"}, {Name: "Phase"}, {"n", true}, {"Mean", true}, {"p50", true}, {"p99", true}}}
	all := b.buckets(sample.WorkqueueWait)
	slices.SortStableFunc(all, func(x, y summary.BucketFigure) int {
		return cmp.Or(cmp.Compare(bucketP99(y), bucketP99(x)), cmp.Compare(y.Mean, x.Mean))
	})
	for _, figure := range all[:min(len(all), maxQueues)] {
		table.Rows = append(table.Rows, insideRow(figure, figure.Labels["queue"], orDash(figure.Labels["component"])))
	}
	return table
}

// bucketP99 is the lower edge of the bucket that holds the p99; 0 if that is not known.
func bucketP99(figure summary.BucketFigure) float64 {
	for _, q := range figure.Quantiles {
		if q.Percentile == 99 && q.Printable {
			return q.Low
		}
	}
	return 0
}

// buckets returns the bucketed figures of a metric in the order of their labels, those of the same
// labels in the order in which the phases ran.
func (b *builder) buckets(metric string) []summary.BucketFigure {
	place := map[string]int{}
	for i, phase := range b.summary.Phases {
		place[phase.Name] = i
	}
	var found []summary.BucketFigure
	for _, figure := range b.summary.Buckets {
		if figure.Metric == metric {
			found = append(found, figure)
		}
	}
	slices.SortStableFunc(found, func(x, y summary.BucketFigure) int {
		return cmp.Or(cmp.Compare(withoutPhase(x.Labels), withoutPhase(y.Labels)),
			cmp.Compare(place[x.Labels["phase"]], place[y.Labels["phase"]]))
	})
	return found
}

func withoutPhase(labels sample.Labels) string {
	rest := maps.Clone(labels)
	delete(rest, "phase")
	return rest.String()
}
