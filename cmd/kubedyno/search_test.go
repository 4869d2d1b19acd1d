package main

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/sample"
	record "github.com/kubedyno/kubedyno/results/search"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/scenarios"
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
	x.along, x.varied = nil, varied{kubernetes: true}
	if got := x.of(record.Variant{Label: "kubernetes=v1.36.3", Value: "v1.36.3"}, 1); got.cluster.kubernetes != "v1.36.3" || len(got.scenario.set) != 2 {
		t.Errorf("kubernetes %q, set %q", got.cluster.kubernetes, got.scenario.set)
	}
}

// TestVaried applies what --vary names to the flags of a run, and leaves those of the search alone.
func TestVaried(t *testing.T) {
	flags, _, err := parseSearch([]string{"search", "a.yaml", "--set", "x=1", "--api-server-flag", "a=b"})
	if err != nil {
		t.Fatal(err)
	}
	x := &searching{scenario: "a.yaml", flags: flags, record: &record.Search{Parameter: "rate"}}
	for _, test := range []struct {
		name  string
		value string
		want  []string // The command of a trial.
	}{
		{"x2", "5", []string{"run", "a.yaml", "--set", "x=1", "--set", "x2=5", "--set", "rate=3", "--api-server-flag", "a=b"}},
		{"disk", "5ms", []string{"run", "a.yaml", "--set", "x=1", "--set", "rate=3", "--disk", "5ms", "--api-server-flag", "a=b"}},
		{"kubernetes", "v1.36.3", []string{"run", "a.yaml", "--set", "x=1", "--set", "rate=3", "--kubernetes", "v1.36.3", "--api-server-flag", "a=b"}},
		{"api-server-flag:c", "d", []string{"run", "a.yaml", "--set", "x=1", "--set", "rate=3", "--api-server-flag", "a=b", "--api-server-flag", "c=d"}},
		{"etcd-flag:--e", "f", []string{"run", "a.yaml", "--set", "x=1", "--set", "rate=3", "--etcd-flag", "e=f", "--api-server-flag", "a=b"}},
	} {
		x.record.Vary = test.name
		if x.varied, err = readVaried(test.name, map[string]string{"x": "1", "x2": "1"}); err != nil {
			t.Fatal(err)
		}
		got := x.alone(x.of(record.Variant{Label: test.name + "=" + test.value, Value: test.value}, 3), 7)
		if diff := cmp.Diff(append(test.want, "--seed", "7"), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	if own, err := readVaried("disk", map[string]string{"disk": "real"}); err != nil || own != (varied{}) {
		t.Errorf("a parameter called disk: %+v, %v", own, err)
	}
	for _, wrong := range []string{"other", "api-server-flag", "api-server-flag:", "other-flag:a", "api-server-flag:--"} {
		if _, err := readVaried(wrong, nil); err == nil {
			t.Errorf("%s: no error", wrong)
		}
	}
}

// TestVariantsTakeTurns asks whose trial is next.
func TestVariantsTakeTurns(t *testing.T) {
	of := func(trials int) *variant {
		return &variant{Variant: &record.Variant{Trials: make([]record.Trial, trials)}}
	}
	for _, test := range []struct {
		turns bool
		given []int // Trials so far.
		want  int
	}{{true, []int{0, 0}, 0}, {true, []int{1, 0}, 1}, {true, []int{1, 1}, 0}, {true, []int{4, 3, 2}, 2}, {false, []int{4, 3, 2}, 0}} {
		x := &searching{record: &record.Search{Interleaved: test.turns}}
		var going []*variant
		for _, n := range test.given {
			going = append(going, of(n))
		}
		if got := x.turn(going); got != test.want {
			t.Errorf("%+v: %d", test, got)
		}
	}
}

// TestLimitsEndInTime: by their own plans, the searches of the family limits come to their end within
// their budgets.
func TestLimitsEndInTime(t *testing.T) {
	entries, err := scenarios.Library()
	if err != nil {
		t.Fatal(err)
	}
	a := &app{arguments: []string{"kubedyno", "search"}, stdout: io.Discard, stderr: io.Discard, getenv: func(string) string { return "" }}
	found := 0
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name, "limits/") {
			continue
		}
		found++
		flags, _, err := parseSearch([]string{"search", entry.Name})
		if err != nil {
			t.Fatal(err)
		}
		x, err := a.readSearch(entry.Name, flags)
		if err != nil {
			t.Fatal(err)
		}
		e, err := x.estimate(x.record.Variants[0])
		if err != nil || e.Trials < 3 || e.Time > time.Duration(x.record.Budget.Time) {
			t.Errorf("%s: %+v, %v; the budget is %v", entry.Name, e, err, time.Duration(x.record.Budget.Time))
		}
	}
	if found < 9 {
		t.Errorf("%d scenarios of limits", found)
	}
}
