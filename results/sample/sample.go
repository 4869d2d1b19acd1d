// Package sample is the frozen vocabulary between the runner, which measures, and everything
// that reads a run: the metric registry and the records that a run folder consists of.
//
// It measures nothing, stores nothing and computes no statistic. Changing a record or the
// meaning of a metric needs a new FormatVersion.
package sample

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// FormatVersion is the version of the records below and of the files that hold them.
const FormatVersion = 1

// An Offset is a point on the run's one clock: the monotonic time since the run started. Its
// JSON form is a number of seconds.
type Offset time.Duration

// Seconds returns the offset in seconds.
func (o Offset) Seconds() float64 { return time.Duration(o).Seconds() }

// MarshalJSON writes the offset as seconds, rounded to a microsecond.
func (o Offset) MarshalJSON() ([]byte, error) {
	return json.Marshal(float64(time.Duration(o).Round(time.Microsecond).Microseconds()) / 1e6)
}

// MaxOffset is the longest time from the start of a run, before or after it, that is read from a
// file: a year, which no run lasts.
const MaxOffset = Offset(366 * 24 * time.Hour)

// UnmarshalJSON reads a number of seconds.
func (o *Offset) UnmarshalJSON(data []byte) error {
	var seconds float64
	if err := json.Unmarshal(data, &seconds); err != nil {
		return err
	}
	if math.Abs(seconds) > MaxOffset.Seconds() {
		return fmt.Errorf("the time %s is more than a year from the start", data)
	}
	*o = Offset(time.Duration(seconds * float64(time.Second)).Round(time.Microsecond))
	return nil
}

// A Clock reads the run's time. The zero value is not usable; take one from StartClock.
type Clock struct{ start time.Time }

// StartClock begins a run's time now.
func StartClock() Clock { return Clock{start: time.Now()} }

// Start returns the wall-clock time at which the run began.
func (c Clock) Start() time.Time { return c.start }

// Now returns the time since the run began, on the monotonic clock.
func (c Clock) Now() Offset { return Offset(time.Since(c.start)) }

// At converts a time that carries a monotonic reading of this process.
func (c Clock) At(t time.Time) Offset { return Offset(t.Sub(c.start)) }

// Labels tell the series of one metric apart. A map handed to a Sink belongs to the Sink.
type Labels map[string]string

// String renders the labels as a=b,c=d in the order of their names: equal labels give equal
// strings.
func (l Labels) String() string {
	const usual = 8 // Labels; so many names need no memory of their own, as this is called for every record.
	names, size := make([]string, 0, usual), 0
	for name, value := range l {
		names, size = append(names, name), size+len(name)+len(value)+len("=,")
	}
	slices.Sort(names)
	var text strings.Builder
	text.Grow(size)
	for i, name := range names {
		if i > 0 {
			text.WriteByte(',')
		}
		text.WriteString(name)
		text.WriteByte('=')
		text.WriteString(l[name])
	}
	return text.String()
}

// Match reports whether l has every label of selector with the same value.
func (l Labels) Match(selector Labels) bool {
	for name, value := range selector {
		if l[name] != value {
			return false
		}
	}
	return true
}

// Without returns the labels but for those names.
func (l Labels) Without(names ...string) Labels {
	rest := maps.Clone(l)
	for _, name := range names {
		delete(rest, name)
	}
	return rest
}

// An EventKind says what an Event means.
type EventKind string

// The kinds of events. Phase events delimit the run's phases, step events the actions in them.
const (
	RunStarted    EventKind = "run-started"
	RunFinished   EventKind = "run-finished"
	PhaseStarted  EventKind = "phase-started"
	PhaseFinished EventKind = "phase-finished"
	StepStarted   EventKind = "step-started"
	StepFinished  EventKind = "step-finished"
	StepFailed    EventKind = "step-failed"
	Progress      EventKind = "progress" // Fields "done" and "total" count a step's objects.
	Warning       EventKind = "warning"
	ComponentLost EventKind = "component-lost"
	// An outage action: the component of the field "component" was killed, is started again, and
	// serves again.
	ComponentKilled  EventKind = "component-killed"
	ComponentStarted EventKind = "component-started"
	ComponentBack    EventKind = "component-back"
)

// An Event is something that happened once, a line of events.jsonl.
type Event struct {
	At      Offset            `json:"t"`
	Kind    EventKind         `json:"kind"`
	Phase   string            `json:"phase,omitempty"`
	Step    string            `json:"step,omitempty"`
	Message string            `json:"message,omitempty"`
	Fields  map[string]string `json:"fields,omitempty"`
}

