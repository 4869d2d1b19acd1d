package summary

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/kubedyno/kubedyno/results/autoscaler"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
)

// ruledRun writes a run of one phase of 100 s, in which 1 pod and from 10 s on 6 pods are needed.
func ruledRun(t *testing.T, rule *autoscaler.Rule, scalers ...string) *Summary {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	manifest := bundle.Manifest{ID: "h-1", Started: time.Now(), Phases: []bundle.Phase{{Name: "rise"}}}
	for _, name := range scalers {
		manifest.Autoscalers = append(manifest.Autoscalers, bundle.Autoscaler{HPA: name, Workload: "web", Service: "shop", Min: 2, Max: 20, Rule: rule})
	}
	writer, err := bundle.Create(dir, manifest, []byte("kind: Scenario\n"))
	if err != nil {
		t.Fatal(err)
	}
	writer.Event(sample.Event{Kind: sample.PhaseStarted, Phase: "rise"})
	series := func(metric, label, name string, levels ...level) {
		for s := range 100 {
			for i := len(levels) - 1; i >= 0; i-- {
				if levels[i].from <= s {
					writer.Point(sample.Point{At: moment(s), Metric: metric, Labels: sample.Labels{label: name}, Value: float64(levels[i].value)})
					break
				}
			}
		}
	}
	series(sample.ServiceNeeded, "service", "shop", level{0, 1}, level{10, 6})
	series(sample.ServiceServed, "service", "shop", level{0, 100}, level{10, 200}, level{40, 400}, level{60, 600})
	series(sample.ServiceReady, "service", "shop", level{0, 2}, level{40, 4}, level{60, 7})
	for _, name := range scalers {
		series(sample.HPADesired, "hpa", name, level{0, 2}, level{30, 4}, level{55, 7})
	}
	writer.Event(sample.Event{At: moment(100), Kind: sample.PhaseFinished, Phase: "rise"})
	if err := writer.Finish(bundle.Complete, "", 101*time.Second); err != nil {
		t.Fatal(err)
	}
	s, _ := compute(t, dir)
	return s
}

func TestOracleOfARun(t *testing.T) {
	rule := &autoscaler.Rule{Spec: autoscaler.Spec{Min: 2, Max: 20, Down: autoscaler.Rules{Window: 30 * time.Second}},
		Target:     autoscaler.Target{Utilization: true, Value: 60, Request: 1000},
		Tolerances: autoscaler.Tolerances{Down: 0.1, Up: 0.1}, IdleCores: 0.02, CoresPerUnit: 0.01}
	s := ruledRun(t, rule, "web")
	in := sample.Labels{"service": "shop", "phase": "rise"}
	under := 0.0
	for metric, want := range map[string]float64{ // By hand, as in package elasticity.
		sample.HPARuleShort: 60, sample.HPADecidedLate: 70, sample.HPAActedLate: 30, sample.HPANotAsked: 130, sample.HPAUnder: 160,
	} {
		got, ok := scalarOf(s, metric, in)
		if !ok || !near(got.Value, want) {
			t.Errorf("%s is %v (%t), want %v", metric, got.Value, ok, want)
		}
		switch metric {
		case sample.HPARuleShort, sample.HPADecidedLate, sample.HPAActedLate:
			under += got.Value
		}
	}
	if all, _ := scalarOf(s, sample.HPAUnder, in); !near(under, all.Value) {
		t.Errorf("the three parts are %v, and %v was lacking", under, all.Value)
	}
	found := false
	for _, g := range s.Gauges {
		if g.Metric == sample.HPAOracle && g.Labels.Match(sample.Labels{"hpa": "web", "phase": "rise"}) {
			found = true
			if g.N < 95 || g.Max != 11 || g.Last != 11 {
				t.Errorf("the oracle's gauge is %+v, want a point a second and 11 at last", g)
			}
		}
	}
	if !found {
		t.Error("there is no series of the oracle")
	}
}

// TestNoOracle takes HPAs of which no rule is known.
func TestNoOracle(t *testing.T) {
	s := ruledRun(t, nil, "web")
	for _, metric := range []string{sample.HPARuleShort, sample.HPADecidedLate} {
		if got, ok := scalarOf(s, metric, nil); ok {
			t.Errorf("%s is %v without a rule", metric, got.Value)
		}
	}
	if got, ok := scalarOf(s, sample.HPANotAsked, nil); !ok || !near(got.Value, 130) || s.Elasticity[0].Shortage != nil {
		t.Errorf("not asked for is %v, want 130", got.Value)
	}
}
