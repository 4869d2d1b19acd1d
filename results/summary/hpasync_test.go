package summary

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
)

// syncRun writes a run of two phases, grow until 10 s and steady from 10 to 70 s, with the HPAs
// that exist at each second and what else is to be written.
func syncRun(t *testing.T, existing func(second int) float64, more func(*bundle.Writer)) *Summary {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	writer, err := bundle.Create(dir, bundle.Manifest{ID: "h-1", Started: time.Now(),
		Phases: []bundle.Phase{{Name: "grow"}, {Name: "steady"}}}, []byte("kind: Scenario\n"))
	if err != nil {
		t.Fatal(err)
	}
	writer.Event(sample.Event{Kind: sample.PhaseStarted, Phase: "grow"})
	writer.Event(sample.Event{At: moment(10) - 2, Kind: sample.PhaseFinished, Phase: "grow"})
	writer.Event(sample.Event{At: moment(10) - 1, Kind: sample.PhaseStarted, Phase: "steady"})
	for s := 1; s < 70; s++ {
		writer.Point(sample.Point{At: moment(s), Metric: sample.HPAs, Labels: sample.Labels{"state": "existing"}, Value: existing(s)})
	}
	more(writer)
	writer.Event(sample.Event{At: moment(70), Kind: sample.PhaseFinished, Phase: "steady"})
	if err := writer.Finish(bundle.Complete, "", 71*time.Second); err != nil {
		t.Fatal(err)
	}
	s, _ := compute(t, dir)
	return s
}

func moment(s int) sample.Offset { return sample.Offset(time.Duration(s) * time.Second) }

func TestSyncPeriod(t *testing.T) {
	counted := func(n ...uint64) func(*bundle.Writer) {
		return func(w *bundle.Writer) {
			for _, count := range n {
				w.Buckets(sample.Buckets{From: moment(10), To: moment(70), Metric: sample.HPAReconcile,
					Labels: sample.Labels{"phase": "steady"}, Bounds: []float64{1}, Counts: []uint64{count, 0}, Sum: 1})
			}
		}
	}
	gauge := func(metric string, labels sample.Labels, values ...float64) func(*bundle.Writer) {
		return func(w *bundle.Writer) {
			counted(1200)(w)
			for i, v := range values {
				w.Point(sample.Point{At: moment(20 + i), Metric: metric, Labels: labels, Value: v})
			}
		}
	}
	still := func(int) float64 { return 400 }
	for _, test := range []struct {
		name     string
		existing func(int) float64
		more     func(*bundle.Writer)
		want     float64 // 0 is none.
	}{
		{"400 in 60 s, 20 a second", still, counted(1200), 20},
		{"of several labels", still, counted(1000, 200), 20},
		{"as many by the controller's own count", still, gauge(sample.HPAControlled, nil, 400, 400), 20},
		{"others beside them", still, gauge(sample.HPAControlled, nil, 400, 401), 0},
		{"the controller was restarted", still, gauge(sample.ComponentCPUTotal, sample.Labels{"component": controllerManager}, 30, 1), 0},
		{"the controller went on", still, gauge(sample.ComponentCPUTotal, sample.Labels{"component": controllerManager}, 30, 31), 20},
		{"too short to tell", still, counted(600), 0},
		{"nothing was counted", still, counted(), 0},
		{"one came in the phase", func(s int) float64 { return map[bool]float64{true: 400, false: 399}[s > 40] }, counted(1200), 0},
		{"one came before the first point", func(s int) float64 { return map[bool]float64{true: 400, false: 399}[s >= 10] }, counted(1200), 0},
		{"there are none", func(int) float64 { return 0 }, counted(1200), 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, ok := scalarOf(syncRun(t, test.existing, test.more), sample.HPASyncPeriod, sample.Labels{"phase": "steady"})
			if ok != (test.want > 0) || !near(got.Value, test.want) {
				t.Errorf("%v (%t), want %v", got.Value, ok, test.want)
			}
		})
	}
}
