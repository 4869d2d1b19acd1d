package scrape

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/kubedyno/kubedyno/results/sample"
)

// Limits of one page. The API server's has 2.5 MB in an empty cluster and some ten times that
// in one where everything was asked for.
const (
	maxPage   = 64 << 20 // Bytes that are read.
	maxKept   = 16 << 20 // Bytes of the known families.
	maxLine   = 16 << 10 // Bytes of a line; a longer one is left out.
	maxSeries = 2000     // Series of ours.
)

// A page is what a component told of itself at one time. Its series are keyed by metric and
// labels.
type page struct {
	started    float64 // When the process began, in Unix seconds; 0 if it did not say.
	gauges     map[string]*value
	counters   map[string]*value
	histograms map[string]*histogram
	left       int // Series beyond maxSeries.
}

type value struct {
	metric string
	labels sample.Labels
	sparse bool
	value  float64
}

// A histogram holds counts by bucket, not cumulative, the one above the last bound at the end.
type histogram struct {
	metric string
	labels sample.Labels
	bounds []float64
	counts []uint64
	sum    float64
}

func (h *histogram) total() (n uint64) {
	for _, count := range h.counts {
		n += count
	}
	return n
}

// readPage reads a page in the Prometheus text format.
func readPage(component string, from io.Reader) (*page, error) {
	known, err := filter(from)
	if err != nil {
		return nil, err
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(known))
	if err != nil {
		return nil, fmt.Errorf("parse the metrics: %w", err)
	}
	p := &page{gauges: map[string]*value{}, counters: map[string]*value{}, histograms: map[string]*histogram{}}
	for _, name := range slices.Sorted(maps.Keys(families)) {
		if name == oldObjects && families[newObjects] != nil {
			continue // Or everything would be counted twice.
		}
		p.family(component, name, families[name])
	}
	return p, nil
}

// filter keeps the lines of the known families: parsing all others would cost most of the time.
func filter(from io.Reader) ([]byte, error) {
	limited := &io.LimitedReader{R: from, N: maxPage}
	lines := bufio.NewReaderSize(limited, maxLine)
	var kept bytes.Buffer
	for {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			err = skipLine(lines)
			line = nil
		}
		if len(line) > 0 && known(line) {
			kept.Write(line)
		}
		switch {
		case limited.N <= 0:
			return nil, fmt.Errorf("the page has more than %d bytes", maxPage)
		case kept.Len() > maxKept:
			return nil, fmt.Errorf("the known families have more than %d bytes", maxKept)
		case errors.Is(err, io.EOF):
			return kept.Bytes(), nil
		case err != nil:
			return nil, fmt.Errorf("read the metrics: %w", err)
		}
	}
}

// skipLine drops what is left of a line.
func skipLine(lines *bufio.Reader) error {
	for {
		if _, err := lines.ReadSlice('\n'); !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

// known reports whether a line belongs to a family that is read: a series or its type.
func known(line []byte) bool {
	if rest, isType := bytes.CutPrefix(line, []byte("# TYPE ")); isType {
		line = rest
	}
	end := bytes.IndexAny(line, "{ \t\n")
	if end <= 0 {
		return false
	}
	name := line[:end]
	if string(name) == startFamily {
		return true
	}
	if _, ok := ruleOf(string(name)); ok {
		return true
	}
	for _, suffix := range []string{"_bucket", "_count", "_sum"} {
		if family, cut := bytes.CutSuffix(name, []byte(suffix)); cut {
			_, ok := ruleOf(string(family))
			return ok
		}
	}
	return false
}

func (p *page) family(component, name string, family *dto.MetricFamily) {
	rule, ok := ruleOf(name)
	rules := append(alsoOf(name), rule)
	for _, series := range family.Metric {
		if name == startFamily {
			p.started = plain(series)
			continue
		}
		if !ok {
			continue
		}
		for _, rule := range rules {
			labels, wanted := rule.labels(component, func(name string) string { return labelOf(series, name) })
			if wanted {
				p.series(rule, labels, series)
			}
		}
	}
}

func labelOf(series *dto.Metric, name string) string {
	for _, pair := range series.Label {
		if pair.GetName() == name {
			return pair.GetValue()
		}
	}
	return ""
}

// plain is the number of a gauge, a counter or a series without a type.
func plain(series *dto.Metric) float64 {
	switch {
	case series.Gauge != nil:
		return series.Gauge.GetValue()
	case series.Counter != nil:
		return series.Counter.GetValue()
	case series.Untyped != nil:
		return series.Untyped.GetValue()
	default:
		return math.NaN()
	}
}

// series adds one upstream series to ours. What is no number, or no series of the shape that
// the metric has, is left out.
func (p *page) series(rule rule, labels sample.Labels, series *dto.Metric) {
	key := rule.metric + "{" + labels.String() + "}"
	metric, _ := sample.Lookup(rule.metric)
	if metric.Shape == sample.Bucketed {
		if read, ok := readHistogram(series.Histogram); ok {
			read.metric, read.labels = rule.metric, labels
			p.addHistogram(key, read)
		}
		return
	}
	number := plain(series)
	if math.IsNaN(number) || math.IsInf(number, 0) || number < 0 { // -1 is "could not count".
		return
	}
	into := p.gauges
	if metric.Shape == sample.Counter {
		into = p.counters
	}
	if into[key] == nil {
		if !p.room() {
			return
		}
		into[key] = &value{metric: rule.metric, labels: labels, sparse: rule.sparse}
	}
	into[key].value += number
}

func (p *page) room() bool {
	if len(p.gauges)+len(p.counters)+len(p.histograms) < maxSeries {
		return true
	}
	p.left++
	return false
}

func (p *page) addHistogram(key string, read *histogram) {
	have := p.histograms[key]
	if have == nil {
		if p.room() {
			p.histograms[key] = read
		}
		return
	}
	if !have.add(read) {
		p.left++
	}
}

// add adds counts; it reports false if the buckets differ.
func (h *histogram) add(other *histogram) bool {
	if !slices.Equal(h.bounds, other.bounds) {
		return false
	}
	for i, count := range other.counts {
		h.counts[i] += count
	}
	h.sum += other.sum
	return true
}

// readHistogram turns cumulative counts into counts by bucket; false if they do not grow from
// bucket to bucket.
func readHistogram(from *dto.Histogram) (*histogram, bool) {
	if from == nil || math.IsNaN(from.GetSampleSum()) || math.IsInf(from.GetSampleSum(), 0) {
		return nil, false
	}
	h := &histogram{sum: from.GetSampleSum()}
	var below uint64
	last := math.Inf(-1)
	for _, bucket := range from.Bucket {
		bound, count := bucket.GetUpperBound(), bucket.GetCumulativeCount()
		if math.IsInf(bound, 1) {
			continue // The total says the same.
		}
		if !(bound > last) || count < below {
			return nil, false
		}
		h.bounds, h.counts = append(h.bounds, bound), append(h.counts, count-below)
		below, last = count, bound
	}
	if len(h.bounds) == 0 || from.GetSampleCount() < below {
		return nil, false
	}
	h.counts = append(h.counts, from.GetSampleCount()-below)
	return h, true
}
