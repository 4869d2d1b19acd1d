package example

import (
	"fmt"
	"time"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/experiment"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// newExperiment is an experiment on one axis with every trial planned and none run.
func newExperiment(axis experiment.Axis, repeat int) *experiment.Experiment {
	e := &experiment.Experiment{
		FormatVersion: sample.FormatVersion, ID: "20261123-073000-k3x9", Scenario: "pod-startup", Title: "Pods & their startup",
		Command: []string{"kubedyno", "run", "pod-startup"}, Seed: 1, Repeat: repeat, Axes: []experiment.Axis{axis},
		Tool: bundle.Tool{Version: "v0.1.0"}, Status: bundle.Complete, Duration: at(400),
		Started: time.Date(2026, 11, 23, 7, 30, 0, 0, time.UTC),
	}
	for _, value := range axis.Values {
		e.Variants = append(e.Variants, experiment.Variant{Label: axis.Parameter + "=" + value, Values: []string{value}})
	}
	for round := 1; round <= repeat; round++ {
		for i, v := range e.Variants {
			n := len(e.Trials) + 1
			e.Trials = append(e.Trials, experiment.Trial{Number: n, Round: round, Variant: i, Seed: uint64(round),
				Folder: experiment.FolderOf(n, repeat*len(e.Variants), v.Label)})
		}
	}
	return e
}

// tried makes a trial that ended with these figures: the startup's p99, judged, and the rate of
// pods, which is not.
func tried(t *experiment.Trial, p99, rate float64) {
	limit := 5.0
	o := summary.Objective{Objective: slo.Objective{Name: "pod startup p99 ≤ 5 s", Metric: sample.PodStartup, Statistic: "p99", Most: &limit},
		Unit: sample.Seconds, Verdict: slo.Pass, Observed: &p99, N: 5000}
	if p99 > limit {
		o.Verdict = slo.Miss
	}
	f := summary.Figure{Objective: slo.Objective{Name: "pods ready per second", Metric: sample.PodsReadyRate, Statistic: slo.Value},
		Unit: sample.PerSecond, Observed: &rate, N: 1}
	if rate == 0 {
		f.Observed, f.N, f.Reason = nil, 0, "nothing was observed"
	}
	t.Take(&summary.Summary{Status: bundle.Complete, Duration: at(61.5), Verdict: o.Verdict,
		Sentence:   fmt.Sprintf("%s: sentence of trial %d.", o.Verdict, t.Number),
		Objectives: []summary.Objective{o}, Figures: []summary.Figure{f}})
	t.Ended = true
}

// Compared is an experiment on a parameter of words, each value tried twice; one trial missed and
// one has a figure less.
func Compared() *experiment.Experiment {
	e := newExperiment(experiment.Axis{Parameter: "constraint", Values: []string{"plain", "<anti-affinity>", "topology-spread"}}, 2)
	for i, figures := range [][2]float64{{1.2, 84}, {4.1, 61}, {2.2, 79}, {1.3, 88}, {5.5, 58}, {2.6, 0}} {
		tried(&e.Trials[i], figures[0], figures[1])
	}
	e.Judge()
	return e
}

// Ladder is an experiment that ended after the first value that missed.
func Ladder() *experiment.Experiment {
	e := newExperiment(experiment.Axis{Parameter: "rate", Values: []string{"250", "500", "1000", "4000"}, Numbers: []float64{250, 500, 1000, 4000}}, 1)
	e.StopAfter = experiment.AfterMiss
	for i, p99 := range []float64{1.2, 2.9, 6.4} {
		tried(&e.Trials[i], p99, 100)
	}
	e.Judge()
	return e
}

// Stopped is an experiment of several trials of one variant that was interrupted in the third.
func Stopped() *experiment.Experiment {
	e := newExperiment(experiment.Axis{Parameter: "none", Values: []string{""}}, 4)
	e.Axes, e.Variants[0] = nil, experiment.Variant{Values: []string{}}
	for i := range e.Trials {
		e.Trials[i].Folder = experiment.FolderOf(i+1, 4, "")
	}
	for i, p99 := range []float64{1.2, 1.4, 3} {
		tried(&e.Trials[i], p99, 80+p99)
	}
	e.Trials[2].Ended, e.Trials[2].Status = false, bundle.Interrupted
	e.Status = bundle.Interrupted
	e.Judge()
	return e
}

// Nothing is an experiment whose environment failed before any trial recorded anything.
func Nothing() *experiment.Experiment {
	e := newExperiment(experiment.Axis{Parameter: "rate", Values: []string{"1", "2"}, Numbers: []float64{1, 2}}, 1)
	e.Status, e.Failure = bundle.Failed, "start the run's control plane: no space left on device"
	e.Trials[0].Failure = e.Failure
	e.Judge()
	return e
}
