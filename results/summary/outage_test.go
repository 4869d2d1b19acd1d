package summary

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/elasticity"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

// brokenRun writes a run of 100 s with one phase from 10 s on, in which a component is killed at 20 s
// and started again and back at the given seconds, 0 for never. The HPA "web" has a metric but in
// the seconds of the gap, and another one was deleted before; kube-apiserver uses 0.1 cores, and 0.4 while it is away.
func brokenRun(t *testing.T, component string, started, back, gapFrom, gapTo int, objectives ...slo.Objective) *Summary {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	writer, err := bundle.Create(dir, bundle.Manifest{ID: "o-1", Scenario: "outage", Started: time.Now(), Objectives: objectives}, []byte("kind: Scenario\n"))
	if err != nil {
		t.Fatal(err)
	}
	at := func(second int) sample.Offset { return sample.Offset(time.Duration(second) * time.Second) }
	event := func(second int, kind sample.EventKind) {
		if second > 0 {
			writer.Event(sample.Event{At: at(second), Kind: kind, Phase: "bad", Fields: map[string]string{"component": component}})
		}
	}
	event(10, sample.PhaseStarted)
	event(20, sample.ComponentKilled)
	event(started, sample.ComponentStarted)
	event(back, sample.ComponentBack)
	for second := 1; second <= 100; second++ {
		if second < gapFrom || second > gapTo {
			writer.Point(sample.Point{At: at(second), Metric: sample.HPARatio, Labels: sample.Labels{"hpa": "web"}, Value: 1})
		}
		writer.Point(sample.Point{At: at(second), Metric: sample.HPACurrent, Labels: sample.Labels{"hpa": "web"}, Value: 2})
		if second < 20 {
			for _, metric := range []string{sample.HPARatio, sample.HPACurrent} {
				writer.Point(sample.Point{At: at(second), Metric: metric, Labels: sample.Labels{"hpa": "gone"}, Value: 1})
			}
		}
		cores := 0.1
		if second > 20 && (second <= started || started == 0) {
			cores = 0.4
		}
		writer.Point(sample.Point{At: at(second), Metric: sample.ComponentCPU, Labels: sample.Labels{"component": "kube-apiserver"}, Value: cores})
	}
	event(100, sample.PhaseFinished)
	if err := writer.Finish(bundle.Complete, "", 100*time.Second); err != nil {
		t.Fatal(err)
	}
	s, _ := compute(t, dir)
	return s
}

func TestOutages(t *testing.T) {
	at := func(second int) *sample.Offset { o := sample.Offset(second) * sample.Offset(time.Second); return &o }
	cpu := map[string]float64{"kube-apiserver": 0.4}
	for name, test := range map[string]struct {
		component                    string
		started, back, from, to      int
		want                         Outage
		away, restart                float64
		awayCensored, recoverCensord bool
	}{
		"as it should be": {"metrics-server", 60, 62, 25, 74,
			Outage{Started: at(60), Back: at(62), Blind: &elasticity.Span{Seconds: 51}, Recovery: &elasticity.Span{Seconds: 15}, CPU: cpu}, 42, 2, false, false},
		"never recovers": {"metrics-server", 60, 62, 25, 100,
			Outage{Started: at(60), Back: at(62), Blind: &elasticity.Span{Seconds: 76, Censored: true},
				Recovery: &elasticity.Span{Seconds: 40, Censored: true}, CPU: cpu}, 42, 2, false, true},
		"the run ends before": {"metrics-server", 0, 0, 25, 100,
			Outage{Blind: &elasticity.Span{Seconds: 76, Censored: true}, CPU: cpu}, 80, -1, true, false},
		"nobody notices": {"metrics-server", 60, 62, 0, 0, Outage{Started: at(60), Back: at(62), CPU: cpu}, 42, 2, false, false},
		"none was there": {"metrics-server", 60, 62, 5, 70, Outage{Started: at(60), Back: at(62), CPU: cpu}, 42, 2, false, false},
		"of another":     {"kube-scheduler", 60, 62, 25, 74, Outage{Started: at(60), Back: at(62), CPU: cpu}, 42, 2, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := brokenRun(t, test.component, test.started, test.back, test.from, test.to)
			test.want.Component, test.want.Phase, test.want.Killed = test.component, "bad", *at(20)
			near := cmp.Transformer("millis", func(f float64) int { return int(f*1000 + 0.5) })
			if diff := cmp.Diff([]Outage{test.want}, s.Outages, near); diff != "" {
				t.Errorf("outages (-want +got):\n%s", diff)
			}
			labels := sample.Labels{"component": test.component, "phase": "bad"}
			if away, ok := scalarOf(s, sample.ComponentAway, labels); !ok || away.Value != test.away || away.Censored != test.awayCensored {
				t.Errorf("away %+v", away)
			}
			if restart, ok := scalarOf(s, sample.ComponentRestart, labels); ok != (test.restart >= 0) || ok && restart.Value != test.restart {
				t.Errorf("restart %+v", restart)
			}
			recovery, ok := scalarOf(s, sample.HPARecovery, labels)
			if ok != (test.want.Recovery != nil) || recovery.Censored != test.recoverCensord {
				t.Errorf("recovery %+v", recovery)
			}
		})
	}
}

// An objective on the recovery is judged by it; without any, it has no data.
func TestRecoveryIsJudged(t *testing.T) {
	most := 20.0
	o := slo.Objective{Name: "in time", Metric: sample.HPARecovery, Statistic: slo.Value, Most: &most}
	for name, test := range map[string]struct {
		from, to int
		want     slo.Verdict
	}{"in time": {25, 74, slo.Pass}, "late": {25, 84, slo.Miss}, "nobody noticed": {0, 0, slo.NoData}} {
		if got := brokenRun(t, "metrics-server", 60, 62, test.from, test.to, o).Objectives[0].Verdict; got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
	most = 50 // More than there was time for.
	if got := brokenRun(t, "metrics-server", 60, 62, 25, 100, o).Objectives[0].Verdict; got != slo.Inconclusive {
		t.Errorf("never recovered: %s, want inconclusive", got)
	}
}
