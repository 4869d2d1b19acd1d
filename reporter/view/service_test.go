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

// serviceReport is the report of 100 units a second on a service for 40 s, of which 10 are short of
// capacity; 50 units are lost and 20 still wait at the end.
func serviceReport(t *testing.T, late time.Duration) (*view.Report, *summary.Summary) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	writer, err := bundle.Create(dir, bundle.Manifest{ID: "s-1", Scenario: "serve", Started: time.Now(),
		Phases: []bundle.Phase{{Name: "run"}}}, []byte("kind: Scenario\n"))
	if err != nil {
		t.Fatal(err)
	}
	labels := func() sample.Labels { return sample.Labels{"service": "web", "phase": "run"} }
	writer.Event(sample.Event{At: *offset(1), Kind: sample.PhaseStarted, Phase: "run"})
	for i := 2; i <= 41; i++ {
		short := i >= 10 && i < 20
		values := map[string]float64{sample.ServiceDemand: 100, sample.ServiceServed: 98, sample.ServiceCapacity: 100,
			sample.ServiceQueue: 20, sample.ServiceLost: 0, sample.ServiceMeanTime: 0.02, sample.ServiceNeeded: 2,
			sample.ServiceReady: 2, sample.ServiceShort: 0}
		if short {
			values[sample.ServiceCapacity], values[sample.ServiceReady], values[sample.ServiceShort] = 50, 1, 1
		}
		if i >= 15 {
			values[sample.ServiceLost] = 49.6
		}
		for metric, value := range values {
			writer.Point(sample.Point{At: *offset(float64(i)), Metric: metric, Labels: labels(), Value: value})
		}
	}
	window := func(metric string, d time.Duration, n int64, censored bool) {
		var h sample.Histogram
		h.RecordMany(d, n)
		writer.Window(sample.Window{From: *offset(1), To: *offset(2), Metric: metric, Labels: labels(), Histogram: h, Censored: censored})
	}
	window(sample.ServiceResponse, 20*time.Millisecond, 3900, false)
	window(sample.ServiceResponse, 600*time.Millisecond, 30, false)
	window(sample.ServiceResponse, 200*time.Millisecond, 20, true)
	window(sample.ServiceTickLag, late, 40, false)
	writer.Event(sample.Event{At: *offset(42), Kind: sample.PhaseFinished, Phase: "run"})
	if err := writer.Finish(bundle.Complete, "", 42*time.Second); err != nil {
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
	return view.Build(run.Manifest, run.Scenario, s, detail), s
}

func TestServiceSection(t *testing.T) {
	report, _ := serviceReport(t, time.Millisecond)
	var section view.Section
	for _, s := range report.Sections {
		if s.ID == "services" {
			section = s
		}
	}
	if len(section.Figures) != 1 || len(section.Tables) != 1 {
		t.Fatalf("section %+v, want a figure and a table", section)
	}
	figure := section.Figures[0]
	want := "Service web served 3,930 of 4,000 units of work and lost 50; it was short of capacity for 25% of the time"
	if figure.Title != want {
		t.Errorf("figure %q, want %q", figure.Title, want)
	}
	lines := map[string]string{}
	for _, panel := range figure.Panels {
		for _, series := range panel.Series {
			lines[panel.Label] += series.Name + " "
		}
	}
	if diff := cmp.Diff(map[string]string{"Units of work per second": "demand served capacity ", "Pods": "needed Ready ",
		"Response time, mean of each second": "response time ", "Units that wait, and units lost so far": "waiting lost "}, lines); diff != "" {
		t.Errorf("panels (-want +got):\n%s", diff)
	}
	rows := [][]string{{"web", "run", "4,000", "3,930", "50", "20", "20 ms", "20 ms", "200 ms", "≥ 600 ms", "25%"}}
	if diff := cmp.Diff(rows, section.Tables[0].Rows); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
	found := false
	for _, fact := range report.Key {
		found = found || fact == view.Fact{Name: "Response time (web, run)", Value: "p50 20 ms, p99 200 ms, max 600 ms; 50 lost"}
	}
	if !found {
		t.Errorf("the key figures are %q", report.Key)
	}
}

func TestLateServices(t *testing.T) {
	for _, test := range []struct {
		late     time.Duration
		state    view.State
		warnings int
	}{{time.Millisecond, view.OK, 0}, {2 * time.Second, view.Doubt, 1}} {
		report, s := serviceReport(t, test.late)
		state := view.State("none")
		for _, check := range report.Trust {
			if strings.HasPrefix(check.Name, "Steps of services") {
				state = check.State
			}
		}
		warned := 0
		for _, warning := range s.Warnings {
			if strings.Contains(warning, "stepped the model of a service") {
				warned++
			}
		}
		if state != test.state || warned != test.warnings {
			t.Errorf("%v late: the check is %q with %d warnings, want %q with %d", test.late, state, warned, test.state, test.warnings)
		}
	}
}
