package fanout

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
)

const (
	interval  = time.Second           // The length of a window.
	wakePause = 10 * time.Millisecond // Between two probes of how late the harness wakes up.
)

// A recorder writes windows and counters each second.
type recorder struct {
	*Fanout
	from sample.Offset
	wake series
	mu   sync.Mutex // Guards wake.
	end  context.CancelFunc
	both sync.WaitGroup
}

// record starts a recorder, which lives until it is stopped.
func (f *Fanout) record() *recorder {
	ctx, end := context.WithCancel(context.Background()) // An interrupted run is recorded to its end.
	r := &recorder{Fanout: f, from: f.options.Clock.Now(), end: end}
	r.both.Go(func() { r.probe(ctx) })
	r.both.Go(func() { r.tick(ctx) })
	return r
}

// stop writes what is left. The books are closed by then.
func (r *recorder) stop() {
	r.end()
	r.both.Wait()
	r.write()
	r.count("missing", r.books.result().Missing)
	now := r.options.Clock.Now()
	r.window(now, sample.WatchDelivery, &r.books.lostDelivery, true)
	r.window(now, sample.WatchStaleness, &r.books.lostStaleness, true)
	r.window(now, sample.WatchFanout, &r.books.noEnd, true)
}

func (r *recorder) tick(ctx context.Context) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			r.write()
		case <-ctx.Done():
			return
		}
	}
}

// probe measures how late a goroutine of this process wakes up, as the watchers are woken by the
// same scheduler on the same CPUs.
func (r *recorder) probe(ctx context.Context) {
	timer := time.NewTimer(wakePause)
	defer timer.Stop()
	due := r.options.Clock.Now() + sample.Offset(wakePause)
	for {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		now := r.options.Clock.Now()
		r.mu.Lock()
		r.wake.live.Record(time.Duration(now - due))
		r.mu.Unlock()
		due = now + sample.Offset(wakePause)
		timer.Reset(wakePause)
	}
}

// write writes the distributions since the last call and the counts so far. How many events are
// missing is known only when the books are closed.
func (r *recorder) write() {
	now := r.options.Clock.Now()
	delivery, staleness, last := r.books.windows()
	r.window(now, sample.WatchDelivery, delivery, false)
	r.window(now, sample.WatchStaleness, staleness, false)
	r.window(now, sample.WatchFanout, last, false)
	r.mu.Lock()
	wake := r.wake.take()
	r.mu.Unlock()
	r.window(now, sample.WatchWake, wake, false)
	r.from = now
	result := r.books.result()
	r.count("expected", result.Expected)
	r.count("delivered", result.Delivered)
	r.count("duplicate", result.Duplicate)
	r.count("unacknowledged", result.Unacknowledged)
	r.stream("opened", r.streams.opened.Load())
	r.stream("ended", r.streams.ended.Load())
	r.stream("resumed", r.streams.resumed.Load())
	r.stream("relisted", r.streams.relisted.Load())
	r.stream("refused", r.streams.refused.Load())
}

// window writes one distribution, unless it is empty.
func (r *recorder) window(now sample.Offset, metric string, histogram *sample.Histogram, censored bool) {
	if histogram.Count() == 0 {
		return
	}
	r.options.Sink.Window(sample.Window{
		From: r.from, To: now, Metric: metric, Labels: r.labels(), Histogram: *histogram, Censored: censored,
	})
}

func (r *recorder) count(state string, n int64) { r.point(sample.WatchEvents, state, n) }

func (r *recorder) stream(state string, n int64) { r.point(sample.WatchStreams, state, n) }

func (r *recorder) point(metric, state string, n int64) {
	labels := r.labels()
	labels["state"] = state
	r.options.Sink.Point(sample.Point{At: r.options.Clock.Now(), Metric: metric, Labels: labels, Value: float64(n)})
}

// labels are those of every record; the map is new, as it belongs to the Sink.
func (r *recorder) labels() sample.Labels {
	return sample.Labels{
		"resource": r.options.Resource.GroupResource().String(),
		"watchers": strconv.Itoa(r.options.Watchers),
		"phase":    r.options.Phase,
	}
}
