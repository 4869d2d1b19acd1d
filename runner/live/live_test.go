package live

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/sample"
)

// counter counts what reaches it.
type counter struct{ events, points, windows, pods int }

func (c *counter) Event(sample.Event)   { c.events++ }
func (c *counter) Point(sample.Point)   { c.points++ }
func (c *counter) Window(sample.Window) { c.windows++ }
func (*counter) Buckets(sample.Buckets) {}
func (c *counter) Pod(sample.Pod)       { c.pods++ }

// play sends a short run through a view: 31 s of one phase with a step that makes progress.
func play(v *View, clock sample.Clock) {
	v.Event(sample.Event{At: clock.Now(), Kind: sample.PhaseStarted, Phase: "create"})
	v.Event(sample.Event{At: clock.Now(), Kind: sample.StepStarted, Phase: "create", Step: "create web"})
	v.Event(sample.Event{Kind: sample.Progress, Step: "create web", Fields: map[string]string{"done": "7", "total": "24"}})
	v.Point(sample.Point{Metric: sample.PodsByState, Labels: sample.Labels{"state": "created"}, Value: 350})
	v.Point(sample.Point{Metric: sample.PodsByState, Labels: sample.Labels{"state": "ready"}, Value: 210})
	v.Point(sample.Point{Metric: sample.APIOffered, Labels: sample.Labels{"class": "get"}, Value: 60})
	v.Point(sample.Point{Metric: sample.APIOffered, Labels: sample.Labels{"class": "list"}, Value: 40})
	var window sample.Window
	window.Metric, window.Labels = sample.APIRequest, sample.Labels{"class": "get"}
	window.Histogram.Record(12 * time.Millisecond)
	v.Window(window)
	v.Pod(sample.Pod{})
	time.Sleep(31 * time.Second)
	v.Event(sample.Event{At: clock.Now(), Kind: sample.StepFinished, Step: "create web"})
	v.Event(sample.Event{At: clock.Now(), Kind: sample.Warning, Message: "too hot"})
}

func TestStreamWithoutTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		next := new(counter)
		clock := sample.StartClock()
		v := Start(Options{Clock: clock, Out: &out, Next: next})
		play(v, clock)
		v.Close()
		want := "  0:00  phase create\n" +
			"  0:30  ... create for 30s; create web  30s  7 of 24; " +
			"pods: 350 created, 0 scheduled, 0 running, 210 ready; " +
			"API: 100/s offered, 0/s sent, slowest get p99 12 ms\n" +
			"  0:31    create web\n" +
			"  0:31  warning: too hot\n"
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Error(diff)
		}
		if *next != (counter{events: 5, points: 4, windows: 1, pods: 1}) {
			t.Errorf("passed on %+v", *next)
		}
	})
}

func TestTerminalIsLeftWithoutTheBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		clock := sample.StartClock()
		v := Start(Options{Clock: clock, Out: &out, Terminal: true, Width: 30, Next: new(counter)})
		play(v, clock)
		v.Close()
		if got := screen(out.String()); !cmp.Equal(got, []string{"  0:00  phase create", "  0:31    create web", "  0:31  warning: too hot"}) {
			t.Errorf("left on the screen: %q", got)
		}
	})
}

// screen plays the output on a terminal that knows "cursor up" and "erase below".
func screen(output string) []string {
	var lines []string
	for _, line := range bytes.SplitAfter([]byte(output), []byte("\n")) {
		for bytes.HasPrefix(line, []byte("\x1b[")) {
			up, rest, _ := bytes.Cut(line[2:], []byte("A\x1b[J"))
			lines = lines[:len(lines)-int(up[0]-'0')]
			line = rest
		}
		if len(line) > 0 {
			lines = append(lines, string(bytes.TrimSuffix(line, []byte("\n"))))
		}
	}
	return lines
}

// TestRatesOfAPhaseThatIsOver loads in one phase and looks at the next.
func TestRatesOfAPhaseThatIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		clock := sample.StartClock()
		v := Start(Options{Clock: clock, Out: &out, Next: new(counter)})
		play(v, clock)
		v.Event(sample.Event{At: clock.Now(), Kind: sample.PhaseStarted, Phase: "next"})
		v.Point(sample.Point{Metric: sample.APIOffered, Labels: sample.Labels{"class": "patch"}, Value: 5})
		window := sample.Window{Metric: sample.APIRequest, Labels: sample.Labels{"class": "patch"}}
		window.Histogram.Record(time.Millisecond)
		v.Window(window)
		time.Sleep(30 * time.Second)
		v.Close()
		if !strings.Contains(out.String(), "API: 5/s offered") {
			t.Errorf("the rates of an earlier phase are added up:\n%s", &out)
		}
	})
}
