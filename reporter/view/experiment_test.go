package view_test

import (
	"strings"
	"testing"

	"github.com/kubedyno/kubedyno/reporter/internal/example"
	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/slo"
)

// TestCellsShowMedianAndRange compares a cell with the trials' values by hand.
func TestCellsShowMedianAndRange(t *testing.T) {
	c := view.BuildExperiment(example.Compared()).Comparison
	for _, test := range []struct {
		variant, quantity int
		want              view.Cell
	}{
		{0, 0, view.Cell{Verdict: slo.Pass, Glyph: "✓", Value: "1.25 s", Range: "[1.2 s, 1.3 s]", N: "n = 2"}},
		{1, 0, view.Cell{Verdict: slo.Miss, Glyph: "✗", Value: "4.8 s", Range: "[4.1 s, 5.5 s]", N: "n = 2"}},
		{2, 1, view.Cell{Value: "79/s", Range: "[79/s, 79/s]", N: "n = 1 of 2"}},
	} {
		if got := c.Cells[test.variant][test.quantity]; got != test.want {
			t.Errorf("cell %d, %d is %+v, want %+v", test.variant, test.quantity, got, test.want)
		}
	}
	if c.Variants[1].Verdict != slo.Miss || c.Quantities[0].Limit != "≤ 5 s" || c.Quantities[1].Limit != "" {
		t.Errorf("variants %+v, quantities %+v", c.Variants, c.Quantities)
	}
}

// TestGridKeepsEveryCell lays a comparison out both ways.
func TestGridKeepsEveryCell(t *testing.T) {
	c := view.BuildExperiment(example.Compared()).Comparison
	wide := c.Grid()
	if wide.Corner != "Variant" || len(wide.Rows) != 3 || len(wide.Columns) != 2 || wide.Rows[1].Cells[0] != c.Cells[1][0] {
		t.Errorf("variants below one another: %+v", wide)
	}
	c.Variants, c.Cells = c.Variants[:1], c.Cells[:1]
	tall := c.Grid()
	if len(tall.Rows) != 2 || len(tall.Columns) != 1 || tall.Rows[1].Cells[0] != c.Cells[0][1] || tall.Columns[0].Word != "PASS" {
		t.Errorf("variants beside one another: %+v", tall)
	}
}

func TestNothingThatDidNotRunIsGreen(t *testing.T) {
	for _, v := range []*view.Experiment{view.BuildExperiment(example.Nothing()), view.BuildExperiment(example.Stopped())} {
		if v.Verdict == slo.Pass || len(v.Warnings) == 0 {
			t.Errorf("%s has the verdict %s and the warnings %q", v.ID, v.Verdict, v.Warnings)
		}
	}
	ladder := view.BuildExperiment(example.Ladder())
	if v := ladder.Comparison.Variants[3]; v.Verdict != "" || v.Word != "not run" || ladder.Trials[3].Link != "" {
		t.Errorf("a value that was not reached: %+v, %+v", v, ladder.Trials[3])
	}
	if cell := ladder.Comparison.Cells[3][0]; cell != (view.Cell{Value: view.Dash}) {
		t.Errorf("its cell is %+v", cell)
	}
}

func TestFigureOfAnExperiment(t *testing.T) {
	for _, test := range []struct {
		figure view.Figure
		axis   view.Axis
		title  string
		ticks  int
		dots   int // In the first panel.
		log    bool
	}{
		{view.BuildExperiment(example.Compared()).Figure, view.NamesAxis, "from 1.25 s (constraint=plain) to 4.8 s", 3, 6, false},
		{view.BuildExperiment(example.Ladder()).Figure, view.ValueAxis, "rate=500 is the last value that passed", 4, 3, true},
		{view.BuildExperiment(example.Stopped()).Figure, view.ValueAxis, "pod startup p99 ≤ 5 s: 1.3 s", 4, 2, false},
	} {
		f := test.figure
		if f.Axis != test.axis || len(f.Ticks) != test.ticks || f.Log != test.log || !strings.Contains(f.Title, test.title) || len(f.Panels) != 2 {
			t.Errorf("figure %+v", f)
			continue
		}
		dots := 0
		for _, s := range f.Panels[0].Series {
			if s.Dots {
				dots += len(s.Parts)
			}
		}
		if dots != test.dots || len(f.Panels[0].Limits) != 1 || len(f.Panels[1].Limits) != 0 {
			t.Errorf("%s: %d dots, limits %+v and %+v", f.Title, dots, f.Panels[0].Limits, f.Panels[1].Limits)
		}
	}
	if f := view.BuildExperiment(example.Nothing()).Figure; f.Empty == "" || len(f.Panels) != 0 {
		t.Errorf("without trials: %+v", f)
	}
}
