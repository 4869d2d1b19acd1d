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

func TestRecommendation(t *testing.T) {
	for name, c := range map[string]struct {
		variants []priced
		want     string
	}{
		"cheapest of those that passed": {[]priced{{"a", 300, slo.Pass, "aws"}, {"b", 200, slo.Pass, "gcp"}, {"c", 100, slo.Miss, "gcp"}},
			"nodeType=b costs least of the 2 variants that met all objectives: $200 a month for its nodes; next comes nodeType=a with $300 (+50%). " +
				"This assumes list prices on demand of aws, here, 2026-08; gcp, here, 2026-08, 730 hours a month"},
		"two cost the same": {[]priced{{"a", 300.01, slo.Pass, "aws"}, {"b", 300, slo.Pass, "aws"}, {"c", 330, slo.Pass, "aws"}},
			"nodeType=b; nodeType=a cost the same, and least of the 3 variants that met all objectives: $300 a month for their nodes; next comes nodeType=c with $330 (+10%)."},
		"all cost the same": {[]priced{{"a", 300, slo.Pass, "aws"}, {"b", 300, slo.Pass, "aws"}},
			"nodeType=a; nodeType=b cost the same, and least of the 2 variants that met all objectives: $300 a month for their nodes. This assumes"},
		"a single one": {[]priced{{"a", 300, slo.Pass, "aws"}, {"b", 0, slo.Pass, "own"}},
			"Only nodeType=a met all objectives and has a price: $300 a month for its nodes. This assumes list prices on demand of aws, here, 2026-08, 730"},
		"none passed":    {[]priced{{"a", 300, slo.Miss, "aws"}, {"b", 200, slo.Inconclusive, "aws"}}, "No variant met all objectives, so none is recommended."},
		"no cost at all": {[]priced{{"a", 0, slo.Pass, "aws"}}, ""},
	} {
		got := view.BuildExperiment(pricedExperiment(c.variants...)).Recommendation
		if !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s:\n%s\nwant %s", name, got, c.want)
		}
	}
}
