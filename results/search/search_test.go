package search

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

var rules = Rules{From: 100, Until: 1000, Least: 10, Factor: 2, Width: 0.1, Confirm: 3, Unjudged: 3}

func objective(metric, verb string, verdict slo.Verdict) summary.Objective {
	return summary.Objective{Objective: slo.Objective{Name: verb, Metric: metric, Where: sample.Labels{"verb": verb}}, Verdict: verdict}
}

func TestGoalJudgesItsObjectives(t *testing.T) {
	latency := Goal{Name: "latency", Metric: sample.APIRequest}
	lists := Goal{Name: "lists", Metric: sample.APIRequest, Where: sample.Labels{"verb": "list"}}
	for _, test := range []struct {
		name  string
		goal  Goal
		trial Trial
		want  slo.Verdict
	}{
		{"all passed", latency, Trial{Objectives: []summary.Objective{objective(sample.APIRequest, "get", slo.Pass)}}, slo.Pass},
		{"another metric missed", latency, Trial{Objectives: []summary.Objective{objective(sample.APIRequest, "get", slo.Pass), objective(sample.APIErrors, "", slo.Miss)}}, slo.Pass},
		{"other labels missed", lists, Trial{Objectives: []summary.Objective{objective(sample.APIRequest, "get", slo.Miss), objective(sample.APIRequest, "list", slo.Pass)}}, slo.Pass},
		{"one missed, one unclear", latency, Trial{Objectives: []summary.Objective{objective(sample.APIRequest, "get", slo.Inconclusive), objective(sample.APIRequest, "list", slo.Miss)}}, slo.Miss},
		{"one without data", latency, Trial{Objectives: []summary.Objective{objective(sample.APIRequest, "get", slo.Pass), objective(sample.APIRequest, "list", slo.NoData)}}, slo.Inconclusive},
		{"no objective", lists, Trial{Objectives: []summary.Objective{objective(sample.APIRequest, "get", slo.Pass)}}, slo.Inconclusive},
		{"too little was sent", latency, Trial{Limited: "late", Objectives: []summary.Objective{objective(sample.APIRequest, "get", slo.Pass)}}, slo.Inconclusive},
		{"too little was sent, and it missed", latency, Trial{Limited: "late", Objectives: []summary.Objective{objective(sample.APIRequest, "get", slo.Miss)}}, slo.Miss},
		{"it did not end in time", latency, Trial{TimedOut: true, Objectives: []summary.Objective{objective(sample.APIRequest, "get", slo.Inconclusive)}}, slo.Miss},
	} {
		if got := test.goal.Judge(test.trial); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func gaugeOf(metric string, mean float64, labels ...string) summary.Gauge {
	g := summary.Gauge{Metric: metric, Mean: mean, Max: mean, Last: mean, Labels: sample.Labels{}}
	for i := 0; i < len(labels); i += 2 {
		g.Labels[labels[i]] = labels[i+1]
	}
	return g
}

func TestLimitedSaysWhatWasNotSent(t *testing.T) {
	for _, test := range []struct {
		achieved float64
		want     bool
	}{{100, false}, {98.5, false}, {90, true}} {
		s := &summary.Summary{Gauges: []summary.Gauge{gaugeOf(sample.APIOffered, 100, "phase", "load", "class", "a"),
			gaugeOf(sample.APIAchieved, test.achieved, "phase", "load", "class", "a"), gaugeOf(sample.APIAchieved, 50, "phase", "other", "class", "a")}}
		if got := limited(s); (got != "") != test.want {
			t.Errorf("%v of 100: %q", test.achieved, got)
		}
	}
}

// TestReadings has one of each that has a limit, and some that have none or say too little.
func TestReadings(t *testing.T) {
	s := &summary.Summary{
		Gauges: []summary.Gauge{
			gaugeOf(sample.ComponentCPU, 1.2, "component", "kube-apiserver", "phase", "load"), gaugeOf(sample.ComponentCPU, 0.5, "component", "etcd", "phase", "load"),
			gaugeOf(sample.ComponentCPU, 9, "component", "etcd"), // Of the whole run.
			gaugeOf(sample.MachineOthers, 0.2, "phase", "load"),
			gaugeOf(sample.ComponentMemory, 6<<30, "component", "etcd"), gaugeOf(sample.ComponentMemory, 1<<30, "component", "kwok"),
			gaugeOf(sample.ServerQueued, 3, "priority_level", "workload-low", "phase", "load"), gaugeOf(sample.ServerQueued, 0.05, "priority_level", "system", "phase", "load"),
			gaugeOf(sample.WorkqueueDepth, 40, "component", "kube-controller-manager", "queue", "deployment", "phase", "load"),
			gaugeOf(sample.SchedulerPending, 500, "queue", "active", "phase", "load"), gaugeOf(sample.SchedulerPending, 500, "queue", "unschedulable", "phase", "load"),
			gaugeOf(sample.HarnessGoroutines, 5000, "phase", "load"),
		},
		Buckets: []summary.BucketFigure{
			{Metric: sample.EtcdFsync, Labels: sample.Labels{"phase": "load"}, Quantiles: []summary.BucketQuantile{{Percentile: 50, Low: 9, Printable: true}, {Percentile: 99, Low: 0.016, High: 0.032, Printable: true}}},
			{Metric: sample.EtcdCommit, Labels: sample.Labels{"phase": "load"}, Quantiles: []summary.BucketQuantile{{Percentile: 99, Low: 0.5, High: 1}}}, // Too few.
		},
		Distributions: []summary.Distribution{{Metric: sample.WatchLag, Labels: sample.Labels{"phase": "load"}, Quantiles: []summary.Quantile{{Percentile: 99, Value: 2, Printable: true}}}},
	}
	got := map[string]float64{}
	for _, r := range readings(s, bundle.Machine{CPUs: 2, MemoryBytes: 8 << 30}) {
		got[r.Of] = r.Value
	}
	want := map[string]float64{"CPU of the machine": 1.9, "memory of the machine": 7 << 30, "requests queued at priority level workload-low": 3,
		"depth of the work queue deployment of kube-controller-manager": 40, "pods in the scheduler's active queue": 500,
		"fsync of etcd, p99": 0.016, "watch lag, p99": 2}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 })); diff != "" {
		t.Errorf("readings (-want +got):\n%s", diff)
	}
}

