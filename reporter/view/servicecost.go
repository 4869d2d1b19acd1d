package view

import (
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// million is the number of units that a price is given for.
const million = 1e6

// serviceCostLead says what the cost of a service is made of.
func (b *builder) serviceCostLead() string {
	if len(b.summary.Costs) == 0 {
		return ""
	}
	return " What the pods cost is reckoned from their requests: from its binding to a node until it is gone, Ready or not, a pod " +
		"pays the larger of its shares of the node's allocatable CPU and memory, times the price of the node type per hour. " +
		"Counted is the time in which work was asked for. Nodes are neither added nor removed here: room on them that no pod has " +
		"taken costs nothing in this figure, and it does on a bill." + b.priceWords()
}

// serviceCostTables shows what the pods of services took; there is none without services.
func (b *builder) serviceCostTables() []Table {
	if len(b.summary.Costs) == 0 {
		return nil
	}
	table := Table{ID: "service-costs", Caption: "What the pods of services cost", Empty: "No work was asked for.",
		Columns: []Column{{Name: "Service"}, {Name: "Phase"}, {"Pod-hours", true}, {"Cost", true}, {"Units served", true},
			{"Cost per million units served", true}, {Name: "Why there is no cost"}}}
	explained := false
	for _, c := range b.summary.Costs {
		served := b.served(c)
		row := []string{c.Service, c.Phase, format(c.PodHours, sample.Hours), Dash, count(served), Dash, c.Reason}
		if c.Phase == "" {
			row[1] = "all of these"
		}
		if c.Dollars != nil {
			row[3], row[5] = format(*c.Dollars, sample.Dollars), perMillion(*c.Dollars, served)
		}
		explained = explained || c.Reason != ""
		table.Rows = append(table.Rows, row)
	}
	if !explained {
		table.Columns = table.Columns[:6]
		for i := range table.Rows {
			table.Rows[i] = table.Rows[i][:6]
		}
	}
	return []Table{table}
}

// served is how many units a service has served in the phase of a cost, or in all of them.
func (b *builder) served(c summary.Cost) int64 {
	total := int64(0)
	for _, d := range b.distributions(sample.ServiceResponse) {
		if d.Labels["service"] == c.Service && (c.Phase == "" || d.Labels["phase"] == c.Phase) {
			total += d.N - d.Censored
		}
	}
	return total
}

func perMillion(dollars float64, served int64) string {
	if served <= 0 {
		return Dash
	}
	return format(dollars/float64(served)*million, sample.Dollars)
}

// serviceCostFacts are what services cost over all their phases.
func (b *builder) serviceCostFacts() []Fact {
	var facts []Fact
	for _, c := range b.summary.Costs {
		if c.Phase != "" || c.Dollars == nil {
			continue
		}
		value := format(*c.Dollars, sample.Dollars) + " for " + format(c.PodHours, sample.Hours) + " of pods"
		if price := perMillion(*c.Dollars, b.served(c)); price != Dash {
			value += ", " + price + " per million units served"
		}
		facts = append(facts, Fact{"Cost of service " + c.Service, value})
	}
	return facts
}
