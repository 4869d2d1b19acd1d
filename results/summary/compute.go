package summary

import (
	"maps"
	"slices"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/stat"
)

// percentiles are the quantiles of every distribution that a Summary holds.
var percentiles = [...]float64{50, 90, 95, 99, 99.9}

// Compute summarises a run folder, finished or not, in one pass over its files. The same
// folder gives the same result. Its memory is bounded by maxSeries and maxGauges, not by the run's length.
//
// The run's verdict is that of slo.Worst. A phase label that the runner did not record is that
// of the phase that ran at the time. Means of gauges are those of their points, unweighted.
func Compute(run *bundle.Run) (*Summary, *Detail, error) {
	c, err := collect(run)
	if err != nil {
		return nil, nil, err
	}
	c.consult(run)
	elasticities := c.elasticities(run)
	c.elasticScalars(elasticities)
	outages := c.finishOutages()
	rollouts := c.rollouts(run)
	c.rolloutScalars(rollouts)
	c.attemptScalars()
	c.quotaScalars()
	c.excessScalars()
	costs := c.costScalars(run.Manifest)
	s := &Summary{
		FormatVersion: sample.FormatVersion,
		Run:           run.Manifest.ID,
		Status:        run.Manifest.Status,
		Incomplete:    run.Incomplete(),
		Duration:      c.end,
		Objectives:    c.objectives(run),
		Figures:       c.figures(run),
		Phases:        append([]Phase{}, c.phases...),
		Distributions: c.distributions(),
		Buckets:       c.bucketFigures(),
		Gauges:        c.gaugeFigures(),
		Scalars:       []Scalar{},
		Counts:        c.counts,
		WatchBooks:    c.watchBooks(),
		Elasticity:    elasticities,
		Outages:       outages,
		Rollouts:      rollouts,
		Standstills:   c.standstills(rollouts),
		Costs:         costs,
		Volumes:       c.volumes(),
	}
	for _, k := range slices.Sorted(maps.Keys(c.scalars)) {
		s.Scalars = append(s.Scalars, c.scalars[k])
	}
	var verdicts []slo.Verdict
	for _, o := range s.Objectives {
		verdicts = append(verdicts, o.Verdict)
	}
	s.Verdict = slo.Worst(verdicts)
	s.Sentence = sentence(s)
	s.Warnings = c.warnings(run, s)
	return s, c.detail(), nil
}

func (c *collector) distributions() []Distribution {
	all := []Distribution{}
	for _, k := range slices.Sorted(maps.Keys(c.values)) {
		values := c.values[k]
		h := &values.Histogram
		d := Distribution{
			Metric: values.Metric, Labels: values.Labels, N: h.Count(), Censored: values.Censored,
			Min: h.Min(), Mean: h.Mean(), Max: h.Max(),
		}
		for _, percentile := range percentiles {
			q := stat.QuantileOf(h, percentile/100)
			d.Quantiles = append(d.Quantiles, Quantile{Percentile: percentile, Value: q.Value,
				Low: q.Low, High: q.High, Printable: q.Printable})
		}
		all = append(all, d)
	}
	return all
}

func (c *collector) gaugeFigures() []Gauge {
	all := []Gauge{}
	for _, k := range slices.Sorted(maps.Keys(c.gauges)) {
		g := c.gauges[k]
		all = append(all, Gauge{Metric: g.metric, Labels: g.labels, N: g.n,
			Mean: g.mean(), Max: g.max, Last: g.last})
	}
	return all
}

func (c *collector) detail() *Detail {
	d := &Detail{Events: c.events}
	for _, class := range slices.Sorted(maps.Keys(c.heats)) {
		d.Heats = append(d.Heats, *c.heats[class])
	}
	for _, k := range slices.Sorted(maps.Keys(c.slow)) {
		d.Slow = append(d.Slow, *c.slow[k])
	}
	for _, k := range slices.Sorted(maps.Keys(c.values)) {
		d.Distributions = append(d.Distributions, *c.values[k])
	}
	for _, k := range slices.Sorted(maps.Keys(c.gauges)) {
		if g := c.gauges[k]; g.track != nil {
			d.Tracks = append(d.Tracks, Track{Metric: g.metric, Labels: g.labels, Points: g.track.points()})
		}
	}
	return d
}

// Merged returns the values of a metric over every label set that has the labels of where,
// "phase" among them. Its Labels are where.
func (d *Detail) Merged(metric string, where sample.Labels) Values {
	merged := Values{Metric: metric, Labels: where}
	for _, values := range d.Distributions {
		if values.Metric == metric && values.Labels.Match(where) {
			merged.add(&values)
		}
	}
	return merged
}

func (v *Values) add(other *Values) {
	v.Histogram.Merge(other.Histogram)
	if other.Censored > 0 && (v.Censored == 0 || other.CensoredFrom < v.CensoredFrom) {
		v.CensoredFrom = other.CensoredFrom
	}
	v.Censored += other.Censored
}
