package view

import (
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// nodeLoss shows how the loss of nodes was noticed and made good; nil if none was lost.
func (b *builder) nodeLoss() []Section {
	table := Table{ID: "node-loss-figures", Caption: "From the moment the heartbeats stopped, or came back",
		Columns: []Column{{Name: "What"}, {Name: "Of"}, {Name: "Phase"}, {"n", true}, {"First", true},
			{"p50", true}, {"p90", true}, {"p99", true}, {"Last", true}}}
	for _, part := range []struct{ metric, words, label string }{
		{sample.NodeNotReady, "node seen not Ready", "pool"},
		{sample.PodEviction, "pod of a lost node deleted", "workload"},
		{sample.PodReplacement, "lost pod replaced by a Ready one", "workload"},
		{sample.NodeRecovered, "node Ready again", "pool"},
	} {
		for _, d := range b.distributions(part.metric) {
			table.Rows = append(table.Rows, lossRow(d, part.words, d.Labels[part.label]))
		}
	}
	if len(table.Rows) == 0 {
		return nil
	}
	return []Section{{
		ID: "node-loss", Title: "Loss of nodes", Nav: "Node loss",
		Lead: "Nodes fail by losing their heartbeats, and nothing tells the API server. The node lifecycle controller notices " +
			"after its grace period, taints the nodes at a limited rate, and their pods are evicted once they have tolerated that " +
			"for as long as they may. What had not happened when the run ended counts with the time it had waited.",
		Tables: []Table{table},
	}}
}

// lossFacts are the key figures on the loss of nodes.
func (b *builder) lossFacts() []Fact {
	var facts []Fact
	for _, d := range b.distributions(sample.NodeNotReady) {
		facts = append(facts, Fact{"Lost nodes seen not Ready" + b.inPhase(d.Labels, "pool"), quantiles(d)})
	}
	for _, d := range b.distributions(sample.PodReplacement) {
		facts = append(facts, Fact{"Lost pods replaced" + b.inPhase(d.Labels, "workload"), quantiles(d)})
	}
	return facts
}

func lossRow(d summary.Distribution, what, of string) []string {
	row := []string{what, orDash(of), orDash(d.Labels["phase"]), count(d.N), format(d.Min, sample.Seconds)}
	row = append(row, percentileCells(d, 50, 90, 99)...)
	return append(row, format(d.Max, sample.Seconds))
}
