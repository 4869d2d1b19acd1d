// Package live shows a run while it goes on: a block of lines that is redrawn on a terminal,
// or else one line per event and a heartbeat. It is fed by the records of the run alone and
// passes each of them on unchanged.
package live

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
)

// How often a terminal is redrawn, and how often a stream without one gets a sign of life.
const (
	redraw    = 250 * time.Millisecond
	heartbeat = 30 * time.Second
)

// Options say where and how to show the run. Clock, Out and Next are required.
type Options struct {
	Clock    sample.Clock
	Out      io.Writer
	Terminal bool        // Whether Out can be redrawn.
	Width    int         // The terminal's width in columns; 0 means 80.
	Next     sample.Sink // Gets every record.
}

// A View is a sample.Sink that shows what passes through it. Close ends it.
type View struct {
	options Options
	done    chan struct{}
	ended   sync.WaitGroup

	mutex sync.Mutex
	state state
	drawn int // Lines of the block on the terminal.
}

// state is what the view knows of the run.
type state struct {
	phase      string
	phaseStart sample.Offset
	steps      []*step
	gauges     map[string]float64 // The last value by metric and labels.
	slowest    map[string]float64 // The last p99 by class, in seconds.
}

type step struct {
	name  string
	start sample.Offset
	done  string
	total string
}

var _ sample.Sink = (*View)(nil)

// Start begins to show a run.
func Start(options Options) *View {
	if options.Width == 0 {
		options.Width = 80
	}
	v := &View{options: options, done: make(chan struct{})}
	v.state.gauges = make(map[string]float64)
	v.state.slowest = make(map[string]float64)
	v.ended.Go(v.loop)
	return v
}

// Close removes the block from the terminal; what was printed above it stays.
func (v *View) Close() {
	close(v.done)
	v.ended.Wait()
}

func (v *View) loop() {
	interval := heartbeat
	if v.options.Terminal {
		interval = redraw
	}
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			v.mutex.Lock()
			v.show()
			v.mutex.Unlock()
		case <-v.done:
			v.mutex.Lock()
			v.erase()
			v.mutex.Unlock()
			return
		}
	}
}

// Event takes an event and passes it on.
func (v *View) Event(e sample.Event) {
	v.options.Next.Event(e)
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.state.apply(e)
	if line := sentence(e); line != "" {
		v.print(fmt.Sprintf("%s  %s", clock(e.At), line))
	}
}

// Point takes a value and passes it on.
func (v *View) Point(p sample.Point) {
	v.options.Next.Point(p)
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.state.gauges[p.Metric+" "+p.Labels["state"]+p.Labels["class"]] = p.Value
}

// Window takes a distribution and passes it on.
func (v *View) Window(w sample.Window) {
	if w.Metric == sample.APIRequest && w.Histogram.Count() > 0 {
		v.mutex.Lock()
		v.state.slowest[w.Labels["class"]] = w.Histogram.Quantile(0.99)
		v.mutex.Unlock()
	}
	v.options.Next.Window(w)
}

// Buckets passes a server's histogram on.
func (v *View) Buckets(b sample.Buckets) { v.options.Next.Buckets(b) }

// Pod passes a pod on.
func (v *View) Pod(p sample.Pod) { v.options.Next.Pod(p) }

func (s *state) apply(e sample.Event) {
	switch e.Kind {
	case sample.PhaseStarted:
		s.phase, s.phaseStart, s.steps = e.Phase, e.At, nil
		clear(s.slowest)
		maps.DeleteFunc(s.gauges, func(key string, _ float64) bool { // The loads of the phase before are over.
			return strings.HasPrefix(key, sample.APIOffered) || strings.HasPrefix(key, sample.APIAchieved)
		})
	case sample.StepStarted:
		s.steps = append(s.steps, &step{name: e.Step, start: e.At})
	case sample.Progress:
		if found := s.step(e.Step); found != nil {
			found.done, found.total = e.Fields["done"], e.Fields["total"]
		}
	case sample.StepFinished, sample.StepFailed:
		s.steps = slices.DeleteFunc(s.steps, func(known *step) bool { return known.name == e.Step })
	case sample.PhaseFinished:
		s.phase, s.steps = "", nil
	}
}

func (s *state) step(name string) *step {
	for _, known := range s.steps {
		if known.name == name {
			return known
		}
	}
	return nil
}

// sentence returns the line that an event leaves behind, or nothing.
func sentence(e sample.Event) string {
	switch e.Kind {
	case sample.PhaseStarted:
		return "phase " + e.Phase
	case sample.StepFinished:
		return "  " + strings.TrimSpace(e.Step+"  "+e.Message)
	case sample.StepFailed:
		return "  " + e.Step + " failed: " + e.Message
	case sample.Warning:
		return "warning: " + e.Message
	case sample.ComponentLost:
		return "lost: " + e.Message
	case sample.ComponentKilled, sample.ComponentStarted, sample.ComponentBack:
		return "  " + e.Message
	case sample.RunStarted:
		return e.Message
	case sample.RunFinished:
		ended, _, _ := strings.Cut(e.Message, ":") // Why is said once, behind the report.
		return ended
	}
	return ""
}

func clock(at sample.Offset) string {
	seconds := int(at.Seconds())
	return fmt.Sprintf("%3d:%02d", seconds/60, seconds%60)
}
