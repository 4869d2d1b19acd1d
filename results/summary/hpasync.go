package summary

import (
	"github.com/kubedyno/kubedyno/results/sample"
)

// minSyncs is how often each HPA must have been looked at in a phase, on average, for the phase to
// tell the effective sync period: twice, less what the ends of the phase may cut off.
const minSyncs = 1.75

// controllerManager is the component that has the HPA controller.
const controllerManager = "kube-controller-manager"

// A syncing is how many reconciliations of HPAs there were in a part of a phase.
type syncing struct {
	from, to sample.Offset
	n        uint64
	existed  float64 // HPAs, as long as steady.
	counted  bool    // existed is known.
	steady   bool    // The number of HPAs did not change.
}

// An hpaCount is how many HPAs existed at the last moment at which that was recorded.
type hpaCount struct {
	n     float64
	known bool
}

func (c *collector) syncingOf(phase string) *syncing {
	if c.syncs[phase] == nil {
		c.syncs[phase] = &syncing{steady: true}
	}
	return c.syncs[phase]
}

// syncBuckets takes what the controller counted in a phase.
func (c *collector) syncBuckets(b sample.Buckets, phase string) {
	if b.Metric != sample.HPAReconcile || phase == "" {
		return
	}
	s := c.syncingOf(phase)
	s.from, s.to = b.From, b.To
	for _, count := range b.Counts {
		s.n += count
	}
}

// hpaPoint takes how many HPAs exist. The first point of a phase is held against the one before
// it, as HPAs may have come in between.
func (c *collector) hpaPoint(p sample.Point) {
	if p.Metric != sample.HPAs || p.Labels["state"] != "existing" {
		return
	}
	before := c.hpas
	c.hpas = hpaCount{p.Value, true}
	_, phase := c.split(p.Labels, p.At)
	if phase == "" {
		return
	}
	s := c.syncingOf(phase)
	s.steady = s.steady && before.known && before.n == p.Value
	s.existed, s.counted = p.Value, true
}

// syncPeriods derives the effective sync period of each phase that tells it:
//
//	period = HPAs that exist * seconds / reconciliations
//
// The controller queues each HPA again one sync period after its last reconciliation ended
// (k8s.io/kubernetes v1.37.2, pkg/controller/podautoscaler: processNextWorkItem, rate_limiters.go),
// so with N HPAs and r reconciliations a second each is looked at every N/r seconds on average
// (Little's law). The ends of the phase may cut off a part of a period of each HPA. That cancels out
// where the HPAs take their turns evenly, or where the phase lasts a whole number of periods.
//
// There is no figure for a phase in which the number of HPAs changed, in which the controller
// counted others beside those of the run or was restarted, or which was too short.
func (c *collector) syncPeriods() {
	for phase, s := range c.syncs {
		if !s.counted || !s.steady || s.existed == 0 || float64(s.n) < minSyncs*s.existed {
			continue
		}
		labels := sample.Labels{phaseLabel: phase}
		if own := c.gauges[key(sample.HPAControlled, labels)]; own != nil && (own.min != s.existed || own.max != s.existed) {
			continue
		}
		cpu := c.gauges[key(sample.ComponentCPUTotal, withPhase(sample.Labels{"component": controllerManager}, phase))]
		if cpu != nil && cpu.last < cpu.max { // It began anew.
			continue
		}
		c.scalar(sample.HPASyncPeriod, labels, s.existed*(s.to-s.from).Seconds()/float64(s.n))
	}
}
