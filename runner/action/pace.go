package action

import (
	"context"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kubedyno/kubedyno/results/sample"
)

// parallelism bounds how many requests of one action are under way.
const parallelism = 64

// each calls do for 0..n-1. With a rate, call i starts i/rate seconds after the first, late
// only while parallelism calls are under way; without, as soon as it can. The first error
// ends it.
func each(ctx context.Context, n int, rate float64, do func(ctx context.Context, i int) error) error {
	group, calls := errgroup.WithContext(ctx)
	group.SetLimit(parallelism)
	start := time.Now()
	for i := range n {
		if err := until(calls, start, i, rate); err != nil {
			break
		}
		group.Go(func() error { return do(calls, i) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// until waits for the time of call i.
func until(ctx context.Context, start time.Time, i int, rate float64) error {
	if rate <= 0 {
		return ctx.Err()
	}
	due := start.Add(time.Duration(float64(i) / rate * float64(time.Second)))
	timer := time.NewTimer(time.Until(due))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// progressInterval is the least time between two progress events of a step.
const progressInterval = 500 * time.Millisecond

// A progress counts what a step has done and says so now and then.
type progress struct {
	step  Step
	total int

	mutex sync.Mutex
	done  int
	last  time.Time
}

func (s Step) progress(total int) *progress { return &progress{step: s, total: total} }

// add records that one more is done.
func (p *progress) add() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.done++
	p.tell()
}

// set records that done of total are done.
func (p *progress) set(done, total int) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.done, p.total = done, total
	p.tell()
}

// tell sends an event unless one was sent just now. The caller holds the mutex.
func (p *progress) tell() {
	now := time.Now()
	if now.Sub(p.last) < progressInterval {
		return
	}
	p.last = now
	p.step.Sink.Event(sample.Event{
		At: p.step.Clock.Now(), Kind: sample.Progress, Phase: p.step.Phase, Step: p.step.Plan.Name,
		Fields: map[string]string{"done": strconv.Itoa(p.done), "total": strconv.Itoa(p.total)},
	})
}
