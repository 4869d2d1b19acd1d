package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/load/pace"
)

// schedules returns when the requests of each class are due. Evenly spaced ones begin at a random
// point of the first interval, so that classes of equal rates do not send at the same instants.
func (o Options) schedules() ([]*pace.Schedule, error) {
	random := rand.New(rand.NewPCG(o.Seed, 0))
	all := make([]*pace.Schedule, len(o.Classes))
	for i, class := range o.Classes {
		schedule, err := pace.New(pace.Options{
			Rate: class.Rate, Shape: o.Pace, Arrivals: o.Arrivals, Duration: o.Duration,
			Offset: random.Float64(), Seed: random.Uint64(),
		})
		if err != nil {
			return nil, fmt.Errorf("load class %q: %w", class.Name, err)
		}
		all[i] = schedule
	}
	return all, nil
}

// countBefore returns how many requests of a schedule are due before until, given that from
// of them are known to be.
func countBefore(schedule *pace.Schedule, from uint64, until time.Duration) uint64 {
	for schedule.At(from) < until {
		from++
	}
	return from
}

// pacer drives vegeta by a schedule. vegeta sleeps for what Pace returns and cannot be woken;
// so Pace itself waits, ends with ctx, and returns 0.
type pacer struct {
	ctx      context.Context
	schedule *pace.Schedule
	clock    sample.Clock
	began    sample.Offset
	duration time.Duration
	grace    time.Duration // How long after duration a late request is still sent.
}

// Pace waits until request hits is due. It stops the attack when the schedule is at its end,
// when the requests left over are more than grace late, and when ctx is done.
func (p *pacer) Pace(_ time.Duration, hits uint64) (time.Duration, bool) {
	due := p.schedule.At(hits)
	if due >= p.duration {
		return 0, true
	}
	elapsed := time.Duration(p.clock.Now() - p.began)
	if elapsed > p.duration+p.grace || p.ctx.Err() != nil {
		return 0, true
	}
	if elapsed >= due {
		return 0, false
	}
	timer := time.NewTimer(due - elapsed)
	defer timer.Stop()
	select {
	case <-timer.C:
		return 0, false
	case <-p.ctx.Done():
		return 0, true
	}
}

// Rate is asked for by vegeta's plots only; here it is the mean over the whole schedule.
func (p *pacer) Rate(time.Duration) float64 {
	return float64(p.schedule.Count()) / p.duration.Seconds()
}
