package view

import (
	"slices"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// maxServices is how many services have a figure; the table has all.
const maxServices = 4

// services shows what was asked of services and what their pods made of it. A run without demand
// has no such section.
func (b *builder) services() []Section {
	names, _ := b.tracks(sample.ServiceDemand, label("service"))
	if len(names) == 0 {
		return nil
	}
	section := Section{
		ID: "services", Title: "Services", Nav: "Services",
		Lead: "The pods are fake and do no work: a model computes what real ones would do. Work that is asked for goes to " +
			"the Ready pods, each of which serves so much a second and no more. What they cannot serve waits in one queue, " +
			"and what finds no room in it is lost. The response time is the wait and the time that a pod takes for one unit; " +
			"waits that arise by chance while there is capacity to spare are left out, so it is the least that it can be.",
		Tables: append([]Table{b.serviceTable()}, b.serviceCostTables()...),
	}
	section.Lead += b.serviceCostLead()
	for _, name := range names[:min(len(names), maxServices)] {
		section.Figures = append(section.Figures, b.serviceFigure(name))
	}
	return []Section{section}
}

// serviceFigure shows one service over time.
func (b *builder) serviceFigure(name string) Figure {
	figure := Figure{
		ID: "service-" + name, Axis: TimeAxis, End: b.duration().Seconds(), Bands: b.bands(), Outages: b.awayBands(), Title: b.serviceFinding(name),
		Caption: "How to read it: where the demand is above the capacity there are too few pods, and the queue grows; " +
			"where the capacity is far above it, pods stand idle. What is served follows the demand, or the capacity " +
			"while work waits. Needed pods are the fewest that could serve the demand.",
	}
	line := func(panel *Panel, title, metric string, slot int) {
		_, lines := b.tracks(metric, label("service"))
		panel.add(b, title, slot, lines[name])
	}
	work := Panel{Label: "Units of work per second", Unit: sample.PerSecond}
	line(&work, "demand", sample.ServiceDemand, 1)
	line(&work, "served", sample.ServiceServed, 0)
	line(&work, "capacity", sample.ServiceCapacity, 2)
	pods := Panel{Label: "Pods", Unit: sample.Count}
	line(&pods, "needed", sample.ServiceNeeded, 1)
	line(&pods, "Ready", sample.ServiceReady, 2)
	times := Panel{Label: "Response time, mean of each second", Unit: sample.Seconds}
	line(&times, "response time", sample.ServiceMeanTime, 0)
	queue := Panel{Label: "Units that wait, and units lost so far", Unit: sample.Count}
	line(&queue, "waiting", sample.ServiceQueue, 0)
	line(&queue, "lost", sample.ServiceLost, 3)
	for _, panel := range []Panel{work, pods, times, queue} {
		if len(panel.Series) > 0 {
			figure.Panels = append(figure.Panels, panel)
		}
	}
	figure.finishTime()
	return figure
}

// serviceFinding says how a service did over all its phases.
func (b *builder) serviceFinding(name string) string {
	var values sample.Histogram
	served := int64(0)
	for _, v := range b.detail.Distributions {
		if v.Metric == sample.ServiceResponse && v.Labels["service"] == name {
			values.Merge(v.Histogram)
			served += v.Histogram.Count() - v.Censored
		}
	}
	lost, _ := b.gauge(sample.ServiceLost, sample.Labels{"service": name})
	finding := "Service " + name + " served " + count(served) + " of " + count(values.Count()+whole(lost.Last)) + " units of work"
	if whole(lost.Last) > 0 {
		finding += " and lost " + count(whole(lost.Last))
	}
	if short, ok := b.gauge(sample.ServiceShort, sample.Labels{"service": name}); ok {
		finding += "; it was short of capacity for " + percent(short.Mean) + " of the time"
	}
	return finding
}

// whole rounds an amount of work to units.
func whole(units float64) int64 { return int64(units + 0.5) }

// serviceTable shows each service in each phase in which work was asked of it. What was offered is
// what was served, is lost or still waited at the end.
func (b *builder) serviceTable() Table {
	table := Table{ID: "service-phases", Caption: "Services by phase, in units of work", Empty: "No work was asked for.",
		Columns: []Column{{Name: "Service"}, {Name: "Phase"}, {"Offered", true}, {"Served", true}, {"Lost", true},
			{"Still waiting", true}, {"Response p50", true}, {"p95", true}, {"p99", true}, {"Max", true},
			{"Time short of capacity", true}}}
	demands := b.gauges(sample.ServiceDemand, true)
	slices.SortStableFunc(demands, func(x, y summary.Gauge) int { return b.inOrder(x.Labels, y.Labels) })
	for _, demand := range demands {
		row := []string{demand.Labels["service"], demand.Labels["phase"]}
		lost := int64(0)
		if gauge, ok := b.gauge(sample.ServiceLost, demand.Labels); ok {
			lost = whole(gauge.Last)
		}
		d, served := b.responses(demand.Labels)
		row = append(row, count(d.N+lost), count(d.N-d.Censored), count(lost), count(d.Censored))
		if served {
			longest := format(d.Max, sample.Seconds)
			if d.Censored > 0 {
				longest = "≥ " + longest
			}
			row = append(append(row, percentileCells(d, 50, 95, 99)...), longest)
		} else {
			row = append(row, Dash, Dash, Dash, Dash)
		}
		short := Dash
		if gauge, ok := b.gauge(sample.ServiceShort, demand.Labels); ok {
			short = percent(gauge.Mean)
		}
		table.Rows = append(table.Rows, append(row, short))
	}
	return table
}

// responses returns the response times of a service in a phase.
func (b *builder) responses(labels sample.Labels) (summary.Distribution, bool) {
	for _, d := range b.distributions(sample.ServiceResponse) {
		if d.Labels.String() == labels.String() {
			return d, true
		}
	}
	return summary.Distribution{}, false
}

// serviceFacts are the response times to remember.
func (b *builder) serviceFacts() []Fact {
	var facts []Fact
	for _, d := range b.distributions(sample.ServiceResponse) {
		value := quantiles(d)
		if lost, ok := b.gauge(sample.ServiceLost, d.Labels); ok && whole(lost.Last) > 0 {
			value += "; " + count(whole(lost.Last)) + " lost"
		}
		facts = append(facts, Fact{"Response time" + b.inPhase(d.Labels, "service"), value})
	}
	return append(facts, b.serviceCostFacts()...)
}

// serviceChecks tell how late the models of services were stepped. There are none in a run without
// demand.
func (b *builder) serviceChecks() []Check {
	longest, found := 0.0, false
	for _, d := range b.distributions(sample.ServiceTickLag) {
		longest, found = max(longest, d.Max), true
	}
	if !found {
		return nil
	}
	return []Check{judge("Steps of services late, at most", format(longest, sample.Seconds),
		atMost(format(summary.MaxStepLag, sample.Seconds)), longest <= summary.MaxStepLag,
		"A late step covers the time that passed, so no work is lost; pods and their usage are known later.")}
}
