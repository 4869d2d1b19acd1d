package view_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// TestFindingTellsVariantsApart: what all variants have as much of is no finding while they differ in another figure.
func TestFindingTellsVariantsApart(t *testing.T) {
	for _, c := range []struct {
		lost []float64
		want string
	}{
		{[]float64{4, 5}, "lost: from 4 (nodeType=a) to 5 (nodeType=b)"},
		{[]float64{4, 4}, "cost: $300"},
	} {
		e := against(pricedExperiment(priced{"a", 300, slo.Pass, "aws"}, priced{"b", 300, slo.Pass, "aws"}), c.lost...)
		if got := view.BuildExperiment(e).Figure.Title; got != c.want {
			t.Errorf("lost %v: the finding is %q, want %q", c.lost, got, c.want)
		}
	}
}

// TestPanelsOfWhatDiffers: where not all quantities can be drawn, those that are the same for all variants
// make room for others.
func TestPanelsOfWhatDiffers(t *testing.T) {
	e := pricedExperiment(priced{"a", 300, slo.Pass, "aws"}, priced{"b", 300, slo.Pass, "aws"})
	for i := range e.Trials {
		for n := range 12 {
			value := float64(10*i + n)
			e.Trials[i].Figures = append(e.Trials[i].Figures, summary.Figure{Unit: sample.Count, Observed: &value, N: 1,
				Objective: slo.Objective{Name: fmt.Sprintf("figure %d", n), Metric: sample.CapacityNodes, Statistic: slo.Value}})
		}
	}
	e.Judge()
	f := view.BuildExperiment(e).Figure
	if len(f.Panels) != 12 || f.Panels[0].Label != "figure 0" || f.Panels[11].Label != "figure 11" {
		t.Fatalf("%d panels, the first of %s", len(f.Panels), f.Panels[0].Label)
	}
	if !strings.HasSuffix(f.Caption, "2 more are in the table alone.") { // The cost, and the objective that no trial has shown.
		t.Errorf("caption %q", f.Caption)
	}
}

// TestGridNamesTheParameterOnce: variants beside one another are named by the value of their one parameter.
func TestGridNamesTheParameterOnce(t *testing.T) {
	e := against(pricedExperiment(priced{"a", 300, slo.Pass, "aws"}, priced{"b", 300, slo.Pass, "aws"}), 4, 5)
	g := view.BuildExperiment(e).Comparison.Grid()
	if g.Corner != "Objective or figure, by nodeType" || len(g.Columns) != 2 || g.Columns[1].Name != "b" {
		t.Errorf("the grid is %+v", g)
	}
}

// TestTradeoffWithOneBest: one variant that beats all others is named as that, and no line is drawn through one dot.
func TestTradeoffWithOneBest(t *testing.T) {
	e := against(pricedExperiment(priced{"a", 300, slo.Pass, "aws"}, priced{"b", 300, slo.Pass, "aws"}), 4, 5)
	got := view.BuildExperiment(e).Tradeoff
	if !strings.HasPrefix(got.Lead, "nodeType=a beats every other variant: ") || !strings.HasPrefix(got.Figure.Title, "1 of 2 variants is not beaten on both") {
		t.Errorf("lead %q, title %q", got.Lead, got.Figure.Title)
	}
	for _, s := range got.Figure.Panels[0].Series {
		if !s.Dots {
			t.Errorf("series %q is a line", s.Name)
		}
	}
}
