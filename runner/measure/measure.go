// Package measure watches the cluster and turns what it sees into samples: the life of every
// pod, the readiness of nodes, the progress of rollouts, and the lag of the watches themselves.
//
// A watch is a client-go reflector that calls a store of this package for every change, with
// no queue in between; the store reads the run's clock before anything else. Waiting is done
// on these watches, never by listing.
//
// A watch that breaks is taken up again after 0.1 s, then after twice as long each time up to
// 2 s; where the connection itself is reset, client-go tries again after 1 s first. What had
// changed meanwhile is seen late; pods whose transitions came that way are marked uncertain.
package measure

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"

	"github.com/kubedyno/kubedyno/results/sample"
)

// The limits of a watch.
const (
	// gaugeInterval is the time between two values of a gauge and the length of a window.
	gaugeInterval = time.Second
	// retryFirst and retryMost bound the pause before a broken watch is taken up again.
	retryFirst = 100 * time.Millisecond
	retryMost  = 2 * time.Second
	retrySteps = 30 // Doublings after which the pause stays at retryMost anyway.
	// resumeDoubt is how long after a watch was resumed changes count as seen late.
	resumeDoubt = time.Second
	// maxWarnings is how many troubles of one watch are reported.
	maxWarnings = 10
)

// A Run is what all measurements of one run share. Clock and Sink are required.
type Run struct {
	Clock   sample.Clock
	Sink    sample.Sink
	Phase   func() string // The phase of the run now; nil means none.
	Relists *Relists      // Counts the relists of all watches; nil counts none.
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

// Relists counts how often the watches of a run had to list anew, and how often they went on
// from where they were cut.
type Relists struct{ count, resumes atomic.Int64 }

// Count returns the number of relists so far.
func (r *Relists) Count() int64 { return r.count.Load() }

// Resumes returns how many watches so far went on from where they were cut.
func (r *Relists) Resumes() int64 { return r.resumes.Load() }

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

// A follower takes the changes of one watch. The reflector calls it from one goroutine.
type follower interface {
	cache.ReflectorStore
	// resumed is called when a watch goes on after an interruption, before its first change.
	resumed()
}

// A following is a running watch.
type following struct {
	cancel context.CancelFunc
	done   sync.WaitGroup
	synced chan struct{}
	once   sync.Once
}

// follow watches until ctx ends or the following is stopped, and keeps store up to date.
func follow(ctx context.Context, run Run, what string, lw *cache.ListWatch, expected runtime.Object,
	store follower) *following {
	ctx, cancel := context.WithCancel(klog.NewContext(ctx, logr.Discard()))
	f := &following{cancel: cancel, synced: make(chan struct{})}
	silent := logr.Discard()
	reflector := cache.NewReflectorWithOptions(noteTroubles(run, what, lw, store), expected,
		&syncedStore{follower: store, relists: run.Relists, following: f},
		cache.ReflectorOptions{
			Name:   "kubedyno-" + what,
			Logger: &silent, // Troubles become warnings of the run.
			Backoff: &wait.Backoff{
				Duration: retryFirst, Factor: 2, Jitter: 0.1, Steps: retrySteps, Cap: retryMost,
			},
		})
	f.done.Go(func() { reflector.RunWithContext(ctx) })
	return f
}

// also runs do beside the watch until it is stopped.
func (f *following) also(ctx context.Context, do func(context.Context)) {
	ctx, cancel := context.WithCancel(ctx)
	stop := f.cancel
	f.cancel = func() { stop(); cancel() }
	f.done.Go(func() { do(ctx) })
}

// waitSynced waits until the store holds what existed when the watch began.
func (f *following) waitSynced(ctx context.Context, what string) error {
	select {
	case <-f.synced:
		return nil
	case <-ctx.Done():
		f.stop()
		return fmt.Errorf("begin to watch %s: %w", what, context.Cause(ctx))
	}
}

// stop ends the watch and waits for it.
func (f *following) stop() {
	f.cancel()
	f.done.Wait()
}

// noteTroubles warns of requests that fail and tells the store when a watch goes on from where
// it was cut. A watch that follows a list, or that brings the state of everything itself, is no
// resumption. A server that refuses the latter as invalid is older; the reflector then lists.
func noteTroubles(run Run, what string, lw *cache.ListWatch, store follower) *cache.ListWatch {
	var listed atomic.Bool
	var warnings atomic.Int64
	warn := func(ctx context.Context, err error) {
		if err != nil && ctx.Err() == nil && !apierrors.IsInvalid(err) && warnings.Add(1) <= maxWarnings {
			run.warn(fmt.Sprintf("watch %s: %v", what, err))
		}
	}
	return &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			listed.Store(true)
			list, err := lw.ListWithContextFunc(ctx, o)
			warn(ctx, err)
			return list, err
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			w, err := lw.WatchFuncWithContext(ctx, o)
			warn(ctx, err)
			initial := o.SendInitialEvents != nil && *o.SendInitialEvents
			if err == nil && !initial && !listed.Swap(false) {
				run.Relists.resume()
				store.resumed()
			}
			return w, err
		},
	}
}

// syncedStore notes the first Replace and counts the later ones as relists.
type syncedStore struct {
	follower
	relists   *Relists
	following *following
}

// Bookmark hands the server's sign of life on to the store that asks for it.
func (s *syncedStore) Bookmark(resourceVersion string) error {
	if store, ok := s.follower.(cache.ReflectorBookmarkStore); ok {
		return store.Bookmark(resourceVersion)
	}
	return nil
}

// Replace hands the list on.
func (s *syncedStore) Replace(list []any, resourceVersion string) error {
	select {
	case <-s.following.synced:
		s.relists.add()
	default:
	}
	err := s.follower.Replace(list, resourceVersion)
	s.following.once.Do(func() { close(s.following.synced) })
	return err
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
