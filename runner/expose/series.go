package expose

import (
	"maps"
	"slices"
	"sort"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kubedyno/kubedyno/results/sample"
)

// prefix is put before the names of the metrics.
const prefix = "kubedyno_"

// maxSeries is how many series are exposed; what comes on top is counted.
const maxSeries = 5000

// bounds are the upper bounds of the buckets of distributions, in seconds: three in each power of
// ten from 1 ms to 1 minute, and the limits of SIG-Scalability's SLOs among them.
var bounds = [...]float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 20, 30, 60}

// series holds the last value of every series. It is a prometheus.Collector.
type series struct {
	mutex         sync.Mutex
	phaseNow      string
	values        map[string]*value
	distributions map[string]*distribution
	left          int // Records of series that were one too many.
}

// A value is a series of a gauge, scalar or counter.
type value struct {
	metric sample.Metric
	labels []string
	last   float64
}

// A distribution is a series of a histogram.
type distribution struct {
	metric  sample.Metric
	labels  []string
	buckets []uint64 // By bound, not cumulative.
	count   uint64
	sum     float64
}

func newSeries() *series {
	return &series{values: map[string]*value{}, distributions: map[string]*distribution{}}
}

func (s *series) phase(name string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.phaseNow = name
}

// names are the label names of a metric; every series of it has all of them.
func names(m sample.Metric) []string { return append(slices.Clone(m.Labels), "phase") }

func labelValues(m sample.Metric, labels sample.Labels) []string {
	var all []string
	for _, name := range names(m) {
		all = append(all, labels[name])
	}
	return all
}

func (s *series) point(p sample.Point) {
	metric, ok := sample.Lookup(p.Metric)
	if !ok {
		return
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	key := p.Metric + "{" + p.Labels.String() + "}"
	known, ok := s.values[key]
	if !ok {
		if s.full() {
			return
		}
		known = &value{metric: metric, labels: labelValues(metric, p.Labels)}
		s.values[key] = known
	}
	known.last = p.Value
}

func (s *series) window(w sample.Window) {
	metric, ok := sample.Lookup(w.Metric)
	if !ok {
		return
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	key := w.Metric + "{" + w.Labels.String() + "}"
	known, ok := s.distributions[key]
	if !ok {
		if s.full() {
			return
		}
		known = &distribution{metric: metric, labels: labelValues(metric, w.Labels), buckets: make([]uint64, len(bounds))}
		s.distributions[key] = known
	}
	w.Histogram.Buckets(func(seconds float64, count int64) {
		// A value read from a histogram is rounded up, so that exactly a bound lies above it.
		bucket := sort.Search(len(bounds), func(i int) bool { return seconds <= sample.Resolve(bounds[i]) })
		if bucket < len(bounds) {
			known.buckets[bucket] += uint64(count)
		}
		known.count += uint64(count)
		known.sum += seconds * float64(count)
	})
}

// full counts a record that finds no room. The caller holds the mutex.
func (s *series) full() bool {
	if len(s.values)+len(s.distributions) < maxSeries {
		return false
	}
	s.left++
	return true
}

// Describe describes nothing: the series are known only as they come.
func (s *series) Describe(chan<- *prometheus.Desc) {}

// Collect sends every series.
func (s *series) Collect(out chan<- prometheus.Metric) {
	for _, m := range s.snapshot() {
		out <- m
	}
}

// snapshot is taken under the mutex and sent without it, so that a slow reader delays no record.
func (s *series) snapshot() []prometheus.Metric {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var all []prometheus.Metric
	for _, key := range slices.Sorted(maps.Keys(s.values)) {
		v := s.values[key]
		kind := prometheus.GaugeValue
		if v.metric.Shape == sample.Counter {
			kind = prometheus.CounterValue
		}
		all = append(all, prometheus.MustNewConstMetric(describe(v.metric), kind, v.last, v.labels...))
	}
	for _, key := range slices.Sorted(maps.Keys(s.distributions)) {
		d := s.distributions[key]
		cumulative, below := map[float64]uint64{}, uint64(0)
		for i, bound := range bounds {
			below += d.buckets[i]
			cumulative[bound] = below
		}
		all = append(all, prometheus.MustNewConstHistogram(describe(d.metric), d.count, d.sum, cumulative, d.labels...))
	}
	if s.phaseNow != "" {
		all = append(all, prometheus.MustNewConstMetric(
			prometheus.NewDesc(prefix+"phase_info", "The phase of the run now.", []string{"phase"}, nil),
			prometheus.GaugeValue, 1, s.phaseNow))
	}
	return append(all, prometheus.MustNewConstMetric(
		prometheus.NewDesc(prefix+"exposed_records_left_out_total", "Records of series that were one too many to be exposed.", nil, nil),
		prometheus.CounterValue, float64(s.left)))
}

func describe(m sample.Metric) *prometheus.Desc {
	return prometheus.NewDesc(prefix+m.Name, m.Help, names(m), nil)
}
