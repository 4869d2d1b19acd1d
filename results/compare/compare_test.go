package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/exitcode"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// usual are the options of the command.
func usual() Options { return Options{Alpha: 0.05, MinEffect: 0.05} }

// objective is a judged figure of pod startup.
func objective(workload string, value float64) summary.Objective {
	limit := 5.0
	return summary.Objective{Objective: slo.Objective{Name: "pod startup p99 ≤ 5 s, workload " + workload, Metric: sample.PodStartup,
		Statistic: "p99", Where: sample.Labels{"workload": workload}, Most: &limit}, Unit: sample.Seconds, Verdict: slo.Pass, Observed: &value}
}

// runsOf makes a side of runs with one objective each.
func runsOf(side string, values ...float64) []Run {
	var runs []Run
	for i, value := range values {
		runs = append(runs, Run{Name: fmt.Sprintf("%s-%d", side, i), Manifest: bundle.Manifest{
			ID: fmt.Sprintf("%s-%d", side, i), Scenario: "tiny", Status: bundle.Complete, Seed: uint64(i + 1),
			Started: time.Unix(int64(i), 0), Machine: bundle.Machine{CPUs: 2}},
			Summary: &summary.Summary{Objectives: []summary.Objective{objective("web", value)}}})
	}
	return runs
}

func compared(t *testing.T, base, other []Run, options Options) *Comparison {
	t.Helper()
	c, err := Sides(base, other, options)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestVerdicts(t *testing.T) {
	base := []float64{1.0, 1.1, 1.2, 1.3}
	tests := []struct {
		name     string
		base     []float64
		other    []float64
		want     Verdict
		more     int
		sentence string
	}{
		{"slower", base, []float64{1.6, 1.7, 1.5, 1.65}, Regressed, 0,
			"REGRESSED: 1 of 1 figure. pod startup p99, workload web 1.15 s → 1.62 s (+40%, p = 0.029), 4 and 4 runs."},
		{"faster", base, []float64{0.5, 0.6, 0.55, 0.65}, Improved, 0,
			"IMPROVED: 1 of 1 figure. pod startup p99, workload web 1.15 s → 575 ms (−50%, p = 0.029), 4 and 4 runs."},
		{"mixed up", base, []float64{1.05, 1.15, 1.25, 1.35}, NoEvidence, 0,
			"NO EVIDENCE of a change in 1 figure, 4 and 4 runs. The data would still allow one that is up to 35% worse: pod startup p99, workload web."},
		{"apart by little", []float64{1.00, 1.001, 1.002, 1.003}, []float64{1.01, 1.011, 1.012, 1.013}, NoEvidence, 0,
			"NO EVIDENCE of a change of 5% or more in 1 figure, 4 and 4 runs. The data would still allow one that is up to 1.3% worse: pod startup p99, workload web."},
		{"three runs", base[:3], []float64{2, 3, 4}, TooFewRuns, 1,
			"TOO FEW RUNS: with 3 and 3 runs, a change in one figure could not be told from chance; it takes 4 runs on each side, 1 more."},
		{"one run", base[:1], []float64{9}, TooFewRuns, 3,
			"TOO FEW RUNS: with 1 and 1 runs, a change in one figure could not be told from chance; it takes 4 runs on each side, 3 more."},
		{"all equal", []float64{1, 1, 1, 1}, []float64{1, 1, 1, 1}, NoEvidence, 0, "NO EVIDENCE of a change in 1 figure, 4 and 4 runs."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := compared(t, runsOf("base", test.base...), runsOf("new", test.other...), usual())
			if c.Verdict != test.want || c.Sentence != test.sentence || c.MoreRuns() != test.more {
				t.Errorf("got %s, %d more runs, %s\nwant %s, %d, %s", c.Verdict, c.MoreRuns(), c.Sentence, test.want, test.more, test.sentence)
			}
		})
	}
	c := compared(t, runsOf("base", 1.00, 1.001, 1.002, 1.003), runsOf("new", 1.01, 1.011, 1.012, 1.013), usual())
	if got := c.Deciding[0].Verdict; got != SmallChange {
		t.Errorf("1%% slower: %s, want %s", got, SmallChange)
	}
	c = compared(t, runsOf("base", 1.00, 1.001, 1.002, 1.003), runsOf("new", 1.01, 1.011, 1.012, 1.013), Options{Alpha: 0.05})
	if c.Verdict != Regressed {
		t.Errorf("1%% slower without a least effect: %s, want %s", c.Verdict, Regressed)
	}
}

// TestManyFigures holds the correction: what is evidence alone is none among 12, and with enough
// runs it is again.
func TestManyFigures(t *testing.T) {
	side := func(name string, n int, first float64) []Run {
		runs := runsOf(name, make([]float64, n)...)
		for i := range runs {
			runs[i].Summary.Objectives = []summary.Objective{objective("w0", first+float64(i)/100)}
			for w := 1; w < 12; w++ {
				noise := float64((i*7+w*3+len(name))%11) / 10
				runs[i].Summary.Objectives = append(runs[i].Summary.Objectives, objective(fmt.Sprintf("w%d", w), 1+noise))
			}
		}
		return runs
	}
	for n, want := range map[int]Verdict{4: TooFewRuns, 5: TooFewRuns, 7: Regressed} {
		c := compared(t, side("base", n, 1), side("new", n, 2), usual())
		if got := c.Deciding[0]; got.Verdict != want {
			t.Errorf("%d runs a side: %s (p %v, adjusted %v), want %s", n, got.Verdict, got.P, got.Adjusted, want)
		}
	}
}

