package export

import (
	"math"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// A kind says of which part of a summary a row is.
type kind string

// The kinds of rows.
const (
	ofObjective    kind = "objective"
	ofFigure       kind = "figure"
	ofDistribution kind = "distribution"
	ofBuckets      kind = "buckets"
	ofGauge        kind = "gauge"
	ofScalar       kind = "scalar"
)

// A bound says what a value is known to be.
type bound string

// The bounds: a value is exact, or the true one is at least or at most that.
const (
	exact   bound = ""
	atLeast bound = "least" // Things that never got there have a part in it.
	atMost  bound = "most"  // The upper edge of the bucket in which it lies.
)

// A row is one number of a summary.
type row struct {
	kind      kind
	name      string // Of an objective or figure, unique among those of the run.
	subject   string // What that judges or shows, without its labels; of an objective without its name, which may hold the limit.
	metric    string
	labels    sample.Labels
	statistic slo.Statistic
	value     float64 // Finite.
	unit      sample.Unit
	n         int64
	censored  int64    // Of n, how many never got there.
	low, high *float64 // The 95% interval of a quantile; nil if there is none.
	bound     bound
}

// rows lists every number of a summary that may be shown as one: quantiles of too few samples and
// what is not finite are left out.
func rows(s *summary.Summary) []row {
	if s == nil {
		return nil
	}
	var all []row
	add := func(r row) {
		if !math.IsNaN(r.value) && !math.IsInf(r.value, 0) {
			all = append(all, r)
		}
	}
	for i, name := range objectiveNames(s.Objectives) {
		if o := s.Objectives[i]; o.Observed != nil {
			add(row{kind: ofObjective, name: name, subject: subject(o.Objective, ""), metric: o.Metric,
				labels: o.Where, statistic: o.Statistic, value: *o.Observed, unit: o.Unit, n: o.N, censored: o.Censored, low: o.Low, high: o.High, bound: boundOf(o.Censored)})
		}
	}
	for i, name := range figureNames(s.Figures) {
		if f := s.Figures[i]; f.Observed != nil {
			add(row{kind: ofFigure, name: name, subject: subject(f.Objective, f.Name), metric: f.Metric,
				labels: f.Where, statistic: f.Statistic, value: *f.Observed, unit: f.Unit, n: f.N, censored: f.Censored, low: f.Low, high: f.High, bound: boundOf(f.Censored)})
		}
	}
	for _, d := range s.Distributions {
		distributionRows(d, add)
	}
	for _, b := range s.Buckets {
		bucketRows(b, add)
	}
	for _, g := range s.Gauges {
		gaugeRows(g, add)
	}
	for _, v := range s.Scalars {
		r := row{kind: ofScalar, metric: v.Metric, labels: v.Labels, statistic: slo.Value, value: v.Value, unit: unitOf(v.Metric), n: 1}
		if v.Censored {
			r.censored, r.bound = 1, atLeast
		}
		add(r)
	}
	return all
}

// boundOf is what figures are that things which never got there may have a part in: the summary
// does not say of which they have none, and what is at least so much is true of those, too.
func boundOf(censored int64) bound {
	if censored > 0 {
		return atLeast
	}
	return exact
}

func distributionRows(d summary.Distribution, add func(row)) {
	if d.N == 0 {
		return
	}
	r := row{kind: ofDistribution, metric: d.Metric, labels: d.Labels, unit: unitOf(d.Metric), n: d.N, censored: d.Censored,
		bound: boundOf(d.Censored)}
	for _, q := range d.Quantiles {
		if !q.Printable {
			continue
		}
		one := r
		one.statistic, one.value = percentile(q.Percentile), q.Value
		if q.High > 0 {
			one.low, one.high = &q.Low, &q.High
		}
		add(one)
	}
	for _, s := range []struct {
		statistic slo.Statistic
		value     float64
	}{{slo.Min, d.Min}, {slo.Mean, d.Mean}, {slo.Max, d.Max}} {
		r.statistic, r.value = s.statistic, s.value
		add(r)
	}
}

func bucketRows(b summary.BucketFigure, add func(row)) {
	if b.N == 0 {
		return
	}
	r := row{kind: ofBuckets, metric: b.Metric, labels: b.Labels, unit: unitOf(b.Metric), n: b.N}
	for _, q := range b.Quantiles {
		if !q.Printable || q.Open {
			continue
		}
		one := r
		one.statistic, one.value, one.bound = percentile(q.Percentile), q.High, atMost
		add(one)
	}
	r.statistic, r.value = slo.Mean, b.Mean
	add(r)
}

// gaugeRows has the last value alone of a counter, whose mean and maximum say nothing.
func gaugeRows(g summary.Gauge, add func(row)) {
	if g.N == 0 {
		return
	}
	r := row{kind: ofGauge, metric: g.Metric, labels: g.Labels, unit: unitOf(g.Metric), n: g.N}
	if metric, _ := sample.Lookup(g.Metric); metric.Shape != sample.Counter {
		r.statistic, r.value = slo.Mean, g.Mean
		add(r)
		r.statistic, r.value = slo.Max, g.Max
		add(r)
	}
	r.statistic, r.value = slo.Last, g.Last
	add(r)
}

func subject(o slo.Objective, name string) string {
	o.Where, o.Name = nil, name
	return oneLine(o.Subject())
}

func unitOf(metric string) sample.Unit {
	m, _ := sample.Lookup(metric)
	return m.Unit
}
