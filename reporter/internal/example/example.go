// Package example makes runs for the tests of the reporter: one that measured everything, one
// that was killed early and one that measured nothing. They are made of random numbers with a
// fixed seed, so every test sees the same bytes.
package example

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// A Run is what view.Build takes.
type Run struct {
	Manifest bundle.Manifest
	Scenario []byte
	Summary  *summary.Summary
	Detail   summary.Detail
}

// Report builds the view of the run.
func (r Run) Report() *view.Report {
	return view.Build(r.Manifest, r.Scenario, r.Summary, &r.Detail)
}

const scenarioYAML = `apiVersion: kubedyno.dev/v1alpha1
kind: Scenario
metadata:
  name: pod-startup
spec:
  fleet:
    pools:
      - {name: general, nodeType: m6i.2xlarge, count: 1000}
  phases:
    - name: scale-up
      actions:
        - create: {workload: web, rate: 10}
        - wait: {workload: web, for: ready}
`

// Full is a run with pods, load and one missed objective.
func Full() Run {
	m := &maker{random: rand.New(rand.NewPCG(7, 11)), run: Run{
		Manifest: manifest(), Scenario: []byte(scenarioYAML),
		Summary: &summary.Summary{
			FormatVersion: sample.FormatVersion, Run: "pod-startup-20261123-073000-k3x9", Status: bundle.Complete,
			Duration: at(312.4), Verdict: slo.Miss,
			Phases: []summary.Phase{
				{Name: "fleet", Start: at(6.1), End: at(31.7), Ended: true},
				{Name: "scale-up", Start: at(31.7), End: at(151.2), Ended: true},
				{Name: "steady", Start: at(151.2), End: at(271.3), Ended: true},
				{Name: "tear-down", Start: at(271.3), End: at(312.4), Ended: true},
			},
			Counts: summary.Counts{PodsCreated: 5000, PodsReady: 5000, Requests: 24000, Failed: 7},
			Warnings: []string{"pod startup p99.9 is not printed: 5 pods lie beyond it, 10 are needed.",
				"kubedyno and the control plane share 2 CPUs; a slower machine would show higher latencies."},
		},
	}}
	m.pods()
	m.load()
	m.components()
	m.harness()
	m.objectives()
	m.answers()
	missed := m.run.Summary.Objectives[1]
	m.run.Summary.Sentence = "MISS: 1 of 5 objectives missed. " + missed.Name + " was " +
		sample.Format(*missed.Observed, sample.Seconds) + ", limit 1 s."
	return m.run
}

// Killed is a run that was killed in its second phase, with few pods.
func Killed() Run {
	run := Run{Manifest: manifest(), Scenario: []byte(scenarioYAML)}
	run.Manifest.Status, run.Manifest.Duration = bundle.Running, 0
	run.Summary = &summary.Summary{
		FormatVersion: sample.FormatVersion, Run: run.Manifest.ID, Status: bundle.Running, Incomplete: true,
		Duration: at(44.2), Verdict: slo.Inconclusive,
		Sentence: "INCONCLUSIVE: the run was killed after 44.2 s, before any objective could be judged.",
		Phases: []summary.Phase{
			{Name: "fleet", Start: at(6.1), End: at(31.7), Ended: true},
			{Name: "scale-up", Start: at(31.7), End: at(44.2)},
		},
		Counts:   summary.Counts{PodsCreated: 12, PodsReady: 9, PodsCensored: 3, CutLines: 1},
		Warnings: []string{"The last line of samples.jsonl is cut."},
	}
	m := &maker{random: rand.New(rand.NewPCG(1, 2)), run: run}
	m.distribution(sample.PodStartup, sample.Labels{"phase": "scale-up", "workload": "web"}, 12, 1.8, 0.4)
	m.run.Summary.Objectives = []summary.Objective{{
		Objective: slo.Objective{Name: "pod startup p99", Metric: sample.PodStartup, Statistic: "p99", Most: ptr(5)},
		Unit:      sample.Seconds, Verdict: slo.Inconclusive, N: 12, Censored: 3,
		Reason: "12 pods are too few for a p99; 1,000 are needed",
	}}
	m.track(sample.PodsByState, sample.Labels{"state": "created"}, 32, 44, func(t float64) float64 { return t - 32 })
	return m.run
}

// Empty is a run that ended before it measured anything.
func Empty() Run {
	return Run{
		Manifest: bundle.Manifest{FormatVersion: sample.FormatVersion, ID: "empty-1", Scenario: "empty", Status: bundle.Failed,
			Failure: "start kube-apiserver: port 6443 is in use"},
		Summary: &summary.Summary{FormatVersion: sample.FormatVersion, Run: "empty-1", Status: bundle.Failed, Incomplete: true,
			Warnings: []string{"The run did not finish; it failed: start kube-apiserver: port 6443 is in use."},
			Verdict:  slo.NoData, Sentence: "NO DATA: the run ended before it measured anything."},
	}
}

func at(seconds float64) sample.Offset { return sample.Offset(seconds * float64(time.Second)) }

func ptr(v float64) *float64 { return &v }