func TestMissingFigures(t *testing.T) {
	base, other := runsOf("base", 1, 2, 3, 4), runsOf("new", 1, 2, 3, 4)
	for i := range other {
		other[i].Summary.Objectives[0].Observed, other[i].Summary.Objectives[0].Reason = nil, "nothing was observed"
	}
	c := compared(t, base, other, usual())
	if c.Verdict != NoData || !strings.Contains(c.Sentence, "nothing was observed") {
		t.Errorf("got %s: %s, want %s with the reason", c.Verdict, c.Sentence, NoData)
	}
	for i := range base {
		base[i].Summary.Objectives, other[i].Summary.Objectives = nil, nil
	}
	if c := compared(t, base, other, usual()); c.Verdict != NoData {
		t.Errorf("without objectives: %s, want %s", c.Verdict, NoData)
	}
	options := usual()
	options.Metrics = []string{sample.ComponentCPU}
	if c := compared(t, base, other, options); c.Verdict != NoData || len(c.Deciding) != 1 {
		t.Errorf("a metric that nobody recorded: %s with %d figures, want %s with 1", c.Verdict, len(c.Deciding), NoData)
	}
}

// TestOtherFigures: they do not decide unless their metric is asked for.
func TestOtherFigures(t *testing.T) {
	base, other := runsOf("base", 1, 1.1, 1.2, 1.3, 1.4), runsOf("new", 1.05, 1.15, 1.25, 1.35, 1.45)
	for i := range base {
		for side, run := range []Run{base[i], other[i]} {
			run.Summary.Gauges = []summary.Gauge{{Metric: sample.ComponentCPU, Labels: sample.Labels{"component": "etcd"}, N: 3,
				Mean: 1 + float64(side) + float64(i)/100, Max: 2 + float64(i)/100}}
			run.Summary.Distributions = []summary.Distribution{{Metric: sample.PodStartup, Labels: sample.Labels{"workload": "web"}, N: 30, Max: 2,
				Quantiles: []summary.Quantile{{Percentile: 50, Value: 1, Printable: true}, {Percentile: 99, Value: 2}}}}
		}
	}
	c := compared(t, base, other, usual())
	var got []string
	for _, ch := range c.Others {
		got = append(got, ch.Words()+": "+string(ch.Verdict))
	}
	want := []string{"pod startup p50 (workload=web): no evidence", "pod startup max (workload=web): no evidence",
		"component cpu mean (component=etcd): regressed", "component cpu max (component=etcd): no evidence"}
	if diff := cmp.Diff(want, got); diff != "" || c.Verdict != NoEvidence {
		t.Errorf("verdict %s, others (-want +got):\n%s", c.Verdict, diff)
	}
	options := usual()
	options.Metrics = []string{sample.ComponentCPU}
	if c := compared(t, base, other, options); c.Verdict == NoEvidence || len(c.Deciding) != 3 || len(c.Others) != 2 {
		t.Errorf("with the metric asked for: %s, %d and %d figures, want another verdict, 3 and 2", c.Verdict, len(c.Deciding), len(c.Others))
	}
}

func TestSetup(t *testing.T) {
	base, other := runsOf("base", 1, 2, 3, 4), runsOf("new", 1, 2, 3, 4)
	for i := range other {
		other[i].Manifest.Parameters = map[string]string{"rate": "200"}
		base[i].Manifest.Parameters = map[string]string{"rate": "100"}
		for _, m := range []*bundle.Manifest{&base[i].Manifest, &other[i].Manifest} {
			m.Cluster.Components = []bundle.Component{{Name: "etcd", Version: "v3.7.0", Arguments: []string{
				"--data-dir=/runs/" + m.ID, "--listen-client-urls=https://127.0.0.1:" + m.ID, "--secure-port=" + m.ID, "--quota=1"}}}
		}
		other[i].Manifest.Cluster.Components[0].Arguments[3] = "--quota=2"
	}
	want := []SetupRow{
		{Name: "parameter rate", Base: []string{"100"}, New: []string{"200"}},
		{Name: "etcd --quota", Base: []string{"1"}, New: []string{"2"}},
	}
	if diff := cmp.Diff(want, compared(t, base, other, usual()).Setup); diff != "" {
		t.Errorf("set-up (-want +got):\n%s", diff)
	}
	other[1].Manifest.Parameters["rate"] = "300"
	if c := compared(t, base, other, usual()); !strings.Contains(strings.Join(c.Warnings, "\n"), "parameter rate is 100 in the base and 200, 300") {
		t.Errorf("warnings %q, want one of a mixed side", c.Warnings)
	}
	for i := range base { // Both sides are mixed alike.
		base[i].Manifest.Parameters["rate"], other[i].Manifest.Parameters["rate"] = fmt.Sprint(i), fmt.Sprint(i)
	}
	if rows := compared(t, base, other, usual()).Setup; len(rows) != 2 || !rows[0].Mixed {
		t.Errorf("set-up %+v, want the mixed parameter and the flag", rows)
	}
}

