package summary

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kubedyno/kubedyno/results/rollout"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

// quotaScalars says of every resource of a quota by how much more was used than is allowed, at most.
func (c *collector) quotaScalars() {
	if c.overflow[sample.QuotaUsed] || c.overflow[sample.QuotaHard] {
		c.overflow[sample.QuotaBeyond] = true
	}
	for _, g := range c.gauges {
		if _, byPhase := g.labels[phaseLabel]; byPhase || g.metric != sample.QuotaUsed {
			continue
		}
		used, hard := c.rolled.steps(sample.QuotaUsed, g.labels), c.rolled.steps(sample.QuotaHard, g.labels)
		if most, known := rollout.Beyond(used, hard, 0, c.end); known {
			c.scalar(sample.QuotaBeyond, g.labels, most)
		}
	}
}

// recountDoubt is why a pass of an objective about recounted quotas would prove nothing: something
// that it is about was not recounted; "" if all was.
func (c *collector) recountDoubt(o slo.Objective) string {
	switch o.Metric {
	case sample.QuotaDifference, sample.QuotaRecounted, sample.QuotaSettle:
	default:
		return ""
	}
	for _, k := range slices.Sorted(maps.Keys(c.scalars)) {
		s := c.scalars[k]
		if s.Metric != sample.QuotaUncounted || s.Value == 0 {
			continue
		}
		if s.Labels.Match(o.Where) {
			return fmt.Sprintf("%s of quota %s was not recounted (%s)", s.Labels["resource"], s.Labels["quota"], s.Labels["reason"])
		}
	}
	return ""
}
