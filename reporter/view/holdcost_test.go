package view_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// A heldPhase is a phase of 10 s with what was there in it.
type heldPhase struct {
	steps       []string
	nodes, pods float64
	cores       float64 // Of kube-apiserver; etcd has half of it and kwok a tenth.
	leases      int64
}

// held builds the report of a run with these phases, p0, p1 and so on.
func held(phases ...heldPhase) *view.Report {
	s, detail := &summary.Summary{}, &summary.Detail{}
	for i, p := range phases {
		name := fmt.Sprint("p", i)
		start := sample.Offset(i) * sample.Offset(10*time.Second)
		s.Phases = append(s.Phases, summary.Phase{Name: name, Start: start, End: start + sample.Offset(10*time.Second), Ended: true})
		for _, step := range p.steps {
			detail.Events = append(detail.Events, sample.Event{Kind: sample.StepStarted, Phase: name, Step: step})
		}
		add := func(metric string, labels sample.Labels, value float64) {
			labels["phase"] = name
			s.Gauges = append(s.Gauges, summary.Gauge{Metric: metric, Labels: labels, N: 10, Mean: value, Max: value, Last: value})
		}
		add(sample.NodesByState, sample.Labels{"state": "ready"}, p.nodes)
		add(sample.PodsByState, sample.Labels{"state": "ready"}, p.pods)
		for component, share := range map[string]float64{"kube-apiserver": 1, "etcd": 0.5, "kwok": 0.1, "kubedyno": 7} {
			add(sample.ComponentCPU, sample.Labels{"component": component}, p.cores*share)
			add(sample.ComponentMemory, sample.Labels{"component": component}, p.cores*share*(1<<30))
		}
		s.Buckets = append(s.Buckets, summary.BucketFigure{Metric: sample.ServerRequest, N: p.leases,
			Labels: sample.Labels{"verb": "update", "resource": "leases.coordination.k8s.io", "scope": "resource", "phase": name}},
			summary.BucketFigure{Metric: sample.ServerRequest, N: 1000, // Reads are no writes.
				Labels: sample.Labels{"verb": "get", "resource": "leases.coordination.k8s.io", "scope": "resource", "phase": name}})
	}
	return view.Build(bundle.Manifest{}, nil, s, detail)
}

func section(report *view.Report, id string) (view.Section, bool) {
	for _, s := range report.Sections {
		if s.ID == id {
			return s, true
		}
	}
	return view.Section{}, false
}

var hold = []string{"hold 30s"}

func TestCostOfNodes(t *testing.T) {
	report := held(heldPhase{hold, 1000, 0, 0.5, 1000}, heldPhase{[]string{"nodes general"}, 2000, 0, 9, 900},
		heldPhase{[]string{"hold 10s", "hold 20s"}, 2000, 0, 0.6, 2000}, heldPhase{hold, 3000, 0, 1.1, 3000})
	s, ok := section(report, "node-cost")
	if !ok || len(s.Tables) != 2 || len(s.Figures) != 1 {
		t.Fatalf("section of what nodes cost: %+v", s)
	}
	// By hand: the control plane has 1.5 times the API server's cores, 0.75, 0.9 and 1.65; and
	// 0.9 more for 2,000 nodes is 0.45, as is the least-squares slope of points evenly apart.
	want := [][]string{
		{"p0", "1,000", "100/s", "0.75 cores", "0.5 cores", "0.25 cores", "0.05 cores"},
		{"p2", "2,000", "200/s", "0.9 cores", "0.6 cores", "0.3 cores", "0.06 cores"},
		{"p3", "3,000", "300/s", "1.65 cores", "1.1 cores", "0.55 cores", "0.11 cores"},
		{"per 1,000 nodes, first to last", "–", "100/s", "0.45 cores", "0.3 cores", "0.15 cores", "0.03 cores"},
		{"per 1,000 nodes, least squares, n = 3", "–", "100/s", "0.45 cores", "0.3 cores", "0.15 cores", "0.03 cores"},
	}
	if diff := cmp.Diff(want, s.Tables[0].Rows); diff != "" {
		t.Errorf("CPU (-want +got):\n%s", diff)
	}
	figure := s.Figures[0]
	if figure.Axis != view.NodesAxis || figure.End != 3000 || len(figure.Panels) != 2 || len(figure.Panels[0].Series) != 4 {
		t.Errorf("figure %+v", figure)
	}
	var key string
	for _, fact := range report.Key {
		if fact.Name == "1,000 further nodes" {
			key = fact.Value
		}
	}
	if !strings.Contains(key, "0.45 cores and 461 MiB") || !strings.Contains(key, "n = 3") {
		t.Errorf("key figure %q", key)
	}
}

func TestCostOfPods(t *testing.T) {
	report := held(heldPhase{hold, 10, 100, 0.5, 10}, heldPhase{hold, 10, 200, 0.4, 10})
	s, ok := section(report, "pod-cost")
	if !ok || s.Figures[0].Axis != view.PodsAxis {
		t.Fatalf("section of what pods cost: %+v", s)
	}
	last := s.Tables[0].Rows[2]
	if last[0] != "per 1,000 pods, first to last" || last[4] != "−1 cores" {
		t.Errorf("cost that falls: %v", last)
	}
}

// TestNoCostWithoutComparison shows no cost where none can be told.
func TestNoCostWithoutComparison(t *testing.T) {
	for name, report := range map[string]*view.Report{
		"one size":         held(heldPhase{hold, 10, 0, 1, 1}, heldPhase{hold, 10, 0, 2, 1}),
		"one phase":        held(heldPhase{hold, 10, 0, 1, 1}),
		"other steps":      held(heldPhase{hold, 10, 0, 1, 1}, heldPhase{[]string{"hold 1s", "load 10/s"}, 20, 0, 2, 1}),
		"both differ":      held(heldPhase{hold, 10, 10, 1, 1}, heldPhase{hold, 20, 20, 2, 1}),
		"no nodes":         held(heldPhase{hold, 0, 0, 1, 1}, heldPhase{hold, 0, 0, 2, 1}),
		"nothing measured": held(),
	} {
		for _, id := range []string{"node-cost", "pod-cost"} {
			if _, there := section(report, id); there {
				t.Errorf("%s: there is a section %s", name, id)
			}
		}
	}
}

func TestLossOfNodes(t *testing.T) {
	s := &summary.Summary{Distributions: []summary.Distribution{
		{Metric: sample.NodeNotReady, Labels: sample.Labels{"pool": "general", "phase": "fail"}, N: 10, Min: 42, Max: 51,
			Quantiles: []summary.Quantile{{Percentile: 50, Value: 47, Printable: false}}},
		{Metric: sample.PodReplacement, Labels: sample.Labels{"workload": "web", "phase": "fail"}, N: 100, Min: 55, Max: 90,
			Quantiles: []summary.Quantile{{Percentile: 50, Value: 70, Printable: true}}},
	}}
	got, ok := section(view.Build(bundle.Manifest{}, nil, s, nil), "node-loss")
	want := [][]string{
		{"node seen not Ready", "general", "fail", "10", "42 s", "–", "–", "–", "51 s"},
		{"lost pod replaced by a Ready one", "web", "fail", "100", "55 s", "70 s", "–", "–", "90 s"},
	}
	if !ok || cmp.Diff(want, got.Tables[0].Rows) != "" {
		t.Errorf("(-want +got):\n%s", cmp.Diff(want, got.Tables))
	}
	if _, there := section(view.Build(bundle.Manifest{}, nil, &summary.Summary{}, nil), "node-loss"); there {
		t.Error("a run without losses has a section on them")
	}
}