func TestRefused(t *testing.T) {
	base, other := runsOf("base", 1, 2, 3, 4), runsOf("new", 1, 2, 3, 4)
	other[2].Manifest.Machine.CPUs = 64
	_, err := Sides(base, other, usual())
	if err == nil || exitcode.Of(err) != exitcode.InvalidInput || !strings.Contains(err.Error(), "not of the same machine: CPUs: 2 and 2, 64") ||
		!strings.Contains(exitcode.Hint(err), "--allow-different machine'") {
		t.Errorf("another machine: %v (%s)", err, exitcode.Hint(err))
	}
	other[2].Manifest.Scenario = "huge"
	options := usual()
	options.Allow = []Kind{Machine}
	if _, err = Sides(base, other, options); err == nil || !strings.Contains(exitcode.Hint(err), "--allow-different scenario,machine'") {
		t.Errorf("another scenario: %v (%s)", err, exitcode.Hint(err))
	}
	options.Allow = Kinds()
	if c := compared(t, base, other, options); len(c.Setup) != 2 {
		t.Errorf("both allowed: %v, want 2 rows", c.Setup)
	}
	for _, wrong := range []Options{{}, {Alpha: 1}, {Alpha: math.NaN()}, {Alpha: 0.05, MinEffect: -1}} {
		if _, err := Sides(base, other, wrong); err == nil {
			t.Errorf("options %+v: no error", wrong)
		}
	}
	if _, err := Sides(base, base, usual()); err == nil || !strings.Contains(err.Error(), "are the same run") {
		t.Errorf("a side against itself: %v", err)
	}
}

func TestLeftOut(t *testing.T) {
	base, other := runsOf("base", 1, 1.1, 1.2, 1.3), runsOf("new", 1.5, 1.6, 1.7, 99)
	other[3].LeftOut = "it was killed"
	c := compared(t, base, other, usual())
	if diff := cmp.Diff([]LeftOut{{"new-3", "it was killed"}}, c.New.LeftOut); diff != "" || c.Deciding[0].New.N != 3 {
		t.Errorf("%d runs; left out (-want +got):\n%s", c.Deciding[0].New.N, diff)
	}
	for i := range other {
		other[i].LeftOut = "it was killed"
	}
	if _, err := Sides(base, other, usual()); err == nil || !strings.Contains(err.Error(), "no run of the new side") {
		t.Errorf("a side without runs: %v", err)
	}
}

// simulated makes a side of runs with 9 objectives that share part of their noise, as the
// latencies of one run do; spread is the standard deviation of each in logarithms.
func simulated(random *rand.Rand, side string, n int, spread, factor float64) []Run {
	runs := runsOf(side, make([]float64, n)...)
	for i := range runs {
		runs[i].Summary.Objectives = nil
		common := random.NormFloat64()
		for w := range 9 {
			noise := 0.6*common + 0.8*random.NormFloat64()
			runs[i].Summary.Objectives = append(runs[i].Summary.Objectives, objective(fmt.Sprint(w), factor*math.Exp(spread*noise)))
		}
	}
	return runs
}

// TestFalseAlarmsAndPower compares simulated sides: of those that are alike at most 5 in 100 may
// differ by verdict, some must, and a slowdown of 20% must be found with 6 runs where runs vary by
// 5%. Random numbers have fixed seeds, so the counts are those of every run of the test.
func TestFalseAlarmsAndPower(t *testing.T) {
	random := rand.New(rand.NewPCG(2026, 11))
	const draws = 600
	alarms, found := 0, 0
	options := Options{Alpha: 0.05}
	for range draws {
		c := compared(t, simulated(random, "base", 6, 0.05, 1), simulated(random, "new", 6, 0.05, 1), options)
		if c.Count(Regressed)+c.Count(Improved) > 0 {
			alarms++
		}
		if compared(t, simulated(random, "base", 6, 0.05, 1), simulated(random, "new", 6, 0.05, 1.2), usual()).Verdict == Regressed {
			found++
		}
	}
	t.Logf("false alarms in %d of %d comparisons of like with like; 20%% found in %d of %d", alarms, draws, found, draws)
	if share := float64(alarms) / draws; share > 0.06 || alarms == 0 {
		t.Errorf("false alarms in %d of %d comparisons, want some, and at most about 5%%", alarms, draws)
	}
	if float64(found) < 0.99*draws {
		t.Errorf("a slowdown of 20%% was found in %d of %d comparisons, want 99%%", found, draws)
	}
}

// BenchmarkSides compares 6 runs with 6 that have 9 objectives each.
func BenchmarkSides(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 1))
	base, other := simulated(random, "base", 6, 0.05, 1), simulated(random, "new", 6, 0.05, 1.2)
	for b.Loop() {
		if _, err := Sides(base, other, usual()); err != nil {
			b.Fatal(err)
		}
	}
}
