package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/packing"
	"github.com/kubedyno/kubedyno/results/sample"
)

// capacityFacts are what a reader takes away. Of a mix of pools these are the figures of all together.
func (b *builder) capacityFacts() []Fact {
	var facts []Fact
	all := b.scalars(sample.CapacityPods)
	for _, s := range all {
		of := fitted{b, s.Labels}
		if _, judged := of.value(sample.CapacityPending, nil); !judged {
			continue // One pool of a mix.
		}
		facts = append(facts, Fact{"Nodes needed" + of.of(), of.needed(s.Value)})
		if cost := of.cost(); cost != "" {
			facts = append(facts, Fact{"Cost of the nodes" + of.of(), cost})
		}
	}
	return facts
}

// of names the pool and the phase, or the phase alone for all pools.
func (f fitted) of() string {
	if f.whole() {
		return f.inPhase(f.labels, "")
	}
	return f.inPhase(f.labels, "pool")
}

// needed says how many nodes the pods have, or that some have none.
func (f fitted) needed(pods float64) string {
	if _, found := f.value(sample.CapacityNodes, nil); !found {
		return f.cell(sample.CapacityPending, nil) + " of " + digits(pods) + " pods are pending"
	}
	words := fmt.Sprintf("%s × %s for %s pods", f.cell(sample.CapacityNodes, nil), f.pool().NodeType, digits(pods))
	if f.whole() {
		words = fmt.Sprintf("%s for %s pods", strings.Join(f.parts(), ", "), digits(pods))
	}
	if bound := f.cell(sample.CapacityBound, nil); bound != Dash {
		words += "; no packing needs fewer than " + bound
	}
	if limiting := f.limiting(); limiting != "" {
		words += "; " + resourceWords[limiting] + " limits"
	}
	if share, ok := f.value(sample.CapacitySpot, nil); ok && share > 0 {
		words += "; " + format(share, sample.Ratio) + " of the pods are on spot nodes"
	}
	return words
}

// parts says how many nodes each pool of a mix has: "3 × m6i.2xlarge". Pools without any are left out.
func (f fitted) parts() []string {
	var parts []string
	for _, pool := range f.manifest.Cluster.Pools {
		labels := sample.Labels{"pool": pool.Name, "phase": f.labels["phase"]}
		if nodes, ok := (fitted{f.builder, labels}).value(sample.CapacityNodes, nil); ok && nodes > 0 {
			parts = append(parts, digits(nodes)+" × "+pool.NodeType)
		}
	}
	return parts
}

// cost says what the nodes cost a month and for what the prices hold, or whose price is not known; "" if
// it is not known how many are needed.
func (f fitted) cost() string {
	nodes, found := f.value(sample.CapacityNodes, nil)
	if !found {
		return ""
	}
	prices, unknown := f.pricesUsed()
	month := f.cell(sample.CapacityMonth, nil)
	if month == Dash {
		return fmt.Sprintf("not known, as the price of %s is not", strings.Join(unknown, ", "))
	}
	words := month + " a month"
	least, bounded := f.value(sample.CapacityCostBound, nil)
	if bounded && nodes > 0 {
		words += fmt.Sprintf(", no packing costs less than %s", format(least*sample.HoursInMonth, sample.Dollars))
	}
	words += onDemand(strings.Join(prices, "; ")) + " (" + strings.Join(prices, "; ") + ")"
	if share, ok := f.value(sample.CapacityBreakEven, nil); ok {
		byPod, _ := f.value(sample.CapacityByPod, nil)
		words += fmt.Sprintf("; paid for by the pod: %s for all hours, and as much for %s of them", format(byPod*sample.HoursInMonth, sample.Dollars), format(share, sample.Ratio))
	}
	if billed := f.cell(sample.CapacityBilled, sample.Labels{"resource": packing.CPU}); billed != Dash {
		words += fmt.Sprintf("; the pods request %s of the CPU and %s of the memory that is paid for", billed,
			f.cell(sample.CapacityBilled, sample.Labels{"resource": packing.Memory}))
	}
	return words
}

// pricesUsed says for what the prices of the nodes hold, each once, and which node types have none.
func (f fitted) pricesUsed() (prices, unknown []string) {
	for _, pool := range f.manifest.Cluster.Pools {
		labels := sample.Labels{"pool": pool.Name, "phase": f.labels["phase"]}
		nodes, _ := (fitted{f.builder, labels}).value(sample.CapacityNodes, nil)
		switch {
		case nodes == 0:
		case !pool.Priced():
			unknown = append(unknown, pool.NodeType)
		case !slices.Contains(prices, priceOf(pool)):
			prices = append(prices, priceOf(pool))
		}
	}
	return prices, unknown
}
