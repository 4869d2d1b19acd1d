// Package capacitytest makes runs for tests of capacity planning, by laws that are known.
package capacitytest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/compare"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// A Size is what a run held, and what it measured of the control plane.
type Size struct {
	Nodes, Pods, Rate   float64
	Cores, Bytes, Etcd  float64
	P99                 float64 // Of writes, in seconds; 0 for none.
	Failed              float64 // Share of the requests.
	Startup             float64 // Of the slowest pod, in seconds; 0 for none.
	Scenario, Parameter string  // The scenario as it is named to be run, and the parameter of its size.
}

// Run makes a run that held one size in a phase "hold".
func Run(id string, size Size) compare.Run {
	phase := func(labels sample.Labels) sample.Labels {
		all := sample.Labels{"phase": "hold"}
		for name, value := range labels {
			all[name] = value
		}
		return all
	}
	s := &summary.Summary{Run: id, Status: bundle.Complete, Verdict: slo.Pass, Phases: []summary.Phase{{Name: "hold", Ended: true}}}
	gauge := func(metric string, labels sample.Labels, value float64) {
		s.Gauges = append(s.Gauges, summary.Gauge{Metric: metric, Labels: phase(labels), N: 30, Mean: value, Max: value, Last: value})
	}
	gauge(sample.NodesByState, sample.Labels{"state": "ready"}, size.Nodes)
	gauge(sample.PodsByState, sample.Labels{"state": "ready"}, size.Pods)
	gauge(sample.ComponentCPU, sample.Labels{"component": "kube-apiserver"}, 0.7*size.Cores)
	gauge(sample.ComponentCPU, sample.Labels{"component": "etcd"}, 0.3*size.Cores)
	gauge(sample.ComponentCPU, sample.Labels{"component": "kwok"}, 0.1)
	gauge(sample.ComponentMemory, sample.Labels{"component": "kube-apiserver"}, size.Bytes)
	gauge(sample.EtcdSize, nil, size.Etcd)
	class := sample.Labels{"class": "update configmaps", "verb": "update", "resource": "configmaps", "scope": "resource"}
	if size.Rate > 0 {
		gauge(sample.APIOffered, class, size.Rate)
		gauge(sample.APIAchieved, class, size.Rate)
		errors := sample.Labels{"kind": "timeout"}
		for name, value := range class {
			errors[name] = value
		}
		gauge(sample.APIErrors, errors, 30*size.Rate*size.Failed)
	}
	if size.P99 > 0 {
		s.Distributions = append(s.Distributions, summary.Distribution{Metric: sample.APIRequest, Labels: phase(class), N: int64(30 * size.Rate),
			Quantiles: []summary.Quantile{{Percentile: 99, Value: size.P99, Printable: true}}})
	}
	if limit := 5.0; size.Startup > 0 {
		s.Objectives = append(s.Objectives, summary.Objective{Unit: sample.Seconds, Verdict: slo.Pass, Observed: &size.Startup, Objective: slo.Objective{
			Name: "pod startup max ≤ 5 s", Metric: sample.PodStartup, Statistic: slo.Max, Most: &limit, Source: "SIG-Scalability SLO"}})
	}
	value := size.Nodes
	if size.Parameter == "rate" {
		value = size.Rate
	}
	m := bundle.Manifest{ID: id, Scenario: size.Scenario, Status: bundle.Complete, Command: []string{"kubedyno", "run", size.Scenario},
		Started: time.Date(2026, 10, 1, 3, 0, 0, 0, time.UTC), Parameters: map[string]string{size.Parameter: fmt.Sprint(value), "hold": "30s"},
		Machine: bundle.Machine{OS: "linux", Arch: "amd64", CPUs: 4, CPUModel: "<model>", MemoryBytes: 8 << 30},
		Cluster: bundle.Cluster{Origin: "embedded", Kubernetes: "v1.37.2",
			Components: []bundle.Component{{Name: "etcd", Arguments: []string{"--quota-backend-bytes=8589934592"}}}}}
	return compare.Run{Name: "runs/" + id, Manifest: m, Summary: s}
}

// mebibyte is 1 MiB in bytes.
const mebibyte = 1 << 20

// Fleets makes a run for each number of nodes: 0.1 cores and 0.4 for each 1,000 nodes, 600 MiB and
// 0.4 MiB for each node, with the share of scatter.
func Fleets(sizes []float64, scatter float64) []compare.Run {
	random := rand.New(rand.NewPCG(5, 1))
	around := func(v float64) float64 { return v * (1 + scatter*random.NormFloat64()) }
	var runs []compare.Run
	for i, n := range sizes {
		runs = append(runs, Run(fmt.Sprintf("fleet-%02d", i+1), Size{Nodes: n, Scenario: "nodes/ramp", Parameter: "nodes",
			Cores: around(0.1 + 0.0004*n), Bytes: around((600 + 0.4*n) * mebibyte), Etcd: around((5 + 0.02*n) * mebibyte)}))
	}
	return runs
}

// Loads makes a run for each rate of requests on 100 nodes and 200 pods: the p99 of writes is that of
// a queue with a capacity of 2,000 requests a second.
func Loads(rates []float64, scatter float64) []compare.Run {
	random := rand.New(rand.NewPCG(5, 2))
	around := func(v float64) float64 { return v * (1 + scatter*random.NormFloat64()) }
	var runs []compare.Run
	for i, r := range rates {
		runs = append(runs, Run(fmt.Sprintf("load-%02d", i+1), Size{Nodes: 100, Pods: 200, Rate: r, Scenario: "api/ramp", Parameter: "rate",
			Cores: around(0.2 + 0.0012*r), Bytes: around(700 * mebibyte), Etcd: around((7 + 0.01*r) * mebibyte),
			P99: around(0.012 / (1 - r/2000)), Startup: around(1.3)}))
	}
	return runs
}
