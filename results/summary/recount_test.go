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

// TestQuotaInvariants has a quota that was once 2 pods beyond what it allows, is recounted rightly, and
// has a second resource that was not recounted.
func TestQuotaInvariants(t *testing.T) {
	none := 0.0
	pods := sample.Labels{"quota": "q", "resource": "pods"}
	odd := sample.Labels{"quota": "q", "resource": "odd"}
	objective := func(metric string, where sample.Labels) slo.Objective {
		return slo.Objective{Name: metric, Metric: metric, Statistic: "value", Most: &none, Where: where}
	}
	dir := filepath.Join(t.TempDir(), "run")
	writer, err := bundle.Create(dir, bundle.Manifest{ID: "r-1", Scenario: "quota", Started: time.Now(), Phases: []bundle.Phase{{Name: "update"}},
		Objectives: []slo.Objective{objective(sample.QuotaBeyond, pods), objective(sample.QuotaDifference, nil),
			objective(sample.QuotaDifference, pods), objective(sample.QuotaDifference, odd)}}, []byte("kind: Scenario\n"))
	if err != nil {
		t.Fatal(err)
	}
	at := func(second int) sample.Offset { return sample.Offset(time.Duration(second) * time.Second) }
	writer.Event(sample.Event{Kind: sample.PhaseStarted, Phase: "update"})
	for second, used := range []float64{8, 12, 9, 9} {
		writer.Point(sample.Point{At: at(second), Metric: sample.QuotaUsed, Labels: pods, Value: used})
		writer.Point(sample.Point{At: at(second), Metric: sample.QuotaHard, Labels: pods, Value: 10})
	}
	writer.Event(sample.Event{At: at(4), Kind: sample.PhaseFinished, Phase: "update"})
	writer.Point(sample.Point{At: at(5), Metric: sample.QuotaDifference, Value: 0,
		Labels: sample.Labels{"quota": "q", "resource": "pods", "phase": "update"}})
	writer.Point(sample.Point{At: at(5), Metric: sample.QuotaUncounted, Value: 1,
		Labels: sample.Labels{"quota": "q", "resource": "odd", "phase": "update", "reason": "unknown"}})
	if err := writer.Finish(bundle.Complete, "", 6*time.Second); err != nil {
		t.Fatal(err)
	}
	run, err := bundle.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, _, err := Compute(run)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		verdict slo.Verdict
		reason  string
	}{
		{slo.Miss, ""}, {slo.Inconclusive, "odd of quota q was not recounted (unknown)"}, {slo.Pass, ""}, {slo.NoData, ""},
	} {
		if o := s.Objectives[i]; o.Verdict != want.verdict || !strings.Contains(o.Reason, want.reason) {
			t.Errorf("objective %d on %s %v: %s, %q; want %s, %q", i, o.Metric, o.Where, o.Verdict, o.Reason, want.verdict, want.reason)
		}
	}
	if beyond := s.Objectives[0].Observed; beyond == nil || *beyond != 2 {
		t.Errorf("beyond what is allowed by %v, want 2", beyond)
	}
	for _, warning := range s.Warnings {
		if strings.Contains(warning, "series") {
			t.Errorf("warning %q", warning)
		}
	}
}
