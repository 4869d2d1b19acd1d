package measure

import (
	"sync"
	"testing"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/measure/scripted"
)

type object = scripted.Object

// newServer starts a scripted server that ends with the test.
func newServer(t *testing.T, options scripted.Options) *scripted.Server {
	t.Helper()
	s := scripted.NewServer(sample.StartClock(), options)
	t.Cleanup(s.Close)
	return s
}

// recording is a Sink that keeps everything.
type recording struct {
	mu      sync.Mutex
	pods    []sample.Pod
	points  []sample.Point
	events  []sample.Event
	windows []sample.Window
}

func (r *recording) Event(e sample.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

func (r *recording) Point(p sample.Point) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.points = append(r.points, p)
}

func (r *recording) Window(w sample.Window) {
	r.mu.Lock()
	defer r.mu.Unlock()
	w.Histogram = w.Histogram.Clone()
	r.windows = append(r.windows, w)
}

func (*recording) Buckets(sample.Buckets) {}
func (r *recording) Pod(p sample.Pod) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pods = append(r.pods, p)
}

// allPods returns the pods recorded so far.
func (r *recording) allPods() []sample.Pod {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]sample.Pod(nil), r.pods...)
}

// distribution merges the windows of a metric with these labels.
func (r *recording) distribution(metric string, selector sample.Labels) sample.Histogram {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all sample.Histogram
	for _, w := range r.windows {
		if w.Metric == metric && w.Labels.Match(selector) {
			all.Merge(w.Histogram)
		}
	}
	return all
}

// censored counts the values of a metric that are lower bounds.
func (r *recording) censored(metric string) (n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range r.windows {
		if w.Metric == metric && w.Censored {
			n += w.Histogram.Count()
		}
	}
	return n
}

// last returns the newest value of a gauge, or -1.
func (r *recording) last(metric string, selector sample.Labels) float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	value := -1.0
	for _, p := range r.points {
		if p.Metric == metric && p.Labels.Match(selector) {
			value = p.Value
		}
	}
	return value
}

// eventually fails the test when a condition does not come true within a generous time.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for range 2000 {
		if condition() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("never came: %s", what)
}
