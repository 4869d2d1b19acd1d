package summary

import (
	"cmp"
	"slices"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/rollout"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/series"
)

// A Rollout says how the objects of a workload were updated in a phase, all together. It is computed
// from the recorded series.
type Rollout struct {
	Workload string         `json:"workload"`
	Phase    string         `json:"phase"`
	Limits   rollout.Limits `json:"limits"`
	// Unfinished says that updates were still under way when the records end, or when kubedyno
	// ceased to wait for them.
	Unfinished bool `json:"unfinished,omitempty"`
	// Forecast is what the plan foresaw of the rollout under quotas: "never", "stuck" (while an
	// autoscaler asks for many pods), "delayed", or nothing.
	Forecast string `json:"forecast,omitempty"`
	// Refused is how many attempts to make pods were refused (403) in the phase; nil if not known.
	Refused *float64 `json:"refused,omitempty"`
	// Agreement says what became of the forecast: Agrees, Differs or NotKnown; "" without quotas,
	// of which nothing is foreseen.
	Agreement string `json:"agreement,omitempty"`
	rollout.Result
	// Stall is the time in which the workload's quotas had room and pods were missing; nil
	// without quotas, or if nothing is known of them.
	Stall *rollout.Stall `json:"stall,omitempty"`
	// Lag is how long the quota counted pods of the workload that were gone; nil unless the workload
	// alone is under a quota of pods, and its status tells of terminating ones.
	Lag *rollout.Lag `json:"lag,omitempty"`
	// Revision is the number of the revision that was rolled out, and Restored that of the earlier one
	// with the same pod template; 0 if there is none, or if it is not known.
	Revision int `json:"revision,omitempty"`
	Restored int `json:"restored,omitempty"`
	// RolledBack says that the rollout before it did not finish, and that this one brought an earlier
	// revision back.
	RolledBack bool `json:"rolledBack,omitempty"`
	// Reason is what it waited for while it stood still; nil if it did not, for long.
	Reason *rollout.Reason `json:"reason,omitempty"`
}

// rolled collects what rollouts are judged by.
type rolled struct {
	series  recorders // By metric and labels.
	windows map[rolledKey]*window
	read    map[string]sample.Offset // When what the API server refused was last read, by phase.
}

type rolledKey struct{ workload, phase string }

// rolledPoint takes a point of a series that rollouts need.
func (c *collector) rolledPoint(p sample.Point) {
	switch p.Metric {
	case sample.PodsByState, sample.WorkloadRevision, sample.RestoredRevision, sample.ProgressDeadlines:
		c.rolled.series.add(key(p.Metric, p.Labels), p) // Only words rest on them.
	case sample.WorkloadReplicas, sample.QuotaUsed, sample.QuotaHard:
		if c.rolled.series.add(key(p.Metric, p.Labels), p) {
			c.overflow[p.Metric] = true
		}
	case sample.ServerRefused:
		_, phase := c.split(p.Labels, p.At)
		c.rolled.read[phase] = max(c.rolled.read[phase], p.At)
	case sample.Rollouts:
		_, phase := c.split(p.Labels, p.At)
		c.rolled.extend(rolledKey{p.Labels["workload"], phase}, p.At)
	}
}

// steps returns a series as it was recorded; nil if it was not.
func (r *rolled) steps(metric string, labels sample.Labels) series.Steps {
	return r.series.steps(key(metric, labels))
}

func (r *rolled) extend(k rolledKey, at sample.Offset) {
	if r.windows == nil {
		r.windows = map[rolledKey]*window{}
	}
	if known := r.windows[k]; known != nil {
		known.from, known.to = min(known.from, at), max(known.to, at)
		return
	}
	r.windows[k] = &window{at, at}
}

