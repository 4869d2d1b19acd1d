package view_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/kubedyno/kubedyno/reporter/internal/example"
	"github.com/kubedyno/kubedyno/reporter/view"
)

// TestPlanCapacityFigures: what is beyond the runs is shaded, a mark stands where something was
// asked and answered, the fit lies within its band, and residuals are about 0.
func TestPlanCapacityFigures(t *testing.T) {
	plans := example.CapacityPlans()
	asked := view.BuildPlanCapacity(plans["asked"])
	marks, residuals := 0, 0
	for _, figure := range asked.Figures {
		panel := figure.Panels[0]
		if panel.Signed {
			residuals++
			continue
		}
		last := figure.Unmeasured[len(figure.Unmeasured)-1]
		largest := 0.0
		for _, dot := range panel.Series[0].Parts {
			largest = max(largest, dot[0].X)
		}
		if last.From != largest || last.To != figure.End || len(figure.Table.Rows) != len(panel.Series[0].Parts) {
			t.Errorf("%s: runs up to %v, nothing measured from %v to %v", figure.Title, largest, last.From, last.To)
		}
		for _, mark := range panel.Marks {
			marks++
			if !(mark.Low.Y <= mark.At.Y && mark.At.Y <= mark.High.Y) || mark.At.X <= largest || mark.At.X >= figure.End {
				t.Errorf("%s: the mark is %+v", figure.Title, mark)
			}
		}
		if len(panel.Marks) == 0 && !strings.Contains(figure.Title, "unknown") {
			t.Errorf("%s: an answer without a mark", figure.Title)
		}
		for _, area := range panel.Areas {
			for i, point := range area.Lower {
				if point.X != area.Upper[i].X || point.Y > area.Upper[i].Y || math.IsInf(area.Upper[i].Y, 0) {
					t.Errorf("%s: the band is from %v to %v", figure.Title, point, area.Upper[i])
				}
			}
		}
	}
	if marks < 5 || residuals < 5 {
		t.Errorf("%d marks, %d residual figures", marks, residuals)
	}
}

// TestPlanCapacityNeverGreen: what is not known has neither the tone nor the glyph of what is inside.
func TestPlanCapacityNeverGreen(t *testing.T) {
	for name, plan := range example.CapacityPlans() {
		v := view.BuildPlanCapacity(plan)
		if green := v.Tone == view.Good; green != (name == "inside") {
			t.Errorf("%s: the tone is %s", name, v.Tone)
		}
		for _, part := range v.Parts {
			for _, a := range part.Answers {
				if (a.Tone == view.Good) != (a.Word == "inside") || a.Word == "unknown" && (a.Value != view.Dash || a.Note == "") {
					t.Errorf("%s: %+v", name, a)
				}
			}
		}
		if len(v.Parts) > 0 && !slices.ContainsFunc(v.Head, func(f view.Fact) bool { return f.Name == "Asked" }) {
			t.Errorf("%s: what was asked is not said", name)
		}
	}
}
