package view_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

func offset(seconds float64) *sample.Offset {
	o := sample.Offset(seconds * float64(time.Second))
	return &o
}

// writeRun writes a small run: 1,200 pods, 1,500 requests, a missed objective.
func writeRun(t *testing.T, dir string) {
	t.Helper()
	limit := 0.5
	writer, err := bundle.Create(dir, bundle.Manifest{
		ID: "r-1", Scenario: "small", Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Phases:     []bundle.Phase{{Name: "ramp"}},
		Objectives: []slo.Objective{{Metric: sample.PodStartup, Statistic: "p99", Most: &limit}},
	}, []byte("kind: Scenario\n"))
	if err != nil {
		t.Fatal(err)
	}
	writer.Event(sample.Event{At: *offset(1), Kind: sample.PhaseStarted, Phase: "ramp"})
	for i := range 1200 {
		created := 1 + float64(i)/100
		writer.Pod(sample.Pod{Namespace: "n", Name: "p", Workload: "web", Phase: "ramp", Created: *offset(created),
			Scheduled: offset(created + 0.1), Running: offset(created + 0.6), Ready: offset(created + 0.8), Until: *offset(20)})
	}
	var latency sample.Histogram
	for i := range 1500 {
		latency.Record(time.Duration(i+1) * 100 * time.Microsecond)
	}
	class := sample.Labels{"class": "list pods", "verb": "list", "resource": "pods", "scope": "namespace", "phase": "ramp"}
	writer.Window(sample.Window{From: *offset(1), To: *offset(15), Metric: sample.APIRequest, Labels: class, Histogram: latency})
	for second := 1.0; second < 15; second++ {
		writer.Point(sample.Point{At: *offset(second), Metric: sample.ComponentCPU, Labels: sample.Labels{"component": "etcd"}, Value: 0.25})
	}
	writer.Event(sample.Event{At: *offset(15), Kind: sample.PhaseFinished, Phase: "ramp"})
	if err := writer.Finish(bundle.Complete, "", 20*time.Second); err != nil {
		t.Fatal(err)
	}
}

func TestBuildFromARunFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	writeRun(t, dir)
	run, err := bundle.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, detail, err := summary.Compute(run)
	if err != nil {
		t.Fatal(err)
	}
	report := view.Build(run.Manifest, run.Scenario, s, detail)
	if o := report.Objectives[0]; o.Verdict != slo.Miss || o.Name != "pod startup p99" ||
		o.Observed != sample.Format(*s.Objectives[0].Observed, sample.Seconds) || o.Limit != "≤ 500 ms" {
		t.Errorf("objective is %+v", o)
	}
	drawn := map[string]bool{}
	for _, section := range report.Sections {
		for _, figure := range section.Figures {
			drawn[figure.ID] = len(figure.Panels) > 0
		}
	}
	for id, want := range map[string]bool{"timeline-figure": true, "startup-figure": true, "api-figure": true, "cpu-figure": true, "memory-figure": false} {
		if drawn[id] != want {
			t.Errorf("%s is drawn: %v, want %v", id, drawn[id], want)
		}
	}
	if !strings.Contains(report.Sentence, "MISS") {
		t.Errorf("sentence is %q", report.Sentence)
	}
}
