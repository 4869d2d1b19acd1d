package summary

import (
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
)

// A readyRate is what the rate of pods becoming Ready in one phase is made of.
type readyRate struct {
	ready int64
	first sample.Offset // The first creation.
	last  sample.Offset // The last Ready.
}

// perSecond is not ok without a pod that is Ready after the first creation.
func (r *readyRate) perSecond() (rate float64, ok bool) {
	seconds := (r.last - r.first).Seconds()
	if r.ready == 0 || seconds <= 0 {
		return 0, false
	}
	return float64(r.ready) / seconds, true
}

func (c *collector) pod(p sample.Pod) {
	c.end = max(c.end, p.Until)
	c.costs.pod(p)
	if p.Amends() {
		return
	}
	c.counts.PodsCreated++
	if p.Uncertain {
		c.counts.Uncertain++
	}
	begin := p.Began()
	labels := withPhase(sample.Labels{"workload": p.Workload}, p.Phase)
	took := waitedUntil(p) - begin
	if p.Ready != nil {
		c.counts.PodsReady++
		took = *p.Ready - begin
	} else {
		c.counts.PodsCensored++
	}
	c.record(sample.PodStartup, labels, took, p.Ready == nil)
	c.slowPod(sample.PodStartup, labels, took, p)
	c.floor(labels, took, p)
	c.readyRate(p, begin)
	if p.Uncertain { // Of transitions that were seen late, nobody knows how far they were apart.
		return
	}
	c.stages(p, labels)
	if p.Scheduled != nil && p.Running != nil && p.ConfiguredStartSeconds != nil {
		configured := time.Duration(*p.ConfiguredStartSeconds * float64(time.Second))
		added := *p.Running - *p.Scheduled - sample.Offset(configured)
		c.record(sample.PodSimulatorOverhead, labels, max(added, 0), false)
	}
}

// waitedUntil is how long a pod that is not Ready had the chance to become so.
func waitedUntil(p sample.Pod) sample.Offset {
	if p.Deleted != nil {
		return min(*p.Deleted, p.Until)
	}
	return p.Until
}

func (c *collector) record(metric string, labels sample.Labels, took sample.Offset, censored bool) {
	values := c.valuesOf(metric, labels)
	if values == nil {
		return
	}
	values.record(took, censored)
}

func (v *Values) record(took sample.Offset, censored bool) {
	v.Histogram.Record(time.Duration(took))
	if !censored {
		return
	}
	if v.Censored == 0 || took.Seconds() < v.CensoredFrom {
		v.CensoredFrom = took.Seconds()
	}
	v.Censored++
}

// floor records the least that a pod's startup may have taken.
func (c *collector) floor(labels sample.Labels, took sample.Offset, p sample.Pod) {
	k := key(sample.PodStartup, labels)
	if c.values[k] == nil {
		return // There are too many series.
	}
	if c.floors[k] == nil {
		c.floors[k] = &Values{Metric: sample.PodStartup, Labels: labels}
	}
	if p.Uncertain {
		took = 0
	}
	c.floors[k].record(took, p.Ready == nil)
}

// stages records every stage whose both ends were seen, and as censored the one in which a
// pod that never became Ready was left:
//
//	intended --create--> created --schedule--> scheduled --start--> running --ready--> ready
func (c *collector) stages(p sample.Pod, labels sample.Labels) {
	stages := []struct {
		name     string
		from, to *sample.Offset
	}{
		{"create", p.Intended, &p.Created},
		{"schedule", &p.Created, p.Scheduled},
		{"start", p.Scheduled, p.Running},
		{"ready", p.Running, p.Ready},
	}
	reached := 0 // The last stage that the pod is known to have begun.
	for i, stage := range stages {
		if stage.from != nil {
			reached = i
		}
	}
	for i, stage := range stages {
		withStage := sample.Labels{"stage": stage.name}
		for name, value := range labels {
			withStage[name] = value
		}
		switch {
		case stage.from != nil && stage.to != nil:
			c.record(sample.PodStage, withStage, *stage.to-*stage.from, false)
			c.slowPod(sample.PodStage, withStage, *stage.to-*stage.from, p)
		case stage.from != nil && p.Ready == nil && i == reached:
			c.record(sample.PodStage, withStage, waitedUntil(p)-*stage.from, true)
			c.slowPod(sample.PodStage, withStage, waitedUntil(p)-*stage.from, p)
		}
	}
}

func (c *collector) readyRate(p sample.Pod, begin sample.Offset) {
	rate, ok := c.rates[p.Phase]
	if !ok {
		rate = &readyRate{first: begin}
		c.rates[p.Phase] = rate
	}
	rate.first = min(rate.first, begin)
	if p.Ready != nil {
		rate.ready++
		rate.last = max(rate.last, *p.Ready)
	}
}
