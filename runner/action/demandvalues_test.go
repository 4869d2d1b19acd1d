package action

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/kwok/usage/service"
	"github.com/kubedyno/kubedyno/kwok/usage/values"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/measure"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// told returns the values that are served, in thousandths, by metric and pod.
func told(t *testing.T, v *values.Values) map[string]int64 {
	t.Helper()
	recorder := httptest.NewRecorder()
	v.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/", nil))
	var d map[string][]struct {
		Metric, UID string
		Milli       int64
	}
	if err := json.Unmarshal(recorder.Body.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	all := map[string]int64{}
	for kind, list := range d {
		for _, one := range list {
			all[kind+" "+one.Metric+" "+one.UID] = one.Milli
		}
	}
	return all
}

// TestDemandIsCounted reads the values of a service that gets 160 units a second and whose two pods
// serve 50 each, while it works and when the work is over.
func TestDemandIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := values.New([]values.Service{{Name: "web", Rate: "rate", Waiting: "waiting"}})
		uids := func(string) []string { return []string{"uid-0", "uid-1"} }
		env := &Env{Clock: sample.StartClock(), Sink: &demandSink{points: map[string][]float64{}}, Values: v}
		model := service.New(service.Options{Capacity: 50, Queue: 1000})
		a := &spec.Demand{Service: "web", Rate: 160, Duration: 5 * time.Second}
		d := Step{Env: env, Phase: "run"}.newDemander(a, model, func() []measure.ReadyPod { return readyPods(2) })
		v.Read(time.Now(), uids)
		time.AfterFunc(500*time.Millisecond, func() { v.Read(time.Now(), uids) })  // Nothing is counted yet.
		time.AfterFunc(2400*time.Millisecond, func() { v.Read(time.Now(), uids) }) // Counted until 2 s.
		var first map[string]int64
		time.AfterFunc(2500*time.Millisecond, func() { first = told(t, v) })
		time.AfterFunc(4700*time.Millisecond, func() { v.Read(time.Now(), uids) }) // Counted until 4 s.
		var during map[string]int64
		time.AfterFunc(4800*time.Millisecond, func() { during = told(t, v) })
		if _, err := d.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := map[string]int64{"pods rate uid-0": 50_000, "pods rate uid-1": 50_000, "external rate ": 160_000, "external waiting ": 120_000}
		if diff := cmp.Diff(want, first); diff != "" {
			t.Errorf("of its first seconds (-want +got):\n%s", diff)
		}
		want["external waiting "] = 240_000
		if diff := cmp.Diff(want, during); diff != "" {
			t.Errorf("while it works (-want +got):\n%s", diff)
		}
		time.Sleep(3 * time.Second) // One of the 4 s since the last reading had work.
		v.Read(time.Now(), uids)
		want = map[string]int64{"pods rate uid-0": 12_500, "pods rate uid-1": 12_500, "external rate ": 40_000, "external waiting ": 0}
		if diff := cmp.Diff(want, told(t, v)); diff != "" {
			t.Errorf("when it is over (-want +got):\n%s", diff)
		}
	})
}
