package summary

import (
	"math"
	"path/filepath"
	"testing"
	"time"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

// TestExcess: what the nodes cost is held against those that were needed, over the run and in each phase.
func TestExcess(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	writer, err := bundle.Create(dir, bundle.Manifest{ID: "e-1", Scenario: "elastic", Started: time.Now(),
		Phases: []bundle.Phase{{Name: "one"}, {Name: "two"}},
		Figures: []slo.Objective{{Metric: sample.ElasticExcess, Statistic: slo.Value, Where: sample.Labels{"pool": "a"}},
			{Metric: sample.ElasticExcess, Statistic: slo.Value, Where: sample.Labels{"pool": "a", "phase": "one"}}}}, []byte("kind: Scenario\n"))
	if err != nil {
		t.Fatal(err)
	}
	for i, phase := range []string{"one", "two"} {
		writer.Event(sample.Event{At: *second(100 * i), Kind: sample.PhaseStarted, Phase: phase})
		writer.Event(sample.Event{At: *second(100*i + 99), Kind: sample.PhaseFinished, Phase: phase})
	}
	grow := func(pool, metric string, one, two float64) {
		writer.Point(sample.Point{At: *second(50), Metric: metric, Labels: sample.Labels{"pool": pool}, Value: one})
		writer.Point(sample.Point{At: *second(150), Metric: metric, Labels: sample.Labels{"pool": pool}, Value: two})
	}
	grow("a", sample.ElasticCost, 2, 5)
	grow("a", sample.ElasticIdeal, 1, 4) // 1, and 3 in phase two.
	grow("idle", sample.ElasticCost, 1, 2)
	grow("idle", sample.ElasticIdeal, 0, 0)
	grow("unpriced", sample.ElasticNodeHours, 1, 2)
	if err := writer.Finish(bundle.Complete, "", time.Hour); err != nil {
		t.Fatal(err)
	}
	s, _ := compute(t, dir)
	got := map[string]float64{}
	for _, scalar := range s.Scalars {
		if scalar.Metric == sample.ElasticExcess {
			got[scalar.Labels.String()] = scalar.Value
		}
	}
	want := map[string]float64{"pool=a": 0.25, "phase=one,pool=a": 1, "phase=two,pool=a": 0}
	for labels, value := range want {
		if math.Abs(got[labels]-value) > 1e-9 {
			t.Errorf("%s: %v, want %v", labels, got[labels], value)
		}
	}
	for i, want := range []float64{0.25, 1} { // Of the whole run where no phase is named, not of the worst one.
		if f := s.Figures[i]; f.Observed == nil || math.Abs(*f.Observed-want) > 1e-9 {
			t.Errorf("the figure %+v, want %v", f, want)
		}
	}
	if len(got) != len(want) {
		t.Errorf("figures %v, want %v", got, want)
	}
}
