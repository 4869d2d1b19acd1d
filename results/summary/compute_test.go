package summary

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func compute(t *testing.T, dir string) (*Summary, *Detail) {
	t.Helper()
	run, err := bundle.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, d, err := Compute(run)
	if err != nil {
		t.Fatal(err)
	}
	return s, d
}

func TestGolden(t *testing.T) {
	s, _ := compute(t, "testdata/run")
	got, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	const golden = "testdata/summary.golden.json"
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs; run the test with -update if that is meant: %s", golden, diff)
	}
	again, _ := compute(t, "testdata/run")
	if data, _ := json.MarshalIndent(again, "", "  "); !bytes.Equal(append(data, '\n'), got) {
		t.Error("the same run gave two summaries")
	}
}

// near allows for the histogram's resolution.
func near(got, want float64) bool { return math.Abs(got-want) <= 0.001*math.Abs(want)+2e-6 }

// TestByHand checks the run in testdata against figures that were worked out on paper from
// its few lines.
func TestByHand(t *testing.T) {
	s, _ := compute(t, "testdata/run")
	type figures struct {
		n, censored    int64
		min, mean, max float64
	}
	want := map[string]figures{
		"pod_startup_seconds phase=ramp,workload=web":              {4, 1, 1.2, (1.2 + 2.5 + 3 + 7.1) / 4, 7.1},
		"pod_stage_seconds phase=ramp,stage=create,workload=web":   {3, 0, 0.1, (0.1 + 0.2 + 0.1) / 3, 0.2},
		"pod_stage_seconds phase=ramp,stage=schedule,workload=web": {3, 1, 0.1, (0.1 + 0.2 + 7) / 3, 7},
		"pod_stage_seconds phase=ramp,stage=start,workload=web":    {2, 0, 1, 1.5, 2},
		"pod_stage_seconds phase=ramp,stage=ready,workload=web":    {2, 0, 0, 0.05, 0.1},
		"pod_simulator_overhead_seconds phase=ramp,workload=web":   {2, 0, 0, 0.05, 0.1},
		"api_request_seconds class=gets,phase=load":                {2000, 0, 0.010, 0.015, 0.020},
		"api_send_lag_seconds class=gets,phase=load":               {1000, 0, 0.001, 0.001, 0.001},
		"watch_lag_seconds phase=ramp":                             {1000, 0, 0.001, 0.001, 0.001},
	}
	for _, d := range s.Distributions {
		name := d.Metric + " " + d.Labels.String()
		w, ok := want[name]
		if !ok || d.N != w.n || d.Censored != w.censored ||
			!near(d.Min, w.min) || !near(d.Mean, w.mean) || !near(d.Max, w.max) {
			t.Errorf("%s is %+v, want %+v", name, d, w)
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("distributions are missing: %v", want)
	}
	wantCounts := Counts{PodsCreated: 4, PodsReady: 3, PodsCensored: 1, Uncertain: 1, Requests: 2000, Failed: 5}
	if diff := cmp.Diff(wantCounts, s.Counts); diff != "" {
		t.Error(diff)
	}
}

func TestByHandGaugesAndScalars(t *testing.T) {
	s, _ := compute(t, "testdata/run")
	wantScalars := []Scalar{
		{sample.ClusterReady, nil, 5.5, false, false},
		{sample.PhaseDuration, sample.Labels{"phase": "load"}, 3, false, false},
		{sample.PhaseDuration, sample.Labels{"phase": "ramp"}, 5, false, false},
		{sample.PodsReadyRate, sample.Labels{"phase": "ramp"}, 3.0 / (5 - 1), false, false},
	}
	if diff := cmp.Diff(wantScalars, s.Scalars); diff != "" {
		t.Error(diff)
	}
	want := map[string]Gauge{
		"component=etcd":            {N: 3, Mean: 200, Max: 300, Last: 300},
		"component=etcd,phase=ramp": {N: 1, Mean: 200, Max: 200, Last: 200},
		"component=etcd,phase=load": {N: 1, Mean: 300, Max: 300, Last: 300},
		// The counter began anew with the second phase: 2, then 2+1, then 2+3.
		"class=gets,kind=server":            {N: 3, Mean: (2.0 + 3 + 5) / 3, Max: 5, Last: 5},
		"class=gets,kind=server,phase=load": {N: 2, Mean: 2, Max: 3, Last: 3},
	}
	for _, g := range s.Gauges {
		w, ok := want[g.Labels.String()]
		if !ok {
			continue
		}
		w.Metric, w.Labels = g.Metric, g.Labels
		if diff := cmp.Diff(w, g); diff != "" {
			t.Error(diff)
		}
		delete(want, g.Labels.String())
	}
	if len(want) > 0 {
		t.Errorf("gauges are missing: %v", want)
	}
}

func TestByHandVerdicts(t *testing.T) {
	s, _ := compute(t, "testdata/run")
	want := []string{
		"INCONCLUSIVE 1 of 4 never got there: max is at least 7.1 s",
		"MISS 1 of 4 never got there: mean is at least 3.45 s",
		"INCONCLUSIVE too few samples (n = 4, p99 needs 1,000)",
		"PASS ", "PASS ", "PASS ", "PASS ",
		"NO DATA nothing was observed",
	}
	var got []string
	for _, o := range s.Objectives {
		got = append(got, string(o.Verdict)+" "+o.Reason)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if want := "MISS: 1 of 8 objectives missed. pod startup mean 3.45 s, limit 2.5 s (+38%), n = 4."; s.Sentence != want {
		t.Errorf("the sentence is %q, want %q", s.Sentence, want)
	}
	wantWarnings := []string{
		"1 of 4 pods never became Ready; they count as at least the time they waited.",
		"A watch was interrupted for longer than watch lag may be, or had to list anew, while 1 of 4 pods started; their start-up times are upper bounds, their stages are left out.",
		"5 of 2,000 requests failed: 5 server.",
		"Only 90/s of 100/s were sent (class=gets,phase=load).",
		"Watches of the harness had to list anew (watch relists: 1); what happened meanwhile was seen late.",
		"At 7 s: load 100/s: the clock stepped.",
	}
	if diff := cmp.Diff(wantWarnings, s.Warnings); diff != "" {
		t.Error(diff)
	}
}

func TestDetail(t *testing.T) {
	s, d := compute(t, "testdata/run")
	if len(d.Distributions) != len(s.Distributions) {
		t.Errorf("%d distributions in detail, %d in the summary", len(d.Distributions), len(s.Distributions))
	}
	merged := d.Merged(sample.PodStage, sample.Labels{"phase": "ramp"})
	if merged.Histogram.Count() != 10 || merged.Censored != 1 || !near(merged.CensoredFrom, 7) {
		t.Errorf("all stages: %d values, %d censored from %v", merged.Histogram.Count(), merged.Censored, merged.CensoredFrom)
	}
	for _, event := range d.Events {
		if event.Kind == sample.Progress {
			t.Error("a progress event is in the detail")
		}
	}
	for _, track := range d.Tracks {
		if _, ok := track.Labels["phase"]; ok {
			t.Errorf("the track %s %s is one phase's", track.Metric, track.Labels)
		}
	}
}

func TestTrackKeepsExtremesWithinItsLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 5*trackPoints).Draw(t, "n")
		seed := rapid.IntRange(1, 1000).Draw(t, "seed")
		var line track
		low, high := math.Inf(1), math.Inf(-1)
		for i := range n {
			value := float64((i*7919*seed + seed) % 100003)
			low, high = min(low, value), max(high, value)
			line.add(sample.Point{At: sample.Offset(i), Value: value})
		}
		points := line.points()
		if len(points) > trackPoints || n <= trackPoints/2 && len(points) != n {
			t.Fatalf("%d points became %d", n, len(points))
		}
		if !slices.IsSortedFunc(points, func(a, b sample.Point) int { return int(a.At - b.At) }) {
			t.Fatal("the points are not in the order of time")
		}
		gotLow, gotHigh := math.Inf(1), math.Inf(-1)
		for _, p := range points {
			gotLow, gotHigh = min(gotLow, p.Value), max(gotHigh, p.Value)
		}
		if gotLow != low || gotHigh != high {
			t.Fatalf("extremes %v..%v became %v..%v", low, high, gotLow, gotHigh)
		}
	})
}

