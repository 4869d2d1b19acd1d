package view_test

import (
	"strings"
	"testing"

	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/experiment"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// A priced is a variant with what its nodes cost a month; 0 is not known.
type priced struct {
	nodeType string
	month    float64
	verdict  slo.Verdict
	provider string
}

func pricedExperiment(variants ...priced) *experiment.Experiment {
	e := &experiment.Experiment{ID: "p", Scenario: "capacity", Repeat: 1, Status: bundle.Complete, Axes: []experiment.Axis{{Parameter: "nodeType"}}}
	none := 0.0
	for i, v := range variants {
		e.Axes[0].Values = append(e.Axes[0].Values, v.nodeType)
		e.Variants = append(e.Variants, experiment.Variant{Label: "nodeType=" + v.nodeType, Values: []string{v.nodeType},
			Pools: []bundle.Pool{{Name: "general", NodeType: v.nodeType, PricePerHour: v.month / 730, Provider: v.provider, Region: "here", PriceDate: "2026-08"}}})
		figure := summary.Figure{Objective: slo.Objective{Name: "cost", Metric: sample.CapacityMonth, Statistic: slo.Value}, Unit: sample.Dollars}
		if month := v.month; month > 0 {
			figure.Observed, figure.N = &month, 1
		}
		trial := experiment.Trial{Number: i + 1, Round: 1, Variant: i, Ended: true}
		trial.Take(&summary.Summary{Status: bundle.Complete, Duration: at(10), Verdict: v.verdict, Figures: []summary.Figure{figure},
			Objectives: []summary.Objective{{Objective: slo.Objective{Metric: sample.CapacityPending, Statistic: slo.Value, Most: &none}, Verdict: v.verdict}}})
		e.Trials = append(e.Trials, trial)
	}
	e.Judge()
	return e
}

// recommended is what a page recommends, and what that assumes.
func recommended(e *experiment.Experiment) string {
	page := view.BuildExperiment(e)
	return strings.TrimSpace(page.Recommendation + " " + page.Assumptions)
}

// against weighs the costs against the pods that are lost with a node.
func against(e *experiment.Experiment, lost ...float64) *experiment.Experiment {
	for i := range e.Trials {
		e.Trials[i].Figures = append(e.Trials[i].Figures, summary.Figure{Objective: slo.Objective{Name: "lost", Metric: sample.CapacityBlast, Statistic: slo.Value},
			Unit: sample.Count, Observed: &lost[i], N: 1})
	}
	e.Tradeoff = &experiment.Tradeoff{X: "cost", Y: "lost"}
	e.Judge()
	return e
}

// TestRecommendationWeighed: the figure that costs are weighed against stands beside them, and tells apart
// what costs the same.
func TestRecommendationWeighed(t *testing.T) {
	variants := []priced{{"a", 300, slo.Pass, "aws"}, {"b", 300, slo.Pass, "aws"}, {"c", 330, slo.Pass, "aws"}}
	for _, c := range []struct {
		lost []float64
		want string
	}{
		{[]float64{26, 11, 9}, "$300 a month for their nodes; of these nodeType=b is best (lost: 11); next comes nodeType=c with $330 (+10%; lost: 9)."},
		{[]float64{11, 11, 9}, "$300 a month for their nodes (lost: 11); next comes nodeType=c"},
	} {
		if got := recommended(against(pricedExperiment(variants...), c.lost...)); !strings.Contains(got, c.want) {
			t.Errorf("%s\nwant in it: %s", got, c.want)
		}
	}
	const want = "nodeType=b costs least of the 2 variants that met all objectives: $200 a month for its nodes (lost: 5); next comes nodeType=a with $300 (+50%; lost: 4)."
	if got := recommended(against(pricedExperiment(priced{"a", 300, slo.Pass, "aws"}, priced{"b", 200, slo.Pass, "aws"}), 4, 5)); !strings.HasPrefix(got, want) {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// withPods adds a figure of how many pods each variant places.
func withPods(e *experiment.Experiment, pods ...float64) *experiment.Experiment {
	for i := range e.Trials {
		e.Trials[i].Figures = append(e.Trials[i].Figures, summary.Figure{Objective: slo.Objective{Name: "pods", Metric: sample.CapacityPods, Statistic: slo.Value},
			Unit: sample.Count, Observed: &pods[i], N: 1})
	}
	e.Judge()
	return e
}

// TestRecommendationByPods: what few pods cost is no recommendation for many.
func TestRecommendationByPods(t *testing.T) {
	variants := []priced{{"a", 10, slo.Pass, "aws"}, {"b", 30, slo.Pass, "aws"}, {"c", 90, slo.Pass, "aws"}, {"d", 70, slo.Pass, "aws"}}
	got := recommended(withPods(pricedExperiment(variants...), 6, 6, 24, 24))
	const want = "Of the variants that met all objectives these cost least: for 6 pods nodeType=a ($10 a month); for 24 pods nodeType=d ($70 a month). This assumes"
	if !strings.HasPrefix(got, want) {
		t.Errorf("%s\nwant %s", got, want)
	}
	got = recommended(withPods(pricedExperiment(variants...), 6, 6, 6, 6))
	if !strings.HasPrefix(got, "nodeType=a costs least of the 4 variants") {
		t.Errorf("with as many pods: %s", got)
	}
}

// TestRecommendationOfSpot: that spot nodes stay is an assumption.
func TestRecommendationOfSpot(t *testing.T) {
	e := pricedExperiment(priced{"a", 300, slo.Pass, "aws"}, priced{"b", 200, slo.Pass, "gcp"})
	e.Variants[1].Pools[0].Spot, e.Variants[1].Pools[0].SpotPerHour = true, 0.1
	got := recommended(e)
	const want = "This assumes list prices of aws, here, 2026-08; spot nodes: gcp, here, 2026-08, 730 hours a month, pods that request what they need, " +
		"and as many of them as here all the time; and that the spot nodes are not taken away. Disks"
	if !strings.Contains(got, want) {
		t.Errorf("%s\nwant in it: %s", got, want)
	}
}

func TestRecommendation(t *testing.T) {
	for name, c := range map[string]struct {
		variants []priced
		want     string
	}{
		"cheapest of those that passed": {[]priced{{"a", 300, slo.Pass, "aws"}, {"b", 200, slo.Pass, "gcp"}, {"c", 100, slo.Miss, "gcp"}},
			"nodeType=b costs least of the 2 variants that met all objectives: $200 a month for its nodes; next comes nodeType=a with $300 (+50%). " +
				"This assumes list prices on demand of aws, here, 2026-08; gcp, here, 2026-08, 730 hours a month"},
		"two cost the same": {[]priced{{"a", 300.001, slo.Pass, "aws"}, {"b", 300, slo.Pass, "aws"}, {"c", 330, slo.Pass, "aws"}},
			"nodeType=b; nodeType=a cost the same, and least of the 3 variants that met all objectives: $300 a month for their nodes; next comes nodeType=c with $330 (+10%)."},
		"all cost the same": {[]priced{{"a", 300, slo.Pass, "aws"}, {"b", 300, slo.Pass, "aws"}},
			"nodeType=a; nodeType=b cost the same, and least of the 2 variants that met all objectives: $300 a month for their nodes. This assumes"},
		"a single one": {[]priced{{"a", 300, slo.Pass, "aws"}, {"b", 0, slo.Pass, "own"}},
			"Only nodeType=a met all objectives and has a price: $300 a month for its nodes. This assumes list prices on demand of aws, here, 2026-08, 730"},
		"none passed":    {[]priced{{"a", 300, slo.Miss, "aws"}, {"b", 200, slo.Inconclusive, "aws"}}, "No variant met all objectives, so none is recommended."},
		"no cost at all": {[]priced{{"a", 0, slo.Pass, "aws"}}, ""},
	} {
		got := recommended(pricedExperiment(c.variants...))
		if !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s:\n%s\nwant %s", name, got, c.want)
		}
	}
}
