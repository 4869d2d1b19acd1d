package live

import (
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

// An objective is judged by what has passed through the view so far. It knows nothing of what
// has not got there yet, so its outcome is no verdict; the report has that.
type objective struct {
	slo.Objective
	values       sample.Histogram
	censored     int64
	censoredFrom float64
	series       map[string]*slo.Series
	changed      bool
	outcome      slo.Outcome
}

// followed reports whether an objective can be judged by records as they pass. Some metrics are
// computed at the end, and the percentiles of a server's buckets need all of them.
func followed(o slo.Objective) bool {
	metric, ok := sample.Lookup(o.Metric)
	if !ok {
		return false
	}
	switch metric.Shape {
	case sample.Distribution:
		return o.Metric != sample.PodStage && o.Metric != sample.PodSimulatorOverhead
	case sample.Scalar:
		return o.Metric != sample.PodsReadyRate
	case sample.Gauge:
		return true
	}
	return false
}

func (o *objective) window(w sample.Window, labels sample.Labels) {
	if o.Metric != w.Metric || !labels.Match(o.Where) {
		return
	}
	o.values.Merge(w.Histogram)
	if w.Censored {
		if from := w.Histogram.Min(); o.censored == 0 || from < o.censoredFrom {
			o.censoredFrom = from
		}
		o.censored += w.Histogram.Count()
	}
	o.changed = true
}

func (o *objective) startup(took time.Duration, labels sample.Labels) {
	if o.Metric == sample.PodStartup && labels.Match(o.Where) {
		o.values.Record(took)
		o.changed = true
	}
}

func (o *objective) point(p sample.Point, labels sample.Labels) {
	if o.Metric != p.Metric || !labels.Match(o.Where) {
		return
	}
	key := p.Labels.String()
	s := o.series[key]
	if s == nil {
		if len(o.series) >= maxSeries {
			return
		}
		s = &slo.Series{Labels: p.Labels, Min: p.Value, Max: p.Value}
		o.series[key] = s
	}
	s.Mean += (p.Value - s.Mean) / float64(s.N+1)
	s.N++
	s.Min, s.Max, s.Last = min(s.Min, p.Value), max(s.Max, p.Value), p.Value
	o.changed = true
}

// soFar judges the objective by what is there.
func (o *objective) soFar() slo.Outcome {
	if !o.changed {
		if o.outcome.Verdict == "" {
			o.outcome.Verdict = slo.NoData
		}
		return o.outcome
	}
	o.changed = false
	if o.values.Count() > 0 {
		o.outcome = slo.EvaluateDistribution(o.Objective, slo.Distribution{Values: &o.values,
			Censored: o.censored, CensoredFrom: o.censoredFrom})
		return o.outcome
	}
	var all []slo.Series
	for _, s := range o.series {
		all = append(all, *s)
	}
	o.outcome = slo.EvaluateSeries(o.Objective, all, "")
	return o.outcome
}
