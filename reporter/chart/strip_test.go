package chart

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/sample"
)

// stripFigure has one panel: two runs of the base around 0, and runs of the new side.
func stripFigure(shares ...float64) view.Figure {
	base := view.Series{Name: "base 1 s", Slot: 0, Dots: true, Parts: [][]view.Point{{{X: -0.1}}, {{X: 0.1}}}}
	other := view.Series{Name: "new <2 s>", Slot: 1, Dots: true}
	for _, share := range shares {
		other.Parts = append(other.Parts, []view.Point{{X: share}})
	}
	median := view.Point{X: shares[0]}
	return view.Figure{ID: "strip", Axis: view.ShareAxis, Along: "difference", Panels: []view.Panel{{Label: "pods & startup: regressed",
		Series: []view.Series{base, other}, Marks: []view.Mark{{}, {At: median, Low: view.Point{X: -0.2}, High: median}}}}}
}

func TestStrip(t *testing.T) {
	var out bytes.Buffer
	if _, err := Draw(stripFigure(0.5, 1)).WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"pods &amp; startup: regressed", "base 1 s", "new &lt;2 s&gt;", ">+60%<", ">0%<", ">+100%<", "difference"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the figure does not say %q", want)
		}
	}
	if dots := strings.Count(out.String(), "f-series-1"); dots != 3 { // Two runs and the sample beside the name.
		t.Errorf("%d dots of the new side, want 3", dots)
	}
	if strokes := strings.Count(out.String(), "s-text"); strokes != 2 {
		t.Errorf("%d strokes of medians, want 2", strokes)
	}
}

// TestStripPlaces: what lies further right is larger, 0 has its place, and all that is drawn is
// within the axis, on a log scale too, where nothing is left of the base.
func TestStripPlaces(t *testing.T) {
	for _, log := range []bool{false, true} {
		figure := stripFigure(-1, 0, 0.5, 9, 99)
		figure.Log = log
		s := stripOf(figure)
		last := s.left
		for _, share := range []float64{-1, 0, 0.5, 9, 99} {
			at := s.at(share)
			if at <= last || at >= s.right {
				t.Errorf("log %v: %v is at %v, want between %v and %v", log, share, at, last, s.right)
			}
			last = at
		}
		ticks := s.ticks()
		if len(ticks) < 3 || len(ticks) > 12 {
			t.Errorf("log %v: %d ticks, want a few", log, len(ticks))
		}
		for _, tick := range ticks {
			if at := s.at(tick.Value); at < s.left-1e-6 || at > s.right+1e-6 || tick.Label == "" {
				t.Errorf("log %v: tick %+v is at %v", log, tick, at)
			}
		}
	}
}

func TestSignedTicks(t *testing.T) {
	for _, bounds := range [][2]float64{{-0.3, 0.1}, {0, 2}, {-5, 0}, {-1e-3, 1e-5}, {0, 0}, {0.2, 0.5}, {-7, -2}} {
		ticks := signedTicks(bounds[0], bounds[1], 210, sample.Seconds)
		zero := false
		for _, tick := range ticks {
			zero = zero || math.Abs(tick.Value) < 1e-12
		}
		if low, high := ticks[0].Value, ticks[len(ticks)-1].Value; low > bounds[0]+1e-12 || high < bounds[1]-1e-9 || low >= high || !zero || len(ticks) > 12 {
			t.Errorf("signedTicks of %v: %d from %v to %v, zero %v; want a few around both and 0", bounds, len(ticks), low, high, zero)
		}
	}
}
