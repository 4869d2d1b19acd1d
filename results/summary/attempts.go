package summary

import (
	"maps"
	"slices"

	"github.com/kubedyno/kubedyno/results/sample"
)

// attempts are requests to create pods in a phase, as the API server counts them.
type attempts struct {
	created   float64 // Answered 201.
	all       float64
	conflicts float64 // Updates of the status of ResourceQuotas that were answered 409.
}

// quotaStatus is the label of the resource that quotas' own updates are about.
const quotaStatus = "resourcequotas/status"

// attempts adds the API server's counters up by phase.
func (c *collector) attempts() map[string]*attempts {
	byPhase := map[string]*attempts{}
	for _, g := range c.gauges {
		phase, inPhase := g.labels[phaseLabel]
		if !inPhase || g.metric != sample.ServerPodCreates && g.metric != sample.ServerRefused {
			continue
		}
		if byPhase[phase] == nil {
			byPhase[phase] = &attempts{}
		}
		a := byPhase[phase]
		switch {
		case g.metric == sample.ServerPodCreates:
			a.all += g.last
			if g.labels["code"] == "201" {
				a.created += g.last
			}
		case g.labels["resource"] == quotaStatus && g.labels["code"] == "409":
			a.conflicts += g.last
		}
	}
	return byPhase
}

// attemptScalars makes figures of the phases in which pods were created.
func (c *collector) attemptScalars() {
	byPhase := c.attempts()
	quotas := slices.ContainsFunc(slices.Collect(maps.Values(c.gauges)), func(g *gauge) bool { return g.metric == sample.QuotaHard })
	for phase, a := range byPhase {
		if a.created <= 0 {
			continue
		}
		c.scalar(sample.CreateAttempts, withPhase(nil, phase), a.all/a.created)
		if quotas {
			c.scalar(sample.QuotaConflicts, withPhase(nil, phase), a.conflicts/a.created)
		}
	}
}
