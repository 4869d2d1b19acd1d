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

// A call is one of several that each makes.
type call struct {
	index int
	due   time.Time // When it was to start; without a rate, when it did.
}

// each makes n calls of do. With a rate, call i is due i/rate seconds after the first and
// starts late only while parallelism calls are under way; without, each starts as soon as it
// can. The first error ends it.
func each(ctx context.Context, n int, rate float64, do func(context.Context, call) error) error {
	group, calls := errgroup.WithContext(ctx)
	group.SetLimit(parallelism)
	start := time.Now()
	for i := range n {
		due := start
		if rate > 0 {
			due = start.Add(time.Duration(float64(i) / rate * float64(time.Second)))
		}
		if err := until(calls, due); err != nil {
			break // Which group.Wait explains, unless ctx itself ended.
		}
		group.Go(func() error {
			if rate <= 0 {
				due = time.Now()
			}
			return do(calls, call{i, due})
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// until waits until a moment, which may have passed, or until ctx ends.
func until(ctx context.Context, due time.Time) error {
	wait := time.Until(due)
	if wait <= 0 || ctx.Err() != nil {
		return context.Cause(ctx)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// progressInterval is the least time between two progress events of a step, but for the one
// that says that all is done.
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
	if now.Sub(p.last) < progressInterval && p.done < p.total {
		return
	}
	p.last = now
	p.step.Sink.Event(sample.Event{
		At: p.step.Clock.Now(), Kind: sample.Progress, Phase: p.step.Phase, Step: p.step.Plan.Name,
		Fields: map[string]string{"done": strconv.Itoa(p.done), "total": strconv.Itoa(p.total)},
	})
}
