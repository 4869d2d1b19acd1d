// Package scrape reads what the components of a control plane say of themselves: their metrics
// pages in the Prometheus text format. Gauges and counters are recorded as Points every
// interval and at the borders of phases, histograms as Buckets: by how much they grew in a
// phase.
//
// It judges nothing and fails nothing: a component that cannot be read gives one warning.
package scrape

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
)

// Interval is the usual time between two readings.
const Interval = 10 * time.Second

// timeout bounds the reading of one page.
const timeout = 5 * time.Second

// An Endpoint is where a component serves its metrics.
type Endpoint struct {
	Component string // Such as kube-apiserver; the value of the component label.
	URL       string
	Client    *http.Client // Knows how to log in.
}

// Options say what to read. Clock and Sink are required.
type Options struct {
	Endpoints []Endpoint // Read one after another, in this order.
	Clock     sample.Clock
	Sink      sample.Sink
	Interval  time.Duration // 0 is Interval.
}

// A Scraper reads until it is closed.
type Scraper struct {
	options Options
	ctx     context.Context // Of the readings; ends with Close.
	cancel  context.CancelFunc
	done    sync.WaitGroup

	mutex   sync.Mutex // One reading at a time.
	phase   string
	targets []*target
}

// A target is one component and what is known of it.
type target struct {
	Endpoint
	last   *page           // nil where the next page has nothing to be compared with.
	grown  *growth         // In the phase that is under way, or outside of the phases.
	beside *growth         // Outside of the phases.
	seen   map[string]bool // Sparse gauges that were something else than 0.
	warned map[string]bool // What was said once is not said again.
	away   bool            // Ended on purpose: not read.
	born   bool            // Its process began since it was last read.
}

// Start begins to read, outside of any phase. It ends with ctx or Close, whichever is first.
func Start(ctx context.Context, options Options) *Scraper {
	if options.Interval <= 0 {
		options.Interval = Interval
	}
	ctx, cancel := context.WithCancel(ctx)
	s := &Scraper{options: options, ctx: ctx, cancel: cancel}
	for _, endpoint := range options.Endpoints {
		beside := newGrowth(options.Clock.Now())
		s.targets = append(s.targets, &target{Endpoint: endpoint, grown: beside, beside: beside,
			seen: map[string]bool{}, warned: map[string]bool{}})
	}
	s.done.Go(func() { s.run(ctx) })
	return s
}

// Close stops. What was not ended by a Mark is not recorded. Only the first call has an effect.
func (s *Scraper) Close() {
	s.cancel()
	s.done.Wait()
	for _, t := range s.targets {
		t.Client.CloseIdleConnections()
	}
}

func (s *Scraper) run(ctx context.Context) {
	ticker := time.NewTicker(s.options.Interval)
	defer ticker.Stop()
	for {
		s.tick()
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

func (s *Scraper) tick() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, t := range s.targets {
		s.read(t)
	}
}

// Mark ends the phase that was marked before and begins the next one, "" if none follows. It
// reads every component and returns when that is done, so that what is read belongs to one
// phase alone; call it between phases.
func (s *Scraper) Mark(phase string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, t := range s.targets {
		if !s.read(t) {
			t.last = nil // What was counted meanwhile would be counted in the wrong phase.
		}
		s.finish(t)
		t.grown = t.beside
		if phase != "" {
			t.grown = newGrowth(s.options.Clock.Now())
		}
	}
	s.phase = phase
}

// read reads one page and records its gauges and counters; false if there was none.
func (s *Scraper) read(t *target) bool {
	if s.ctx.Err() != nil || t.away {
		return false
	}
	began := s.options.Clock.Now()
	now, err := fetch(s.ctx, t.Endpoint)
	at := s.options.Clock.Now()
	if err != nil {
		if s.ctx.Err() == nil {
			s.warn(t, "read", fmt.Sprintf("%s: its own metrics cannot be read: %v", t.Component, err))
		}
		return false
	}
	if now.left > 0 {
		s.warn(t, "left", fmt.Sprintf("%s: %d of its series were left out", t.Component, now.left))
	}
	switch {
	case t.born:
		t.grown.add(newborn(), now, at)
	case t.last == nil:
	case restarted(t.last, now):
		s.warn(t, "restarted", fmt.Sprintf("%s: its metrics began anew, because it was restarted or another instance answered; "+
			"what it counted between two readings was left out", t.Component))
	default:
		t.grown.add(t.last, now, at)
	}
	t.last, t.born = now, false
	s.point(at, sample.ScrapeDuration, sample.Labels{"component": t.Component}, (at - began).Seconds())
	s.points(t, now, at)
	return true
}

// points records the gauges, and the counters as what they grew by since the phase began: a
// counter starts anew with every phase, and they add up to the run.
func (s *Scraper) points(t *target, now *page, at sample.Offset) {
	for _, key := range slices.Sorted(maps.Keys(now.gauges)) {
		gauge := now.gauges[key]
		if gauge.value != 0 {
			t.seen[key] = true
		}
		if !gauge.sparse || t.seen[key] {
			s.point(at, gauge.metric, maps.Clone(gauge.labels), gauge.value)
		}
	}
	counted := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(t.grown.counters)) {
		counter := t.grown.counters[key]
		counted[counter.metric] = true
		s.point(at, counter.metric, maps.Clone(counter.labels), counter.value)
	}
	for _, metric := range counters(t.Component) {
		if !counted[metric] { // Nothing was ever counted, which is a count as well.
			s.point(at, metric, nil, 0)
		}
	}
}

func (s *Scraper) point(at sample.Offset, metric string, labels sample.Labels, value float64) {
	if s.phase != "" {
		if labels == nil {
			labels = sample.Labels{}
		}
		labels["phase"] = s.phase
	}
	s.options.Sink.Point(sample.Point{At: at, Metric: metric, Labels: labels, Value: value})
}

// finish records what the histograms grew by in the phase that ends.
func (s *Scraper) finish(t *target) {
	if s.phase == "" {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(t.grown.histograms)) {
		h := t.grown.histograms[key]
		labels := maps.Clone(h.labels)
		labels["phase"] = s.phase
		s.options.Sink.Buckets(sample.Buckets{From: t.grown.from, To: t.grown.to, Metric: h.metric,
			Labels: labels, Bounds: slices.Clone(h.bounds), Counts: h.counts, Sum: h.sum})
	}
}

// warn says something once per component.
func (s *Scraper) warn(t *target, what, message string) {
	if t.warned[what] {
		return
	}
	t.warned[what] = true
	s.options.Sink.Event(sample.Event{At: s.options.Clock.Now(), Kind: sample.Warning, Phase: s.phase, Message: message})
}

// fetch reads a page. It asks for no compression, which would cost the component more than it
// saves on the way.
func fetch(ctx context.Context, from Endpoint) (*page, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, from.URL, nil)
	if err != nil {
		return nil, fmt.Errorf("ask for %s: %w", from.URL, err)
	}
	request.Header.Set("Accept", "text/plain;version=0.0.4")
	request.Header.Set("Accept-Encoding", "identity")
	response, err := from.Client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(response.Body, 256))
		return nil, fmt.Errorf("GET %s answered %s: %s", from.URL, response.Status, said)
	}
	return readPage(from.Component, response.Body)
}
