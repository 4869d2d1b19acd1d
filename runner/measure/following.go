package measure

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/http/httptrace"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/pager"
	"k8s.io/klog/v2"

	"github.com/kubedyno/kubedyno/results/sample"
)

// The limits of a watch.
const (
	// retryFirst and retryMost bound the pause before a second and further attempt in a row.
	retryFirst = 100 * time.Millisecond
	retryMost  = 2 * time.Second
	// watchLeast is how long the server is asked to keep a watch at least, and twice that at most;
	// a watch that it has forgotten is noticed by that.
	watchLeast = 5 * time.Minute
	// stuckMost is how many watches in a row may fail before they bring anything, as a change that
	// cannot be read makes them, until everything is listed anew.
	stuckMost = 3
	// maxWarnings is how many troubles of one watch are reported.
	maxWarnings = 10
)

// errEnded is the plain end of a watch: by the server's word, or with its connection.
var errEnded = errors.New("the watch has ended")

// A follower takes the changes of one watch. It is called from one goroutine.
type follower interface {
	Add(object any) error    // It is new, or new to this watch.
	Update(object any) error // It has changed.
	Delete(object any) error // It is gone; the object is what it was.
	// Replace takes the state of everything with its resource version, at the start and after a watch
	// could not go on.
	Replace(objects []any, version string) error
}

// A doubter is a follower that marks what it sees late.
type doubter interface {
	// doubt says of what comes next whether it comes late, as the watch was interrupted, and when that
	// had last brought something before.
	doubt(late bool, since sample.Offset)
}

// A following is a running watch. Everything below synced belongs to its one goroutine.
type following struct {
	run      Run
	what     string
	source   *cache.ListWatch
	expected reflect.Type
	store    follower

	cancel   context.CancelFunc
	done     sync.WaitGroup
	warnings atomic.Int64
	synced   chan struct{} // Closed once the store holds what existed when the watch began.

	listing bool          // The server cannot begin a watch with the state of everything.
	version string        // The resource version that the store has got to.
	alive   sample.Offset // When the watch last brought something.
	ended   end           // Of the last watch.
	gap     *gap          // Set while changes may still come that an interruption made late.
}

// A stream is one watch, with the connection that it came by.
type stream struct {
	watch.Interface
	connection net.Conn
}

// An end is when a stream was seen to end.
type end struct {
	at         sample.Offset
	connection net.Conn
}

