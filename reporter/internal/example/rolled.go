package example

import (
	"fmt"
	"strings"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/experiment"
	"github.com/kubedyno/kubedyno/results/rollout"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// Rolled is an experiment on three parameters of rollouts under quotas. One rollout was given up, one
// went otherwise than foreseen, of one the refusals are not known, and the last variant was not run.
func Rolled() *experiment.Experiment {
	e := newExperiment(experiment.Axis{Parameter: "quota"}, 1)
	e.Axes = []experiment.Axis{{Parameter: "quota", Values: []string{"40", "44"}, Numbers: []float64{40, 44}},
		{Parameter: "surge", Values: []string{"1%", "25%"}}, {Parameter: "unavailable", Values: []string{"1%", "25%"}}}
	for i := range 8 {
		values := []string{e.Axes[0].Values[i/4], e.Axes[1].Values[i/2%2], e.Axes[2].Values[i%2]}
		label := fmt.Sprintf("quota=%s, surge=%s, unavailable=%s", values[0], values[1], values[2])
		e.Variants = append(e.Variants, experiment.Variant{Label: label, Values: values})
		e.Trials = append(e.Trials, experiment.Trial{Number: i + 1, Round: 1, Variant: i, Seed: 1, Folder: experiment.FolderOf(i+1, 8, label)})
	}
	number := func(v float64) *float64 { return &v }
	rolled(&e.Trials[0], 90, bundle.Never, summary.Agrees, number(12))
	rolled(&e.Trials[1], 71.5, bundle.Delayed, summary.Agrees, number(41))
	rolled(&e.Trials[2], 90, bundle.Never, summary.Agrees, number(9))
	rolled(&e.Trials[3], 33, bundle.Delayed, summary.Differs, number(0))
	rolled(&e.Trials[4], 50.2, "", summary.Agrees, number(0))
	rolled(&e.Trials[5], 15.8, bundle.Delayed, summary.NotKnown, nil)
	rolled(&e.Trials[6], 5.3, "", summary.Differs, number(3))
	e.Status = bundle.Interrupted
	e.Judge()
	return e
}

// rolled makes a trial whose rollout took so long; it was given up after 90 s.
func rolled(t *experiment.Trial, seconds float64, forecast, agreement string, refused *float64) {
	const giveUp = 90
	most := 60.0
	o := summary.Objective{Objective: slo.Objective{Name: "the update is complete in time", Metric: sample.RolloutDuration, Statistic: slo.Max,
		Most: &most, Where: sample.Labels{"phase": "update"}}, Unit: sample.Seconds, Verdict: slo.Pass, Observed: &seconds, N: 1}
	unfinished := seconds >= giveUp
	if unfinished {
		o.Censored, o.AtLeast, o.Reason = 1, true, "1 of 1 never got there: max is at least 90 s"
	}
	if seconds > most {
		o.Verdict = slo.Miss
	}
	figure := func(name, metric string, statistic slo.Statistic, value float64) summary.Figure {
		return summary.Figure{Objective: slo.Objective{Name: name, Metric: metric, Statistic: statistic}, AtLeast: metric != sample.RolloutLeast && unfinished,
			Unit: slo.Objective{Metric: metric}.Unit(), Observed: &value, N: 1}
	}
	least := figure("least available", sample.RolloutLeast, slo.Value, min(1, 1.2-seconds/100))
	if strings.Contains(t.Folder, "quota-44-surge-1-unavailable-25") {
		least.Observed, least.N, least.Reason = nil, 0, "nothing was observed"
	}
	t.Take(&summary.Summary{Status: bundle.Complete, Duration: at(seconds + 7), Verdict: o.Verdict,
		Sentence: fmt.Sprintf("%s: sentence of trial %d.", o.Verdict, t.Number), Objectives: []summary.Objective{o},
		Figures: []summary.Figure{figure("duration", sample.RolloutDuration, slo.Max, seconds), figure("unavailable pod-seconds", sample.RolloutUnavailable, slo.Value, 3*seconds*seconds), least},
		Rollouts: []summary.Rollout{{Workload: "web", Phase: "update", Unfinished: unfinished, Forecast: forecast, Refused: refused, Agreement: agreement,
			Result: rollout.Result{From: at(2), To: at(2 + seconds)}}}})
	t.Ended = true
}
