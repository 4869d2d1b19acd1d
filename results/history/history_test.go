package history

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/compare"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// usual are the options of the command.
func usual() Options { return Options{Alpha: 0.05, MinEffect: 0.05} }

// runsOf makes a run an hour with a judged pod startup of each of the values.
func runsOf(values ...float64) []compare.Run {
	limit := 5.0
	var runs []compare.Run
	for i, value := range values {
		id := fmt.Sprintf("run-%d", i)
		runs = append(runs, compare.Run{Name: id, Manifest: bundle.Manifest{ID: id, Scenario: "tiny", Seed: uint64(i), Machine: bundle.Machine{CPUs: 2},
			Started: time.Unix(int64(i)*3600, 0), Tool: bundle.Tool{Version: "v1", Commit: "abcdef0123456"}},
			Summary: &summary.Summary{Objectives: []summary.Objective{{Objective: slo.Objective{Name: "pod startup p99 ≤ 5 s", Metric: sample.PodStartup,
				Statistic: "p99", Most: &limit}, Observed: &value, Verdict: slo.Pass}}}})
	}
	return runs
}

// noisy makes n values around level, within 2%.
func noisy(n int, level float64) []float64 {
	random := rand.New(rand.NewPCG(5, uint64(n)))
	values := make([]float64, n)
	for i := range values {
		values[i] = level * (1 + 0.04*(random.Float64()-0.5))
	}
	return values
}

func of(t *testing.T, runs []compare.Run, options Options) *History {
	t.Helper()
	h, err := Of(runs, options)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestOf(t *testing.T) {
	drift := noisy(30, 1)
	for i := range drift {
		drift[i] += 0.02 * float64(i)
	}
	tests := []struct {
		name     string
		values   []float64
		want     compare.Verdict
		at       []int
		sentence string
	}{
		{"slower", slices.Concat(noisy(10, 1), noisy(8, 1.3)), compare.Regressed, []int{10}, "1 CHANGE in 1 of 1 figure over 18 runs. The last: pod startup p99 regressed, "},
		{"faster", slices.Concat(noisy(10, 1), noisy(8, 0.7)), compare.Improved, []int{10}, "since run run-10 (v1 abcdef0123), 1970-01-01."},
		{"mended", slices.Concat(noisy(10, 1), noisy(10, 1.3), noisy(10, 1)), compare.Improved, []int{10, 20}, "2 CHANGES in 1 of 1 figure over 30 runs."},
		{"alike", noisy(18, 1), compare.NoEvidence, nil, "NO EVIDENCE of a change in 1 figure over 18 runs."},
		{"by little", slices.Concat(noisy(10, 1), noisy(10, 1.045)), compare.NoEvidence, nil, "NO EVIDENCE"},
		{"one slow run", slices.Concat(noisy(9, 1), []float64{4}, noisy(8, 1)), compare.NoEvidence, nil, "NO EVIDENCE"},
		{"few", []float64{1, 1, 1, 2, 2, 2}, compare.TooFewRuns, nil, "TOO FEW RUNS: over 6 runs, a change in 1 figure could not be told from chance; it takes 2 more."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := of(t, runsOf(test.values...), usual())
			f := h.Machines[0].Figures[0]
			var at []int
			for _, c := range f.Changes {
				at = append(at, c.At)
			}
			if f.Verdict != test.want || !slices.Equal(at, test.at) || !strings.Contains(h.Sentence, test.sentence) || f.Drift {
				t.Errorf("%s at %v, drift %v: %s\nwant %s at %v: %s", f.Verdict, at, f.Drift, h.Sentence, test.want, test.at, test.sentence)
			}
			if len(f.Segments) != len(f.Changes)+1 {
				t.Errorf("%d segments and %d changes", len(f.Segments), len(f.Changes))
			}
		})
	}
	if f := of(t, runsOf(drift...), usual()).Machines[0].Figures[0]; !f.Drift || f.Verdict != compare.Regressed {
		t.Errorf("a drift: %s, drift %v", f.Verdict, f.Drift)
	}
	h := of(t, runsOf(slices.Concat(noisy(10, 1), noisy(10, 1.045))...), Options{Alpha: 0.05})
	if got := h.Machines[0].Figures[0].Verdict; got != compare.Regressed {
		t.Errorf("4.5%% without a least effect: %s", got)
	}
}