// TestReadingsOfTheMiss: what was saturated in another phase had no part in it.
func TestReadingsOfTheMiss(t *testing.T) {
	s := &summary.Summary{Objectives: []summary.Objective{objective(sample.APIRequest, "get", slo.Miss), objective(sample.PodStartup, "", slo.Pass)},
		Distributions: []summary.Distribution{{Metric: sample.APIRequest, Labels: sample.Labels{"phase": "load", "verb": "get"}},
			{Metric: sample.APIRequest, Labels: sample.Labels{"phase": "after", "verb": "list"}}, {Metric: sample.PodStartup, Labels: sample.Labels{"phase": "fill"}}},
		Gauges: []summary.Gauge{gaugeOf(sample.ComponentCPU, 2, "component", "etcd", "phase", "fill"), gaugeOf(sample.ComponentCPU, 1, "component", "etcd", "phase", "load")}}
	s.Gauges = append(s.Gauges, gaugeOf(sample.MachineOthers, 0.1), gaugeOf(sample.MachineOthers, 0.01, "phase", "load"))
	var trial Trial
	trial.Take(s, bundle.Machine{CPUs: 2}, nil)
	if trial.Others != 0.1 {
		t.Errorf("others used %v cores", trial.Others)
	}
	if then := trial.then(); len(then) != 1 || then[0].Phase != "load" || len(trial.Readings) != 2 {
		t.Errorf("phases %q, readings %+v", trial.Phases, then)
	}
}

// ofLoad is a trial with its verdict, the cores that the machine used and the mean of a queue.
func ofLoad(load float64, verdict slo.Verdict, cores, queued float64) Trial {
	observed, margin, most := 2.0, -1.0, 1.0
	if verdict == slo.Pass {
		observed, margin = 0.5, 0.5
	}
	t := Trial{Number: int(load), Load: load, Ended: true, Verdicts: []slo.Verdict{verdict}, After: []Span{{}}, Folder: "trials/01"}
	t.Objectives = []summary.Objective{{Objective: slo.Objective{Name: "get p99", Metric: sample.APIRequest, Statistic: "p99", Most: &most},
		Unit: sample.Seconds, Verdict: verdict, Observed: &observed, Margin: &margin}}
	t.Readings = []Reading{{Of: "CPU", Phase: "load", Value: cores, Unit: sample.Cores, Limit: 1.8, Why: "why"},
		{Of: "queue", Phase: "load", Value: queued, Unit: sample.Count, Limit: 1, Why: "why"}}
	return t
}

