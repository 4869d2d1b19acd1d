package live

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/sample"
)

// counter counts what reaches it.
type counter struct{ events, points, windows, pods, buckets int }

func (c *counter) Event(sample.Event)     { c.events++ }
func (c *counter) Point(sample.Point)     { c.points++ }
func (c *counter) Window(sample.Window)   { c.windows++ }
func (c *counter) Buckets(sample.Buckets) { c.buckets++ }
func (c *counter) Pod(sample.Pod)         { c.pods++ }

// play sends a short run through a view: 31 s of one phase with a step that makes progress.
func play(v *View, clock sample.Clock) {
	v.Event(sample.Event{At: clock.Now(), Kind: sample.PhaseStarted, Phase: "create"})
	v.Event(sample.Event{At: clock.Now(), Kind: sample.StepStarted, Phase: "create", Step: "create web"})
	v.Event(sample.Event{Kind: sample.Progress, Step: "create web", Fields: map[string]string{"done": "7", "total": "24"}})
	v.Point(sample.Point{Metric: sample.PodsByState, Labels: sample.Labels{"state": "created"}, Value: 350})
	v.Point(sample.Point{Metric: sample.PodsByState, Labels: sample.Labels{"state": "ready"}, Value: 210})
	v.Point(sample.Point{Metric: sample.APIOffered, Labels: sample.Labels{"class": "get"}, Value: 60})
	v.Point(sample.Point{Metric: sample.APIOffered, Labels: sample.Labels{"class": "list"}, Value: 40})
	window := sample.Window{Metric: sample.APIRequest, Labels: sample.Labels{"class": "get"}}
	window.Histogram.Record(12 * time.Millisecond)
	v.Window(window)
	v.Buckets(sample.Buckets{})
	v.Pod(sample.Pod{})
	time.Sleep(31 * time.Second)
	v.Event(sample.Event{At: clock.Now(), Kind: sample.StepFinished, Step: "create web"})
	v.Event(sample.Event{At: clock.Now(), Kind: sample.Warning, Message: "too \x1b[2Jhot"})
}

func TestLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		next, clock := new(counter), sample.StartClock()
		v := Start(Options{Now: clock.Now, Out: &out, Next: next,
			Run: Run{Phases: []Phase{{"fleet", 0}, {"create", 40 * time.Second}}}})
		play(v, clock)
		v.Close()
		want := "  0:00  phase create (2 of 2, about 0:40)\n" +
			"  0:30  ... create (2 of 2)  0:30 of about 0:40; run 0:30, about 0:10 left; create web  0:30  7 of 24; " +
			"pods 350 created, 0 scheduled, 0 running, 210 ready; " +
			"API 100/s offered, 0/s sent, 0 failed; max 12 ms (get)\n" +
			"  0:31    create web\n" +
			"  0:31  warning: too  [2Jhot\n"
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Error(diff)
		}
		if *next != (counter{events: 5, points: 4, windows: 1, pods: 1, buckets: 1}) {
			t.Errorf("passed on %+v", *next)
		}
	})
}

func TestJSON(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		clock := sample.StartClock()
		v := Start(Options{Now: clock.Now, Began: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Out: &out, Mode: JSON})
		v.Event(sample.Event{At: sample.Offset(1500 * time.Millisecond), Kind: sample.Progress, Phase: "create", Step: "create <web>",
			Fields: map[string]string{"done": "7", "total": "24"}})
		time.Sleep(2 * heartbeat) // No heartbeat.
		v.Event(sample.Event{Kind: sample.Warning, Message: "two\nlines"})
		v.Close()
		want := `{"time":"2026-01-02T03:04:06.500Z","kind":"progress","phase":"create","step":"create <web>","fields":{"done":"7","total":"24"}}` + "\n" +
			`{"time":"2026-01-02T03:04:05.000Z","kind":"warning","message":"two\nlines"}` + "\n"
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestNotes(t *testing.T) {
	var out bytes.Buffer
	n := NewNotes(&out)
	for _, text := range []string{"Start", "ing.\n\nIt is ", "ready.\n", "no end"} {
		if written, err := n.Write([]byte(text)); err != nil || written != len(text) {
			t.Errorf("wrote %d of %q: %v", written, text, err)
		}
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		var r Record
		if err := json.Unmarshal([]byte(line), &r); err != nil || r.Kind != Note || r.Time == "" {
			t.Errorf("line %q: %+v, %v", line, r, err)
		}
		got = append(got, r.Message)
	}
	if diff := cmp.Diff([]string{"Starting.", "It is ready."}, got); diff != "" {
		t.Error(diff)
	}
	if _, err := n.Write(bytes.Repeat([]byte("x"), maxLine)); err != nil || !strings.Contains(out.String(), "no endxxx") {
		t.Error("a line without an end is kept for ever")
	}
}

func TestBlockIsRedrawnAndLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		clock := sample.StartClock()
		v := Start(Options{Now: clock.Now, Out: &out, Mode: Block, Size: func() (int, int) { return 40, 24 }})
		play(v, clock)
		v.Write([]byte("a signal\n"))
		synctest.Wait()
		if got := screen(t, out.String()); len(got) < 6 || got[3] != "a signal" || got[4] != "phase create  0:31" {
			t.Errorf("on the screen: %q", got)
		}
		frames := strings.Count(out.String(), "\x1b[J")
		time.Sleep(time.Second)
		synctest.Wait()
		if more := strings.Count(out.String(), "\x1b[J") - frames; more != 4 {
			t.Errorf("redrawn %d times in a second, want 4", more)
		}
		v.Close()
		want := []string{"  0:00  phase create", "  0:31    create web", "  0:31  warning: too  [2Jhot", "a signal"}
		if got := screen(t, out.String()); !cmp.Equal(got, want) {
			t.Errorf("left on the screen: %q", got)
		}
	})
}

