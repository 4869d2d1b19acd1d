package main

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/sample"
	record "github.com/kubedyno/kubedyno/results/search"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// TestParseSearch reads the command that began a search, wherever its flags stand.
func TestParseSearch(t *testing.T) {
	flags, scenario, err := parseSearch([]string{"--cache-dir", "c", "search", "a.yaml", "--set", "x=1", "--set=y=2", "-o", "json",
		"--etcd-flag", "a=b", "--confirm", "5", "--vary", "z=1,2"})
	if err != nil || scenario != "a.yaml" {
		t.Fatal(scenario, err)
	}
	if diff := cmp.Diff([]string{"x=1", "y=2"}, flags.run.scenario.set); diff != "" || flags.given.Confirm != 5 || flags.vary != "z=1,2" {
		t.Errorf("%+v\n%s", flags.given, diff)
	}
	for _, wrong := range [][]string{{"search"}, {"search", "--unknown"}, {"search", "a", "b"}} {
		if _, _, err := parseSearch(wrong); err == nil {
			t.Errorf("%q: no error", wrong)
		}
	}
}

// TestBudgetLeavesRoomForATrial counts on the longest trial so far.
func TestBudgetLeavesRoomForATrial(t *testing.T) {
	second := sample.Offset(time.Second)
	for _, test := range []struct {
		took []sample.Offset
		want bool // Whether it is used up.
	}{
		{nil, false},
		{[]sample.Offset{200 * second}, false}, // Known only afterwards.
		{[]sample.Offset{30 * second, 35 * second}, false},
		{[]sample.Offset{30 * second, 36 * second}, true},
		{[]sample.Offset{1, 1, 1, 1}, true}, // Trials.
	} {
		x := &searching{record: &record.Search{Budget: record.Budget{Time: 101 * second, Trials: 4}}}
		if len(test.took) == 1 {
			x.record.Budget.Time = 400 * second
		}
		var v record.Variant
		for _, took := range test.took {
			v.Trials = append(v.Trials, record.Trial{Took: took})
		}
		if got := x.exhausted(v); (got != "") != test.want {
			t.Errorf("%v: %q", test.took, got)
		}
	}
}

// TestMachineIsToldWhatEnded leaves out the trials that do not count.
func TestMachineIsToldWhatEnded(t *testing.T) {
	x := &searching{record: &record.Search{Goals: []record.Goal{{Name: "all"}},
		Rules: record.Rules{From: 100, Until: 1000, Least: 10, Factor: 2, Width: 0.1, Confirm: 1, Unjudged: 3}}}
	m, err := x.machine(record.Variant{Trials: []record.Trial{
		{Load: 100, Ended: true, Verdicts: []slo.Verdict{slo.Pass}}, {Load: 200}, {Load: 200, Ended: true, Verdicts: []slo.Verdict{slo.Miss}}, {Load: 150}}})
	if err != nil {
		t.Fatal(err)
	}
	if load, more := m.Next(); !more || load != 150 {
		t.Errorf("next %v, %t, want 150", load, more)
	}
}

// TestTrialAlone is the command that runs one trial by itself.
func TestTrialAlone(t *testing.T) {
	flags, _, err := parseSearch([]string{"search", "a.yaml", "--set", "x=1", "--etcd-flag", "a=b"})
	if err != nil {
		t.Fatal(err)
	}
	x := &searching{scenario: "a.yaml", flags: flags, record: &record.Search{Parameter: "rate", Vary: "z"}}
	got := x.alone(x.of(record.Variant{Label: "z=1", Value: "1"}, 0.5), 7)
	want := []string{"run", "a.yaml", "--set", "x=1", "--set", "z=1", "--set", "rate=0.5", "--etcd-flag", "a=b", "--seed", "7"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	x.along = []alongside{{spec.Along{Parameter: "nodes", Times: 0.02}, spec.Parameter{Name: "nodes", Type: "integer"}}}
	if got := x.of(record.Variant{}, 75).scenario.set; !slices.Equal(got, []string{"x=1", "nodes=2", "rate=75"}) {
		t.Errorf("set %q", got)
	}
	x.along, x.versions = nil, true
	if got := x.of(record.Variant{Label: "kubernetes=v1.36.3", Value: "v1.36.3"}, 1); got.cluster.kubernetes != "v1.36.3" || len(got.scenario.set) != 2 {
		t.Errorf("kubernetes %q, set %q", got.cluster.kubernetes, got.scenario.set)
	}
}
