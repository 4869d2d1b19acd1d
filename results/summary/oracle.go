package summary

import (
	"math"
	"time"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/elasticity"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/series"
)

// consult works out what each HPA should have asked for, of those whose rule is known, and keeps
// it as a series beside what it did ask for.
func (c *collector) consult(run *bundle.Run) {
	for _, a := range run.Manifest.Autoscalers {
		if a.Rule == nil {
			continue
		}
		asked := elasticity.Oracle(*a.Rule, c.elastic.steps(sample.ServiceServed, a.Service),
			c.elastic.steps(sample.ServiceReady, a.Service), c.elastic.steps(sample.HPADesired, a.HPA))
		if served := c.elastic.series[sample.ServiceServed+" "+a.Service]; served != nil && served.Full() {
			for _, metric := range []string{sample.HPAOracle, sample.HPARuleShort, sample.HPADecidedLate} {
				c.overflow[metric] = true
			}
		}
		c.oracles[a.HPA] = asked
		c.gaugeOracle(a.HPA, asked)
	}
}

// gaugeOracle makes a gauge of the series: a point at every change, and every second as gauges are
// sampled.
func (c *collector) gaugeOracle(hpa string, asked series.Steps) {
	const every = sample.Offset(time.Second)
	for i, step := range asked {
		until := step.At + 1
		if i+1 < len(asked) {
			until = asked[i+1].At
		}
		for at := step.At; at < until && !math.IsNaN(step.Value); at += every {
			c.point(sample.Point{At: at, Metric: sample.HPAOracle, Labels: sample.Labels{"hpa": hpa}, Value: step.Value})
		}
	}
}

// shortage splits what lacked in a phase, where it is known what the service's HPA should have
// asked for.
func (c *collector) shortage(service string, scalers []bundle.Autoscaler, w *window) *elasticity.Shortage {
	if len(scalers) != 1 {
		return nil
	}
	asked, known := c.oracles[scalers[0].HPA]
	if !known {
		return nil
	}
	s, ok := elasticity.Apportion(c.elastic.steps(sample.ServiceNeeded, service), asked,
		c.elastic.steps(sample.HPADesired, scalers[0].HPA), c.elastic.steps(sample.ServiceReady, service), w.from, w.to)
	if !ok {
		return nil
	}
	return &s
}
