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

// A level is a value from a second on.
type level struct{ from, value int }

// scaledRun writes a run of 200 s: a calm phase of 60 s and a spike in which 2 pods become 6 that
// are needed. The desired and the Ready pods follow as given, with a point every second.
func scaledRun(t *testing.T, desired, ready []level, observed int, objectives ...slo.Objective) *Summary {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	writer, err := bundle.Create(dir, bundle.Manifest{ID: "h-1", Scenario: "hpa", Started: time.Now(),
		Phases: []bundle.Phase{{Name: "calm"}, {Name: "spike"}}, Objectives: objectives,
		Autoscalers: []bundle.Autoscaler{{HPA: "web", Workload: "web", Service: "shop", Min: 2, Max: 10}}}, []byte("kind: Scenario\n"))
	if err != nil {
		t.Fatal(err)
	}
	at := func(second int) sample.Offset { return sample.Offset(time.Duration(second) * time.Second) }
	series := func(metric, label, name string, levels []level) {
		for second := levels[0].from; second <= 200; second++ {
			value := 0
			for _, l := range levels {
				if second >= l.from {
					value = l.value
				}
			}
			if value >= 0 { // Else a gap.
				writer.Point(sample.Point{At: at(second), Metric: metric, Labels: sample.Labels{label: name}, Value: float64(value)})
			}
		}
	}
	writer.Event(sample.Event{Kind: sample.PhaseStarted, Phase: "calm"})
	writer.Event(sample.Event{At: at(60) - 1, Kind: sample.PhaseFinished, Phase: "calm"})
	writer.Event(sample.Event{At: at(60) - 1, Kind: sample.PhaseStarted, Phase: "spike"})
	series("service_needed_pods_total", "service", "shop", []level{{1, 2}, {60, 6}})
	series("service_ready_pods_total", "service", "shop", ready)
	series(sample.HPADesired, "hpa", "web", desired)
	for state, n := range map[string]int{"created": 1, "observed": observed} {
		writer.Point(sample.Point{At: at(200), Metric: sample.HPAs, Labels: sample.Labels{"state": state}, Value: float64(n)})
	}
	writer.Event(sample.Event{At: at(201), Kind: sample.PhaseFinished, Phase: "spike"})
	if err := writer.Finish(bundle.Complete, "", 202*time.Second); err != nil {
		t.Fatal(err)
	}
	s, _ := compute(t, dir)
	return s
}

func scalarOf(s *Summary, metric string, labels sample.Labels) (Scalar, bool) {
	for _, scalar := range s.Scalars {
		if scalar.Metric == metric && scalar.Labels.Match(labels) {
			return scalar, true
		}
	}
	return Scalar{}, false
}

func TestElasticityByHand(t *testing.T) {
	// Asked for after 30 s (4) and 45 s (6); Ready 5 s later each.
	s := scaledRun(t, []level{{1, 2}, {90, 4}, {105, 6}}, []level{{1, 2}, {95, 4}, {110, 6}}, 1)
	if len(s.Elasticity) != 2 || s.Elasticity[0].Phase != "calm" || len(s.Elasticity[0].Responses) != 0 {
		t.Fatalf("elasticity %+v, want that of a calm phase without edges and of a spike", s.Elasticity)
	}
	spike := sample.Labels{"service": "shop", "phase": "spike"}
	for metric, want := range map[string]float64{
		sample.HPAReaction: 30, sample.HPAFirstReady: 35, sample.HPASettling: 50, sample.HPAOvershoot: 0, sample.HPAReversals: 0,
		sample.HPAUnder: 4*35 + 2*15, sample.HPAOver: 0, sample.HPANotAsked: 4*30 + 2*15, sample.HPAActedLate: 2*5 + 2*5,
		sample.ElasticUnder: (4.0*35 + 2*15) / 6 / 140, sample.ElasticUnderTime: 50.0 / 140, sample.ElasticOverTime: 0,
	} {
		got, ok := scalarOf(s, metric, spike)
		if !ok || !near(got.Value, want) || got.Censored {
			t.Errorf("%s is %+v (%t), want %v", metric, got, ok, want)
		}
	}
	if _, ok := scalarOf(s, sample.HPAReaction, sample.Labels{"phase": "calm"}); ok {
		t.Error("a phase without an edge has a reaction")
	}
	if len(s.Warnings) > 0 {
		t.Errorf("warnings %q", s.Warnings)
	}
}

func TestElasticityVerdicts(t *testing.T) {
	in := func(metric string, most float64) slo.Objective {
		return slo.Objective{Metric: metric, Statistic: slo.Value, Most: &most, Where: sample.Labels{"phase": "spike"}}
	}
	reacts, never := []level{{1, 2}, {90, 6}}, []level{{1, 2}}
	for _, test := range []struct {
		name           string
		desired, ready []level
		observed       int
		objective      slo.Objective
		want           slo.Verdict
		reason         string
		warning        string
	}{
		{"in time", reacts, reacts, 1, in(sample.HPAReaction, 40), slo.Pass, "", ""},
		{"too late", reacts, reacts, 1, in(sample.HPAReaction, 20), slo.Miss, "", ""},
		{"never, and later than allowed", never, never, 1, in(sample.HPAReaction, 100), slo.Miss, "", ""},
		{"never, and the run was too short", never, never, 1, in(sample.HPAReaction, 500), slo.Inconclusive, "at least 140 s", ""},
		{"never settled", reacts, []level{{1, 2}, {195, 6}}, 1, in(sample.HPAOvershoot, 5), slo.NoData, "", ""},
		{"at its bound already", []level{{1, 10}}, []level{{1, 10}}, 1, in(sample.HPAReaction, 40), slo.NoData, "", ""},
		{"an HPA was never seen", reacts, reacts, 0, in(sample.HPAReaction, 40), slo.Inconclusive, "books", "1 HPAs were created, 0 observed"},
		{"a gap", reacts, []level{{1, 2}, {100, -1}, {150, 6}}, 1, in(sample.HPAUnder, 1000), slo.Pass, "", "are not known"},
		{"nobody knows what was desired", []level{{1, -1}}, reacts, 1, in(sample.HPAReversals, 0), slo.NoData, "", "nothing is known of what web asked for"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := scaledRun(t, test.desired, test.ready, test.observed, test.objective)
			if o := s.Objectives[0]; o.Verdict != test.want || !strings.Contains(o.Reason, test.reason) {
				t.Errorf("%s (%s), want %s (%s)", o.Verdict, o.Reason, test.want, test.reason)
			}
			all := strings.Join(s.Warnings, "\n")
			if !strings.Contains(all, test.warning) || test.warning == "" && all != "" {
				t.Errorf("warnings %q, want %q", all, test.warning)
			}
		})
	}
}
