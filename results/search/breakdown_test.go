package search

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// brokeAt is a summary of a run that broke off in the phase load, in which etcd was busy before it ended.
func brokeAt(verdict slo.Verdict) *summary.Summary {
	ended := gaugeOf(sample.ComponentCPU, 1.2, "component", "etcd", "phase", "load")
	ended.Last = 0 // As is recorded after its end.
	return &summary.Summary{Status: bundle.Failed, Objectives: []summary.Objective{objective(sample.APIRequest, "get", verdict)},
		Distributions: []summary.Distribution{{Metric: sample.APIRequest, Labels: sample.Labels{"phase": "fill", "verb": "get"}}},
		Gauges: []summary.Gauge{ended, gaugeOf(sample.ComponentMemory, 3<<30, "component", "etcd", "phase", "load"),
			gaugeOf(sample.ComponentCPU, 0.7, "component", "kube-apiserver", "phase", "load"),
			gaugeOf(sample.ComponentCPU, 9, "component", "etcd", "phase", "fill"), gaugeOf(sample.ComponentCPU, 9, "component", "etcd")}}
}

// TestBreakdownIsAMiss: a control plane that broke under a load has not carried it, for any goal; what
// broke in the harness says nothing, whatever missed then.
func TestBreakdownIsAMiss(t *testing.T) {
	other := Goal{Name: "pods", Metric: sample.PodStartup} // Without an objective in the run.
	for _, test := range []struct {
		name      string
		breakdown *Breakdown
		objective slo.Verdict
		want      slo.Verdict // Of both goals.
	}{
		{"it passed until then", &Breakdown{Component: "etcd", Phase: "load"}, slo.Pass, slo.Miss},
		{"no verdict until then", &Breakdown{Component: "etcd", Phase: "load"}, slo.Inconclusive, slo.Miss},
		{"the harness", &Breakdown{Component: "kwok", Phase: "load", Harness: true}, slo.Pass, slo.Inconclusive},
		{"the harness, and it missed", &Breakdown{Component: "kwok", Phase: "load", Harness: true}, slo.Miss, slo.Inconclusive},
	} {
		trial := Trial{Breakdown: test.breakdown}
		trial.Take(brokeAt(test.objective), bundle.Machine{CPUs: 2}, []Goal{{Name: AllObjectives}, other})
		if !slices.Equal(trial.Verdicts, []slo.Verdict{test.want, test.want}) {
			t.Errorf("%s: %v, want %s", test.name, trial.Verdicts, test.want)
		}
	}
}

// TestBreakdownSaysWhatWasUsed reads it in the phase in which it broke.
func TestBreakdownSaysWhatWasUsed(t *testing.T) {
	trial := Trial{Breakdown: &Breakdown{Component: "etcd", How: "ended (signal: killed)", Phase: "load", At: sample.Offset(12e9)}}
	trial.Take(brokeAt(slo.Miss), bundle.Machine{CPUs: 2}, nil)
	const want = "control plane broke: etcd ended (signal: killed) 12 s into the run, in phase load, where it had used up to 1.2 cores and 3 GiB"
	if got := trial.Breakdown.Words(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if !slices.Equal(trial.Phases, []string{"fill", "load"}) {
		t.Errorf("phases %q", trial.Phases)
	}
	trial.Breakdown = &Breakdown{Component: "kwok", How: "ended (exit status 2)", At: sample.Offset(1e9), Harness: true}
	trial.Take(brokeAt(slo.Pass), bundle.Machine{CPUs: 2}, nil)
	if got := trial.Breakdown.Words(); got != "kwok ended (exit status 2) 1 s into the run, before the first phase" {
		t.Errorf("%q", got)
	}
}

// TestUnfinishedPhaseIsLookedAt: what was saturated in the phase that took too long counts, also where an
// objective missed in another one.
func TestUnfinishedPhaseIsLookedAt(t *testing.T) {
	trial := Trial{TimedOut: true, Unfinished: "load", Failure: "phase load timed out: it took longer than 4s"}
	trial.Take(brokeAt(slo.Miss), bundle.Machine{CPUs: 2}, nil)
	if !slices.Equal(trial.Phases, []string{"fill", "load"}) || !slices.ContainsFunc(trial.then(), func(r Reading) bool { return r.Phase == "load" }) {
		t.Errorf("phases %q, readings %+v", trial.Phases, trial.then())
	}
}

// TestGaveNamesWhatBrokeOff comes before the objectives, which may have missed for no other reason.
func TestGaveNamesWhatBrokeOff(t *testing.T) {
	broke := &Breakdown{Component: "kube-apiserver", How: "ended (signal: killed)", Phase: "load", At: sample.Offset(12e9)}
	for _, test := range []struct {
		name   string
		change func(*Trial)
		words  string
		first  string
	}{
		{"a component", func(t *Trial) { t.Breakdown = broke; t.Readings = nil },
			"At 200 the control plane broke: kube-apiserver ended (signal: killed) 12 s into the run, in phase load.", broke.Words()},
		{"a component that was saturated", func(t *Trial) { t.Breakdown = broke },
			"At 200 the control plane broke: kube-apiserver ended (signal: killed) 12 s into the run, in phase load. Saturated there and not below: CPU; queue.", broke.Words()},
		{"time", func(t *Trial) { t.TimedOut, t.Failure = true, "phase load timed out: it took longer than 4s" },
			"At 200 broke: the run did not end in time: phase load timed out: it took longer than 4s and 1 more. Saturated there and not below: CPU; queue.",
			"the run did not end in time: phase load timed out: it took longer than 4s"},
	} {
		missed := ofLoad(200, slo.Miss, 2, 1.1)
		test.change(&missed)
		s := &Search{Goals: []Goal{{Name: AllObjectives}}, Rules: rules, Parameter: "rate", Variants: []Variant{{Trials: []Trial{ofLoad(100, slo.Pass, 1, 0), missed},
			Intervals: []Interval{{State: Closed, Lower: &Bound{Load: 100, Passed: 1}, Upper: &Bound{Load: 200, Missed: 1}}}}}}
		s.Judge()
		gave := s.Variants[0].Gave[0]
		if gave.Words() != test.words {
			t.Errorf("%s: %q, want %q", test.name, gave.Words(), test.words)
		}
		if len(gave.Objectives) != 2 || gave.Objectives[0] != test.first || !strings.HasPrefix(gave.Objectives[1], "get p99") {
			t.Errorf("%s: missed %q", test.name, gave.Objectives)
		}
	}
}

// TestDecidingWithoutAFigure takes the objective of a trial that has one, if the one that broke has none.
func TestDecidingWithoutAFigure(t *testing.T) {
	broke := Trial{Number: 2, Load: 200, Ended: true, Verdicts: []slo.Verdict{slo.Miss}, Breakdown: &Breakdown{Component: "etcd", Phase: "load"}}
	v := Variant{Trials: []Trial{ofLoad(100, slo.Pass, 1, 0), broke},
		Intervals: []Interval{{Lower: &Bound{Load: 100}, Upper: &Bound{Load: 200}}}}
	if o, ok := v.Deciding([]Goal{{Name: AllObjectives}}); !ok || o.Name != "get p99" {
		t.Errorf("%+v, %t", o, ok)
	}
}
