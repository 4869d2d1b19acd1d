package measure

import (
	"context"
	"sync"
	"time"
)

const (
	// recheckPause is how long after a check the next one may follow, so that waiting for
	// thousands of objects does not check after each of their changes.
	recheckPause = 50 * time.Millisecond
	// progressInterval is the time between two reports of progress.
	progressInterval = time.Second
)

// A Progress is told, about once a second, how many of how many things have got there. It
// may be nil.
type Progress func(done, total int)

// waiters are the goroutines that wait for a store to change.
type waiters struct {
	mu      sync.Mutex
	waiting map[chan struct{}]struct{}
}

// wake lets every waiter check anew. It never blocks.
func (w *waiters) wake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for waiter := range w.waiting {
		select {
		case waiter <- struct{}{}:
		default: // It has been woken already.
		}
	}
}

// wait returns once check says that done has reached total, or with ctx's cause.
func (w *waiters) wait(ctx context.Context, check func() (done, total int, reached bool), progress Progress) error {
	if progress == nil {
		progress = func(int, int) {}
	}
	woken := w.register()
	defer w.unregister(woken)
	report := time.NewTicker(progressInterval)
	defer report.Stop()
	for {
		done, total, reached := check()
		if reached {
			progress(done, total)
			return nil
		}
		if err := pause(ctx, recheckPause); err != nil {
			return err
		}
		select {
		case <-woken:
		case <-report.C:
			progress(done, total)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (w *waiters) register() chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	woken := make(chan struct{}, 1)
	if w.waiting == nil {
		w.waiting = map[chan struct{}]struct{}{}
	}
	w.waiting[woken] = struct{}{}
	return woken
}

func (w *waiters) unregister(woken chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.waiting, woken)
}

// pause waits for d unless ctx ends first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
