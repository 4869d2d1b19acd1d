package csi

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"k8s.io/client-go/util/flowcontrol"
	"k8s.io/client-go/util/workqueue"
)

// The pauses after attempts that failed, as external-provisioner and external-attacher have them by
// default (--retry-interval-start, --retry-interval-max).
const (
	firstPause   = time.Second
	longestPause = 5 * time.Minute
)

// errInjected is what a call comes to that the class lets fail.
var errInjected = errors.New("the storage refused the call, as the scenario asks for")

// An Attempt is one call of an operation.
type Attempt struct {
	Class     string
	Operation Operation
	// Given is how long the driver held the call back: the wait for a token and the delay. The wait
	// for one of the places of Parallelism is not in it.
	Given  time.Duration
	Failed bool // As the class asks for.
}

// A task is what is to be done about an object.
type task struct {
	uid    string                             // Of the object; it picks the delay.
	finish func(ctx context.Context) error    // Writes that the storage has done it.
	fail   func(context.Context, error) error // Writes that the storage has failed.
}

// A lane carries out the operations of one kind of one class. Its queue holds each object at most
// once, so that it is bounded by the objects of the run.
type lane struct {
	class     *Class
	operation Operation
	throttle  flowcontrol.RateLimiter // Of the whole class; nil without a limit.
	begin     func(ctx context.Context, key string) (*task, error)
	after     func(key string) // Called after every attempt; may be nil.
	observe   func(Attempt)
	queue     workqueue.TypedRateLimitingInterface[string]

	mutex sync.Mutex
	busy  map[string]bool // The objects that are being worked on.
	// done are the tasks that are finished, by object, until the watch shows it: what the cache says
	// meanwhile is old. There are no more of them than objects of the run.
	done map[string]string
}

func newLane(class *Class, o Operation, throttle flowcontrol.RateLimiter) *lane {
	return &lane{class: class, operation: o, throttle: throttle, busy: map[string]bool{}, done: map[string]string{}, queue: newQueue(firstPause, longestPause)}
}

func newQueue(first, longest time.Duration) workqueue.TypedRateLimitingInterface[string] {
	return workqueue.NewTypedRateLimitingQueue(workqueue.NewTypedItemExponentialFailureRateLimiter[string](first, longest))
}

// serve lets at most that many workers work on the queue's keys until ctx ends, and waits for them.
func serve(ctx context.Context, queue workqueue.TypedRateLimitingInterface[string], workers int, work func(context.Context, string) error) {
	stop := context.AfterFunc(ctx, queue.ShutDown) // For the wait in Get.
	defer stop()
	defer queue.ShutDown() // If stop was quicker.
	slots := make(chan struct{}, workers)
	var working sync.WaitGroup
	defer working.Wait()
	for {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		key, down := queue.Get()
		if down {
			return
		}
		working.Go(func() {
			defer func() { <-slots }()
			defer queue.Done(key)
			if err := work(ctx, key); err != nil {
				queue.AddRateLimited(key)
				return
			}
			queue.Forget(key)
		})
	}
}

// attempt makes one call about an object, if one is due.
func (l *lane) attempt(ctx context.Context, key string) error {
	l.mark(key, true)
	if l.after != nil {
		defer l.after(key)
	}
	defer l.mark(key, false)
	t, err := l.begin(ctx, key)
	if err != nil || l.finished(key, t) {
		return err
	}
	tries := l.queue.NumRequeues(key)
	began := time.Now()
	if err := l.hold(ctx, t.uid, tries); err != nil {
		return err
	}
	failed := draw(t.uid, l.operation, tries, "failure") < l.class.Failures
	l.observe(Attempt{Class: l.class.Name, Operation: l.operation, Given: time.Since(began), Failed: failed})
	if failed {
		return errors.Join(errInjected, t.fail(ctx, errInjected))
	}
	if err := t.finish(ctx); err != nil {
		return fmt.Errorf("%s %s: %w", l.operation, key, err)
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.done[key] = t.uid
	return nil
}

// finished reports whether nothing is left to be done about an object.
func (l *lane) finished(key string, t *task) bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if t == nil {
		delete(l.done, key)
		return true
	}
	uid, known := l.done[key]
	return known && uid == t.uid
}

// hold waits for a token and then for as long as the storage takes.
func (l *lane) hold(ctx context.Context, uid string, tries int) error {
	if l.throttle != nil {
		if err := l.throttle.Wait(ctx); err != nil {
			return err
		}
	}
	timer := time.NewTimer(l.class.Delays[l.operation].Quantile(draw(uid, l.operation, tries, "delay")))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *lane) mark(key string, busy bool) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if busy {
		l.busy[key] = true
	} else {
		delete(l.busy, key)
	}
}

// working reports whether an object is being worked on.
func (l *lane) working(key string) bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.busy[key]
}
