package measure

import (
	"context"
	"sync"

	"github.com/kubedyno/kubedyno/kwok/storage/csi"
	"github.com/kubedyno/kubedyno/results/sample"
)

// CSI counts the calls of a CSI driver without storage and how long it held them back.
type CSI struct {
	run    Run
	cancel context.CancelFunc
	once   sync.Once
	done   sync.WaitGroup

	mutex   sync.Mutex
	from    sample.Offset
	windows map[csiSeries]*sample.Histogram
	calls   map[csiSeries]*csiCalls
}

type csiSeries struct{ class, operation, phase string }

func (s csiSeries) labels() sample.Labels {
	return sample.Labels{"class": s.class, "operation": s.operation, "phase": s.phase}
}

type csiCalls struct{ attempts, failures int64 }

// StartCSI begins to count what Observe is told. It ends with ctx; Close must be called all the same.
func StartCSI(ctx context.Context, run Run) *CSI {
	ctx, cancel := context.WithCancel(ctx)
	c := &CSI{run: run, cancel: cancel, from: run.Clock.Now(), windows: map[csiSeries]*sample.Histogram{}, calls: map[csiSeries]*csiCalls{}}
	c.done.Go(func() { every(ctx, c.flush) })
	return c
}

// Close ends the counting and writes what is left. A nil CSI has nothing to end; only the first call
// has an effect.
func (c *CSI) Close() {
	if c == nil {
		return
	}
	c.once.Do(func() {
		c.cancel()
		c.done.Wait()
	})
}

// Observe takes a call, in the phase in which it ended.
func (c *CSI) Observe(a csi.Attempt) {
	series := csiSeries{a.Class, string(a.Operation), c.run.phase()}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.windows[series] == nil {
		c.windows[series] = &sample.Histogram{}
	}
	c.windows[series].Record(a.Given)
	if c.calls[series] == nil {
		c.calls[series] = &csiCalls{}
	}
	c.calls[series].attempts++
	if a.Failed {
		c.calls[series].failures++
	}
}

// flush writes the windows and the counts, which are those of each phase. What belongs to a phase
// that is over is written a last time.
func (c *CSI) flush() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	now, phase := c.run.Clock.Now(), c.run.phase()
	for series, h := range c.windows {
		if h.Count() > 0 {
			c.run.Sink.Window(sample.Window{From: c.from, To: now, Metric: sample.CSIGiven, Labels: series.labels(), Histogram: *h})
			h.Reset()
		}
		calls := c.calls[series]
		c.run.point(now, sample.CSIAttempts, series.labels(), float64(calls.attempts))
		c.run.point(now, sample.CSIFailures, series.labels(), float64(calls.failures))
		if series.phase != phase {
			delete(c.windows, series)
			delete(c.calls, series)
		}
	}
	c.from = now
}
