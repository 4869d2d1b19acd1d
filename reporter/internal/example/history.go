package example

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/compare"
	"github.com/kubedyno/kubedyno/results/history"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// nightly makes n runs, one a night, whose pods start more slowly from the one of that index on, with
// a new version of kubedyno; a while later Kubernetes is newer, too, and nothing changes.
func nightly(n, slower int) []compare.Run {
	random := rand.New(rand.NewPCG(11, 23))
	limit, least := 5.0, 50.0
	var runs []compare.Run
	for i := range n {
		startup, rate := 1.9*math.Exp(0.04*random.NormFloat64()), 80*math.Exp(0.03*random.NormFloat64())
		tool, kubernetes := bundle.Tool{Version: "v0.3.0", Commit: "1111111111aa", Go: "go1.26"}, "v1.37.2"
		if i >= slower {
			startup *= 1.3
			tool = bundle.Tool{Version: "v0.4.0", Commit: "2222222222bb", Go: "go1.26"}
		}
		if i >= slower+9 {
			kubernetes = "v1.37.3"
		}
		id := fmt.Sprintf("night-%02d", i+1)
		run := compare.Run{Name: id, Manifest: bundle.Manifest{ID: id, Scenario: "pod-startup", Title: "Pods & their startup", Seed: uint64(i),
			Status: bundle.Complete, Started: time.Date(2026, 10, 1+i, 3, 0, 0, 0, time.UTC), Tool: tool, Cluster: bundle.Cluster{Kubernetes: kubernetes},
			Machine: bundle.Machine{OS: "linux", Arch: "amd64", CPUs: 2, CPUModel: "<model>", MemoryBytes: 8 << 30}},
			Summary: &summary.Summary{Verdict: slo.Pass, Objectives: []summary.Objective{
				{Objective: slo.Objective{Name: "pod startup p99 ≤ 5 s", Metric: sample.PodStartup, Statistic: "p99", Most: &limit}, Unit: sample.Seconds, Verdict: slo.Pass, Observed: &startup},
				{Objective: slo.Objective{Name: "pods made ready ≥ 50/s", Metric: sample.PodsReadyRate, Statistic: slo.Mean, Least: &least}, Unit: sample.PerSecond, Verdict: slo.Pass, Observed: &rate},
			}}}
		if i == n/2 {
			run.LeftOut = "its status is interrupted, so it did not see everything"
		}
		runs = append(runs, run)
	}
	return runs
}

// Histories are histories by what came of them.
func Histories() map[string]*history.History {
	other := nightly(3, 3)
	for i := range other {
		other[i].Name = "laptop/" + other[i].Name
		other[i].Manifest.ID, other[i].Manifest.Machine.CPUs, other[i].Manifest.Started = other[i].Name, 16, other[i].Manifest.Started.AddDate(-1, 0, 0)
	}
	made := map[string]*history.History{}
	for name, runs := range map[string][]compare.Run{"changed": append(nightly(32, 18), other...), "alike": nightly(20, 99), "few": nightly(5, 3)} {
		h, err := history.Of(runs, history.Options{Alpha: 0.05, MinEffect: 0.05})
		if err != nil {
			panic(err) // The example itself is wrong.
		}
		if name == "changed" {
			h.Notes = []string{"broken cannot be read: open run: read manifest.json: <."}
		}
		made[name] = h
	}
	return made
}
