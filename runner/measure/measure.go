// Package measure watches the cluster and turns what it sees into samples: the life of every
// pod, the readiness of nodes, the progress of rollouts, and the lag of the watches themselves.
//
// A watch calls a store of this package for every change, with no queue in between; the store
// reads the run's clock before anything else. Waiting is done on these watches, never by listing.
//
// A watch that ends is taken up again where it was, at once, then after 0.1 s and twice as long
// each time up to 2 s; where the connection itself is reset, client-go tries again after 1 s
// first. No change is lost by that, but those of the gap are seen late: if by no more than watch
// lag may be, that is recorded as watch lag; if by more, pods and volumes are marked, as their
// times are upper bounds. Only where the server has no history from there on is everything listed
// anew, and what changed meanwhile marked.
//
// An API server ends a watch that does not keep up with it: one that began when there had been few
// changes has room for 10, and for all watches of a resource that are full it waits 50 ms for each
// second that has passed, at most 100 ms (k8s.io/apiserver/pkg/storage/cacher). Reading faster does
// not prevent that: an HTTP/2 client takes 4 MiB of a watch that its reader has not asked for
// (golang.org/x/net/http2, transportDefaultStreamFlow), so the place that is short of time is the
// server.
package measure

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

	"github.com/kubedyno/kubedyno/results/sample"
)

// gaugeInterval is the time between two values of a gauge and the length of a window.
const gaugeInterval = time.Second

// A Run is what all measurements of one run share. Clock and Sink are required.
type Run struct {
	Clock   sample.Clock
	Sink    sample.Sink
	Phase   func() string // The phase of the run now; nil means none.
	Relists *Relists      // Keeps count of interrupted watches; nil does not.
	// LagLimit is up to which watch lag is nothing to speak of. A change that comes later than that,
	// as its watch was interrupted, is marked; 0 marks all of them.
	LagLimit time.Duration
}

func (r Run) phase() string {
	if r.Phase == nil {
		return ""
	}
	return r.Phase()
}

func (r Run) point(at sample.Offset, metric string, labels sample.Labels, value float64) {
	r.Sink.Point(sample.Point{At: at, Metric: metric, Labels: labels, Value: value})
}

func (r Run) warn(message string) {
	r.Sink.Event(sample.Event{
		At: r.Clock.Now(), Kind: sample.Warning, Phase: r.phase(), Message: message,
	})
}

// duration is the time between two offsets; 0 if they came in the other order, as an answer
// and the watch's delivery of the same write may.
func duration(from, until sample.Offset) time.Duration {
	return max(time.Duration(until-from), 0)
}

// every calls do once a second and a last time when ctx ends.
func every(ctx context.Context, do func()) {
	ticker := time.NewTicker(gaugeInterval)
	defer ticker.Stop()
	defer do()
	for {
		select {
		case <-ticker.C:
			do()
		case <-ctx.Done():
			return
		}
	}
}

// Relists keeps count of the interrupted watches of a run: how often one had to list anew, how often
// one went on from where it was cut, and how late changes came by that.
type Relists struct {
	count, resumes atomic.Int64

	mu     sync.Mutex
	delays sample.Histogram // Since the last call of takeDelays.
}

// Count returns the number of relists so far.
func (r *Relists) Count() int64 { return r.count.Load() }

// Resumes returns how many watches so far went on from where they were cut.
func (r *Relists) Resumes() int64 { return r.resumes.Load() }

// delayed takes how late a change may have come.
func (r *Relists) delayed(by time.Duration) {
	if r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.delays.Record(by)
	}
}

// takeDelays adds the delays since its last call to a histogram.
func (r *Relists) takeDelays(to *sample.Histogram) {
	if r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		to.Merge(r.delays)
		r.delays.Reset()
	}
}

// resume counts one watch that goes on.
func (r *Relists) resume() {
	if r != nil {
		r.resumes.Add(1)
	}
}

// add counts one relist.
func (r *Relists) add() {
	if r != nil {
		r.count.Add(1)
	}
}

// A source is what the clients of all resources have in common.
type source[L runtime.Object] interface {
	List(context.Context, metav1.ListOptions) (L, error)
	Watch(context.Context, metav1.ListOptions) (watch.Interface, error)
}

// listWatch lists and watches the part of a source that narrow chooses.
func listWatch[L runtime.Object](api source[L], narrow func(*metav1.ListOptions)) *cache.ListWatch {
	return &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			narrow(&o)
			return api.List(ctx, o)
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			narrow(&o)
			return api.Watch(ctx, o)
		},
	}
}

// labelled chooses what matches a label selector.
func labelled(selector string) func(*metav1.ListOptions) {
	return func(o *metav1.ListOptions) { o.LabelSelector = selector }
}

// typedConfig asks for protobuf, the encoding of the control plane's own clients, with no
// client-side rate limit.
func typedConfig(config *rest.Config) *rest.Config {
	typed := rest.CopyConfig(config)
	typed.ContentType = runtime.ContentTypeProtobuf
	typed.AcceptContentTypes = runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON
	typed.QPS = -1
	typed.RateLimiter = nil
	return typed
}
