package summary

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
)

func TestAgreement(t *testing.T) {
	none, some := 0.0, 3.0
	for _, test := range []struct {
		forecast          string
		watched, complete bool
		refused           *float64
		want              string
	}{
		{bundle.Never, true, false, &some, Agrees},
		{bundle.Never, true, false, &none, Differs}, // Something else than a quota is in the way.
		{bundle.Never, true, false, nil, NotKnown},
		{bundle.Never, true, true, &some, Differs},
		{bundle.Never, true, true, nil, Differs},
		{bundle.Never, false, false, &some, NotKnown},
		{bundle.Stuck, true, false, &some, Agrees},
		{bundle.Stuck, true, false, &none, Differs},
		{bundle.Stuck, true, true, &some, NotKnown}, // The autoscaler may have asked for fewer.
		{bundle.Crowded, true, true, &some, Agrees},
		{bundle.Crowded, true, true, &none, NotKnown},
		{bundle.Delayed, true, true, &some, Agrees},
		{bundle.Delayed, true, false, &some, Agrees},
		{bundle.Delayed, true, true, &none, Differs},
		{bundle.Delayed, true, false, &none, Differs},
		{bundle.Delayed, true, true, nil, NotKnown},
		{bundle.Delayed, false, false, &some, NotKnown},
		{"", true, true, &none, Agrees},
		{"", true, true, &some, Differs},
		{"", true, false, &none, Differs},
		{"", true, false, nil, Differs},
		{"", true, true, nil, NotKnown},
		{"", false, false, nil, NotKnown},
	} {
		if got := agreement(test.forecast, test.watched, test.complete, test.refused); got != test.want {
			t.Errorf("%q, watched %t, complete %t, refused %v: %s, want %s", test.forecast, test.watched, test.complete, test.refused, got, test.want)
		}
	}
}

// foretoldRun writes a rollout from 10 s to 20 s under a quota, of which the plan foresaw nothing in
// the phase, and what else happened meanwhile.
func foretoldRun(t *testing.T, more func(w *bundle.Writer)) Rollout {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	writer, err := bundle.Create(dir, bundle.Manifest{ID: "r-1", Scenario: "rollout", Started: time.Now(), Phases: []bundle.Phase{{Name: "update"}},
		Updates: []bundle.Update{{Workload: "web", Kind: "Deployment", Strategy: "RollingUpdate", Objects: 1, Forecast: bundle.Never,
			Forecasts: map[string]string{"later": bundle.Never}, Needs: []bundle.Need{{Quota: "q", Resource: "pods", Hard: 10, Each: 1}}}}},
		[]byte("kind: Scenario\n"))
	if err != nil {
		t.Fatal(err)
	}
	writer.Event(sample.Event{Kind: sample.PhaseStarted, Phase: "update"})
	for _, second := range []int{10, 20} {
		writer.Point(sample.Point{At: inSecond(second), Metric: sample.Rollouts, Labels: sample.Labels{"workload": "web"}, Value: float64(20-second) / 10})
	}
	var took sample.Histogram
	took.Record(10 * time.Second)
	writer.Window(sample.Window{From: inSecond(10), To: inSecond(20), Metric: sample.RolloutDuration, Histogram: took,
		Labels: sample.Labels{"workload": "web", "phase": "update"}})
	more(writer)
	writer.Event(sample.Event{At: inSecond(30), Kind: sample.PhaseFinished, Phase: "update"})
	if err := writer.Finish(bundle.Complete, "", 31*time.Second); err != nil {
		t.Fatal(err)
	}
	s, _ := compute(t, dir)
	return s.Rollouts[0]
}

func inSecond(n int) sample.Offset { return sample.Offset(time.Duration(n) * time.Second) }

// TestRefusedPods has counts that say something of the rollout's pods, and such that do not.
func TestRefusedPods(t *testing.T) {
	counted := func(w *bundle.Writer, second int, verb, resource, code string, value float64) {
		w.Point(sample.Point{At: inSecond(second), Metric: sample.ServerRefused, Value: value,
			Labels: sample.Labels{"phase": "update", "verb": verb, "resource": resource, "code": code}})
	}
	number := func(v float64) *float64 { return &v }
	for name, test := range map[string]struct {
		more func(w *bundle.Writer)
		want *float64
		then string
	}{
		"never read":     {func(*bundle.Writer) {}, nil, NotKnown},
		"read too early": {func(w *bundle.Writer) { counted(w, 19, "create", "pods", "403", 3) }, nil, NotKnown},
		"nothing was counted": {func(w *bundle.Writer) {
			w.Point(sample.Point{At: inSecond(25), Metric: sample.ServerRefused, Labels: sample.Labels{"phase": "update"}})
		}, number(0), Agrees},
		"some": {func(w *bundle.Writer) {
			counted(w, 15, "create", "pods", "403", 2)
			counted(w, 25, "create", "pods", "403", 3)
		}, number(3), Differs},
		"of something else": {func(w *bundle.Writer) {
			counted(w, 25, "create", "events", "403", 3)
			counted(w, 25, "update", "pods", "403", 3)
			counted(w, 25, "create", "pods", "409", 3)
		}, number(0), Agrees},
		"the API server was away": {func(w *bundle.Writer) {
			w.Event(sample.Event{At: inSecond(12), Kind: sample.ComponentKilled, Phase: "update", Fields: map[string]string{"component": "kube-apiserver"}})
			counted(w, 25, "create", "pods", "403", 3)
		}, nil, NotKnown},
		"of another rollout, perhaps": {func(w *bundle.Writer) {
			w.Point(sample.Point{At: inSecond(21), Metric: sample.Rollouts, Labels: sample.Labels{"workload": "other"}, Value: 1})
			counted(w, 25, "create", "pods", "403", 3)
		}, nil, NotKnown},
		"none of two rollouts": {func(w *bundle.Writer) {
			w.Point(sample.Point{At: inSecond(21), Metric: sample.Rollouts, Labels: sample.Labels{"workload": "other"}, Value: 1})
			counted(w, 25, "create", "pods", "403", 0)
		}, number(0), Agrees},
		"of a create action, perhaps": {func(w *bundle.Writer) {
			w.Point(sample.Point{At: inSecond(21), Metric: sample.ObjectsRefused, Labels: sample.Labels{"workload": "other", "reason": "quota", "phase": "update"}, Value: 1})
			counted(w, 25, "create", "pods", "403", 3)
		}, nil, NotKnown},
	} {
		t.Run(name, func(t *testing.T) {
			r := foretoldRun(t, test.more)
			if (r.Refused == nil) != (test.want == nil) || r.Refused != nil && *r.Refused != *test.want {
				t.Errorf("refused %v, want %v", r.Refused, test.want)
			}
			if r.Agreement != test.then || r.Forecast != "" {
				t.Errorf("%q foreseen, %q; want nothing foreseen and %q", r.Forecast, r.Agreement, test.then)
			}
		})
	}
}