// TestLeftOut holds that what did not end is shown and not used, wherever it lies, and that the order
// in which runs are given does not matter.
func TestLeftOut(t *testing.T) {
	values := slices.Concat(noisy(8, 1), []float64{900, 900, 900}, noisy(8, 1))
	runs := runsOf(values...)
	for i := 8; i < 11; i++ {
		runs[i].LeftOut = "it was killed"
	}
	slices.Reverse(runs)
	m := of(t, append(runs, runs[0]), usual()).Machines[0]
	f := m.Figures[0]
	if f.Verdict != compare.NoEvidence || len(m.Runs) != len(values) || f.Values[9] != nil || m.Runs[9].LeftOut == "" || f.Segments[0].N != 16 {
		t.Errorf("%s, %d runs, value %v, %+v", f.Verdict, len(m.Runs), f.Values[9], f.Segments)
	}
	if m.Runs[0].ID != "run-0" {
		t.Errorf("the first run is %s", m.Runs[0].ID)
	}
}

func TestSetup(t *testing.T) {
	runs := runsOf(noisy(6, 1)...)
	runs[1].LeftOut, runs[1].Manifest.Cluster.Kubernetes = "it was killed", "v1.99"
	for i := 3; i < 6; i++ {
		runs[i].Manifest.Cluster.Kubernetes = "v1.37.3"
		runs[i].Manifest.Parameters = map[string]string{"nodes": "9"}
	}
	want := []Setup{{At: 3, Rows: []SetupRow{{"parameter nodes", "", "9"}, {"Kubernetes", "", "v1.37.3"}}}}
	if diff := cmp.Diff(want, of(t, runs, usual()).Machines[0].Setup); diff != "" {
		t.Errorf("set-up (-want +got):\n%s", diff)
	}
}

// TestMachines holds that runs of another machine make no change.
func TestMachines(t *testing.T) {
	runs := runsOf(slices.Concat(noisy(10, 1), noisy(10, 2))...)
	for i := 10; i < 20; i++ {
		runs[i].Manifest.Machine.CPUs = 1
	}
	h := of(t, runs, usual())
	if len(h.Machines) != 2 || !strings.HasPrefix(h.Sentence, "NO EVIDENCE") || !strings.Contains(h.Machines[0].Words, "CPUs 1") {
		t.Errorf("%d machines, the first %s: %s", len(h.Machines), h.Machines[0].Words, h.Sentence)
	}
	runs[3].Manifest.Scenario = "huge"
	if _, err := Of(runs, usual()); err == nil || !strings.Contains(err.Error(), "is of scenario huge") {
		t.Errorf("another scenario: %v", err)
	}
}

// TestManyFigures holds the correction: what is found alone in 9 runs is none among 12 figures.
func TestManyFigures(t *testing.T) {
	values := slices.Concat(noisy(4, 1), noisy(5, 1.5))
	runs := runsOf(values...)
	if got := of(t, runs, usual()).Machines[0].Figures[0].Verdict; got != compare.Regressed {
		t.Fatalf("alone: %s", got)
	}
	for i := range runs {
		for n := range 11 {
			runs[i].Summary.Gauges = append(runs[i].Summary.Gauges, summary.Gauge{Metric: sample.ComponentCPU, N: 3, Max: 7, Mean: float64((i*7+n*3)%5) / 5,
				Labels: sample.Labels{"component": fmt.Sprint("c", n)}})
		}
	}
	options := usual()
	options.Metrics = []string{sample.ComponentCPU, sample.ClusterReady}
	h := of(t, runs, options)
	if f := h.Machines[0].Figures[0]; f.Verdict != compare.TooFewRuns || f.MoreRuns == 0 {
		t.Errorf("among 12: %s, %d more runs", f.Verdict, f.MoreRuns)
	}
	if figures := h.Machines[0].Figures; len(figures) != 1+2*11+1 || figures[len(figures)-1].Verdict != compare.NoData {
		t.Errorf("%d figures, the last %s", len(figures), figures[len(figures)-1].Verdict)
	}
}
