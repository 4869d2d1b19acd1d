package summary

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

// watchRun writes a run of 1,000 events of 1 ms each and some that never came within 9 s, and the
// counters that it is given.
func watchRun(t *testing.T, lost int, counters map[string]float64, objectives ...slo.Objective) *Summary {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	writer, err := bundle.Create(dir, bundle.Manifest{ID: "w-1", Scenario: "watch", Started: time.Now(),
		Phases: []bundle.Phase{{Name: "fanout"}}, Objectives: objectives}, []byte("kind: Scenario\n"))
	if err != nil {
		t.Fatal(err)
	}
	labels := func() sample.Labels {
		return sample.Labels{"resource": "configmaps", "watchers": "10", "phase": "fanout"}
	}
	second := sample.Offset(time.Second)
	writer.Event(sample.Event{At: second, Kind: sample.PhaseStarted, Phase: "fanout"})
	var came, never sample.Histogram
	for range 1000 - lost {
		came.Record(time.Millisecond)
	}
	for range lost {
		never.Record(9 * time.Second)
	}
	writer.Window(sample.Window{From: second, To: 2 * second, Metric: sample.WatchDelivery, Labels: labels(), Histogram: came})
	writer.Window(sample.Window{From: second, To: 2 * second, Metric: sample.WatchDelivery, Labels: labels(), Histogram: never, Censored: true})
	for state, value := range counters {
		all := labels()
		all["state"] = state
		writer.Point(sample.Point{At: 2 * second, Metric: sample.WatchEvents, Labels: all, Value: value})
	}
	writer.Event(sample.Event{At: 12 * second, Kind: sample.PhaseFinished, Phase: "fanout"})
	if err := writer.Finish(bundle.Complete, "", 12*time.Second); err != nil {
		t.Fatal(err)
	}
	s, _ := compute(t, dir)
	return s
}

func TestWatchVerdicts(t *testing.T) {
	limit, none := 1.0, 0.0
	p99 := slo.Objective{Metric: sample.WatchDelivery, Statistic: "p99", Most: &limit}
	longest := slo.Objective{Metric: sample.WatchDelivery, Statistic: slo.Max, Most: &limit}
	missing := slo.Objective{Metric: sample.WatchEvents, Statistic: slo.Last, Where: sample.Labels{"state": "missing"}, Most: &none}
	for _, test := range []struct {
		name     string
		lost     int
		counters map[string]float64
		want     []slo.Verdict
		reason   string // Of the first objective.
		warning  string
	}{
		{"all came", 0, map[string]float64{"expected": 1000, "delivered": 1000, "missing": 0},
			[]slo.Verdict{slo.Pass, slo.Pass, slo.Pass}, "", ""},
		{"a few never came", 5, map[string]float64{"expected": 1000, "delivered": 995, "missing": 5},
			[]slo.Verdict{slo.Pass, slo.Miss, slo.Miss}, "", "5 of 1,000 watch events never reached their watcher"},
		{"many never came", 20, map[string]float64{"expected": 1000, "delivered": 980, "missing": 20},
			[]slo.Verdict{slo.Miss, slo.Miss, slo.Miss}, "never got there", "20 of 1,000 watch events never reached"},
		{"some are unaccounted for", 0, map[string]float64{"expected": 1010, "delivered": 1000, "missing": 0},
			[]slo.Verdict{slo.Inconclusive, slo.Inconclusive, slo.Inconclusive}, "the books do not balance", "The books do not balance"},
		{"more recorded than counted", 0, map[string]float64{"expected": 990, "delivered": 990, "missing": 0},
			[]slo.Verdict{slo.Inconclusive, slo.Inconclusive, slo.Inconclusive}, "the books do not balance", "The books do not balance"},
		{"killed before the end", 0, map[string]float64{"expected": 1200, "delivered": 1000},
			[]slo.Verdict{slo.Inconclusive, slo.Inconclusive, slo.NoData}, "the books do not balance", "The books do not balance"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := watchRun(t, test.lost, test.counters, p99, longest, missing)
			for i, want := range test.want {
				if o := s.Objectives[i]; o.Verdict != want {
					t.Errorf("objective %d is %s (%s), want %s", i, o.Verdict, o.Reason, want)
				}
			}
			if got := s.Objectives[0].Reason; !strings.Contains(got, test.reason) {
				t.Errorf("reason %q, want %q", got, test.reason)
			}
			all := strings.Join(s.Warnings, "\n")
			if !strings.Contains(all, test.warning) || test.warning == "" && all != "" {
				t.Errorf("warnings %q, want %q", all, test.warning)
			}
		})
	}
}
