package summary

import (
	"maps"
	"math"
	"slices"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/stat"
)

// A BucketFigure is a bucketed metric, added up over the run for one label set. Values are in
// the metric's unit; N and Mean are exact.
type BucketFigure struct {
	Metric    string           `json:"metric"`
	Labels    sample.Labels    `json:"labels,omitempty"` // "phase" among them.
	N         int64            `json:"n"`
	Mean      float64          `json:"mean"`
	Quantiles []BucketQuantile `json:"quantiles"`
}

// A BucketQuantile is a percentile that lies above Low and is at most High. Open says that
// nothing bounds it from above; High is then 0. Printable is false when fewer than 10 samples
// lie beyond it.
type BucketQuantile struct {
	Percentile float64 `json:"percentile"`
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Open       bool    `json:"open,omitempty"`
	Printable  bool    `json:"printable"`
}

// A bucketed is the sum of the buckets of one label set.
type bucketed struct {
	metric string
	labels sample.Labels
	slo.Buckets
}

// readBuckets adds up the buckets of a run. A folder of an older kubedyno has none.
func (c *collector) readBuckets(run *bundle.Run) error {
	for b, err := range run.Buckets() {
		if err != nil && run.Missing(bundle.BucketsFile) {
			return nil
		}
		if err != nil {
			return err
		}
		c.addBuckets(b)
	}
	return nil
}

func (c *collector) addBuckets(b sample.Buckets) {
	c.end = max(c.end, b.To)
	labels, phase := c.split(b.Labels, b.From)
	labels = withPhase(labels, phase)
	c.syncBuckets(b, phase)
	k := key(b.Metric, labels)
	have := c.buckets[k]
	switch {
	case len(b.Counts) != len(b.Bounds)+1:
		c.overflow[b.Metric] = true
	case have == nil && len(c.buckets) >= maxSeries:
		c.overflow[b.Metric] = true
	case have == nil:
		c.buckets[k] = &bucketed{metric: b.Metric, labels: labels,
			Buckets: slo.Buckets{Bounds: b.Bounds, Counts: slices.Clone(b.Counts), Sum: b.Sum}}
	case !have.add(slo.Buckets{Bounds: b.Bounds, Counts: b.Counts, Sum: b.Sum}):
		c.overflow[b.Metric] = true
	}
}

// add adds counts; it reports false if the buckets have other bounds, which cannot be added up.
func (b *bucketed) add(other slo.Buckets) bool {
	if !slices.Equal(b.Bounds, other.Bounds) {
		return false
	}
	for i, count := range other.Counts {
		b.Counts[i] += count
	}
	b.Sum += other.Sum
	return true
}

func (c *collector) bucketFigures() []BucketFigure {
	var all []BucketFigure
	for _, k := range slices.Sorted(maps.Keys(c.buckets)) {
		b := c.buckets[k]
		figure := BucketFigure{Metric: b.metric, Labels: b.labels, N: b.N(), Mean: b.Mean()}
		for _, percentile := range percentiles {
			low, high := b.Quantile(percentile / 100)
			q := BucketQuantile{Percentile: percentile, Low: low, High: high,
				Printable: stat.Printable(figure.N, percentile/100)}
			if math.IsInf(high, 1) {
				q.High, q.Open = 0, true
			}
			figure.Quantiles = append(figure.Quantiles, q)
		}
		all = append(all, figure)
	}
	return all
}

// judgeBuckets judges an objective on the sum of the series that it selects.
func (c *collector) judgeBuckets(o slo.Objective, doubt string) slo.Outcome {
	all := &bucketed{Buckets: slo.Buckets{Doubt: doubt}}
	for _, k := range slices.Sorted(maps.Keys(c.buckets)) {
		b := c.buckets[k]
		switch {
		case b.metric != o.Metric || !b.labels.Match(o.Where):
		case all.Bounds == nil:
			all.Bounds, all.Counts, all.Sum = b.Bounds, slices.Clone(b.Counts), b.Sum
		case !all.add(b.Buckets):
			all.Doubt = "the buckets of " + o.Metric + " have different bounds, and some were left out"
		}
	}
	return slo.EvaluateBuckets(o, all.Buckets)
}
