package view_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/reporter/internal/example"
	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/experiment"
)

func TestTradeoffWords(t *testing.T) {
	got := view.BuildExperiment(example.Weighed()).Tradeoff
	want := "No other variant is both cheaper and faster than target=50, window=15s; target=50, window=45s; target=65, window=15s; " +
		"target=80, window=15s. Every other one is beaten by one of these, which is at least as good on both and better on one. " +
		"Left out, because they have not both figures: target=80, window=45s."
	if diff := cmp.Diff(want, got.Lead); diff != "" {
		t.Errorf("lead (-want +got):\n%s", diff)
	}
	if got.Figure.Title != "4 of 5 variants are not beaten on both cost and response time p95" {
		t.Errorf("title %q", got.Figure.Title)
	}
	rows := []view.TradeoffRow{
		{Name: "target=80, window=15s", X: "$0.0144", Y: "16.3 s", Best: true, Word: "no other is both cheaper and faster"},
		{Name: "target=65, window=15s", X: "$0.0173", Y: "3.16 s", Best: true, Word: "no other is both cheaper and faster"},
		{Name: "target=50, window=15s", X: "$0.0214", Y: "408 ms", Best: true, Word: "no other is both cheaper and faster"},
		{Name: "target=50, window=45s", X: "$0.024", Y: "388 ms", Best: true, Word: "no other is both cheaper and faster"},
		{Name: "target=65, window=45s", X: "$0.0175", Y: "3.37 s", Word: "beaten by target=65, window=15s"},
		{Name: "target=80, window=45s", X: view.Dash, Y: "6.32 s", Word: "left out: it has not both figures"},
	}
	if diff := cmp.Diff(rows, got.Rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// TestTradeoffFigure: a dot and a name for each variant with both figures, and steps along the front
// that go to the dearer variant first and down to its response time then.
func TestTradeoffFigure(t *testing.T) {
	panel := view.BuildExperiment(example.Weighed()).Tradeoff.Figure.Panels[0]
	if len(panel.Marks) != 5 || !panel.Log || panel.Marks[0].Name != "50, 15s" || panel.Marks[0].Low == panel.Marks[0].High {
		t.Errorf("marks %+v", panel.Marks)
	}
	line := panel.Series[0].Parts[0]
	if len(line) != 7 {
		t.Fatalf("the line of 4 variants has %d points, want 7", len(line))
	}
	for i := 1; i < len(line); i++ {
		right, down := line[i].X > line[i-1].X, line[i].Y < line[i-1].Y
		if right != (i%2 == 1) || down != (i%2 == 0) {
			t.Errorf("point %d: from %v to %v", i, line[i-1], line[i])
		}
	}
	if dots := len(panel.Series[1].Parts) + len(panel.Series[2].Parts); dots != 5 {
		t.Errorf("%d dots", dots)
	}
}

func TestTradeoffOfNothing(t *testing.T) {
	e := example.Nothing()
	if view.BuildExperiment(e).Tradeoff != nil {
		t.Error("an experiment that weighs nothing has a trade-off")
	}
	e.Tradeoff = &experiment.Tradeoff{X: "cost", Y: "response time"}
	e.Judge()
	got := view.BuildExperiment(e).Tradeoff
	if got.Figure.Empty == "" || len(got.Figure.Panels) != 0 || !strings.Contains(got.Lead, "nothing to weigh") {
		t.Errorf("trade-off %+v", got)
	}
}
