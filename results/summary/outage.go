package summary

import (
	"slices"
	"time"

	"github.com/kubedyno/kubedyno/results/elasticity"
	"github.com/kubedyno/kubedyno/results/sample"
)

// An Outage is a time for which a component was away because the scenario had killed it.
type Outage struct {
	Component string         `json:"component"`
	Phase     string         `json:"phase"`
	Killed    sample.Offset  `json:"killed"`
	Started   *sample.Offset `json:"started,omitempty"` // When it was started again; nil if the run ended before.
	Back      *sample.Offset `json:"back,omitempty"`    // When it served again; nil if the run ended before.

	// Blind is the longest for which an HPA had no metric, and Recovery the longest from Started
	// until one had its metric again. They are nil where no HPA lost its metric.
	Blind    *elasticity.Span `json:"blind,omitempty"`
	Recovery *elasticity.Span `json:"recovery,omitempty"`

	// CPU is the mean of each component from Killed until Started, in cores.
	CPU map[string]float64 `json:"cpuCores,omitempty"`
}

// sampleStep is the time between two values of an HPA and of a component's CPU, and gapStep how far
// apart two values of an HPA are if there was none in between.
const (
	sampleStep = sample.Offset(time.Second)
	gapStep    = 5 * sampleStep / 2
)

// An outage is what is collected of one.
type outage struct {
	Outage
	// By HPA: its last metric before Started, the first one after, and when it was last seen at all.
	last, first, seen map[string]sample.Offset
	cpu               map[string]*gauge
}

// outageEvent takes an event of an outage.
func (c *collector) outageEvent(e sample.Event) {
	name := e.Fields["component"]
	if e.Kind == sample.ComponentKilled {
		c.outages = append(c.outages, &outage{Outage: Outage{Component: name, Phase: e.Phase, Killed: e.At},
			last: map[string]sample.Offset{}, first: map[string]sample.Offset{}, seen: map[string]sample.Offset{}, cpu: map[string]*gauge{}})
		return
	}
	at := e.At
	for _, o := range c.outages {
		switch {
		case o.Component != name || o.Back != nil:
		case e.Kind == sample.ComponentStarted:
			o.Started = &at
		case e.Kind == sample.ComponentBack:
			o.Back = &at
		}
	}
}

// outagePoint takes what outages are judged by.
func (c *collector) outagePoint(p sample.Point) {
	for _, o := range c.outages {
		before := o.Started == nil || p.At <= *o.Started
		hpa, component := p.Labels["hpa"], p.Labels["component"]
		switch {
		case p.Metric == sample.ComponentCPU && before && p.At >= o.Killed+sampleStep:
			if o.cpu[component] == nil {
				o.cpu[component] = &gauge{}
			}
			o.cpu[component].add(p.Value)
		case p.Metric == sample.HPACurrent:
			o.seen[hpa] = p.At
		case p.Metric != sample.HPARatio || !slices.Contains(metricsComponents, o.Component):
		case before:
			o.last[hpa] = p.At
		case o.first[hpa] == 0:
			o.first[hpa] = p.At
		}
	}
}

// metricsComponents are those without which HPAs have no metrics.
var metricsComponents = []string{"metrics-server", "metrics-adapter"}

// finishOutages judges the outages in the order in which they began.
func (c *collector) finishOutages() []Outage {
	var all []Outage
	for _, o := range c.outages {
		for component, g := range o.cpu {
			if o.CPU == nil {
				o.CPU = map[string]float64{}
			}
			o.CPU[component] = g.mean()
		}
		o.blind()
		all = append(all, o.Outage)
	}
	c.outageScalars(all)
	return all
}

// blind finds for how long HPAs had no metric; of one that never had it again, while it was there.
func (o *outage) blind() {
	for hpa, last := range o.last {
		first, again := o.first[hpa]
		if !again {
			first = o.seen[hpa]
		}
		if last < o.Killed-gapStep || first-last < gapStep {
			continue // It had none before, did not lose it, or was deleted.
		}
		o.Blind = longer(o.Blind, elasticity.Span{Seconds: (first - last).Seconds(), Censored: !again})
		if o.Started != nil {
			o.Recovery = longer(o.Recovery, elasticity.Span{Seconds: (first - *o.Started).Seconds(), Censored: !again})
		}
	}
}

func longer(known *elasticity.Span, s elasticity.Span) *elasticity.Span {
	if known != nil && known.Seconds >= s.Seconds {
		return known
	}
	return &s
}

// outageScalars makes figures that objectives can judge: the longest of each component and phase.
func (c *collector) outageScalars(all []Outage) {
	until := func(from sample.Offset, to *sample.Offset) *elasticity.Span {
		if to == nil {
			return &elasticity.Span{Seconds: (c.end - from).Seconds(), Censored: true}
		}
		return &elasticity.Span{Seconds: (*to - from).Seconds()}
	}
	for _, o := range all {
		labels := sample.Labels{"component": o.Component, phaseLabel: o.Phase}
		put := func(metric string, s *elasticity.Span) {
			k := key(metric, labels)
			if s != nil && (c.scalars[k].Metric == "" || c.scalars[k].Value < s.Seconds) {
				c.scalars[k] = Scalar{Metric: metric, Labels: labels, Value: s.Seconds, Censored: s.Censored}
			}
		}
		put(sample.ComponentAway, until(o.Killed, o.Back))
		if o.Started != nil {
			put(sample.ComponentRestart, until(*o.Started, o.Back))
		}
		put(sample.HPARecovery, o.Recovery)
	}
}
