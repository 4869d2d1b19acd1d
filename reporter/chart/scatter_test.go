package chart

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/plot/vg"

	"github.com/kubedyno/kubedyno/reporter/internal/example"
	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/sample"
)

func TestTradeoffMatchesGolden(t *testing.T) {
	got := drawn(t, view.BuildExperiment(example.Weighed()).Tradeoff.Figure)
	wellFormed(t, got)
	golden := filepath.Join("testdata", "experiment-tradeoff.svg")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("the figure differs from %s; run with -update if that is meant:\n%s", golden, diff)
	}
}

// TestMarkNamesDoNotOverlap puts dots close together and holds every name against all others.
func TestMarkNamesDoNotOverlap(t *testing.T) {
	area := vg.Rectangle{Max: vg.Point{X: 400, Y: 300}}
	var taken []vg.Rectangle
	var names []name
	for i := range 16 {
		dot := vg.Point{X: 40 + vg.Length(i%4)*22, Y: 60 + vg.Length(i/4)*18}
		names = append(names, name{dot: dot, width: 45})
		taken = append(taken, around(dot, dot, dotRadius+1))
	}
	placeNames(names, area, taken)
	placed := 0
	for _, n := range names {
		if !n.placed {
			continue
		}
		placed++
		if n.box.Min.X < area.Min.X || n.box.Max.X > area.Max.X || n.box.Min.Y < area.Min.Y || n.box.Max.Y > area.Max.Y {
			t.Errorf("the name of %v is outside, in %v", n.dot, n.box)
		}
		for _, other := range taken {
			if n.box.Min.X < other.Max.X && other.Min.X < n.box.Max.X && n.box.Min.Y < other.Max.Y && other.Min.Y < n.box.Max.Y {
				t.Errorf("the name of %v, in %v, covers %v", n.dot, n.box, other)
			}
		}
		taken = append(taken, n.box)
	}
	if placed < 8 {
		t.Errorf("%d of 16 names found a place", placed)
	}
	if _, ok := nameBox(vg.Point{X: 5, Y: 5}, 500, area, nil); ok {
		t.Error("a name that is wider than the panel found a place")
	}
}

// TestFigureAxisTakesAnyMarks: one mark, equal ones, negative ones and none.
func TestFigureAxisTakesAnyMarks(t *testing.T) {
	for _, places := range [][]float64{{}, {0}, {5}, {3, 3}, {-2, -1}, {1e-9, 2e-9}, {1, 1e9}} {
		panel := view.Panel{Label: "y", Unit: sample.Seconds}
		series := view.Series{Name: "dots", Dots: true}
		for i, x := range places {
			at := view.Point{X: x, Y: float64(i + 1)}
			panel.Marks = append(panel.Marks, view.Mark{Name: fmt.Sprint("variant ", i), At: at, Low: at, High: at})
			series.Parts = append(series.Parts, []view.Point{at})
		}
		panel.Series = []view.Series{series}
		text := drawn(t, view.Figure{ID: "f", Title: "t", Alt: "a", Axis: view.FigureAxis, Along: "cost", XUnit: sample.Dollars,
			Panels: []view.Panel{panel}})
		wellFormed(t, text)
		if strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
			t.Errorf("%v: a coordinate is no number", places)
		}
		if len(places) > 0 && !strings.Contains(text, ">variant 0<") {
			t.Errorf("%v: the mark's name is missing", places)
		}
	}
}
