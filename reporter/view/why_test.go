package view

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// TestBeyondBands has a gauge beyond 10 from 4 s to 7 s and at 9 s; the phase ends at 8 s.
func TestBeyondBands(t *testing.T) {
	line := []Point{{0, 5}, {2, 9}, {4, 11}, {5, 12}, {7, 3}, {9, 20}}
	got := beyondBands(line, 1, 8, func(y float64) float64 { return y - 10 })
	want := []Band{{Name: "beyond the limit", From: 4, To: 7}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestWhyOfAGauge misses a memory limit in the second phase alone; the first one is beyond it too,
// but the objective is not about that one.
func TestWhyOfAGauge(t *testing.T) {
	points := []sample.Point{{At: offset(1), Value: 900}, {At: offset(12), Value: 50}, {At: offset(15), Value: 300}, {At: offset(18), Value: 60}}
	b := &builder{manifest: bundle.Manifest{}, summary: &summary.Summary{Duration: offset(20),
		Phases: []summary.Phase{{Name: "warm", End: offset(10), Ended: true}, {Name: "load", Start: offset(10), End: offset(20), Ended: true}},
		Objectives: []summary.Objective{
			{Objective: slo.Objective{Name: "memory", Metric: sample.ComponentMemory, Statistic: slo.Max, Most: new(100.0),
				Where: sample.Labels{"component": "etcd", "phase": "load"}}, Unit: sample.Bytes, Verdict: slo.Miss, Observed: new(300.0)},
			{Objective: slo.Objective{Name: "met", Metric: sample.ComponentCPU, Most: new(9.0)}, Verdict: slo.Pass},
		}},
		detail: &summary.Detail{
			Tracks: []summary.Track{{Metric: sample.ComponentMemory, Labels: sample.Labels{"component": "etcd"}, Points: points}},
			Events: []sample.Event{
				{At: offset(2), Kind: sample.Warning, Message: "long before"},
				{At: offset(14), Kind: sample.ComponentKilled, Fields: map[string]string{"component": "kube-scheduler"}},
			}}}
	sections := b.why()
	if len(sections) != 1 || sections[0].Title != "Why: memory" {
		t.Fatalf("sections %+v, want one about the memory", sections)
	}
	figure := sections[0].Figures[0]
	if want := "Beyond the limit first 15 s after the start, in phase load, for 3 s in all"; figure.Title != want {
		t.Errorf("the figure says %q, want %q", figure.Title, want)
	}
	if diff := cmp.Diff([]Band{{Name: "beyond the limit", From: 15, To: 18}}, figure.Beyond); diff != "" {
		t.Errorf("shaded (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([][]string{{"14 s", "kube-scheduler was killed"}}, sections[0].Tables[0].Rows); diff != "" {
		t.Errorf("meanwhile (-want +got):\n%s", diff)
	}
}

// TestWhyOfPods names the slowest pods and where their time went.
func TestWhyOfPods(t *testing.T) {
	at := func(seconds float64) *sample.Offset { return new(offset(seconds)) }
	pod := summary.SlowPod{Took: offset(9), Pod: sample.Pod{Namespace: "shop", Name: "web-1", Node: "n1", Phase: "burst",
		Created: offset(3), Scheduled: at(8), Running: at(11), Ready: at(12)}}
	stuck := summary.SlowPod{Took: offset(20), Pod: sample.Pod{Namespace: "shop", Name: "web-2", Created: offset(4), Until: offset(24)}}
	startup := func(seconds ...float64) summary.Values {
		v := summary.Values{Metric: sample.PodStartup, Labels: sample.Labels{"phase": "burst", "workload": "web"}}
		for _, s := range seconds {
			v.Histogram.RecordMany(time.Duration(s*1e9), 100)
		}
		return v
	}
	b := &builder{summary: &summary.Summary{Duration: offset(30), Objectives: []summary.Objective{{
		Objective: slo.Objective{Name: "startup", Metric: sample.PodStartup, Statistic: "p99", Most: new(5.0), Where: sample.Labels{"phase": "burst"}},
		Unit:      sample.Seconds, Verdict: slo.Miss, Observed: new(9.0)}}},
		detail: &summary.Detail{Distributions: []summary.Values{startup(1, 2, 3, 9)},
			Slow: []summary.Slow{{Metric: sample.PodStartup, Labels: sample.Labels{"phase": "burst", "workload": "web"}, Pods: []summary.SlowPod{stuck, pod}},
				{Metric: sample.PodStartup, Labels: sample.Labels{"phase": "later"}, Pods: []summary.SlowPod{pod}}}}}
	section := b.why()[0]
	if want := "100 of 400 (25%) took longer than that."; !strings.HasSuffix(section.Lead, want) {
		t.Errorf("the lead is %q, want it to end in %q", section.Lead, want)
	}
	want := [][]string{
		{"shop/web-2", Dash, "4 s", Dash, Dash, Dash, Dash, "≥ 20 s"},
		{"shop/web-1", "n1", "3 s", Dash, "5 s", "3 s", "1 s", "9 s"},
	}
	if diff := cmp.Diff(want, section.Tables[0].Rows); diff != "" {
		t.Errorf("slowest pods (-want +got):\n%s", diff)
	}
	if beyond := section.Figures[0].Beyond; len(beyond) != 1 || beyond[0].From < 0.7 || beyond[0].From > 0.8 {
		t.Errorf("shaded %+v, want from p75 or so", beyond)
	}
}
