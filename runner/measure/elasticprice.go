package measure

import (
	"fmt"
	"slices"

	"github.com/kubedyno/kubedyno/results/packing"
	"github.com/kubedyno/kubedyno/results/sample"
)

// pay counts n more nodes, or fewer, that are paid for at a price.
func (c *nodeCounts) pay(price float64, n int) {
	c.prices[price] += n
	if c.prices[price] == 0 {
		delete(c.prices, price)
	}
}

// priceOf is what a node with these labels costs an hour. If that is not known where nodes are of several
// kinds, nothing is known of the cost of the pool from then on: what it would lack is not known either.
func (e *Elastic) priceOf(pool string, labels map[string]string) float64 {
	p := e.pools[pool]
	if p.Price == nil {
		return p.PricePerHour
	}
	price := p.Price(labels)
	if n := e.counts[pool]; price <= 0 && !n.unpriced {
		n.unpriced = true
		e.options.warn(fmt.Sprintf("the price of a node of pool %s is not known: what its nodes cost is counted only until then", pool))
	}
	return price
}

// charge adds what the nodes of a pool cost in some hours, and what would have done.
func (e *Elastic) charge(pool string, hours float64) {
	p, n := e.pools[pool], e.counts[pool]
	if n.unpriced || p.Price == nil && p.PricePerHour <= 0 {
		return
	}
	cost := 0.0
	for price, nodes := range n.prices {
		cost += price * float64(nodes)
	}
	e.totals[elasticTotal{metric: sample.ElasticCost, pool: pool}] += cost * hours
	if ideal, known := e.idealPrice(); known {
		e.totals[elasticTotal{metric: sample.ElasticIdeal, pool: pool}] += ideal * hours
	}
}

// idealPrice is what the needed nodes of the only elastic pool cost an hour; where its nodes are of several
// kinds, the bound of packing.CostBound.
func (e *Elastic) idealPrice() (dollars float64, known bool) {
	if needed, known := e.needed(); known {
		return float64(needed) * e.options.Pools[0].PricePerHour, true
	}
	if len(e.options.Pools) != 1 || len(e.options.Pools[0].Kinds) == 0 {
		return 0, false
	}
	if e.wanted == (packing.Amount{}) || len(e.least) == 0 {
		return 0, true
	}
	return slices.Max(e.least), true
}

// leastOf is what a pod costs an hour at least, by resource; nil if that is not known, or no node takes it.
func (e *Elastic) leastOf(p packing.Pod) []float64 {
	if len(e.options.Pools) != 1 || len(e.options.Pools[0].Kinds) == 0 {
		return nil
	}
	kinds := e.options.Pools[0].Kinds
	for i := range kinds {
		p.May = p.May.With(i)
	}
	least, ok := packing.Least(kinds, p)
	if !ok {
		return nil
	}
	return least
}

// addLeast counts what n more pods cost at least, or fewer.
func (e *Elastic) addLeast(least []float64, n float64) {
	if e.wanted == (packing.Amount{}) {
		clear(e.least) // So that rounding does not add up.
		return
	}
	if e.least == nil {
		e.least = make([]float64, len(least))
	}
	for i, dollars := range least {
		e.least[i] += n * dollars
	}
}

// late takes an order of a node that is there before the order is seen.
func (e *Elastic) late(n *elasticNode, o order) {
	switch {
	case n.order != nil:
	case n.first == 0:
		n.order = &o
	default:
		e.took(e.windows, windowed{metric: sample.ElasticNodeReady, pool: o.pool, phase: o.phase}, o.at, max(o.at, n.first))
	}
}