// TestTerminalThatBecomesNarrower breaks the lines that are on it, so that more are to be erased.
func TestTerminalThatBecomesNarrower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		clock, columns := sample.StartClock(), 40
		v := Start(Options{Now: clock.Now, Out: &out, Mode: Block, Size: func() (int, int) { return columns, 24 }})
		v.Event(sample.Event{Kind: sample.PhaseStarted, Phase: "a-name-of-26-letters-in-all"})
		synctest.Wait()
		columns = 12 // What is on the terminal now has twice and more lines.
		time.Sleep(redraw)
		synctest.Wait()
		last := out.String()[strings.LastIndex(out.String(), "\x1b[J")+3:]
		for line := range strings.Lines(last) {
			if width(strings.TrimSuffix(line, "\n")) >= columns {
				t.Errorf("line of %d columns on a terminal of %d: %q", width(line), columns, line)
			}
		}
		if !strings.HasPrefix(out.String()[strings.LastIndex(out.String(), "\x1b["):], "\x1b[J") ||
			!strings.Contains(out.String(), "\r\x1b[4A\x1b[J") {
			t.Errorf("a line of 39 columns is 4 lines on a terminal of 12: %q", out.String())
		}
		v.Close()
	})
}

// screen plays the output on a terminal that knows "cursor up" and "erase below".
func screen(t *testing.T, output string) []string {
	t.Helper()
	var lines []string
	for _, line := range strings.SplitAfter(output, "\n") {
		if rest, ok := strings.CutPrefix(line, "\r\x1b["); ok {
			number, after, found := strings.Cut(rest, "A\x1b[J")
			up := 0
			for _, digit := range number {
				up = up*10 + int(digit-'0')
			}
			if !found {
				t.Fatalf("a sequence that is not known: %q", line)
			}
			lines, line = lines[:max(len(lines)-up, 0)], after
		}
		if line != "" {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	return lines
}

// stuck is a terminal that takes nothing until it is let go.
type stuck struct {
	free chan struct{}
	out  bytes.Buffer
}

func (s *stuck) Write(text []byte) (int, error) {
	<-s.free
	return s.out.Write(text)
}

// TestStuckTerminal sends more events than a view keeps while nothing takes its lines.
func TestStuckTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		terminal := &stuck{free: make(chan struct{})}
		clock, next := sample.StartClock(), new(counter)
		v := Start(Options{Now: clock.Now, Out: terminal, Next: next})
		v.Event(sample.Event{Kind: sample.Warning, Message: "first"})
		synctest.Wait() // Its goroutine now waits for the terminal.
		for range maxPending + 5 {
			v.Event(sample.Event{Kind: sample.Warning, Message: "later"})
		}
		if next.events != maxPending+6 {
			t.Errorf("passed on %d events while the terminal was stuck", next.events)
		}
		close(terminal.free)
		v.Close()
		if got := terminal.out.String(); strings.Count(got, "later") != maxPending || !strings.Contains(got, "5 lines could not be shown") {
			t.Errorf("%d lines were shown, ending in %q", strings.Count(got, "later"), got[max(0, len(got)-80):])
		}
	})
}

// broken is a terminal that has gone.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("gone") }

func TestTerminalThatHasGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock, next := sample.StartClock(), new(counter)
		v := Start(Options{Now: clock.Now, Out: broken{}, Mode: Block, Next: next})
		play(v, clock)
		v.Close()
		if next.events != 5 {
			t.Errorf("passed on %d events", next.events)
		}
	})
}

// TestLookIsToldOnce drops records and waits.
func TestLookIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		clock := sample.StartClock()
		v := Start(Options{Now: clock.Now, Out: &out})
		v.Point(sample.Point{Metric: sample.HarnessDropped, Value: 3})
		time.Sleep(look + time.Millisecond)
		v.Point(sample.Point{Metric: sample.HarnessDropped, Value: 4})
		time.Sleep(10 * look)
		v.Close()
		if got := out.String(); got != "  0:01  look: kubedyno dropped 3 records\n" {
			t.Errorf("%q", got)
		}
	})
}