// follow watches until ctx ends or the following is stopped, and keeps store up to date.
func follow(ctx context.Context, run Run, what string, lw *cache.ListWatch, expected runtime.Object,
	store follower) *following {
	ctx, cancel := context.WithCancel(klog.NewContext(ctx, logr.Discard()))
	f := &following{run: run, what: what, source: lw, expected: reflect.TypeOf(expected), store: store,
		cancel: cancel, synced: make(chan struct{})}
	f.done.Go(func() { f.keepUp(ctx) })
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

// keepUp brings the state of everything and then its changes, anew where the server has no history
// from there on.
func (f *following) keepUp(ctx context.Context) {
	for failures := 0; ctx.Err() == nil; {
		s, err := f.begin(ctx)
		if err == nil {
			failures = 0
			err = f.goOn(ctx, s)
		}
		failures++
		f.warn(ctx, err)
		_ = pause(ctx, retryPause(failures+1))
	}
}

// retryPause is how long to wait before another attempt after so many failures in a row: the
// first is made at once.
func retryPause(failures int) time.Duration {
	if failures < 2 {
		return 0
	}
	return min(retryFirst<<min(failures-2, 10), retryMost)
}

// warn tells of a trouble, unless it is that the watch is to end.
func (f *following) warn(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil && f.warnings.Add(1) <= maxWarnings {
		f.run.warn(fmt.Sprintf("watch %s: %v", f.what, err))
	}
}

// begin brings the state of everything to the store. It returns the watch that goes on from there,
// nil if that is still to be opened. A server that refuses a watch which begins with the state as
// invalid is an older one, which lists.
func (f *following) begin(ctx context.Context) (s *stream, err error) {
	var objects []any
	var version string
	if !f.listing {
		objects, version, s, err = f.streamed(ctx)
		f.listing = apierrors.IsInvalid(err)
	}
	if f.listing {
		objects, version, err = f.listed(ctx)
	}
	if err != nil {
		return nil, err
	}
	f.replace(ctx, objects, version)
	return s, nil
}

// replace hands the state of everything to the store. What differs from what that knows happened at
// some time since the watch last brought something.
func (f *following) replace(ctx context.Context, objects []any, version string) {
	now := f.run.Clock.Now()
	f.doubt(true, f.alive)
	f.warn(ctx, f.store.Replace(objects, version))
	f.version, f.alive, f.gap = version, now, nil
	select {
	case <-f.synced:
		f.run.Relists.add()
	default:
		close(f.synced)
	}
}

// streamed reads the state of everything from the beginning of a watch, which is returned to go on.
func (f *following) streamed(ctx context.Context) (objects []any, version string, s *stream, err error) {
	initial := true
	s, err = f.open(ctx, metav1.ListOptions{
		SendInitialEvents: &initial, ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan,
	})
	if err != nil {
		return nil, "", nil, err
	}
	all := map[types.NamespacedName]any{}
	for {
		event, err := s.next(ctx)
		if err != nil {
			s.Stop()
			return nil, "", nil, err
		}
		object, err := meta.Accessor(event.Object)
		if err != nil {
			s.Stop()
			return nil, "", nil, err
		}
		key := types.NamespacedName{Namespace: object.GetNamespace(), Name: object.GetName()}
		switch event.Type {
		case watch.Bookmark:
			if object.GetAnnotations()[metav1.InitialEventsAnnotationKey] == "true" {
				return slices.Collect(maps.Values(all)), object.GetResourceVersion(), s, nil
			}
		case watch.Deleted:
			delete(all, key)
		default:
			all[key] = event.Object
		}
	}
}

// listed reads the state of everything from a list, in pages where the server makes any.
func (f *following) listed(ctx context.Context) (objects []any, version string, err error) {
	list, _, err := pager.New(f.source.ListWithContext).ListWithAlloc(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, "", err
	}
	items, err := meta.ExtractListWithAlloc(list)
	if err != nil {
		return nil, "", err
	}
	for _, item := range items {
		objects = append(objects, item)
	}
	described, err := meta.ListAccessor(list)
	if err != nil {
		return nil, "", err
	}
	return objects, described.GetResourceVersion(), nil
}

// goOn brings the changes after what the store holds, by one watch after another, until the server
// has no history from there on or ctx ends; the error says which. s is the first watch, nil if that
// is still to be opened.
func (f *following) goOn(ctx context.Context, s *stream) (err error) {
	failures, interrupted := 0, false
	for ctx.Err() == nil {
		before, began := f.version, f.run.Clock.Now()
		if s == nil {
			s, err = f.open(ctx, metav1.ListOptions{ResourceVersion: f.version})
		}
		opened := err == nil
		if opened {
			err = f.take(ctx, s, interrupted)
		}
		s, interrupted = nil, true
		failures++
		if f.version != before || duration(began, f.run.Clock.Now()) >= retryMost {
			failures = 0
		}
		plain := errors.Is(err, errEnded)
		if expired(err) || opened && !plain && failures >= stuckMost {
			return err
		}
		if !plain {
			f.warn(ctx, err)
		}
		_ = pause(ctx, retryPause(failures))
	}
	return context.Cause(ctx)
}

// expired reports whether a server has no history from a version on, or has never got there.
func expired(err error) bool {
	return apierrors.IsResourceExpired(err) || apierrors.IsGone(err) ||
		apierrors.HasStatusCause(err, metav1.CauseTypeResourceVersionTooLarge)
}

// open opens a watch and notes by which connection.
func (f *following) open(ctx context.Context, o metav1.ListOptions) (*stream, error) {
	s := &stream{}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(got httptrace.GotConnInfo) { s.connection = got.Conn },
	})
	timeout := int64(watchLeast.Seconds() * (1 + rand.Float64()))
	o.TimeoutSeconds, o.AllowWatchBookmarks = &timeout, true
	var err error
	s.Interface, err = f.source.WatchWithContext(ctx, o)
	return s, err
}

// next returns the next event, or why there is none.
func (s *stream) next(ctx context.Context) (watch.Event, error) {
	select {
	case event, ok := <-s.ResultChan():
		switch {
		case !ok:
			return event, errEnded
		case event.Type == watch.Error:
			return event, apierrors.FromObject(event.Object)
		}
		return event, nil
	case <-ctx.Done():
		return watch.Event{}, context.Cause(ctx)
	}
}

// take brings what a watch brings to the store, until it ends.
func (f *following) take(ctx context.Context, s *stream, interrupted bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer s.Stop()
	if interrupted {
		f.resume(ctx, s)
	}
	for {
		event, err := s.next(ctx)
		if err != nil {
			f.ended = end{f.run.Clock.Now(), s.connection}
			return err
		}
		f.warn(ctx, f.apply(event))
	}
}

// apply brings one event to the store.
func (f *following) apply(event watch.Event) error {
	now := f.run.Clock.Now()
	if reflect.TypeOf(event.Object) != f.expected {
		return fmt.Errorf("a watch of %v brought %T", f.expected, event.Object)
	}
	object, err := meta.Accessor(event.Object)
	if err != nil {
		return err
	}
	f.version = object.GetResourceVersion()
	defer func() { f.alive = now }()
	if event.Type == watch.Bookmark {
		f.caughtUp(f.version)
		return nil
	}
	late, since := f.late(f.version, now)
	f.doubt(late, since)
	switch event.Type {
	case watch.Added:
		return f.store.Add(event.Object)
	case watch.Modified:
		return f.store.Update(event.Object)
	case watch.Deleted:
		return f.store.Delete(event.Object)
	}
	return fmt.Errorf("there is no event %q", event.Type)
}

// doubt tells a store that wants to know how sure what comes next is.
func (f *following) doubt(late bool, since sample.Offset) {
	if store, ok := f.store.(doubter); ok {
		store.doubt(late, since)
	}
}