func TestGaveComparesBothBounds(t *testing.T) {
	for _, test := range []struct {
		name           string
		passed, missed Trial
		want           string
		evidence       []string
	}{
		{"one is new", ofLoad(100, slo.Pass, 1.9, 0.5), ofLoad(200, slo.Miss, 1.95, 3), "Saturated there and not below: queue.", []string{"queue", "CPU"}},
		{"one was so before", ofLoad(100, slo.Pass, 1.9, 0.5), ofLoad(200, slo.Miss, 1.95, 0.5), "already at the load that held: CPU.", []string{"CPU"}},
		{"nothing", ofLoad(100, slo.Pass, 1, 0.5), ofLoad(200, slo.Miss, 1.7, 0.9), "what gave is not known.", nil},
	} {
		s := &Search{Goals: []Goal{{Name: AllObjectives}}, Rules: rules, Parameter: "rate", Variants: []Variant{{Trials: []Trial{test.passed, test.missed},
			Intervals: []Interval{{State: Closed, Lower: &Bound{Load: 100, Passed: 1}, Upper: &Bound{Load: 200, Missed: 1}}}}}}
		s.Judge()
		gave := s.Variants[0].Gave[0]
		var of []string
		for _, e := range gave.Saturated {
			of = append(of, e.Of)
		}
		if !strings.Contains(gave.Words(), test.want) || cmp.Diff(test.evidence, of) != "" {
			t.Errorf("%s: %q, evidence %q", test.name, gave.Words(), of)
		}
		if want := "At 200 broke: get p99 2 s, limit 1 s."; !strings.HasPrefix(gave.Words(), want) {
			t.Errorf("%s: %q, want %q", test.name, gave.Words(), want)
		}
	}
}

// TestNothingGaveWhereTheHarnessDid: an end of the harness is no finding about the system.
func TestNothingGaveWhereTheHarnessDid(t *testing.T) {
	s := &Search{Goals: []Goal{{Name: AllObjectives}}, Rules: rules, Parameter: "rate", Variants: []Variant{{
		Trials:    []Trial{ofLoad(100, slo.Pass, 1, 0), ofLoad(200, slo.Inconclusive, 2, 5)},
		Intervals: []Interval{{State: Harness, Lower: &Bound{Load: 100, Passed: 3, Confirmed: true}, Upper: &Bound{Load: 200, Inconclusive: 3, Harness: true}}}}}}
	s.Judge()
	if len(s.Variants[0].Gave) != 0 || s.Verdict != slo.Pass || !strings.Contains(s.Sentence, "the system may hold more") {
		t.Errorf("%s; gave %+v", s.Sentence, s.Variants[0].Gave)
	}
}

func TestVerdict(t *testing.T) {
	held := &Bound{Load: 100, Passed: 3, Confirmed: true}
	for _, test := range []struct {
		name   string
		status bundle.Status
		i      Interval
		want   slo.Verdict
	}{
		{"closed", bundle.Complete, Interval{State: Closed, Lower: held, Upper: &Bound{Load: 110, Missed: 1}}, slo.Pass},
		{"never broke", bundle.Complete, Interval{State: AtLeast, Lower: held}, slo.Pass},
		{"broke at once", bundle.Complete, Interval{State: Below, Upper: &Bound{Load: 10, Missed: 1}}, slo.Miss},
		{"not confirmed", bundle.Complete, Interval{State: Going, Lower: &Bound{Load: 100, Passed: 1}}, slo.Inconclusive},
		{"nothing could be judged", bundle.Complete, Interval{State: Unjudged, Upper: &Bound{Load: 10, Inconclusive: 3, Harness: true}}, slo.Inconclusive},
		{"stopped before its end", bundle.Complete, Interval{State: Going, Lower: held, Upper: &Bound{Load: 900, Missed: 1}}, slo.Inconclusive},
		{"interrupted", bundle.Interrupted, Interval{State: Going, Lower: held}, slo.Inconclusive},
	} {
		s := &Search{Goals: []Goal{{Name: AllObjectives}}, Status: test.status, Variants: []Variant{{Intervals: []Interval{test.i}}}}
		s.Judge()
		if s.Verdict != test.want || !strings.HasPrefix(s.Sentence, string(test.want)+": ") {
			t.Errorf("%s: %s, %q, want %s", test.name, s.Verdict, s.Sentence, test.want)
		}
	}
}

