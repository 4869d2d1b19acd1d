// Package audit watches the processes of a run, kubedyno's own among them: their CPU time and
// resident memory, what the rest of the machine uses, and the garbage-collection pauses, goroutines and dropped records of the
// harness, how full its queue of records was and what its own rate limits held back, so that a
// result can say whether the harness was the bottleneck.
//
// It judges nothing. CPU and memory of other processes are read on Linux only; elsewhere one
// warning event says so, and the figures of kubedyno itself come from the Go runtime, whose
// CPU time is an estimate that moves only when a garbage collection ends.
package audit

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
)

// Interval is the time between two samples.
const Interval = time.Second

// Self is the component label of kubedyno's own process.
const Self = "kubedyno"

// A Process is one process of the cluster under test.
type Process struct {
	Component string // Such as kube-apiserver; the value of the component label.
	PID       int
}

// Options say what to watch. Clock and Sink are required.
type Options struct {
	Clock sample.Clock
	Sink  sample.Sink
	// Processes returns the processes that run now. It is called before every sample, so
	// that a component that was restarted is followed to its new process. It may be nil.
	Processes func() []Process
	// Dropped returns how many records the run has dropped so far. It may be nil.
	Dropped func() int64
	// Waiting returns the most records that waited for the disk since it was last called. It
	// may be nil.
	Waiting func() int64
	// Throttle is what the process's Kubernetes clients report to. It may be nil.
	Throttle *Throttle
}

// usage is what a process had used when it was read.
type usage struct {
	cpuSeconds float64
	bytes      float64
	identity   uint64 // Tells a process from a later one with the same number.
}

// An Audit samples until it is closed.
type Audit struct {
	options Options
	tracks  map[string]*track // By component.
	harness *harness
	balance balance
	warned  bool

	cancel context.CancelFunc
	done   sync.WaitGroup
}

// track is the last reading of one component.
type track struct {
	pid    int
	at     sample.Offset
	last   usage
	lost   bool
	before float64 // CPU seconds of the processes that the component had before this one.
}

// Start begins to sample once a second. The audit ends with ctx or Close, whichever is first.
func Start(ctx context.Context, options Options) *Audit {
	ctx, cancel := context.WithCancel(ctx)
	a := &Audit{
		options: options,
		tracks:  map[string]*track{},
		harness: newHarness(),
		cancel:  cancel,
	}
	a.sample()
	a.done.Go(func() { a.run(ctx) })
	return a
}

// Close takes a last sample, so that the CPU seconds of every component are known up to the
// end, and stops. Only the first call has an effect.
func (a *Audit) Close() {
	a.cancel()
	a.done.Wait()
}

func (a *Audit) run(ctx context.Context) {
	ticker := time.NewTicker(Interval)
	defer ticker.Stop()
	defer a.sample()
	for {
		select {
		case <-ticker.C:
			a.sample()
		case <-ctx.Done():
			return
		}
	}
}

// sample reads everything once.
func (a *Audit) sample() {
	a.sampleSelf()
	if a.options.Processes != nil {
		running := a.options.Processes()
		for _, process := range running {
			a.sampleProcess(process)
		}
		a.sampleEnded(running)
	}
	a.sampleOthers()
	now := a.options.Clock.Now()
	pause, goroutines := a.harness.read()
	a.point(now, sample.HarnessGCPause, "", pause)
	a.point(now, sample.HarnessGoroutines, "", goroutines)
	if a.options.Dropped != nil {
		a.point(now, sample.HarnessDropped, "", float64(a.options.Dropped()))
	}
	if a.options.Waiting != nil {
		a.point(now, sample.HarnessQueue, "", float64(a.options.Waiting()))
	}
	if a.options.Throttle != nil {
		requests, held := a.options.Throttle.Total()
		a.point(now, sample.HarnessThrottled, "", held.Seconds())
		a.point(now, sample.HarnessHeldBack, "", float64(requests))
	}
}

func (a *Audit) sampleSelf() {
	now := a.options.Clock.Now()
	used, err := readSelf()
	if err != nil {
		a.lose(a.track(Self, 0), fmt.Sprintf("read CPU and memory of kubedyno: %v", err))
		return
	}
	a.record(now, Self, a.track(Self, 0), used)
}

func (a *Audit) sampleProcess(process Process) {
	if !processesReadable {
		if !a.warned {
			a.warned = true
			a.warn("CPU and memory of the components are not available on " + runtime.GOOS)
		}
		return
	}
	t := a.track(process.Component, process.PID)
	if t.lost {
		return
	}
	now := a.options.Clock.Now()
	used, err := readProcess(process.PID)
	if err == nil && t.last.identity != 0 && used.identity != t.last.identity {
		err = fmt.Errorf("process %d is another one now", process.PID)
	}
	if err != nil {
		if slices.Contains(a.options.Processes(), process) { // Or it was ended meanwhile.
			a.lose(t, fmt.Sprintf("%s: stop sampling CPU and memory: %v", process.Component, err))
		}
		return
	}
	a.record(now, process.Component, t, used)
}

// sampleEnded records of components whose process was ended that they use no CPU, which is known.
func (a *Audit) sampleEnded(running []Process) {
	now := a.options.Clock.Now()
	for component, t := range a.tracks {
		ended := !slices.ContainsFunc(running, func(p Process) bool { return p.Component == component })
		if component != Self && ended && now-t.at >= sample.Offset(Interval/2) {
			t.at = now
			a.point(now, sample.ComponentCPU, component, 0)
		}
	}
}

// track returns the last reading of a component; a component with a new process number
// begins anew, and its CPU seconds go on.
func (a *Audit) track(component string, pid int) *track {
	t, ok := a.tracks[component]
	if !ok || t.pid != pid {
		t = &track{pid: pid}
		if ok {
			t.before = a.tracks[component].before + a.tracks[component].last.cpuSeconds
		}
		a.tracks[component] = t
	}
	return t
}

// record writes one reading. Cores are CPU time over the time between two readings; readings
// closer than half an interval, such as the last one, are left out of them, because CPU time
// has steps of 10 ms.
func (a *Audit) record(now sample.Offset, component string, t *track, used usage) {
	a.point(now, sample.ComponentCPUTotal, component, t.before+used.cpuSeconds)
	a.point(now, sample.ComponentMemory, component, used.bytes)
	if t.last.identity != 0 {
		elapsed := now - t.at
		if elapsed < sample.Offset(Interval/2) {
			return
		}
		cores := (used.cpuSeconds - t.last.cpuSeconds) / elapsed.Seconds()
		a.point(now, sample.ComponentCPU, component, cores)
	}
	t.at, t.last = now, used
}

// lose stops sampling a process and says so once.
func (a *Audit) lose(t *track, message string) {
	if !t.lost {
		t.lost = true
		a.warn(message)
	}
}

func (a *Audit) warn(message string) {
	a.options.Sink.Event(sample.Event{
		At: a.options.Clock.Now(), Kind: sample.Warning, Message: message,
	})
}

// point writes one value; component is empty for the figures of the harness.
func (a *Audit) point(at sample.Offset, metric, component string, value float64) {
	var labels sample.Labels
	if component != "" {
		labels = sample.Labels{"component": component}
	}
	a.options.Sink.Point(sample.Point{At: at, Metric: metric, Labels: labels, Value: value})
}
