package summary

import (
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
)

// What becomes of the forecast of a rollout under quotas.
const (
	Agrees   = "agrees"
	Differs  = "differs"
	NotKnown = "not known"
)

// agreement holds a forecast against what happened while the rollout was watched:
//
//   - never complete agrees if it was not complete by then, and attempts to make pods were refused;
//   - attempts refused agrees if there were such; when it is complete was not foreseen;
//   - stuck, while an autoscaler asks for many pods, agrees as never complete does; one that was complete
//     proves nothing, as the autoscaler may have asked for fewer;
//   - crowded, attempts refused while an autoscaler asks for many pods, agrees if there were such, and
//     without them proves nothing either;
//   - nothing in the way agrees if it was complete by then, and no attempt was refused.
//
// A rollout that was not watched to its end, or until it was given up, proves nothing. Where refusals
// are not known (nil) a forecast can be contradicted and not confirmed.
func agreement(forecast string, watched, complete bool, refused *float64) string {
	switch {
	case !watched, forecast == bundle.Stuck && complete, forecast == bundle.Crowded && refused != nil && *refused == 0:
		return NotKnown
	case forecast == bundle.Never && complete, forecast == "" && !complete:
		return Differs
	case refused == nil:
		return NotKnown
	case (forecast != "") == (*refused > 0):
		return Agrees
	}
	return Differs
}

// forecastOf is what the plan foresaw of a workload's rollout in a phase.
func forecastOf(u bundle.Update, phase string) string {
	if len(u.Forecasts) > 0 {
		return u.Forecasts[phase]
	}
	return u.Forecast // Nothing, or of a manifest that does not tell phases apart.
}

// refusedPods counts the attempts to make pods that were refused (403) while a phase with a rollout
// was under way. It is nil where that is not known: if the API server's counts were not read up to
// the rollout's end or began anew meanwhile, or if those that were refused may be other pods.
func (c *collector) refusedPods(r Rollout) *float64 {
	if read, ok := c.rolled.read[r.Phase]; !ok || read < r.To {
		return nil
	}
	for _, o := range c.outages {
		if o.Component == "kube-apiserver" && o.Phase == r.Phase {
			return nil
		}
	}
	labels := sample.Labels{phaseLabel: r.Phase, "verb": "create", "resource": "pods", "code": "403"}
	refused := 0.0 // What was never counted has no series.
	if g := c.gauges[key(sample.ServerRefused, labels)]; g != nil {
		refused = g.last
	}
	if refused > 0 && c.othersMakePods(r) {
		return nil
	}
	return &refused
}

// othersMakePods reports whether another workload than the rollout's may have had its pods refused
// in the phase: one that is updated as well, or one of a create action that counts refusals.
func (c *collector) othersMakePods(r Rollout) bool {
	for k := range c.rolled.windows {
		if k.phase == r.Phase && k.workload != r.Workload {
			return true
		}
	}
	for _, s := range c.scalars {
		if s.Metric == sample.ObjectsRefused && s.Labels[phaseLabel] == r.Phase && s.Value > 0 {
			return true
		}
	}
	return false
}
