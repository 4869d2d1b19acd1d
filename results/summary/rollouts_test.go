package summary

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

// rolledRun writes an update of 10 pods under a quota of 10 that stands still from 20 s to 80 s, with
// 7 pods and room for 3, and is given up then if it is stuck. Of a run that was killed nothing says how
// long it took.
func rolledRun(t *testing.T, stuck, killed bool, objectives ...slo.Objective) *Summary {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	writer, err := bundle.Create(dir, bundle.Manifest{ID: "r-1", Scenario: "rollout", Started: time.Now(),
		Phases: []bundle.Phase{{Name: "update"}}, Objectives: objectives,
		Updates: []bundle.Update{{Workload: "web", Kind: "Deployment", Strategy: "RollingUpdate", Objects: 1, Unavailable: 2,
			Needs: []bundle.Need{{Quota: "q", Resource: "pods", Hard: 10, Each: 1}}}}}, []byte("kind: Scenario\n"))
	if err != nil {
		t.Fatal(err)
	}
	at := func(second int) sample.Offset { return sample.Offset(time.Duration(second) * time.Second) }
	point := func(second int, metric string, labels sample.Labels, value int) {
		writer.Point(sample.Point{At: at(second), Metric: metric, Labels: labels, Value: float64(value)})
	}
	writer.Event(sample.Event{Kind: sample.PhaseStarted, Phase: "update"})
	for second := 1; second <= 90; second++ {
		pods, updated, underWay := 10, 0, 0
		switch {
		case second >= 80 && !stuck:
			updated = 10
		case second >= 20:
			pods, updated = 7, 2
		}
		if second >= 10 && second < 80 {
			underWay = 1
		}
		for state, n := range map[string]int{"desired": 10, "current": pods, "available": pods, "updated": updated, "terminating": 0} {
			point(second, sample.WorkloadReplicas, sample.Labels{"workload": "web", "state": state}, n)
		}
		point(second, sample.QuotaUsed, sample.Labels{"quota": "q", "resource": "pods"}, pods)
		point(second, sample.QuotaHard, sample.Labels{"quota": "q", "resource": "pods"}, 10)
		if second >= 10 && second <= 80 {
			point(second, sample.Rollouts, sample.Labels{"workload": "web"}, underWay)
		}
	}
	var took sample.Histogram
	took.Record(70 * time.Second)
	if !killed {
		writer.Window(sample.Window{From: at(10), To: at(80), Metric: sample.RolloutDuration, Histogram: took, Censored: stuck,
			Labels: sample.Labels{"workload": "web", "phase": "update"}})
	}
	writer.Event(sample.Event{At: at(91), Kind: sample.PhaseFinished, Phase: "update"})
	if err := writer.Finish(bundle.Complete, "", 92*time.Second); err != nil {
		t.Fatal(err)
	}
	s, _ := compute(t, dir)
	return s
}

func TestRolloutByHand(t *testing.T) {
	s := rolledRun(t, false, false)
	labels := sample.Labels{"workload": "web", "phase": "update"}
	for metric, want := range map[string]float64{
		sample.RolloutUnavailable: 3 * 60, sample.RolloutBeyond: 60, sample.RolloutSurge: 0, sample.RolloutStill: 60,
		sample.RolloutLeast: 0.7, sample.QuotaStall: 60, sample.QuotaStallLongest: 60, sample.QuotaLag: 0,
	} {
		if got, ok := scalarOf(s, metric, labels); !ok || got.Value != want {
			t.Errorf("%s is %v (%t), want %v", metric, got.Value, ok, want)
		}
	}
	if r := s.Rollouts[0]; len(s.Rollouts) != 1 || r.Unfinished || r.Limits.Unavailable != 2 {
		t.Errorf("rollouts %+v", s.Rollouts)
	}
}

// TestStuckRollout has an objective on a rollout that was given up within the limit: that it took
// 70 s so far is no pass of 100 s.
func TestStuckRollout(t *testing.T) {
	limit := 100.0
	o := slo.Objective{Name: "in time", Metric: sample.RolloutDuration, Statistic: "max", Most: &limit}
	if s := rolledRun(t, true, false, o); s.Objectives[0].Verdict == slo.Pass || !s.Rollouts[0].Unfinished {
		t.Errorf("verdict %s, unfinished %t", s.Objectives[0].Verdict, s.Rollouts[0].Unfinished)
	}
	if s := rolledRun(t, false, false, o); s.Objectives[0].Verdict != slo.Pass {
		t.Errorf("verdict %s of one that was complete", s.Objectives[0].Verdict)
	}
	most := 500.0
	beyond := slo.Objective{Metric: sample.RolloutBeyond, Statistic: slo.Value, Most: &most}
	for _, stuck := range []bool{true, false} {
		if got := rolledRun(t, stuck, false, beyond).Objectives[0]; got.AtLeast != stuck || got.Verdict != slo.Pass {
			t.Errorf("stuck %t: verdict %s, at least %t", stuck, got.Verdict, got.AtLeast)
		}
	}
	if s := rolledRun(t, true, true, o); s.Objectives[0].Verdict != slo.NoData || !s.Rollouts[0].Unfinished {
		t.Errorf("verdict %s, unfinished %t of one that was killed", s.Objectives[0].Verdict, s.Rollouts[0].Unfinished)
	}
}
