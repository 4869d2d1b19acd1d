package view_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// scaledReport is the report of a service that needs 6 pods instead of 2 from 60 s on and 2 again
// from 160 s on, until 220 s. Its HPA asks for 4 and 6 after 30 s and 45 s, the pods are Ready 5 s
// later, and nobody reacts to the fall. Without metrics from 100 s to 120 s.
func scaledReport(t *testing.T, scalers []bundle.Autoscaler) *view.Report {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	writer, err := bundle.Create(dir, bundle.Manifest{ID: "h-1", Scenario: "hpa", Started: time.Now(),
		Phases: []bundle.Phase{{Name: "spike"}}, Autoscalers: scalers}, []byte("kind: Scenario\n"))
	if err != nil {
		t.Fatal(err)
	}
	at := func(second int) sample.Offset { return sample.Offset(time.Duration(second) * time.Second) }
	put := func(second int, metric, label, name string, value float64) {
		writer.Point(sample.Point{At: at(second), Metric: metric, Labels: sample.Labels{label: name}, Value: value})
	}
	writer.Event(sample.Event{Kind: sample.PhaseStarted, Phase: "spike"})
	for second := 1; second <= 220; second++ {
		from := func(value float64, changes ...float64) float64 {
			for i := 0; i+1 < len(changes); i += 2 {
				if float64(second) >= changes[i] {
					value = changes[i+1]
				}
			}
			return value
		}
		put(second, "service_needed_pods_total", "service", "shop", from(2, 60, 6, 160, 2))
		put(second, "service_ready_pods_total", "service", "shop", from(2, 95, 4, 110, 6))
		put(second, sample.HPADesired, "hpa", "web", from(2, 90, 4, 105, 6))
		put(second, sample.HPARescales, "hpa", "web", from(0, 90, 1, 105, 2))
		if second < 100 || second > 120 {
			put(second, sample.HPARatio, "hpa", "web", from(0.9, 75, 1.8, 110, 1))
		}
	}
	writer.Event(sample.Event{At: at(221), Kind: sample.PhaseFinished, Phase: "spike"})
	if err := writer.Finish(bundle.Complete, "", 222*time.Second); err != nil {
		t.Fatal(err)
	}
	run, err := bundle.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, detail, err := summary.Compute(run)
	if err != nil {
		t.Fatal(err)
	}
	return view.Build(run.Manifest, run.Scenario, s, detail)
}

func sectionOf(report *view.Report, id string) *view.Section {
	for i := range report.Sections {
		if report.Sections[i].ID == id {
			return &report.Sections[i]
		}
	}
	return nil
}

func TestAutoscalingSection(t *testing.T) {
	scaler := bundle.Autoscaler{HPA: "web", Workload: "front", Service: "shop", Min: 2, Max: 10, ToleranceUp: 0.1, ToleranceDown: 0.1}
	report := scaledReport(t, []bundle.Autoscaler{scaler})
	section := sectionOf(report, "autoscaling")
	if section == nil || len(section.Figures) != 1 || len(section.Tables) != 3 {
		t.Fatalf("section %+v, want a figure and three tables", section)
	}
	answer := "first decision 30 s after the load rose from 2 to 6 needed pods; 5 s later the first new pod was Ready; the pods were at rest after 50 s"
	want := [][]string{
		{"shop", "spike", "60 s", "2 → 6", "30 s", "35 s", "50 s", "15 s", "0%", "0", answer},
		{"shop", "spike", "2 min 40 s", "6 → 2", "≥ 60 s", view.Dash, "≥ 60 s", view.Dash, view.Dash, "0",
			"no decision within 60 s after the load fell from 6 to 2 needed pods"},
	}
	if diff := cmp.Diff(want, section.Tables[0].Rows); diff != "" {
		t.Errorf("responses (-want +got):\n%s", diff)
	}
	// 219 s known: too few for 50 s (170 pod-seconds), too many for 60 s (240).
	want = [][]string{{"shop", "spike", "23%", "13%", "27%", "55%", "170", "150", view.Dash, view.Dash, "20", "240", "0"}}
	if diff := cmp.Diff(want, section.Tables[1].Rows); diff != "" {
		t.Errorf("balance (-want +got):\n%s", diff)
	}
	want = [][]string{{"web", "front", "shop", "2 to 10", "6", "6", "180%", "2"}}
	if diff := cmp.Diff(want, section.Tables[2].Rows); diff != "" {
		t.Errorf("HPAs (-want +got):\n%s", diff)
	}
	figure := section.Figures[0]
	if len(figure.Panels) != 2 || !strings.HasPrefix(figure.Title, "First decision 30 s after") {
		t.Fatalf("figure %q with %d panels", figure.Title, len(figure.Panels))
	}
	pods, metric := figure.Panels[0], figure.Panels[1]
	if len(pods.Series) != 4 || !pods.Series[3].Dots || len(pods.Series[3].Parts) != 2 {
		t.Errorf("the pods have %d lines, want needed, desired, Ready and two decisions", len(pods.Series))
	}
	if len(metric.Series) != 1 || len(metric.Series[0].Parts) != 2 || len(metric.Limits) != 2 {
		t.Errorf("the metric is %+v, want a line with a gap and two limits", metric)
	}
	for _, part := range pods.Series[0].Parts { // Steps: nothing is drawn between two values.
		for i := 1; i < len(part); i++ {
			if part[i].X != part[i-1].X && part[i].Y != part[i-1].Y {
				t.Errorf("from %v to %v is no step", part[i-1], part[i])
			}
		}
	}
	if len(report.Key) == 0 || report.Key[0].Value != answer {
		t.Errorf("key figures %+v, want the answer first", report.Key)
	}
}

func TestAutoscalingWithoutServiceOrHPAs(t *testing.T) {
	if sectionOf(scaledReport(t, nil), "autoscaling") != nil {
		t.Error("a run without HPAs has a section on autoscaling")
	}
	section := sectionOf(scaledReport(t, []bundle.Autoscaler{{HPA: "web", Min: 1, Max: 3, ToleranceUp: 0.1}, {HPA: "unseen", Min: 1, Max: 3}}), "autoscaling")
	if section == nil || len(section.Figures[0].Panels) != 2 || section.Figures[0].Panels[0].Label != "Desired replicas" {
		t.Fatalf("section %+v, want desired replicas and the metric", section)
	}
	if limits := section.Figures[0].Panels[1].Limits; len(limits) != 1 || limits[0].Value != 1 {
		t.Errorf("limits %+v, want the target alone, as tolerances differ", limits)
	}
	if len(section.Tables[0].Rows) != 0 || section.Tables[2].Rows[1][4] != view.Dash {
		t.Errorf("tables %+v, want no responses and nothing of an HPA that was not seen", section.Tables)
	}
}
