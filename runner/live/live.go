// Package live shows a run while it goes on: as a block of lines that is redrawn on a terminal,
// as one line per event with a heartbeat, or as one JSON object per event. It is fed by the
// records of the run alone, passes each of them on unchanged, and makes Nobody wait for a slow
// terminal: only its own goroutine writes.
package live

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
)

// A Mode is a way to show a run.
type Mode string

// The modes.
const (
	Block Mode = "live"  // A block of lines, redrawn four times a second.
	Lines Mode = "lines" // A line per event, and a heartbeat.
	JSON  Mode = "json"  // A JSON object per event, on a line of its own; see Record.
)

// How often a block is redrawn, how often lines look for a limit that is passed, and how often
// a stream that cannot be redrawn gets a sign of life.
const (
	redraw    = 250 * time.Millisecond
	look      = time.Second
	heartbeat = 30 * time.Second
)

// maxPending is how many lines wait for a terminal that takes none; later ones are counted.
const maxPending = 1000

// Options say where and how to show the run. Out and Now are required.
type Options struct {
	Out  io.Writer
	Mode Mode                 // Lines if empty.
	Now  func() sample.Offset // The run's time.
	// Began is the wall-clock time from which offsets count; only JSON needs it.
	Began time.Time
	// Size returns the terminal's columns and rows. It is called before every redraw, so that a
	// terminal may change its size; nil means 80 x 24.
	Size  func() (columns, rows int)
	Color bool
	Run   Run
	Next  sample.Sink // Gets every record; may be nil.
}

// A View is a sample.Sink that shows what passes through it. Close ends it.
type View struct {
	options Options
	done    chan struct{}
	woken   chan struct{} // Holds one token while lines wait.
	ended   sync.WaitGroup

	mutex   sync.Mutex
	state   *state
	pending []line
	lost    int // Lines that were one too many.

	drawn []int // The columns of the lines of the block on the terminal; of the goroutine.
}

var _ sample.Sink = (*View)(nil)

// Start begins to show a run.
func Start(options Options) *View {
	if options.Size == nil {
		options.Size = func() (int, int) { return 80, 24 }
	}
	if options.Next == nil {
		options.Next = Nobody{}
	}
	v := &View{options: options, done: make(chan struct{}), woken: make(chan struct{}, 1), state: newState(options.Run)}
	v.ended.Go(v.loop)
	return v
}

// Close writes the lines that wait and removes the block from the terminal; what was printed
// above it stays.
func (v *View) Close() {
	close(v.done)
	v.ended.Wait()
}

func (v *View) loop() {
	interval := look
	if v.options.Mode == Block {
		interval = redraw
	}
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	beat := v.options.Now()
	for {
		select {
		case <-ticker.C:
			if v.options.Mode != Block && v.options.Now()-beat >= sample.Offset(heartbeat) {
				beat = v.options.Now()
				v.beat()
			}
			v.flush(true)
		case <-v.woken:
			v.flush(true)
		case <-v.done:
			v.flush(false)
			return
		}
	}
}

// flush writes the lines that wait and, on a terminal, the block below them, in one piece.
func (v *View) flush(goingOn bool) {
	columns, rows := v.options.Size()
	var block []line
	v.mutex.Lock()
	if goingOn && v.options.Mode != JSON {
		v.tellNews()
	}
	lines := v.pending
	if v.lost > 0 {
		lines = append(lines, v.note(fmt.Sprintf("%d lines could not be shown, as nothing took them", v.lost)))
	}
	v.pending, v.lost = nil, 0
	if goingOn && v.options.Mode == Block {
		block = v.state.render(v.options.Now(), columns-1, rows-1)
	}
	v.mutex.Unlock()

	var out bytes.Buffer
	v.erase(&out, columns)
	for _, l := range lines {
		out.WriteString(l.paint(v.options.Color) + "\n")
	}
	for _, l := range block {
		out.WriteString(l.paint(v.options.Color) + "\n")
		v.drawn = append(v.drawn, width(l.text))
	}
	if out.Len() > 0 {
		_, _ = v.options.Out.Write(out.Bytes()) // A terminal that has gone must not end the run.
	}
}

// erase removes the block and leaves the cursor where it began. A terminal that became narrower
// has broken its lines, and one that echoed ^C has moved the cursor to the right.
func (v *View) erase(out *bytes.Buffer, columns int) {
	rows := 0
	for _, drawn := range v.drawn {
		rows += max(1, (drawn+columns-1)/max(columns, 1))
	}
	v.drawn = v.drawn[:0]
	if rows > 0 {
		fmt.Fprintf(out, "\r\x1b[%dA\x1b[J", rows)
	}
}

// beat makes the heartbeat of a stream that cannot be redrawn.
func (v *View) beat() {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	now := v.options.Now()
	if v.options.Mode == JSON {
		return
	}
	if text := v.state.summary(now); text != "" {
		v.add(line{text: clock(now) + "  ... " + text})
	}
}

// tellNews says once of every limit that is passed that the harness may be the bottleneck. The
// caller holds the mutex.
func (v *View) tellNews() {
	for _, text := range v.state.harness.news() {
		v.add(line{clock(v.options.Now()) + "  look: " + text, caution})
	}
}

// add appends a line to those that wait. The caller holds the mutex.
func (v *View) add(l line) {
	if len(v.pending) >= maxPending {
		v.lost++
		return
	}
	v.pending = append(v.pending, l)
	select {
	case v.woken <- struct{}{}:
	default: // The goroutine knows already.
	}
}

// Write shows lines that are no records, such as what a signal has caused, above the block. It
// never fails.
func (v *View) Write(text []byte) (int, error) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	for part := range strings.Lines(string(text)) {
		v.add(v.note(strings.TrimRight(part, "\n")))
	}
	return len(text), nil
}

// note is a line of text that is no record.
func (v *View) note(text string) line {
	if v.options.Mode == JSON {
		return line{text: encode(Record{Time: stamp(time.Now()), Kind: Note, Message: text})}
	}
	return line{text: clean(text)}
}

// Event takes an event and passes it on.
func (v *View) Event(e sample.Event) {
	v.options.Next.Event(e)
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if v.options.Mode == JSON {
		v.add(line{text: encode(recordOf(v.options.Began, e))})
		return
	}
	v.state.event(e)
	if text, style := sentence(e, v.state); text != "" {
		v.add(line{clock(e.At) + "  " + clean(text), style})
	}
}

// Point takes a value and passes it on.
func (v *View) Point(p sample.Point) {
	v.options.Next.Point(p)
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.state.point(p)
}

// Window takes a distribution and passes it on.
func (v *View) Window(w sample.Window) {
	v.mutex.Lock()
	v.state.window(w) // Before Next: its histogram may be used again afterwards.
	v.mutex.Unlock()
	v.options.Next.Window(w)
}

// Buckets passes a server's histogram on.
func (v *View) Buckets(b sample.Buckets) { v.options.Next.Buckets(b) }

// Pod takes a pod and passes it on.
func (v *View) Pod(p sample.Pod) {
	v.options.Next.Pod(p)
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.state.pod(p)
}

// Nobody is a sink that takes every record and does nothing with it.
type Nobody struct{}

var _ sample.Sink = Nobody{}

// Event does nothing.
func (Nobody) Event(sample.Event) {}

// Point does nothing.
func (Nobody) Point(sample.Point) {}

// Window does nothing.
func (Nobody) Window(sample.Window) {}

// Buckets does nothing.
func (Nobody) Buckets(sample.Buckets) {}

// Pod does nothing.
func (Nobody) Pod(sample.Pod) {}
