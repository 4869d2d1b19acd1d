package view_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/reporter/internal/example"
	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/experiment"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

func TestHeatOfThreeAxes(t *testing.T) {
	e := view.BuildExperiment(example.Rolled())
	var titles []string
	for _, table := range e.Heat.Tables {
		titles = append(titles, table.Title)
	}
	want := []string{"Verdict", "The update is complete in time", "Unavailable pod-seconds", "Least available"}
	if diff := cmp.Diff(want, titles); diff != "" {
		t.Fatalf("tables, without that of a figure that is the objective's (-want +got):\n%s", diff)
	}
	duration := e.Heat.Tables[1]
	heads := [][]view.Span{{{Text: "surge 1%", Over: 2}, {Text: "surge 25%", Over: 2}},
		{{Text: "unavailable 1%", Over: 1}, {Text: "unavailable 25%", Over: 1}, {Text: "unavailable 1%", Over: 1}, {Text: "unavailable 25%", Over: 1}}}
	if diff := cmp.Diff(heads, duration.Columns); diff != "" {
		t.Errorf("heads (-want +got):\n%s", diff)
	}
	cells := [][]view.HeatCell{{
		{Verdict: slo.Miss, Glyph: "✗", Value: "≥ 90 s", Level: 4}, {Verdict: slo.Miss, Glyph: "✗", Value: "71.5 s", Level: 3},
		{Verdict: slo.Miss, Glyph: "✗", Value: "≥ 90 s", Level: 4}, {Verdict: slo.Pass, Glyph: "✓", Value: "33 s", Level: 1}}, {
		{Verdict: slo.Pass, Glyph: "✓", Value: "50.2 s", Level: 2}, {Verdict: slo.Pass, Glyph: "✓", Value: "15.8 s"},
		{Verdict: slo.Pass, Glyph: "✓", Value: "5.3 s"}, {Value: "–", Note: "not run"}}}
	for i, row := range duration.Rows {
		if diff := cmp.Diff(cells[i], row.Cells); diff != "" || row.Heads[0].Text != []string{"40", "44"}[i] {
			t.Errorf("row %+v (-want +got):\n%s", row.Heads, diff)
		}
	}
	least := e.Heat.Tables[3] // More is better.
	if got := least.Rows[0].Cells[0].Level; got != 4 || least.Rows[1].Cells[2].Level != 0 {
		t.Errorf("the tint of the worst is %d, of the best %d", got, least.Rows[1].Cells[2].Level)
	}
	if got := least.Rows[1].Cells[1]; got != (view.HeatCell{Value: "–", Note: "no data"}) {
		t.Errorf("a cell without data: %+v", got)
	}
	if got := e.Heat.Tables[0].Rows[1].Cells[3]; got != (view.HeatCell{Note: "not run"}) {
		t.Errorf("the verdict of a variant that was not run: %+v", got)
	}
	if !strings.Contains(e.Heat.Lead, "≥") {
		t.Errorf("the lead does not explain ≥: %s", e.Heat.Lead)
	}
}

// matrix is an experiment over axes with so many values; a trial's figure is the number of its
// variant, times step, plus 100.
func matrix(step float64, sizes ...int) *experiment.Experiment {
	e := &experiment.Experiment{Repeat: 1}
	variants := [][]string{{}}
	for i, size := range sizes {
		axis := experiment.Axis{Parameter: string(rune('a' + i))}
		var next [][]string
		for n := range size {
			axis.Values = append(axis.Values, fmt.Sprint(n))
		}
		for _, before := range variants {
			for _, value := range axis.Values {
				next = append(next, append(append([]string{}, before...), value))
			}
		}
		e.Axes, variants = append(e.Axes, axis), next
	}
	for i, values := range variants {
		value := 100 + step*float64(i)
		e.Variants = append(e.Variants, experiment.Variant{Values: values})
		e.Trials = append(e.Trials, experiment.Trial{Variant: i, Ended: true, Verdict: slo.Pass, Figures: []summary.Figure{
			{Objective: slo.Objective{Name: "x", Metric: sample.RolloutDuration}, Unit: sample.Seconds, Observed: &value}}})
	}
	e.Judge()
	return e
}

