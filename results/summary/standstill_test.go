package summary

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/rollout"
	"github.com/kubedyno/kubedyno/results/sample"
)

// heldRun writes an update that is given up after 40 s with pods that never become available, one that
// brings the first version back in 5 s, and a drain that a disruption budget held up for 50 s.
func heldRun(t *testing.T, refused, created float64) *Summary {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	writer, err := bundle.Create(dir, bundle.Manifest{ID: "r-1", Scenario: "rollout", Started: time.Now(),
		Phases:  []bundle.Phase{{Name: "bad"}, {Name: "back"}, {Name: "drain"}},
		Updates: []bundle.Update{{Workload: "web", Kind: "Deployment", Objects: 1, Unavailable: 2, Surge: 2}}}, []byte("kind: Scenario\n"))
	if err != nil {
		t.Fatal(err)
	}
	at := func(second int) sample.Offset { return sample.Offset(time.Duration(second) * time.Second) }
	point := func(second int, metric string, labels sample.Labels, value float64) {
		writer.Point(sample.Point{At: at(second), Metric: metric, Labels: labels, Value: value})
	}
	web := sample.Labels{"workload": "web"}
	phase := func(name string, from, to int) {
		writer.Event(sample.Event{At: at(from), Kind: sample.PhaseStarted, Phase: name})
		writer.Event(sample.Event{At: at(to), Kind: sample.PhaseFinished, Phase: name})
	}
	phase("bad", 9, 50)
	phase("back", 51, 60)
	phase("drain", 61, 120)
	for second := 1; second <= 60; second++ {
		pods := map[string]float64{"desired": 10, "current": 10, "available": 10, "updated": 10, "terminating": 0}
		revision, restored := 1.0, 0.0
		if second >= 10 && second < 55 {
			pods["current"], pods["available"], pods["updated"], revision = 12, 8, 4, 2
		}
		if second >= 51 {
			revision, restored = 3, 1
		}
		for state, n := range pods {
			point(second, sample.WorkloadReplicas, sample.Labels{"workload": "web", "state": state}, n)
		}
		point(second, sample.WorkloadRevision, web, revision)
		point(second, sample.RestoredRevision, web, restored)
		if second >= 10 && second <= 49 || second >= 51 && second <= 56 {
			point(second, sample.Rollouts, web, 1)
		}
	}
	point(30, sample.ProgressDeadlines, web, 1)
	for name, window := range map[string][2]int{"bad": {10, 49}, "back": {51, 56}} {
		var took sample.Histogram
		took.Record(time.Duration(window[1]-window[0]) * time.Second)
		writer.Window(sample.Window{From: at(window[0]), To: at(window[1]), Metric: sample.RolloutDuration, Histogram: took, Censored: name == "bad",
			Labels: sample.Labels{"workload": "web", "phase": name}})
	}
	var drained sample.Histogram
	drained.Record(50 * time.Second)
	drain := func() sample.Labels { return sample.Labels{"pool": "general", "phase": "drain"} }
	writer.Window(sample.Window{From: at(61), To: at(119), Metric: sample.DrainDuration, Histogram: drained, Labels: drain()})
	point(119, sample.EvictionsRefused, drain(), refused)
	for code, n := range map[string]float64{"201": created, "403": 6} {
		point(50, sample.ServerPodCreates, sample.Labels{"code": code, "phase": "bad"}, n)
	}
	point(50, sample.ServerRefused, sample.Labels{"verb": "update", "resource": "resourcequotas/status", "code": "409", "phase": "bad"}, 3)
	point(50, sample.ServerRefused, sample.Labels{"verb": "update", "resource": "pods/status", "code": "409", "phase": "bad"}, 9)
	point(50, sample.QuotaHard, sample.Labels{"quota": "q", "resource": "pods"}, 100)
	if err := writer.Finish(bundle.Complete, "", 121*time.Second); err != nil {
		t.Fatal(err)
	}
	s, _ := compute(t, dir)
	return s
}

func TestStandstills(t *testing.T) {
	s := heldRun(t, 9, 4)
	if len(s.Standstills) != 2 {
		t.Fatalf("standstills %+v, want two", s.Standstills)
	}
	bad, drain := s.Standstills[0], s.Standstills[1]
	if bad.Workload != "web" || bad.Phase != "bad" || bad.Cause != rollout.NotReady || !strings.Contains(bad.Waited, "none of the 4 did. Its progress deadline was exceeded") {
		t.Errorf("rollout %+v", bad)
	}
	if drain.Pool != "general" || drain.Cause != rollout.Disruption || drain.Waited != "A node of pool general took 50 s to drain: a PodDisruptionBudget refused 9 evictions (429)." {
		t.Errorf("drain %+v", drain)
	}
	if r := s.Rollouts[1]; !r.RolledBack || r.Restored != 1 || r.Revision != 3 || r.Reason != nil {
		t.Errorf("rollback %+v", r)
	}
	if s.Rollouts[0].RolledBack || s.Rollouts[0].Revision != 2 {
		t.Errorf("bad version %+v", s.Rollouts[0])
	}
	if s := heldRun(t, 0, 4); len(s.Standstills) != 1 {
		t.Errorf("standstills %+v of a drain of which nothing was refused", s.Standstills)
	}
}

// TestRefusedIn prefers the workload's events to the server's count, and takes that where there are none.
func TestRefusedIn(t *testing.T) {
	c := &collector{gauges: map[string]*gauge{}}
	add := func(metric string, last float64, labels sample.Labels) {
		labels[phaseLabel] = "update"
		c.gauges[key(metric, labels)] = &gauge{metric: metric, labels: labels, last: last}
	}
	if quota, otherwise := c.refusedIn("web", "update"); quota != nil || otherwise != nil {
		t.Errorf("%v and %v of nothing", quota, otherwise)
	}
	add(sample.ServerRefused, 9, sample.Labels{"verb": "create", "resource": "pods", "code": "403"})
	add(sample.ServerRefused, 5, sample.Labels{"verb": "create", "resource": "pods", "code": "429"})
	add(sample.RefusedAttempts, 3, sample.Labels{"workload": "other", "reason": "quota"})
	if quota, _ := c.refusedIn("web", "update"); quota == nil || *quota != 9 {
		t.Errorf("%v of a workload without events, want 9", quota)
	}
	add(sample.RefusedAttempts, 0, sample.Labels{"workload": "web", "reason": "quota"})
	add(sample.RefusedAttempts, 2, sample.Labels{"workload": "web", "reason": "limit-range"})
	if quota, otherwise := c.refusedIn("web", "update"); quota == nil || *quota != 0 || otherwise["limit-range"] != 2 {
		t.Errorf("%v and %v, want 0 and 2", quota, otherwise)
	}
}

func TestAttempts(t *testing.T) {
	s := heldRun(t, 0, 4)
	labels := sample.Labels{"phase": "bad"}
	for metric, want := range map[string]float64{sample.CreateAttempts: 10.0 / 4, sample.QuotaConflicts: 3.0 / 4} {
		if got, ok := scalarOf(s, metric, labels); !ok || got.Value != want {
			t.Errorf("%s is %v (%t), want %v", metric, got.Value, ok, want)
		}
		if _, ok := scalarOf(s, metric, sample.Labels{"phase": "back"}); ok {
			t.Errorf("%s of a phase of which nothing is known", metric)
		}
		if _, ok := scalarOf(heldRun(t, 0, 0), metric, labels); ok {
			t.Errorf("%s of a phase without a pod", metric)
		}
	}
}
