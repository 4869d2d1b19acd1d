package summary

import (
	"github.com/kubedyno/kubedyno/results/sample"
)

// excessScalars says for each elastic pool how much more its nodes cost than those that were needed. There
// is no figure without a price, or where none was needed.
func (c *collector) excessScalars() {
	for _, g := range c.gauges {
		if g.metric != sample.ElasticCost {
			continue
		}
		ideal := c.gauges[key(sample.ElasticIdeal, g.labels)]
		if ideal != nil && ideal.last > 0 {
			c.scalar(sample.ElasticExcess, g.labels, g.last/ideal.last-1)
		}
	}
}
