package example

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/compare"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// A side makes n runs whose pods take factor times the usual time to start: 300 pods each, with a
// judged startup p50, an error count that is always 0, and etcd's CPU.
func side(random *rand.Rand, name string, n int, factor float64) []compare.Run {
	limit, none := 5.0, 0.0
	var runs []compare.Run
	for i := range n {
		startup := summary.Values{Metric: sample.PodStartup, Labels: sample.Labels{"phase": "ramp", "workload": "<web>"}}
		speed := factor * math.Exp(0.05*random.NormFloat64())
		for range 300 {
			startup.Histogram.Record(time.Duration(speed * math.Exp(0.4*random.NormFloat64()) * float64(time.Second)))
		}
		p50, errors := startup.Histogram.Quantile(0.5), 0.0
		id := fmt.Sprintf("%s-%d", name, i+1)
		runs = append(runs, compare.Run{Name: "results/runs/" + id, Detail: &summary.Detail{Distributions: []summary.Values{startup}},
			Manifest: bundle.Manifest{ID: id, Scenario: "pod-startup", Title: "Pods & their startup", Seed: uint64(i + 1), Status: bundle.Complete,
				Started: time.Date(2026, 11, 23, 7, 10*i, len(name), 0, time.UTC), Machine: bundle.Machine{OS: "linux", Arch: "amd64", CPUs: 2},
				Parameters: map[string]string{"qps": fmt.Sprintf("<%g>", factor)}, Cluster: bundle.Cluster{Kubernetes: "v1.37.2"}},
			Summary: &summary.Summary{
				Objectives: []summary.Objective{
					{Objective: slo.Objective{Name: "pod startup p50 ≤ 5 s", Metric: sample.PodStartup, Statistic: "p50", Most: &limit}, Unit: sample.Seconds, Verdict: slo.Pass, Observed: &p50, N: 300},
					{Objective: slo.Objective{Name: "no request failed", Metric: sample.APIErrors, Statistic: slo.Last, Most: &none}, Unit: sample.Count, Verdict: slo.Pass, Observed: &errors},
				},
				Gauges: []summary.Gauge{{Metric: sample.ComponentCPU, Labels: sample.Labels{"component": "etcd"}, N: 9, Mean: 0.3 * speed * factor, Max: 0.5 + 0.1*random.Float64()}},
			}})
	}
	return runs
}

// Comparisons are comparisons by what came of them.
func Comparisons() map[string]*compare.Comparison {
	made := map[string]*compare.Comparison{}
	for name, from := range map[string]struct {
		runs   int
		factor float64
	}{"slower": {7, 1.3}, "alike": {7, 1}, "few": {2, 1.3}} {
		random := rand.New(rand.NewPCG(7, uint64(from.runs)))
		base, other := side(random, "base", from.runs, 1), side(random, "new", from.runs, from.factor)
		if name == "slower" {
			base[0].LeftOut = "its status is interrupted, so it did not see everything"
		}
		found, err := compare.Sides(base, other, compare.Options{Alpha: 0.05, MinEffect: 0.05})
		if err != nil {
			panic(err) // The example itself is wrong.
		}
		made[name] = found
	}
	return made
}