func manifest() bundle.Manifest {
	return bundle.Manifest{
		FormatVersion: sample.FormatVersion, ID: "pod-startup-20261123-073000-k3x9", Scenario: "pod-startup",
		Title:       "Pod startup on 1,000 fake nodes",
		Description: "Creates 5,000 pods at 50 per second and asks the API server for lists while they start.",
		Parameters:  map[string]string{"nodes": "1000", "podsPerSecond": "50"}, Seed: 42,
		Command: []string{"kubedyno", "run", "pod-startup", "--seed", "42", "--set", "nodes=1000", "--set", "title=a b"},
		Status:  bundle.Complete, Started: time.Date(2026, 11, 23, 7, 30, 0, 0, time.UTC), Duration: at(312.4),
		Tool:    bundle.Tool{Version: "v0.1.0", Commit: "d7bc0b8a1c2e3f40", Go: "go1.26.8"},
		Machine: bundle.Machine{OS: "linux", Arch: "amd64", CPUs: 2, CPUModel: "Xeon", MemoryBytes: 8 << 30, Kernel: "6.1.0"},
		Cluster: bundle.Cluster{Origin: "embedded", Name: "default", Kubernetes: "v1.37.2",
			PodStartup: "lognormal, median 1s, p99 3s",
			Components: []bundle.Component{
				{Name: "etcd", Version: "v3.7.0", Arguments: []string{"--listen-client-urls=https://127.0.0.1:2379", "--quota-backend-bytes=8589934592"}},
				{Name: "kube-apiserver", Version: "v1.37.2", Arguments: []string{"--max-requests-inflight=400", "--enable-priority-and-fairness=true"}},
				{Name: "kube-scheduler", Version: "v1.37.2", Arguments: []string{"--kube-api-qps=100"}},
			},
			Pools: []bundle.Pool{{Name: "general", NodeType: "m6i.2xlarge", Count: 900}, {Name: "arm", NodeType: "m7g.2xlarge", Count: 100}}},
		Phases: []bundle.Phase{
			{Name: "fleet", Description: "Creates the nodes."},
			{Name: "scale-up", Description: "Creates 5,000 pods at 50 per second, under load."},
			{Name: "steady", Description: "Load alone."},
			{Name: "tear-down", Description: "Deletes everything."},
		},
	}
}

// A maker puts metrics into both the summary and the detail of a run.
type maker struct {
	random *rand.Rand
	run    Run
}

// distribution adds n lognormal durations.
func (m *maker) distribution(metric string, labels sample.Labels, n int, median, sigma float64) {
	var h sample.Histogram
	for range n {
		h.Record(time.Duration(median * math.Exp(sigma*m.random.NormFloat64()) * float64(time.Second)))
	}
	d := summary.Distribution{Metric: metric, Labels: labels, N: h.Count(), Min: h.Min(), Mean: h.Mean(), Max: h.Max()}
	for _, p := range []float64{50, 90, 95, 99, 99.9} {
		d.Quantiles = append(d.Quantiles, summary.Quantile{Percentile: p, Value: h.Quantile(p / 100),
			Low: h.Quantile(p/100 - 0.002), High: h.Quantile(min(p/100+0.002, 1)), Printable: float64(n)*(1-p/100) >= 10})
	}
	m.run.Summary.Distributions = append(m.run.Summary.Distributions, d)
	m.run.Detail.Distributions = append(m.run.Detail.Distributions,
		summary.Values{Metric: metric, Labels: labels, Histogram: h})
}

// track adds a gauge with a value a second, over the run and for each phase it touches.
func (m *maker) track(metric string, labels sample.Labels, from, to float64, value func(t float64) float64) {
	track := summary.Track{Metric: metric, Labels: labels}
	for t := from; t <= to; t++ {
		track.Points = append(track.Points, sample.Point{At: at(t), Metric: metric, Labels: labels, Value: max(0, value(t))})
	}
	m.run.Detail.Tracks = append(m.run.Detail.Tracks, track)
	m.gauge(metric, labels, track.Points)
	for _, phase := range m.run.Summary.Phases {
		var inside []sample.Point
		for _, p := range track.Points {
			if p.At >= phase.Start && p.At < phase.End {
				inside = append(inside, p)
			}
		}
		if len(inside) > 0 {
			m.gauge(metric, with(labels, "phase", phase.Name), inside)
		}
	}
}

func (m *maker) gauge(metric string, labels sample.Labels, points []sample.Point) {
	g := summary.Gauge{Metric: metric, Labels: labels, N: int64(len(points))}
	for _, p := range points {
		g.Mean += p.Value / float64(len(points))
		g.Max, g.Last = max(g.Max, p.Value), p.Value
	}
	m.run.Summary.Gauges = append(m.run.Summary.Gauges, g)
}

func (m *maker) scalar(metric string, labels sample.Labels, value float64) {
	m.run.Summary.Scalars = append(m.run.Summary.Scalars, summary.Scalar{Metric: metric, Labels: labels, Value: value})
}

func with(labels sample.Labels, name, value string) sample.Labels {
	copied := sample.Labels{name: value}
	for k, v := range labels {
		copied[k] = v
	}
	return copied
}
