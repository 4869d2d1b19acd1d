package summary

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/rollout"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/series"
)

// A Standstill says of a rollout that stood still, or of a drain that was held up, what it waited for
// and which setting would have avoided that.
type Standstill struct {
	Workload string `json:"workload,omitempty"`
	Pool     string `json:"pool,omitempty"` // Of a drain.
	Phase    string `json:"phase"`
	rollout.Reason
}

// reasons says of every rollout why it stood still.
func (c *collector) reasons(run *bundle.Run, all []Rollout) {
	for i := range all {
		r := &all[i]
		update := updateOf(run, r.Workload)
		e := rollout.Evidence{Kind: update.Kind, Unfinished: r.Unfinished, Limits: r.Limits, Pods: c.podsOf(r.Workload),
			Result: r.Result, Stall: r.Stall, Waves: c.waves(r.Workload), NoNode: c.noNode()}
		e.Refused, e.Otherwise = c.refusedIn(r.Workload, r.Phase)
		for j, constraint := range c.constraints(update.Needs) {
			e.Quotas = append(e.Quotas, rollout.Quota{Constraint: constraint, Name: update.Needs[j].Quota, Resource: update.Needs[j].Resource})
		}
		deadlines := c.rolled.steps(sample.ProgressDeadlines, sample.Labels{"workload": r.Workload})
		e.Deadlines = orZero(deadlines.Known(0, r.To)) - orZero(deadlines.Known(0, r.From))
		r.Reason = rollout.Why(e)
	}
}

// orZero is a number that may not be known.
func orZero(n float64) float64 {
	if math.IsNaN(n) {
		return 0
	}
	return n
}

// refusedIn is how many attempts to make pods of a workload quotas refused in a phase, and how many
// something else, by reason: by its events, or if these were not watched, as the server counts them of
// all clients. Nil if neither is known.
func (c *collector) refusedIn(workload, phase string) (byQuota *float64, otherwise map[string]float64) {
	var server *float64
	add := func(to **float64, value float64) {
		if *to == nil {
			*to = new(0.0)
		}
		**to += value
	}
	for _, g := range c.gauges {
		switch {
		case g.labels[phaseLabel] != phase:
		case g.metric == sample.RefusedAttempts && g.labels["workload"] == workload && g.labels["reason"] == "quota":
			add(&byQuota, g.last)
		case g.metric == sample.RefusedAttempts && g.labels["workload"] == workload && g.last > 0:
			if otherwise == nil {
				otherwise = map[string]float64{}
			}
			otherwise[g.labels["reason"]] += g.last
		case g.metric == sample.ServerRefused && g.labels["resource"] == "pods" && g.labels["verb"] == "create" && g.labels["code"] == "403":
			add(&server, g.last)
		}
	}
	if byQuota == nil {
		return server, otherwise
	}
	return byQuota, otherwise
}

// waves is how often a pod of a workload can start while another one stops, and 1; 0 if not known.
func (c *collector) waves(workload string) float64 {
	start, stop := math.Inf(1), 0.0
	for _, values := range c.values {
		if values.Labels["workload"] != workload || values.Histogram.Count() == 0 {
			continue
		}
		switch values.Metric {
		case sample.PodStartup:
			start = min(start, values.Histogram.Min())
		case sample.PodDeletion:
			stop = max(stop, values.Histogram.Max())
		}
	}
	if math.IsInf(start, 1) || start <= 0 || stop <= 0 {
		return 0
	}
	return math.Floor(stop/start) + 1
}

// noNode are the pods of the run that are not on a node.
func (c *collector) noNode() series.Steps {
	state := func(name string) series.Steps {
		return c.rolled.steps(sample.PodsByState, sample.Labels{"state": name})
	}
	var waiting series.Steps
	series.Over(0, c.end, func(at sample.Offset, _ float64, v []float64) { waiting = waiting.With(at, v[0]-v[1]) }, state("created"), state("scheduled"))
	return waiting
}

// rollbacks finds the rollouts that brought an earlier revision back after one that did not finish;
// all are in the order of time.
func (c *collector) rollbacks(all []Rollout) {
	before := map[string]bool{} // Whether the last rollout of a workload did not finish.
	for i := range all {
		r := &all[i]
		known := func(metric string) int {
			return int(orZero(c.rolled.steps(metric, sample.Labels{"workload": r.Workload}).Known(r.From, r.To)))
		}
		r.Revision, r.Restored = known(sample.WorkloadRevision), known(sample.RestoredRevision)
		r.RolledBack = before[r.Workload] && r.Restored > 0
		before[r.Workload] = r.Unfinished
	}
}

// standstills lists what stood still, rollouts before drains.
func (c *collector) standstills(rollouts []Rollout) []Standstill {
	var all []Standstill
	for _, r := range rollouts {
		if r.Reason != nil {
			all = append(all, Standstill{Workload: r.Workload, Phase: r.Phase, Reason: *r.Reason})
		}
	}
	for _, k := range slices.Sorted(maps.Keys(c.scalars)) {
		if s := c.scalars[k]; s.Metric == sample.EvictionsRefused && s.Value > 0 {
			all = append(all, c.heldDrain(s)...)
		}
	}
	return all
}

// heldDrain is a drain that a disruption budget held up; none if no node took long.
func (c *collector) heldDrain(refused Scalar) []Standstill {
	pool, phase := refused.Labels["pool"], refused.Labels[phaseLabel]
	from, to, ended := c.phaseSpan(phase)
	longest := (to - from).Seconds()
	words := "The drain of pool %s was not done after %s"
	if ended {
		values := c.values[key(sample.DrainDuration, withPhase(sample.Labels{"pool": pool}, phase))]
		if values == nil || values.Histogram.Max() < rollout.LongStill {
			return nil
		}
		longest = values.Histogram.Max()
		words = "A node of pool %s took %s to drain"
	}
	return []Standstill{{Pool: pool, Phase: phase, Reason: rollout.Reason{Cause: rollout.Disruption, From: from, To: to,
		Waited: fmt.Sprintf(words+": a PodDisruptionBudget refused %s evictions (429).", pool, sample.Format(longest, sample.Seconds),
			sample.Format(refused.Value, sample.Count)),
		Avoid: "Let the PodDisruptionBudget allow more pods to lack (maxUnavailable, minAvailable), let pods start faster, or drain fewer nodes at a time."}}}
}

// phaseSpan is when a phase was, and whether it ended by itself.
func (c *collector) phaseSpan(name string) (from, to sample.Offset, ended bool) {
	for _, p := range c.phases {
		if p.Name == name {
			return p.Start, p.End, p.Ended
		}
	}
	return 0, c.end, false
}
