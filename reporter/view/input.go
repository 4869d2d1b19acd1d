package view

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// A builder holds what every part of the report is built from.
type builder struct {
	manifest bundle.Manifest
	scenario []byte
	summary  *summary.Summary
	detail   *summary.Detail
}

// gauge returns the gauge of a metric over the whole run.
func (b *builder) gauge(metric string, labels sample.Labels) (summary.Gauge, bool) {
	for _, gauge := range b.summary.Gauges {
		if gauge.Metric == metric && gauge.Labels.String() == labels.String() {
			return gauge, true
		}
	}
	return summary.Gauge{}, false
}

// gauges returns the gauges of a metric, over the whole run or by phase.
func (b *builder) gauges(metric string, byPhase bool) []summary.Gauge {
	var found []summary.Gauge
	for _, gauge := range b.summary.Gauges {
		if _, hasPhase := gauge.Labels["phase"]; gauge.Metric == metric && hasPhase == byPhase {
			found = append(found, gauge)
		}
	}
	return found
}

func (b *builder) distributions(metric string) []summary.Distribution {
	var found []summary.Distribution
	for _, d := range b.summary.Distributions {
		if d.Metric == metric {
			found = append(found, d)
		}
	}
	slices.SortStableFunc(found, func(x, y summary.Distribution) int { return b.inOrder(x.Labels, y.Labels) })
	return found
}

func (b *builder) scalars(metric string) []summary.Scalar {
	var found []summary.Scalar
	for _, s := range b.summary.Scalars {
		if s.Metric == metric {
			found = append(found, s)
		}
	}
	slices.SortStableFunc(found, func(x, y summary.Scalar) int { return b.inOrder(x.Labels, y.Labels) })
	return found
}

// inOrder compares series of one metric: those that differ in nothing but the phase come in the
// order in which the phases ran.
func (b *builder) inOrder(x, y sample.Labels) int {
	rest := func(labels sample.Labels) string {
		others := maps.Clone(labels)
		delete(others, "phase")
		return others.String()
	}
	turn := func(labels sample.Labels) int {
		return slices.IndexFunc(b.summary.Phases, func(p summary.Phase) bool { return p.Name == labels["phase"] })
	}
	return cmp.Or(cmp.Compare(rest(x), rest(y)), cmp.Compare(turn(x), turn(y)))
}

// merged adds up the distributions of a metric that agree in what key returns of their
// labels; an empty key leaves one out. Keys come in the order of their names.
func (b *builder) merged(metric string, key func(sample.Labels) string) ([]string, map[string]*summary.Values) {
	byKey := map[string]*summary.Values{}
	for _, values := range b.detail.Distributions {
		k := key(values.Labels)
		if values.Metric != metric || values.Histogram.Count() == 0 || k == "" {
			continue
		}
		all := byKey[k]
		if all == nil {
			all = &summary.Values{Metric: metric}
			byKey[k] = all
		}
		all.Histogram.Merge(values.Histogram)
		if values.Censored > 0 && (all.Censored == 0 || values.CensoredFrom < all.CensoredFrom) {
			all.CensoredFrom = values.CensoredFrom
		}
		all.Censored += values.Censored
	}
	return slices.Sorted(maps.Keys(byKey)), byKey
}

// total returns the last value of a counter, added up over its series, and whether there is
// any.
func (b *builder) total(metric string) (float64, bool) {
	all := b.gauges(metric, false)
	var total float64
	for _, gauge := range all {
		total += gauge.Last
	}
	return total, len(all) > 0
}

// tracks adds up the gauges of a metric that agree in what key returns of their labels. A
// gauge that stands alone keeps its own times; a sum has one value a second.
func (b *builder) tracks(metric string, key func(sample.Labels) string) ([]string, map[string][]Point) {
	grouped := map[string][]summary.Track{}
	for _, track := range b.detail.Tracks {
		if track.Metric == metric && len(track.Points) > 0 {
			k := key(track.Labels)
			grouped[k] = append(grouped[k], track)
		}
	}
	lines := map[string][]Point{}
	for k, tracks := range grouped {
		if len(tracks) == 1 {
			lines[k] = places(tracks[0].Points)
			continue
		}
		lines[k] = sum(tracks)
	}
	return slices.Sorted(maps.Keys(lines)), lines
}

func places(points []sample.Point) []Point {
	placed := make([]Point, len(points))
	for i, p := range points {
		placed[i] = Point{X: p.At.Seconds(), Y: p.Value}
	}
	return placed
}

func sum(tracks []summary.Track) []Point {
	total := map[int64]float64{}
	for _, track := range tracks {
		for second, value := range bySecond(track.Points) {
			total[second] += value
		}
	}
	points := make([]Point, 0, len(total))
	for _, second := range slices.Sorted(maps.Keys(total)) {
		points = append(points, Point{X: float64(second), Y: total[second]})
	}
	return points
}

// holdSeconds is how long a value stands for the seconds after it that have none, so that
// gauges sampled at slightly different moments can be added up without false dips. In the
// thinned track of a long run it stands for holdSteps usual distances.
const (
	holdSeconds = 5
	holdSteps   = 3
)

// bySecond gives every second its value: the last one in it, or the one before if that is
// not too old and the series goes on.
func bySecond(points []sample.Point) map[int64]float64 {
	values := make(map[int64]float64, len(points))
	hold := max(holdSeconds, int64(holdSteps*usualStep(places(points))))
	for i, p := range points {
		at := wholeSecond(p.At)
		values[at] = p.Value
		if i+1 == len(points) {
			break
		}
		if next := wholeSecond(points[i+1].At); next-at <= hold {
			for second := at + 1; second < next; second++ {
				values[second] = p.Value
			}
		}
	}
	return values
}

func wholeSecond(at sample.Offset) int64 {
	return int64(time.Duration(at).Round(time.Second) / time.Second)
}

// label returns a function that reads one label.
func label(name string) func(sample.Labels) string {
	return func(labels sample.Labels) string { return labels[name] }
}

// everything puts all series together under one name.
func everything(name string) func(sample.Labels) string {
	return func(sample.Labels) string { return name }
}

// quantile returns a percentile of a distribution if enough samples lie beyond it.
func quantile(d summary.Distribution, percentile float64) (float64, bool) {
	for _, q := range d.Quantiles {
		if q.Percentile == percentile {
			return q.Value, q.Printable
		}
	}
	return 0, false
}
