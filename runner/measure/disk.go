package measure

import (
	"context"
	"sync"
	"time"

	"github.com/kubedyno/kubedyno/kwok/storage/disk"
	"github.com/kubedyno/kubedyno/results/sample"
)

// Disk counts the calls that an emulated disk holds back: how long it was to do so, how long it did,
// and how late that was. A nil Disk counts nothing.
type Disk struct {
	run    Run
	cancel context.CancelFunc
	once   sync.Once
	done   sync.WaitGroup

	mutex   sync.Mutex
	from    sample.Offset
	windows map[diskSeries]*sample.Histogram
	lost    int64
}

type diskSeries struct{ metric, call, phase string }

// StartDisk begins to count. Observe is called once, with what is to see every call. It ends with ctx;
// Close must be called all the same.
func StartDisk(ctx context.Context, run Run, observe func(func(disk.Call))) *Disk {
	ctx, cancel := context.WithCancel(ctx)
	d := &Disk{run: run, cancel: cancel, from: run.Clock.Now(), windows: map[diskSeries]*sample.Histogram{}}
	observe(d.see)
	d.done.Go(func() {
		ticker := time.NewTicker(gaugeInterval)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				d.flush()
			case <-ctx.Done():
				return
			}
		}
	})
	return d
}

// Close ends the counting and writes what is left. Only the first call has an effect.
func (d *Disk) Close() {
	if d == nil {
		return
	}
	d.once.Do(func() {
		d.cancel()
		d.done.Wait()
		d.flush()
	})
}

// see takes a call, in the phase in which it was let go.
func (d *Disk) see(c disk.Call) {
	phase := d.run.phase()
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if c.Lost {
		d.lost++
		return
	}
	for metric, value := range map[string]time.Duration{sample.DiskAsked: c.Asked, sample.DiskGiven: c.Given, sample.DiskLate: c.Late()} {
		series := diskSeries{metric, c.Name, phase}
		if d.windows[series] == nil {
			d.windows[series] = &sample.Histogram{}
		}
		d.windows[series].Record(value)
	}
}

// flush writes the windows. The histograms are kept for the next ones of the same phase.
func (d *Disk) flush() {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	now, phase := d.run.Clock.Now(), d.run.phase()
	for series, h := range d.windows {
		if h.Count() > 0 {
			d.run.Sink.Window(sample.Window{From: d.from, To: now, Metric: series.metric,
				Labels: sample.Labels{"call": series.call, "phase": series.phase}, Histogram: *h})
			h.Reset()
		}
		if series.phase != phase {
			delete(d.windows, series)
		}
	}
	d.from = now
	d.run.point(now, sample.DiskLost, nil, float64(d.lost))
}