func TestVariantsAreToldApart(t *testing.T) {
	between := func(lower, upper float64, harness, confirmed bool) Interval {
		return Interval{Lower: &Bound{Load: lower, Passed: 1, Confirmed: confirmed}, Upper: &Bound{Load: upper, Missed: 1, Harness: harness}}
	}
	for _, test := range []struct {
		name string
		a, b Interval
		want string
	}{
		{"more", between(100, 110, false, true), between(220, 240, false, true), "b holds more than a: at least 220, where a broke at 110 (at least +100%)."},
		{"less", between(200, 220, false, true), between(90, 100, false, true), "b holds less than a: it broke at 100, where a held 200 (at least -50%)."},
		{"overlap", between(100, 150, false, true), between(140, 200, false, true), "cannot be told apart"},
		{"the harness's end", between(100, 110, true, true), between(220, 240, false, true), "cannot be told apart"},
		{"not confirmed", between(100, 110, false, true), between(220, 240, false, false), "cannot be told apart"},
		{"no bounds", Interval{}, between(220, 240, false, true), "cannot be told apart"},
		{"never broke", between(100, 110, false, true), Interval{Lower: &Bound{Load: 110, Passed: 1, Confirmed: true}}, "at least +0%"},
	} {
		s := &Search{Goals: []Goal{{Name: AllObjectives}}, Variants: []Variant{{Label: "a", Intervals: []Interval{test.a}}, {Label: "b", Intervals: []Interval{test.b}}}}
		s.Judge()
		if len(s.Compared) != 1 || !strings.Contains(s.Compared[0], test.want) {
			t.Errorf("%s: %q, want %q", test.name, s.Compared, test.want)
		}
	}
}

func TestKnee(t *testing.T) {
	curve := func(values ...float64) (points []Point) {
		for i, v := range values {
			points = append(points, Point{Load: float64(100 * (i + 1)), Value: v})
		}
		return points
	}
	for _, test := range []struct {
		name   string
		points []Point
		want   float64 // 0 for none.
	}{
		{"flat, then a wall", curve(1, 1, 1, 1, 100), 400},
		{"a hockey stick", curve(1, 1.2, 1.5, 9, 20), 300},
		{"a line", curve(1, 2, 3, 4, 5), 0},
		{"falling", curve(5, 4, 3, 2, 1), 0},
		{"too few", curve(1, 1, 1, 100), 0},
	} {
		if at, distance, ok := knee(test.points); ok != (test.want > 0) || ok && at.Load != test.want {
			t.Errorf("%s: %v at %v, %t", test.name, distance, at.Load, ok)
		}
	}
}

func TestWriteAndOpen(t *testing.T) {
	dir := t.TempDir()
	s := &Search{FormatVersion: sample.FormatVersion, ID: "a", Rules: rules, Goals: []Goal{{Name: AllObjectives}}, Parameter: "rate",
		Variants: []Variant{{Trials: []Trial{ofLoad(100, slo.Pass, 1, 0)}, Intervals: []Interval{{State: Going}}}}}
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	found, err := Open(dir)
	if err != nil || !Is(dir) {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, found); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
	for name, damage := range map[string]func(*Search){
		"format version": func(s *Search) { s.FormatVersion++ },
		"from":           func(s *Search) { s.Rules.From = 1 },
		"no goals":       func(s *Search) { s.Variants = nil },
		"intervals":      func(s *Search) { s.Goals = append(s.Goals, Goal{}, Goal{}) },
		"damaged":        func(s *Search) { s.Variants[0].Trials[0].Folder = "../elsewhere" },
	} {
		bad, _ := Open(dir)
		damage(bad)
		data, err := bad.Encode()
		if err != nil {
			t.Fatal(err)
		}
		other := t.TempDir()
		if err := os.WriteFile(filepath.Join(other, File), data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(other); err == nil {
			t.Errorf("damage to %s: no error", name)
		}
	}
}
