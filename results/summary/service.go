package summary

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kubedyno/kubedyno/results/sample"
)

// serviceWarnings tells of models of services that were stepped late.
func (c *collector) serviceWarnings() []string {
	var all []string
	for _, k := range slices.Sorted(maps.Keys(c.values)) {
		lag := c.values[k]
		if lag.Metric == sample.ServiceTickLag && lag.Histogram.Max() > MaxStepLag {
			all = append(all, fmt.Sprintf("The harness stepped the model of a service up to %s late (%s); "+
				"what its pods used and which there were is known that much later.",
				sample.Format(lag.Histogram.Max(), sample.Seconds), lag.Labels))
		}
	}
	return all
}
