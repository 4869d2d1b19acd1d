package export

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/experiment"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func load[T any](t testing.TB, name string) T {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var value T
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// oneRun is the fixed run: a miss, an inconclusive objective, one without data, labels with every
// odd sign, and things that never got there.
func oneRun(t testing.TB) *Results {
	t.Helper()
	s := load[summary.Summary](t, "summary.json")
	m := load[bundle.Manifest](t, "manifest.json")
	return &Results{Scenario: m.Scenario, Runs: []Run{{Manifest: m, Summary: &s}}}
}

// trials are an experiment of two variants, each tried twice, whose last trial was interrupted and
// recorded nothing.
func trials(t testing.TB) *Results {
	t.Helper()
	e := &experiment.Experiment{FormatVersion: sample.FormatVersion, ID: "20260102-030405-abcd", Scenario: "rollout-baseline",
		Title: "A rollout", Seed: 7, Repeat: 2, Tool: bundle.Tool{Version: "v0.1.0"}, Status: bundle.Interrupted, Failure: "stopped by a signal",
		Duration: sample.Offset(250 * time.Second),
		Axes:     []experiment.Axis{{Parameter: "nodes", Values: []string{"100", "200"}, Numbers: []float64{100, 200}}},
		Variants: []experiment.Variant{{Label: "nodes=100", Values: []string{"100"}}, {Label: "nodes=200", Values: []string{"200"}}}}
	r := &Results{Scenario: e.Scenario, Experiment: e}
	for i, variant := range []int{0, 1, 1, 0} {
		one := oneRun(t).Runs[0]
		for j := range one.Summary.Distributions {
			one.Summary.Distributions[j].Mean *= 1 + float64(i)/10
		}
		one.Manifest.Seed = uint64(7 + i/2)
		trial := experiment.Trial{Number: i + 1, Round: i/2 + 1, Variant: variant, Seed: one.Manifest.Seed,
			Folder: experiment.FolderOf(i+1, 4, e.Variants[variant].Label), Started: one.Manifest.Started, Ended: i < 3}
		if i < 3 {
			trial.Take(one.Summary)
		} else {
			one = Run{Manifest: bundle.Manifest{ID: e.ID + "-4", Scenario: e.Scenario, Status: bundle.Interrupted, Failure: "stopped by a signal"}}
		}
		e.Trials = append(e.Trials, trial)
		r.Runs = append(r.Runs, one)
	}
	for i := range e.Trials {
		r.Runs[i].Trial = &e.Trials[i]
	}
	e.Judge()
	return r
}

func written(t testing.TB, f Format, r *Results) string {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, f, r); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestGolden(t *testing.T) {
	failed := Failed("rollout-baseline", bundle.Tool{Version: "v0.1.0"}, bundle.Failed, "start etcd: the disk is full")
	for name, r := range map[string]*Results{"run": oneRun(t), "trials": trials(t), "failed": failed} {
		for _, f := range Formats() {
			t.Run(name+"/"+string(f), func(t *testing.T) {
				golden := filepath.Join("testdata", name+"-"+f.File())
				got := written(t, f, r)
				if *update {
					if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(want), got); diff != "" {
					t.Errorf("%s differs; run the test with -update if that is meant (-want +got):\n%s", golden, diff)
				}
				if again := written(t, f, r); again != got {
					t.Error("the same results gave two texts")
				}
			})
		}
	}
}

func TestUnknownFormat(t *testing.T) {
	err := Write(&bytes.Buffer{}, "xml", oneRun(t))
	const want = `export rollout-baseline as xml: there is no format "xml": use one of junit, benchfmt, openmetrics, csv, perfdash, markdown`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestFiles gives every format a file of its own.
func TestFiles(t *testing.T) {
	seen := map[string]bool{bundle.SummaryFile: true, bundle.ReportFile: true, experiment.File: true}
	for _, f := range Formats() {
		if name := f.File(); name == "" || seen[name] {
			t.Errorf("the file of %s is %q", f, name)
		}
		seen[f.File()] = true
	}
}

// TestRowsLeaveOut counts the numbers of the fixed summary: what may not be shown as a number is in
// none of them, and nothing stands as 0 for what is not known.
func TestRowsLeaveOut(t *testing.T) {
	got := map[kind]int{}
	for _, v := range rows(oneRun(t).Runs[0].Summary) {
		got[v.kind]++
		if v.value == 0 {
			t.Errorf("%s of %s is 0", v.statistic, v.metric)
		}
		if v.statistic == "p99.9" {
			t.Errorf("a p99.9 of %s that is no number", v.metric)
		}
	}
	want := map[kind]int{ofObjective: 3, ofFigure: 1, ofDistribution: 2 * (4 + 3), ofBuckets: 3, ofGauge: 3*3 + 1, ofScalar: 3}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows by kind (-want +got):\n%s", diff)
	}
}

// TestNamesAreDistinct has two limits of one figure and two objectives that are the same.
func TestNamesAreDistinct(t *testing.T) {
	limit := func(v float64) *float64 { return &v }
	s := oneRun(t).Runs[0].Summary
	o := s.Objectives[0]
	o.Name = "fast"
	other := o
	other.Most, other.Least = nil, limit(0.001)
	got := objectiveNames([]summary.Objective{o, other, other, s.Objectives[1]})
	want := []string{
		"fast: api request p99 (class=gets,phase=load) ≤ 25 ms", "fast: api request p99 (class=gets,phase=load) ≥ 1 ms",
		"fast: api request p99 (class=gets,phase=load) ≥ 1 ms (2)", "pod startup p99 (phase=ramp)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

func TestMissWords(t *testing.T) {
	most := 1.0
	o := oneRun(t).Runs[0].Summary.Objectives[1]
	o.Reason, o.Low, o.Most = "", nil, &most
	for _, test := range []struct {
		observed float64
		want     string
	}{
		{1.42, "observed 1.42 s > 1 s (limit), n = 1,200"},
		{1.0004, "observed 1.0004 seconds > 1 seconds (limit), n = 1,200"},
	} {
		o.Observed = &test.observed
		if got := missWords(o); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
	o.Observed, o.Reason = nil, "12 of 20 took longer than 1 s"
	if got, want := missWords(o), "12 of 20 took longer than 1 s, n = 1,200"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestAnnotations has one missed objective, and then more than GitHub shows.
func TestAnnotations(t *testing.T) {
	r := oneRun(t)
	got := Annotations(r)
	want := []string{"::error title=MISS%3A pod startup p99 (phase=ramp)::rollout-baseline: observed 6.2 s > 5 s (limit), n = 1,200; " +
		"12 of 1,200 never got there: p99 is at least 6.2 s"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("annotations (-want +got):\n%s", diff)
	}
	s := r.Runs[0].Summary
	for range 10 {
		s.Objectives = append(s.Objectives, s.Objectives[1])
	}
	got = Annotations(r)
	if len(got) != MaxAnnotations || got[MaxAnnotations-1] != "::error title=MISS::2 more objectives were missed" {
		t.Errorf("%d annotations, the last %q", len(got), got[len(got)-1])
	}
	if got := Annotations(trials(t)); len(got) != 2 || !strings.Contains(got[0], "::nodes=100: median 6.2 s, limit ≤ 5 s, n = 1") {
		t.Errorf("annotations of an experiment: %q", got)
	}
	if got, want := annotation("a,b:c%\n", "x:%\r\n"), "::error title=a%2Cb%3Ac%25%0A::x:%25%0D%0A"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
