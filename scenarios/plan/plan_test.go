package plan

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

var update = flag.Bool("update", false, "write the golden files anew")

func buildFile(t *testing.T, file string, set map[string]string) *Plan {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := spec.Decode(file, text, spec.Options{Set: set})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Build(s, 42)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

func TestWriteText(t *testing.T) {
	for _, test := range []struct{ file, golden string }{
		{"../quickstart.yaml", "quickstart.txt"},
		{"../nodes/ramp.yaml", "nodes-ramp.txt"},
		{"../nodes/loss.yaml", "nodes-loss.txt"},
		{"../api/latency.yaml", "api-latency.txt"},
		{"testdata/verbs.yaml", "verbs.txt"},
	} {
		t.Run(test.golden, func(t *testing.T) {
			var b bytes.Buffer
			if err := buildFile(t, test.file, nil).WriteText(&b); err != nil {
				t.Fatal(err)
			}
			for i, line := range strings.Split(b.String(), "\n") {
				if n := utf8.RuneCountInString(line); n > textColumns {
					t.Errorf("line %d has %d columns: %s", i+1, n, line)
				}
				if strings.TrimRight(line, " ") != line {
					t.Errorf("line %d ends in blanks", i+1)
				}
			}
			golden(t, test.golden, b.Bytes())
		})
	}
}

func TestMarshalJSON(t *testing.T) {
	text, err := json.MarshalIndent(buildFile(t, "testdata/verbs.yaml", nil), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "verbs.json", append(text, '\n'))
}

func TestBuildIsPure(t *testing.T) {
	first, err := json.Marshal(buildFile(t, "../quickstart.yaml", nil))
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		again, err := json.Marshal(buildFile(t, "../quickstart.yaml", nil))
		if err != nil || !bytes.Equal(first, again) {
			t.Fatalf("another plan for the same input: %v\n%s", err, cmp.Diff(string(first), string(again)))
		}
	}
}

func TestRender(t *testing.T) {
	p := buildFile(t, "testdata/verbs.yaml", nil)
	w := p.Workloads["web"]
	object := w.Render(3)
	if got := spec.Lookup(object, "metadata", "name"); got != "web-3" {
		t.Errorf("name = %v", got)
	}
	if got := spec.Lookup(object, "metadata", "annotations", "plain"); got != "${index}" {
		t.Errorf("escaped index = %v", got)
	}
	if got := spec.Lookup(object, "spec", "replicas"); got != int64(10) {
		t.Errorf("replicas = %#v", got)
	}
	untouched := w.Render(3)
	spec.Lookup(object, "metadata").(map[string]any)["name"] = "changed"
	spec.Lookup(object, "spec", "args").([]any)[0] = "changed"
	if diff := cmp.Diff(untouched, w.Render(3)); diff != "" {
		t.Errorf("a rendered object shares memory with the template:\n%s", diff)
	}
}

func TestStepNamesAreUnique(t *testing.T) {
	for _, phase := range buildFile(t, "testdata/verbs.yaml", nil).Phases {
		seen := map[string]bool{}
		for _, step := range phase.Steps {
			if seen[step.Name] || step.Name == "" {
				t.Errorf("phase %s: the name %q stands twice", phase.Name, step.Name)
			}
			seen[step.Name] = true
		}
	}
}

func TestObjectives(t *testing.T) {
	limit := func(v float64) *float64 { return &v }
	for _, test := range []struct {
		from spec.Objective
		want slo.Objective
	}{
		{spec.Objective{Metric: sample.PodStartup, Percentile: 99, Most: "5s"},
			slo.Objective{Name: "pod startup p99 ≤ 5s", Metric: sample.PodStartup, Statistic: "p99", Most: limit(5)}},
		{spec.Objective{Metric: sample.APIRequest, Percentile: 99.9, Most: "0.5", Where: map[string]string{"verb": "list", "scope": "cluster"}},
			slo.Objective{Name: "API request p99.9 ≤ 0.5, scope cluster, verb list", Metric: sample.APIRequest, Statistic: "p99.9",
				Most: limit(0.5), Where: sample.Labels{"verb": "list", "scope": "cluster"}}},
		{spec.Objective{Metric: sample.PodsReadyRate, Statistic: "value", Least: "20"},
			slo.Objective{Name: "pods ready per second ≥ 20", Metric: sample.PodsReadyRate, Statistic: slo.Value, Least: limit(20)}},
		{spec.Objective{Metric: sample.ComponentMemory, Statistic: "max", Most: "1Gi", Name: "fits", Source: "us"},
			slo.Objective{Name: "fits", Metric: sample.ComponentMemory, Statistic: slo.Max, Most: limit(1 << 30), Source: "us"}},
	} {
		got, err := convert(test.from)
		if err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestEstimate(t *testing.T) {
	p := buildFile(t, "../quickstart.yaml", nil)
	want := map[string]int{"Node": 1000, "Deployment": 24, "Pod": 2400, "configmaps": 2980}
	if diff := cmp.Diff(want, p.Estimate.Objects); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
	if got, want := p.Estimate.PeakPods, 24*(50+13); got != want {
		t.Errorf("peak pods = %d, want %d: surge is rounded up", got, want)
	}
	if p.Estimate.PeakRequests != 100 || p.Estimate.Heartbeats != 20 {
		t.Errorf("requests %v, heartbeats %v a second", p.Estimate.PeakRequests, p.Estimate.Heartbeats)
	}
	if d := p.Estimate.Duration; d < time.Minute || d > 3*time.Minute {
		t.Errorf("duration = %v", d)
	}
}

func TestWarnsOfFewSamples(t *testing.T) {
	p := buildFile(t, "../quickstart.yaml", map[string]string{"deployments": "6"})
	if len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], "about 300 observations are expected, and a p99 needs 1,000") {
		t.Errorf("warnings: %q", p.Warnings)
	}
}

func TestBuildRefusesWhatLeadsNowhere(t *testing.T) {
	for name, s := range map[string]*spec.Scenario{
		"such pool":     {Spec: spec.Spec{Phases: []spec.Phase{{Actions: []spec.Action{{Nodes: &spec.Nodes{Pool: "a"}}}}}}},
		"such workload": {Spec: spec.Spec{Phases: []spec.Phase{{Actions: []spec.Action{{Create: &spec.Create{Workload: "a"}}}}}}},
		"verb":          {Spec: spec.Spec{Phases: []spec.Phase{{Actions: []spec.Action{{}}}}}},
		"kind":          {Spec: spec.Spec{Workloads: []spec.Workload{{Name: "a"}}}},
		"such metric":   {Spec: spec.Spec{Objectives: []spec.Objective{{Metric: "a"}}}},
	} {
		if _, err := Build(s, 1); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want an error about %s", err, name)
		}
	}
}
