package example

import (
	"fmt"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/experiment"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// Weighed is an experiment on two parameters, each combination tried twice, that weighs cost against
// response time. One variant has shown no cost, and two that are beaten stand close together.
func Weighed() *experiment.Experiment {
	targets, windows := []string{"50", "65", "80"}, []string{"15s", "45s"}
	e := newExperiment(experiment.Axis{Parameter: "target"}, 2)
	e.Axes = []experiment.Axis{{Parameter: "target", Values: targets, Numbers: []float64{50, 65, 80}},
		{Parameter: "window", Values: windows, Numbers: []float64{15, 45}}}
	e.Tradeoff = &experiment.Tradeoff{X: "cost", Y: "response time p95"}
	for _, target := range targets {
		for _, window := range windows {
			e.Variants = append(e.Variants, experiment.Variant{Label: "target=" + target + ", window=" + window, Values: []string{target, window}})
		}
	}
	for n := range 2 * len(e.Variants) {
		i := n % len(e.Variants)
		e.Trials = append(e.Trials, experiment.Trial{Number: n + 1, Round: 1 + n/len(e.Variants), Variant: i, Seed: 1,
			Folder: experiment.FolderOf(n+1, 2*len(e.Variants), e.Variants[i].Label)})
	}
	places := [][2]float64{{0.021, 0.4}, {0.0235, 0.38}, {0.017, 3.1}, {0.0172, 3.3}, {0.0141, 16}, {0, 6.2}}
	for i := range e.Trials {
		t := &e.Trials[i]
		weigh(t, places[t.Variant], 1+0.04*float64(t.Round-1))
	}
	e.Judge()
	return e
}

// weigh makes a trial that ended at a place, times a factor that tells its rounds apart. A cost of 0
// was not known.
func weigh(t *experiment.Trial, place [2]float64, factor float64) {
	cost, response := place[0]*factor, place[1]*factor
	figures := []summary.Figure{
		{Objective: slo.Objective{Name: "cost", Metric: sample.ServiceCost, Statistic: slo.Value}, Unit: sample.Dollars, Observed: &cost, N: 1},
		{Objective: slo.Objective{Name: "response time p95", Metric: sample.ServiceResponse, Statistic: "p95"}, Unit: sample.Seconds, Observed: &response, N: 60_000},
	}
	if cost == 0 {
		figures[0].Observed, figures[0].N, figures[0].Reason = nil, 0, "nothing was observed"
	}
	most := 1000.0
	lost := 10 * response
	t.Take(&summary.Summary{Status: bundle.Complete, Duration: at(171), Verdict: slo.Pass,
		Sentence: fmt.Sprintf("PASS: sentence of trial %d.", t.Number),
		Objectives: []summary.Objective{{Objective: slo.Objective{Name: "little work is lost", Metric: sample.ServiceLost, Statistic: slo.Last, Most: &most},
			Unit: sample.Count, Verdict: slo.Pass, Observed: &lost, N: 130}},
		Figures: figures})
	t.Ended = true
}