// A Point is one value of a gauge or scalar metric, a line of samples.jsonl.
type Point struct {
	At     Offset  `json:"t"`
	Metric string  `json:"metric"`
	Labels Labels  `json:"labels,omitempty"`
	Value  float64 `json:"value"`
}

// A Window is the distribution of one metric over a stretch of the run, a line of
// histograms.jsonl. Windows of the same metric are merged by adding their histograms.
type Window struct {
	From      Offset    `json:"from"`
	To        Offset    `json:"to"`
	Metric    string    `json:"metric"`
	Labels    Labels    `json:"labels,omitempty"`
	Histogram Histogram `json:"hdr"`
	// Censored says that the values are those of things which never got there: each true value
	// is at least the recorded one.
	Censored bool `json:"censored,omitempty"`
}

// A Pod is the life of one pod as the harness's watch delivered it, a line of pods.jsonl. An
// offset is nil when the harness did not see the transition. A pod that is not Ready is
// censored at Until: its startup took at least Until - Created.
//
// A pod that becomes Ready is written at once, so that a run that is killed keeps it, and once
// more with the whole of its life when it has gone, or at the end of the run if it is being
// deleted then; see Amends.
type Pod struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	UID       string `json:"uid"`
	Workload  string `json:"workload"`
	Phase     string `json:"phase"` // The run's phase in which the pod was created.
	Node      string `json:"node,omitempty"`

	// Only for pods that the harness itself creates: when the creation was due, when it was sent
	// and when the API server had answered it.
	Intended     *Offset `json:"intended,omitempty"`
	Sent         *Offset `json:"sent,omitempty"`
	Acknowledged *Offset `json:"acknowledged,omitempty"`

	Created Offset `json:"created"` // First seen by the watch, like all below.
	// CreatedAfter is only for a pod that was first seen late, in a list or after its watch was
	// interrupted for long: the last moment at which it was known not to exist. Its startup counts
	// from there and so is an upper bound.
	CreatedAfter *Offset `json:"createdAfter,omitempty"`
	Scheduled    *Offset `json:"scheduled,omitempty"`
	Running      *Offset `json:"running,omitempty"`
	Ready        *Offset `json:"ready,omitempty"`
	Deleting     *Offset `json:"deleting,omitempty"` // First seen with a deletionTimestamp.
	Deleted      *Offset `json:"deleted,omitempty"`  // Gone.
	Until        Offset  `json:"until"`              // When this record was written.

	// ConfiguredStartSeconds is the delay that the simulator was told to put between
	// scheduled and Running for this pod; nil where it cannot be known.
	ConfiguredStartSeconds *float64 `json:"configuredStart,omitempty"`
	// Uncertain says that a watch was interrupted for longer than watch lag may be, or had to list
	// anew, before it brought one of the pod's transitions, so that its offsets are upper bounds.
	Uncertain bool `json:"uncertain,omitempty"`
	// APICreated is the server's creationTimestamp, with its resolution of 1 s: context
	// only, never subtracted from an offset.
	APICreated time.Time `json:"apiCreated"`
}

// Amends reports whether this is the second record of a pod, which adds to the first how the
// pod went and must not be counted again.
func (p Pod) Amends() bool { return p.Ready != nil && (p.Deleting != nil || p.Deleted != nil) }

// Began is when the pod's startup began: when the harness was to create it, or else when it was
// first seen; if that was late, the last moment at which it was not there.
func (p Pod) Began() Offset {
	switch {
	case p.Intended != nil:
		return *p.Intended
	case p.CreatedAfter != nil:
		return *p.CreatedAfter
	}
	return p.Created
}

// Buckets are what a server's own histogram grew by over a stretch of the run, a line of
// buckets.jsonl. Their values are in the metric's unit; where in a bucket they lie is unknown.
type Buckets struct {
	From   Offset    `json:"from"`
	To     Offset    `json:"to"`
	Metric string    `json:"metric"`
	Labels Labels    `json:"labels,omitempty"`
	Bounds []float64 `json:"bounds"` // Upper bounds, ascending; one more bucket lies above the last.
	Counts []uint64  `json:"counts"` // By bucket, not cumulative; one more than Bounds.
	Sum    float64   `json:"sum"`
}

// A Sink takes the records of a run. It never blocks its caller, is safe for concurrent use,
// and counts what it had to drop. The maps and pointers in a record belong to the Sink from
// then on; a Window's histogram is read before Window returns and may be used again.
type Sink interface {
	Event(Event)
	Point(Point)
	Window(Window)
	Buckets(Buckets)
	Pod(Pod)
}
