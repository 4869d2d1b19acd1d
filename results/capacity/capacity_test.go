package capacity_test

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/capacity"
	"github.com/kubedyno/kubedyno/results/capacity/capacitytest"
	"github.com/kubedyno/kubedyno/results/compare"
	"github.com/kubedyno/kubedyno/results/model"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

var (
	fleets = []float64{100, 200, 400, 800, 1200, 1600, 2000, 3000}
	loads  = []float64{50, 100, 200, 400, 700, 1000, 1200, 1400, 1500, 1600}
	quick  = capacity.Options{Replicates: 39}
)

func answer(t *testing.T, p *capacity.Plan, d capacity.Dimension, key string) capacity.Answer {
	t.Helper()
	at := slices.IndexFunc(p.Answers, func(a capacity.Answer) bool { return a.Dimension == d && a.Key == key })
	if at < 0 {
		t.Fatalf("there is no answer on %s of %s: %+v", key, d, p.Answers)
	}
	return p.Answers[at]
}

// TestAnswers: 4 cores are passed by 9,750 nodes and 3,167 requests a second by the laws that the runs
// were made with, 1 s of p99 by 1,976 requests a second.
func TestAnswers(t *testing.T) {
	runs := slices.Concat(capacitytest.Fleets(fleets, 0.02), capacitytest.Loads(loads, 0.02))
	steep := slices.Clone(capacitytest.Fleets(fleets, 0.02))
	for i := range steep { // Half of the CPUs make 4,750 nodes the limit.
		steep[i].Manifest.Machine.CPUs = 2
	}
	for name, test := range map[string]struct {
		runs      []compare.Run
		q         capacity.Question
		dimension capacity.Dimension
		key       string
		want      capacity.Verdict
		rule      model.Rule
	}{
		"few nodes":          {runs, capacity.Question{Nodes: 2500}, capacity.Nodes, "cpu", capacity.Inside, ""},
		"more than measured": {runs, capacity.Question{Nodes: 5000}, capacity.Nodes, "cpu", capacity.Inside, ""},
		"at the limit":       {steep, capacity.Question{Nodes: 4750}, capacity.Nodes, "cpu", capacity.Edge, ""},
		"beyond the limit":   {steep, capacity.Question{Nodes: 7000}, capacity.Nodes, "cpu", capacity.Outside, ""},
		"too far":            {runs, capacity.Question{Nodes: 9000}, capacity.Nodes, "cpu", capacity.Unknown, model.BeyondReach},
		"few runs":           {runs[:5], capacity.Question{Nodes: 500}, capacity.Nodes, "cpu", capacity.Unknown, model.FewPoints},
		"a queue":            {runs, capacity.Question{Requests: 1500}, capacity.Requests, "latency mutating", capacity.Inside, ""},
		"beyond a queue":     {runs, capacity.Question{Requests: 2300}, capacity.Requests, "latency mutating", capacity.Outside, ""},
		"answered":           {runs, capacity.Question{Requests: 1500}, capacity.Requests, "answered", capacity.Inside, ""},
		"answered, no peak":  {runs, capacity.Question{Requests: 1700}, capacity.Requests, "answered", capacity.Unknown, model.FarPeak},
		"an objective":       {runs, capacity.Question{Requests: 1000}, capacity.Requests, "pod_startup_seconds|max|", capacity.Inside, ""},
		"etcd by its quota":  {runs, capacity.Question{Nodes: 3000}, capacity.Nodes, "etcd", capacity.Inside, ""},
		"not measured":       {runs[:8], capacity.Question{Pods: 500}, capacity.Pods, "", capacity.Unknown, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := capacity.Of(test.runs, test.q, quick)
			a := answer(t, p, test.dimension, test.key)
			if a.Verdict != test.want {
				t.Errorf("%s: %s, want %s: %v %s", test.key, a.Verdict, test.want, a.Prediction, a.Reason)
			}
			if test.rule != "" && !slices.ContainsFunc(a.Refusals, func(r model.Refusal) bool { return r.Rule == test.rule }) {
				t.Errorf("it was not refused by the rule %q: %v", test.rule, a.Refusals)
			}
			if a.Verdict == capacity.Unknown && (a.ToKnow == "" || a.Reason == "" || a.Prediction != nil) {
				t.Errorf("it does not say why, or what to run: %+v", a)
			}
			if _, err := json.Marshal(p); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestLeast: a rate that falls as 1/√n, by 1% more and less, and must be at least 36, which it is up to
// 3,086 nodes.
func TestLeast(t *testing.T) {
	runs, least := capacitytest.Fleets(fleets, 0.02), 36.0
	for i, n := range fleets {
		rate := 2000 / math.Sqrt(n) * (1 + 0.01*float64(i%2*2-1))
		runs[i].Summary.Objectives = append(runs[i].Summary.Objectives, summary.Objective{Unit: sample.PerSecond, Verdict: slo.Pass, Observed: &rate,
			Objective: slo.Objective{Metric: sample.PodsReadyRate, Statistic: slo.Value, Least: &least}})
	}
	for nodes, want := range map[float64]capacity.Verdict{2000: capacity.Inside, 3090: capacity.Edge, 4500: capacity.Outside} {
		a := answer(t, capacity.Of(runs, capacity.Question{Nodes: nodes}, quick), capacity.Nodes, "pods_ready_per_second|value|")
		if a.Verdict != want {
			t.Errorf("%v nodes: %s, want %s: %v %s", nodes, a.Verdict, want, a.Prediction, a.Reason)
		}
	}
}

// TestWorst: what is known to be bad decides, and unknown never looks like inside.
func TestWorst(t *testing.T) {
	runs := slices.Concat(capacitytest.Fleets(fleets, 0.02), capacitytest.Loads(loads, 0.02))
	for name, test := range map[string]struct {
		q    capacity.Question
		want capacity.Verdict
	}{
		"all inside":           {capacity.Question{Nodes: 2000}, capacity.Inside},
		"one unknown":          {capacity.Question{Nodes: 2000, Requests: 1700}, capacity.Unknown},
		"one outside":          {capacity.Question{Nodes: 2000, Requests: 2300}, capacity.Outside},
		"nothing on pods":      {capacity.Question{Pods: 10000}, capacity.Unknown},
		"outside and no model": {capacity.Question{Nodes: 90000, Requests: 2300}, capacity.Outside},
	} {
		if p := capacity.Of(runs, test.q, quick); p.Verdict != test.want {
			t.Errorf("%s: %s, want %s: %s", name, p.Verdict, test.want, p.Sentence)
		}
	}
	if p := capacity.Of(nil, capacity.Question{Nodes: 1}, quick); p.Verdict != capacity.Unknown {
		t.Errorf("without runs: %s", p.Verdict)
	}
	if p := capacity.Of(runs, capacity.Question{}, quick); p.Verdict != "" || len(p.Answers) > 0 || len(p.Curves) == 0 {
		t.Errorf("without a question: %s, %d answers, %d curves", p.Verdict, len(p.Answers), len(p.Curves))
	}
}

// TestTogether: 5,000 nodes need 2.1 cores and 1,200 requests a second 1.64, each of 4; together up
// to 3.7.
func TestTogether(t *testing.T) {
	runs := slices.Concat(capacitytest.Fleets(fleets, 0.005), capacitytest.Loads(loads, 0.005))
	a := answer(t, capacity.Of(runs, capacity.Question{Nodes: 5000, Requests: 1200}, quick), capacity.Together, "cpu")
	if a.Verdict != capacity.Inside || a.Prediction.Low > 2.1 || a.Prediction.Low < 1.9 || a.Prediction.High < 3.7 || a.Prediction.High > 3.95 {
		t.Errorf("together: %s, %v", a.Verdict, a.Prediction)
	}
	a = answer(t, capacity.Of(runs, capacity.Question{Nodes: 5800, Requests: 1500}, quick), capacity.Together, "cpu")
	if a.Verdict != capacity.Edge {
		t.Errorf("each inside, the sum is not: %s, %v", a.Verdict, a.Prediction)
	}
}

// TestLeftOut: runs that say nothing, or in which kubedyno was the limit, are counted and not used.
func TestLeftOut(t *testing.T) {
	for name, test := range map[string]struct {
		change func(r *compare.Run)
		want   string
	}{
		"interrupted": {func(r *compare.Run) { r.LeftOut = "its status is interrupted" }, "its status is interrupted"},
		"dropped":     {func(r *compare.Run) { r.Summary.Counts.Dropped = 3 }, "kubedyno was the limit: it dropped 3 records"},
		"behind": {func(r *compare.Run) {
			for i, g := range r.Summary.Gauges {
				if g.Metric == sample.APIAchieved {
					r.Summary.Gauges[i].Mean = 0.9 * g.Mean
				}
			}
		}, "kubedyno was the limit: it sent 45/s of 50/s"},
		"late": {func(r *compare.Run) {
			r.Summary.Distributions = append(r.Summary.Distributions, summary.Distribution{Metric: sample.APISendLag, N: 9000,
				Quantiles: []summary.Quantile{{Percentile: 99, Value: 0.3, Printable: true}}})
		}, "kubedyno was the limit: it sent 300 ms late (p99)"},
		"another machine": {func(r *compare.Run) { r.Manifest.Machine.CPUs = 64 }, "it was made on another machine"},
		"another version": {func(r *compare.Run) { r.Manifest.Cluster.Kubernetes = "v1.36.0" }, "it was made on another machine"},
		"no phase":        {func(r *compare.Run) { r.Summary.Phases = nil }, "it has no phase"},
	} {
		t.Run(name, func(t *testing.T) {
			runs := capacitytest.Loads(loads, 0.02)
			test.change(&runs[0])
			p := capacity.Of(runs, capacity.Question{}, quick)
			if len(p.LeftOut) != 1 || !strings.HasPrefix(p.LeftOut[0].Why, test.want) || len(p.Runs) != len(runs)-1 {
				t.Errorf("%d runs count, left out: %v", len(p.Runs), p.LeftOut)
			}
			limited := strings.HasPrefix(test.want, "kubedyno was the limit")
			if slices.ContainsFunc(p.Notes, func(n string) bool { return strings.Contains(n, "kubedyno itself was the limit") }) != limited {
				t.Errorf("the notes are %v", p.Notes)
			}
		})
	}
}

// TestSameRunOnce: a run that is named twice is one.
func TestSameRunOnce(t *testing.T) {
	runs := capacitytest.Fleets(fleets, 0.02)
	if p := capacity.Of(slices.Concat(runs, runs), capacity.Question{}, quick); len(p.Runs) != len(runs) {
		t.Errorf("%d runs became %d", len(runs), len(p.Runs))
	}
}

// TestOneSizeAtATime: runs that differ in two sizes say nothing of either, unless both grow together.
func TestOneSizeAtATime(t *testing.T) {
	var mixed, along []compare.Run
	for i, n := range fleets {
		size := capacitytest.Size{Nodes: n, Pods: 100, Cores: 0.1 + n/2000, Bytes: 1e9, Etcd: 1e7, Scenario: "quickstart", Parameter: "nodes"}
		if i%2 == 1 {
			size.Pods = 5000
		}
		mixed = append(mixed, capacitytest.Run(string(rune('a'+i)), size))
		size.Pods = 58 * n
		along = append(along, capacitytest.Run(string(rune('a'+i)), size))
	}
	if a := answer(t, capacity.Of(mixed, capacity.Question{Nodes: 2000}, quick), capacity.Nodes, "cpu"); a.Verdict != capacity.Unknown {
		t.Errorf("two sizes at once: %s", a.Verdict)
	}
	p := capacity.Of(along, capacity.Question{Pods: 58 * 2000}, quick)
	if a := answer(t, p, capacity.Pods, "cpu"); a.Verdict != capacity.Inside {
		t.Errorf("pods that grow with the nodes: %s, %s", a.Verdict, a.Reason)
	}
	at := slices.IndexFunc(p.Curves, func(c capacity.Curve) bool { return c.Dimension == capacity.Pods })
	if held := p.Curves[at].Held; !strings.HasPrefix(held, "growing along: 0.0172 nodes for each") {
		t.Errorf("it is said that %q", held)
	}
	for i := range along { // Other flags are another control plane.
		along[i].Manifest.Cluster.Components = []bundle.Component{{Name: "kube-apiserver", Arguments: []string{"--v=" + string(rune('a'+i))}}}
	}
	if a := answer(t, capacity.Of(along, capacity.Question{Pods: 116000}, quick), capacity.Pods, "cpu"); a.Verdict != capacity.Unknown {
		t.Errorf("each run has other flags: %s", a.Verdict)
	}
}

func TestAdvice(t *testing.T) {
	held := capacitytest.Loads(loads, 0.02)
	for i := range held {
		held[i].Manifest.Command = []string{"kubedyno", "run", "api/ramp", "--set", "rate=1", "--set", "hold=20s"}
	}
	for name, test := range map[string]struct {
		runs []compare.Run
		q    capacity.Question
		want string
	}{
		"nothing yet":    {nil, capacity.Question{Nodes: 1000}, "run nodes/ramp with nodes=32,63,125,250,500,1000"},
		"pods":           {nil, capacity.Question{Pods: 11600}, "run pods/density with nodes=4,7,13,25,50,100,200"},
		"larger ones":    {capacitytest.Fleets(fleets, 0.02), capacity.Question{Nodes: 9000}, "run nodes/ramp with nodes=4500,9000"},
		"more by far":    {capacitytest.Loads(loads, 0.02), capacity.Question{Requests: 4100}, "run api/ramp with rate=2050,4100"},
		"as they were":   {held, capacity.Question{Requests: 4100}, "run api/ramp with rate=2050,4100 and hold=20s"},
		"more of a kind": {capacitytest.Loads(loads[:3], 0.02), capacity.Question{Requests: 800}, "run api/ramp with rate=25,400,800"},
	} {
		p := capacity.Of(test.runs, test.q, quick)
		if got := p.Answers[0].ToKnow; got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestThresholds(t *testing.T) {
	p := capacity.Of(nil, capacity.Question{Nodes: 6000, Pods: 150000}, quick)
	var got []bool
	for _, line := range p.Sanity {
		got = append(got, line.Within)
	}
	if !slices.Equal(got, []bool{false, true, true}) {
		t.Errorf("%v", p.Sanity)
	}
}

// TestOpenRefuses: what is no run is said to be none.
func TestOpenRefuses(t *testing.T) {
	for _, path := range []string{"nowhere", "capacity_test.go", t.TempDir()} {
		if _, err := capacity.Open([]string{path}); err == nil {
			t.Errorf("%s was opened", path)
		}
	}
	found, err := capacity.Open([]string{"../summary/testdata/run", "../summary/testdata"})
	if err != nil || len(found.Runs) != 2 {
		t.Fatalf("a run and the folder that it is in: %v, %v", found, err)
	}
	if p := capacity.Of(found.Runs, capacity.Question{}, quick); len(p.Runs)+len(p.LeftOut) != 1 {
		t.Errorf("the same run twice became %d", len(p.Runs)+len(p.LeftOut))
	}
}
