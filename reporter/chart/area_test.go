package chart

import (
	"math"
	"strings"
	"testing"

	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/sample"
)

// areaFigure has an area from 1 to 3 over 10 to 90, and nothing measured from 60 on.
func areaFigure(lower, upper []view.Point) view.Figure {
	return view.Figure{ID: "f", Title: "t", Alt: "a", Axis: view.RequestsAxis, End: 100, Unmeasured: []view.Band{{Name: "not measured", From: 60, To: 100}},
		Panels: []view.Panel{{Label: "CPU", Unit: sample.Cores, Areas: []view.Area{{Lower: lower, Upper: upper}},
			Series: []view.Series{{Name: "runs", Dots: true, Parts: [][]view.Point{{{X: 10, Y: 2}}, {{X: 60, Y: 2}}}}}}}}
}

func TestAreas(t *testing.T) {
	got := drawn(t, areaFigure([]view.Point{{X: 10, Y: 1}, {X: 90, Y: 1}}, []view.Point{{X: 10, Y: 3}, {X: 90, Y: 30}}))
	wellFormed(t, got)
	for _, want := range []string{">requests a second<", ">not measured<", "f-" + string(Interval), "f-" + string(Band), ">30<"} {
		if !strings.Contains(got, want) {
			t.Errorf("the figure has no %q:\n%s", want, got)
		}
	}
}

// TestAreasTakeAnyPoints: none, and some that are no numbers.
func TestAreasTakeAnyPoints(t *testing.T) {
	whole := []view.Point{{X: 10, Y: 1}, {X: 50, Y: 2}, {X: 90, Y: 1}}
	for name, upper := range map[string][]view.Point{"none": nil, "no end": {{X: 10, Y: 3}, {X: 50, Y: math.Inf(1)}}, "no number": {{X: 10, Y: math.NaN()}}} {
		got := drawn(t, areaFigure(whole, upper))
		wellFormed(t, got)
		if strings.Contains(got, "NaN") || strings.Contains(got, "Inf") {
			t.Errorf("%s: a coordinate is no number", name)
		}
	}
}
