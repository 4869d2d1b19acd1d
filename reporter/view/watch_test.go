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

// watchReport is the report of 100 writes to 50 watchers, of whose events some never came.
func watchReport(t *testing.T, lost int, counters map[string]float64) *view.Report {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	writer, err := bundle.Create(dir, bundle.Manifest{ID: "w-1", Scenario: "watch", Started: time.Now(),
		Phases: []bundle.Phase{{Name: "fanout"}}}, []byte("kind: Scenario\n"))
	if err != nil {
		t.Fatal(err)
	}
	labels := func(more ...string) sample.Labels {
		l := sample.Labels{"resource": "configmaps", "watchers": "50", "phase": "fanout"}
		for i := 0; i+1 < len(more); i += 2 {
			l[more[i]] = more[i+1]
		}
		return l
	}
	window := func(metric string, n int, each time.Duration, censored bool) {
		var h sample.Histogram
		for i := range n {
			h.Record(each + time.Duration(i)*time.Microsecond)
		}
		writer.Window(sample.Window{From: *offset(1), To: *offset(2), Metric: metric, Labels: labels(), Histogram: h, Censored: censored})
	}
	writer.Event(sample.Event{At: *offset(1), Kind: sample.PhaseStarted, Phase: "fanout"})
	window(sample.WatchDelivery, 5000-lost, 2*time.Millisecond, false)
	window(sample.WatchDelivery, lost, 9*time.Second, true)
	window(sample.WatchFanout, 100, 20*time.Millisecond, false)
	window(sample.WatchStaleness, 5000, 5*time.Millisecond, false)
	window(sample.WatchWake, 1000, 100*time.Microsecond, false)
	for state, value := range counters {
		writer.Point(sample.Point{At: *offset(2), Metric: sample.WatchEvents, Labels: labels("state", state), Value: value})
	}
	writer.Point(sample.Point{At: *offset(2), Metric: sample.WatchStreams, Labels: labels("state", "opened"), Value: 50})
	writer.Event(sample.Event{At: *offset(12), Kind: sample.PhaseFinished, Phase: "fanout"})
	if err := writer.Finish(bundle.Complete, "", 12*time.Second); err != nil {
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

func TestWatchSection(t *testing.T) {
	report := watchReport(t, 3, map[string]float64{"expected": 5000, "delivered": 4997, "missing": 3, "duplicate": 0})
	var section view.Section
	for _, s := range report.Sections {
		if s.ID == "watch" {
			section = s
		}
	}
	if len(section.Figures) != 1 || len(section.Tables) != 3 {
		t.Fatalf("section %+v, want a figure and three tables", section)
	}
	figure := section.Figures[0]
	want := "A write reached a watcher within 6.95 ms (p99), and the last one within 20.1 ms (max); 3 events never came"
	if figure.Title != want || len(figure.Panels) != 1 || len(figure.Panels[0].Series) != 3 {
		t.Errorf("figure %q with %d panels, want %q with three lines in one", figure.Title, len(figure.Panels), want)
	}
	delays := section.Tables[0].Rows
	if len(delays) != 3 || delays[0][4] != "3" || !strings.HasPrefix(delays[0][8], "≥ 9") || delays[1][3] != "100" || delays[1][7] != view.Dash {
		t.Errorf("delays %q", delays)
	}
	books := [][]string{{"50 of configmaps", "fanout", "5,000", "4,997", "3", "0", view.Dash}}
	if diff := cmp.Diff(books, section.Tables[1].Rows); diff != "" {
		t.Errorf("books (-want +got):\n%s", diff)
	}
}

func TestWatchChecks(t *testing.T) {
	for _, test := range []struct {
		name     string
		lost     int
		counters map[string]float64
		want     string
	}{
		{"all came", 0, map[string]float64{"expected": 5000, "delivered": 5000, "missing": 0}, "5,000 of 5,000 ok"},
		{"some never came", 3, map[string]float64{"expected": 5000, "delivered": 4997, "missing": 3}, "4,997 of 5,000 doubt"},
		{"the books do not balance", 0, map[string]float64{"expected": 5001, "delivered": 5000, "missing": 0}, "5,000 of 5,001 doubt"},
	} {
		checks := map[string]string{}
		for _, check := range watchReport(t, test.lost, test.counters).Trust {
			checks[check.Name] = check.Value + " " + string(check.State)
		}
		if got := checks["Watch events"]; got != test.want {
			t.Errorf("%s: the check is %q, want %q", test.name, got, test.want)
		}
		if got := checks["Watchers woken late, p99"]; !strings.HasSuffix(got, "ok") {
			t.Errorf("%s: the probes are %q", test.name, got)
		}
	}
}