// TestHeatLayout says how many rows and columns there are for so many values, and where the last
// variant is: at the end.
func TestHeatLayout(t *testing.T) {
	for _, test := range []struct {
		sizes              []int
		down, rows, across int
	}{
		{[]int{3, 2}, 1, 3, 2},
		{[]int{2, 8}, 1, 2, 8},
		{[]int{2, 9}, 1, 9, 2},
		{[]int{2, 1, 3}, 1, 2, 3},
		{[]int{3, 2, 4}, 1, 3, 8},
		{[]int{2, 3, 3}, 2, 6, 3},
	} {
		e := view.BuildExperiment(matrix(10, test.sizes...))
		table := e.Heat.Tables[1]
		last := table.Rows[len(table.Rows)-1]
		if len(table.Down) != test.down || len(table.Rows) != test.rows || len(last.Cells) != test.across {
			t.Errorf("%v: %d axes down, %d rows, %d columns", test.sizes, len(table.Down), len(table.Rows), len(last.Cells))
		}
		want := view.BuildExperiment(matrix(10, test.sizes...)).Comparison.Cells
		if got := last.Cells[len(last.Cells)-1]; got.Value != want[len(want)-1][0].Value || got.Level != 4 || table.Rows[0].Cells[0].Level != 0 {
			t.Errorf("%v: the last cell is %+v", test.sizes, got)
		}
		if heads := len(table.Rows[0].Heads); heads != test.down || test.down == 2 && len(table.Rows[1].Heads) != 1 {
			t.Errorf("%v: the first row has %d heads", test.sizes, heads)
		}
	}
}

func TestHeatOfOtherMatrices(t *testing.T) {
	if e := view.BuildExperiment(matrix(1, 5)); e.Heat != nil {
		t.Error("there is a table over one axis")
	}
	if e := view.BuildExperiment(matrix(1, 2, 2, 2, 2)); e.Heat == nil || len(e.Heat.Tables) != 0 || !strings.Contains(e.Heat.Lead, "4 parameters") {
		t.Errorf("four axes: %+v, want a sentence", e.Heat)
	}
	for _, row := range view.BuildExperiment(matrix(1, 2, 3)).Heat.Tables[1].Rows { // 100 to 105.
		for _, cell := range row.Cells {
			if cell.Level != 0 {
				t.Errorf("figures that are alike have a tint: %+v", cell)
			}
		}
	}
	far := view.BuildExperiment(matrix(1000, 2, 2)).Heat.Tables[1] // 100, 1100, 2100, 3100: by the logarithm.
	if got := []int{far.Rows[0].Cells[1].Level, far.Rows[1].Cells[0].Level}; got[0] != 3 || got[1] != 4 {
		t.Errorf("tints of figures that lie far apart: %v, want 3 and 4", got)
	}
}

func TestForecastsOfAnExperiment(t *testing.T) {
	f := view.BuildExperiment(example.Rolled()).Forecasts
	if want := "Foreseen and observed agree in 4 of 8 variants; of 2 it is not known"; f.Table.Caption != want {
		t.Errorf("caption %q, want %q", f.Table.Caption, want)
	}
	for i, want := range map[int]string{
		0: "never complete | not complete within 90 s | 12 | ✓ agrees",
		3: "attempts refused | complete in 33 s | 0 | ✗ differs",
		5: "attempts refused | complete in 15.8 s | – | ○ not known",
		7: "– | not run | – | ○ not known",
	} {
		if got := strings.Join(f.Table.Rows[i][1:], " | "); got != want {
			t.Errorf("row %d is %q, want %q", i, got, want)
		}
	}
	if view.BuildExperiment(example.Weighed()).Forecasts != nil {
		t.Error("there are forecasts without rollouts")
	}
}

// TestForecastsOfSeveralTrials has three trials of a variant, of two rollouts each; one trial has
// recorded nothing of the second.
func TestForecastsOfSeveralTrials(t *testing.T) {
	e := &experiment.Experiment{Scenario: "s", Repeat: 3, Variants: []experiment.Variant{{}}}
	rolled := func(workload string, second int, refused float64, unfinished bool, agreement string) summary.Rollout {
		r := summary.Rollout{Workload: workload, Phase: "update", Forecast: "delayed", Refused: &refused, Unfinished: unfinished, Agreement: agreement}
		r.To = at(second)
		return r
	}
	for i, rollouts := range [][]summary.Rollout{
		{rolled("a", 10, 3, false, summary.Agrees), rolled("b", 5, 1, false, summary.Agrees)},
		{rolled("a", 20, 12, true, summary.Differs), rolled("b", 7, 1, false, summary.Agrees)},
		{rolled("a", 30, 5, false, summary.NotKnown)},
	} {
		e.Trials = append(e.Trials, experiment.Trial{Number: i + 1, Ended: true, Verdict: slo.Pass, Rollouts: rollouts})
	}
	e.Judge()
	table := view.BuildExperiment(e).Forecasts.Table
	want := [][]string{
		{"s", "a in update", "attempts refused", "complete in 2 of 3 trials", "3 to 12", "✗ differs"},
		{"s", "b in update", "attempts refused", "complete in 2 of 3 trials", "–", "○ not known"},
	}
	if diff := cmp.Diff(want, table.Rows); diff != "" || table.Caption != "Foreseen and observed agree in 0 of 2 rollouts; of 1 it is not known" {
		t.Errorf("%s (-want +got):\n%s", table.Caption, diff)
	}
}
