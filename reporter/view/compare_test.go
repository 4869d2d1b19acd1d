package view

import (
	"testing"

	sides "github.com/kubedyno/kubedyno/results/compare"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/stat"
)

// changeOf is a change by so much that has this verdict.
func changeOf(name string, verdict sides.Verdict, share float64) sides.Change {
	return sides.Change{Objective: slo.Objective{Name: name, Metric: sample.PodStartup}, Unit: sample.Seconds, Verdict: verdict,
		Base: stat.Centre{N: 4, Median: 2}, New: stat.Centre{N: 4, Median: 2 * (1 + share)},
		Difference: &stat.Shift{Value: 2 * share}, Relative: &stat.Shift{Value: share}, Higher: 1, P: 0.01, Adjusted: 0.02}
}

func TestByAttention(t *testing.T) {
	all := []sides.Change{changeOf("a", sides.NoEvidence, 0.9), changeOf("b", sides.Improved, -0.5), changeOf("c", sides.Regressed, 0.1),
		changeOf("d", sides.TooFewRuns, 0.2), changeOf("e", sides.Regressed, 0.3), changeOf("f", sides.NoData, 0), changeOf("g", sides.SmallChange, 0)}
	got := ""
	for _, ch := range byAttention(all) {
		got += ch.Name
	}
	if want := "ecfdbga"; got != want {
		t.Errorf("order %s, want %s", got, want)
	}
}

// TestChangeWords: where a share cannot be told the change is in the figure's unit, and where
// there are too few runs for an interval there is none.
func TestChangeWords(t *testing.T) {
	low, high := -0.25, 1.5
	shared := changeOf("x", sides.Regressed, 0.5)
	shared.Relative.Low, shared.Relative.High = &low, &high
	if row := changeRow(shared); row.Change != "+50%" || row.Interval != "[−25%, +150%]" || row.P != "0.020" || row.Glyph != "✗" || row.Tone != Bad {
		t.Errorf("a share: %+v", row)
	}
	plain := changeOf("x", sides.Regressed, -0.5)
	plain.Relative = nil
	if row := changeRow(plain); row.Change != "−1 s" || row.Interval != "" {
		t.Errorf("without a share: %q %q, want −1 s without an interval", row.Change, row.Interval)
	}
	missing := sides.Change{Verdict: sides.NoData, Reason: "the base has no figure"}
	if row := changeRow(missing); row.Change != Dash || row.Base != Dash || row.P != Dash || row.Note != "the base has no figure" || row.Tone == Good {
		t.Errorf("without figures: %+v", row)
	}
}

// TestStripLeavesOut: what has no share of the base is not drawn, and it is said.
func TestStripLeavesOut(t *testing.T) {
	value := 2.0
	drawn, zero := changeOf("x", sides.Regressed, 4), changeOf("y", sides.NoEvidence, 0)
	drawn.BaseValues, drawn.NewValues = []*float64{&value, nil}, []*float64{new(10.0)}
	zero.Base.Median = 0
	f := stripFigure([]sides.Change{drawn, zero})
	if len(f.Panels) != 1 || !f.Log || len(f.Panels[0].Series[0].Parts) != 1 || f.Panels[0].Series[1].Parts[0][0].X != 4 {
		t.Errorf("figure %+v, want one panel with a log axis and the new run at 4", f)
	}
	if f := stripFigure([]sides.Change{zero}); f.Empty == "" {
		t.Error("nothing to draw: the figure does not say so")
	}
}