// rollouts judges every rollout in the order of time.
func (c *collector) rollouts(run *bundle.Run) []Rollout {
	var all []Rollout
	for k, w := range c.rolled.windows {
		watched := false
		r := Rollout{Workload: k.workload, Phase: k.phase, Unfinished: true} // Of a run that was killed nothing says how long it took.
		for _, d := range c.values {
			if d.Metric == sample.RolloutDuration && d.Labels["workload"] == k.workload && d.Labels[phaseLabel] == k.phase {
				r.Unfinished, watched = d.Censored > 0, true
			}
		}
		of := c.podsOf(k.workload)
		update := updateOf(run, k.workload)
		r.Forecast = forecastOf(update, k.phase)
		r.Limits = rollout.Limits{Unavailable: float64(update.Objects * update.Unavailable), Surge: float64(update.Objects * update.Surge),
			UnavailablePercent: update.UnavailablePercent, SurgePercent: update.SurgePercent}
		r.Result = rollout.Judge(of, r.Limits, w.from, w.to)
		if len(update.Needs) > 0 {
			r.Refused = c.refusedPods(r)
			r.Agreement = agreement(r.Forecast, watched, !r.Unfinished, r.Refused)
		}
		stall := rollout.Stalled(of.Desired, of.Current, c.constraints(update.Needs), w.from, w.to)
		if stall.Known > 0 {
			r.Stall = &stall
		}
		if quota, alone := podQuota(run, k.workload); alone && of.Terminating != nil {
			labels := sample.Labels{"quota": quota.Quota, "resource": quota.Resource}
			present := series.Sum(of.Current, of.Terminating)
			lag := rollout.Lagged(c.rolled.steps(sample.QuotaUsed, labels), present, w.from, w.to)
			r.Lag = &lag
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b Rollout) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Workload, b.Workload))
	})
	c.reasons(run, all)
	c.rollbacks(all)
	return all
}

// podsOf are the pods of a workload over time.
func (c *collector) podsOf(workload string) rollout.Series {
	pods := func(state string) series.Steps {
		return c.rolled.steps(sample.WorkloadReplicas, sample.Labels{"workload": workload, "state": state})
	}
	return rollout.Series{Desired: pods("desired"), Current: pods("current"), Updated: pods("updated"),
		Available: pods("available"), Terminating: pods("terminating")}
}

// constraints are the quotas in the way of a workload's pods.
func (c *collector) constraints(needs []bundle.Need) []rollout.Constraint {
	var all []rollout.Constraint
	for _, need := range needs {
		labels := sample.Labels{"quota": need.Quota, "resource": need.Resource}
		all = append(all, rollout.Constraint{Need: need.Each,
			Used: c.rolled.steps(sample.QuotaUsed, labels), Hard: c.rolled.steps(sample.QuotaHard, labels)})
	}
	return all
}

// podQuota returns the quota of pods that a workload is under; not alone if there is none, or if another
// workload that is updated is under it, too.
func podQuota(run *bundle.Run, workload string) (quota bundle.Need, alone bool) {
	isPods := func(n bundle.Need) bool { return n.Resource == "pods" || n.Resource == "count/pods" }
	for _, n := range updateOf(run, workload).Needs {
		if isPods(n) {
			quota, alone = n, true
			break
		}
	}
	for _, u := range run.Manifest.Updates {
		if u.Workload != workload && slices.ContainsFunc(u.Needs, func(n bundle.Need) bool { return n.Quota == quota.Quota }) {
			alone = false
		}
	}
	return quota, alone
}

// updateOf says how a workload's objects are updated; of a run that does not say it nothing is allowed.
func updateOf(run *bundle.Run, workload string) bundle.Update {
	for _, u := range run.Manifest.Updates {
		if u.Workload == workload {
			return u
		}
	}
	return bundle.Update{}
}

// rolloutScalars makes figures that objectives can judge of what is known.
func (c *collector) rolloutScalars(all []Rollout) {
	for _, r := range all {
		if r.Seconds <= 0 {
			continue
		}
		labels := sample.Labels{"workload": r.Workload, phaseLabel: r.Phase}
		grown := func(metric string, value float64) {
			c.scalars[key(metric, labels)] = Scalar{Metric: metric, Labels: labels, Value: value, SoFar: r.Unfinished}
		}
		grown(sample.RolloutUnavailable, r.Unavailable)
		grown(sample.RolloutBeyond, r.Beyond)
		grown(sample.RolloutSurge, r.Surge)
		if r.Still != nil {
			grown(sample.RolloutStill, r.Still.Seconds())
		}
		if r.Stall != nil {
			longest := 0.0
			if r.Stall.Longest != nil {
				longest = r.Stall.Longest.Seconds()
			}
			grown(sample.QuotaStall, r.Stall.Seconds)
			grown(sample.QuotaStallLongest, longest)
		}
		if r.Lag != nil && r.Lag.Mean != nil {
			c.scalar(sample.QuotaLag, labels, *r.Lag.Mean)
		}
		if r.LeastAvailable != nil && r.Still != nil && r.Still.Desired > 0 {
			c.scalar(sample.RolloutLeast, labels, *r.LeastAvailable/r.Still.Desired)
		}
	}
}