// write makes a run of pods that all took as long, and changes it before it ends.
func write(t *testing.T, pods int, status bundle.Status, objectives []slo.Objective, more func(*bundle.Writer)) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	w, err := bundle.Create(dir, bundle.Manifest{ID: "r", Objectives: objectives, Machine: bundle.Machine{CPUs: 2}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.Event(sample.Event{Kind: sample.PhaseStarted, Phase: "ramp"})
	for i := range pods {
		ready := sample.Offset(2 * time.Second)
		w.Pod(sample.Pod{Name: fmt.Sprint(i), Workload: "web", Phase: "ramp",
			Created: sample.Offset(time.Second), Ready: &ready, Until: ready})
	}
	if more != nil {
		more(w)
	}
	if err := w.Finish(status, "", 10*time.Second); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestVerdictOfTheRun(t *testing.T) {
	most := func(limit float64) []slo.Objective {
		return []slo.Objective{{Metric: sample.PodStartup, Statistic: "p99", Most: &limit}}
	}
	created := func(n float64) func(*bundle.Writer) {
		return func(w *bundle.Writer) {
			w.Point(sample.Point{Metric: sample.PodsByState, Labels: sample.Labels{"state": "created"}, Value: n})
		}
	}
	tests := []struct {
		name       string
		pods       int
		status     bundle.Status
		objectives []slo.Objective
		more       func(*bundle.Writer)
		verdict    slo.Verdict
		sentence   string
	}{
		{"pass", 1000, bundle.Complete, most(5), created(1000), slo.Pass, "PASS: the one objective is met."},
		{"miss", 1000, bundle.Complete, most(0.8), nil, slo.Miss,
			"MISS: 1 of 1 objectives missed. pod startup p99 1 s, limit 800 ms (+25"},
		{"no objectives", 1000, bundle.Complete, nil, nil, slo.Inconclusive, "INCONCLUSIVE: no objective was stated."},
		{"no pods", 0, bundle.Complete, most(5), nil, slo.NoData,
			"NO DATA: nothing was observed for 1 of 1 objectives. pod startup p99: nothing was observed."},
		{"interrupted", 1000, bundle.Interrupted, most(5), nil, slo.Inconclusive,
			"INCONCLUSIVE: the run did not finish; 1 of 1 objectives could not be judged."},
		{"books do not balance", 1000, bundle.Complete, most(5), created(1100), slo.Inconclusive,
			"INCONCLUSIVE: 1 of 1 objectives could not be judged. pod startup p99: the books do not balance: " +
				"100 of 1,100 pods were never reported."},
		{"records dropped", 1000, bundle.Complete, most(5),
			func(w *bundle.Writer) { w.Point(sample.Point{Metric: sample.WatchLag, Value: math.NaN()}) },
			slo.Inconclusive, "INCONCLUSIVE: 1 of 1 objectives could not be judged. pod startup p99: records were dropped (1)."},
		{"harness late", 1000, bundle.Complete, most(0.8), func(w *bundle.Writer) {
			var lag sample.Histogram
			lag.Record(300 * time.Millisecond)
			w.Window(sample.Window{Metric: sample.WatchLag, Histogram: lag})
		}, slo.Inconclusive, "INCONCLUSIVE: 1 of 1 objectives could not be judged. pod startup p99: " +
			"the harness was late: watch lag p99 300 ms."},
		{"simulator late", 1000, bundle.Complete, most(0.8), func(w *bundle.Writer) {
			for metric, delay := range map[string]time.Duration{
				sample.WatchLag: 10 * time.Millisecond, sample.PodSimulatorOverhead: 300 * time.Millisecond,
			} {
				var added sample.Histogram
				added.Record(delay)
				w.Window(sample.Window{Metric: metric, Histogram: added})
			}
		}, slo.Inconclusive, "INCONCLUSIVE: 1 of 1 objectives could not be judged. pod startup p99: " +
			"the harness was late: pod simulator overhead p99 300 ms."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, _ := compute(t, write(t, test.pods, test.status, test.objectives, test.more))
			if s.Verdict != test.verdict || !strings.HasPrefix(s.Sentence, test.sentence) {
				t.Errorf("got %s %q, want %s %q", s.Verdict, s.Sentence, test.verdict, test.sentence)
			}
			if s.Incomplete != (test.status != bundle.Complete) {
				t.Errorf("incomplete is %v of a run that is %s", s.Incomplete, test.status)
			}
		})
	}
}

func TestTooManySeries(t *testing.T) {
	limit := 5.0
	objectives := []slo.Objective{{Metric: sample.ComponentMemory, Statistic: slo.Max, Most: &limit}}
	s, _ := compute(t, write(t, 0, bundle.Complete, objectives, func(w *bundle.Writer) {
		for i := range maxGauges + 1 {
			w.Point(sample.Point{Metric: sample.ComponentMemory, Labels: sample.Labels{"component": fmt.Sprint(i)}, Value: 1})
		}
	}))
	if len(s.Gauges) > maxGauges {
		t.Errorf("%d gauges are kept", len(s.Gauges))
	}
	if s.Verdict != slo.Inconclusive {
		t.Errorf("verdict is %s %q", s.Verdict, s.Sentence)
	}
}

func TestDamagedRunIsAnError(t *testing.T) {
	dir := write(t, 1, bundle.Complete, nil, nil)
	if err := os.WriteFile(filepath.Join(dir, bundle.SamplesFile), []byte("x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run, err := bundle.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Compute(run); err == nil || !strings.Contains(err.Error(), "samples.jsonl:1") {
		t.Errorf("got %v", err)
	}
}
