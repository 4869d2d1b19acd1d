package action

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/kwok/usage"
	"github.com/kubedyno/kubedyno/kwok/usage/service"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/measure"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// A ledgerOfUse is told what pods use and keeps it.
type ledgerOfUse struct {
	calls int
	now   map[string]usage.Usage
}

func (l *ledgerOfUse) Use(uid string, u usage.Usage) {
	l.calls++
	l.now[uid] = u
}

// A demandSink keeps points and windows.
type demandSink struct {
	points   map[string][]float64
	answered sample.Histogram
	censored sample.Histogram
	lag      sample.Histogram
}

func (s *demandSink) Event(sample.Event)     {}
func (s *demandSink) Buckets(sample.Buckets) {}
func (s *demandSink) Pod(sample.Pod)         {}
func (s *demandSink) Point(p sample.Point)   { s.points[p.Metric] = append(s.points[p.Metric], p.Value) }
func (s *demandSink) Window(w sample.Window) {
	switch {
	case w.Metric == sample.ServiceTickLag:
		s.lag.Merge(w.Histogram)
	case w.Censored:
		s.censored.Merge(w.Histogram)
	default:
		s.answered.Merge(w.Histogram)
	}
}

// readyPods are n pods that are Ready since the run began.
func readyPods(n int) []measure.ReadyPod {
	pods := make([]measure.ReadyPod, n)
	for i := range pods {
		pods[i] = measure.ReadyPod{UID: fmt.Sprint("uid-", i)}
	}
	return pods
}

// demanding runs a demand of 160 units a second for 5 s on pods that serve 50 each, with a queue
// of 100, in virtual time.
func demanding(t *testing.T, pace spec.Pace, ready func(call int) []measure.ReadyPod, check func(books, error, *demandSink, *ledgerOfUse)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		sink, use := &demandSink{points: map[string][]float64{}}, &ledgerOfUse{now: map[string]usage.Usage{}}
		step := Step{Env: &Env{Clock: sample.StartClock(), Sink: sink, Usage: use}, Phase: "run"}
		model := service.New(service.Options{Capacity: 50, Queue: 100, IdleCores: 0.02, CoresPerUnit: 0.01})
		a := &spec.Demand{Service: "web", Rate: 160, Pace: pace, Duration: 5 * time.Second}
		time.Sleep(time.Second)
		call := 0
		d := step.newDemander(a, model, func() []measure.ReadyPod { call++; return ready(call) })
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, errors.New("too long"))
		defer cancel()
		b, err := d.run(ctx)
		check(b, err, sink, use)
	})
}

func whole(b books) [4]float64 {
	return [4]float64{b.offered.Float(), b.served.Float(), b.lost.Float(), b.queue.Float()}
}

func TestDemand(t *testing.T) {
	demanding(t, spec.Pace{}, func(int) []measure.ReadyPod { return readyPods(2) }, func(b books, err error, sink *demandSink, use *ledgerOfUse) {
		if err != nil {
			t.Fatal(err)
		}
		// 60 of 160 units a second find no pod: 100 of them wait, the other 200 are lost.
		if diff := cmp.Diff([4]float64{800, 500, 200, 100}, whole(b)); diff != "" {
			t.Errorf("offered, served, lost, queue (-want +got):\n%s", diff)
		}
		want := map[string][]float64{
			sample.ServiceDemand: {160, 160, 160, 160, 160}, sample.ServiceServed: {100, 100, 100, 100, 100},
			sample.ServiceCapacity: {100, 100, 100, 100, 100}, sample.ServiceQueue: {60, 100, 100, 100, 100},
			sample.ServiceLost: {0, 0, 20, 80, 140, 200}, sample.ServiceNeeded: {4, 4, 4, 4, 4},
			sample.ServiceReady: {2, 2, 2, 2, 2}, sample.ServiceShort: {1, 1, 1, 1, 1},
		}
		delete(sink.points, sample.ServiceMeanTime)
		if diff := cmp.Diff(want, sink.points); diff != "" {
			t.Errorf("points (-want +got):\n%s", diff)
		}
		if sink.answered.Count() != 500 || sink.censored.Count() != 100 {
			t.Errorf("%d units have a response time and %d at least one, want 500 and 100", sink.answered.Count(), sink.censored.Count())
		}
		// Whoever gets into the full queue waits for the 100 before, at 100 a second.
		if most := sink.answered.Max(); most < 1 || most > 1.05 {
			t.Errorf("the longest response took %v s, want 1.02", most)
		}
		if use.calls != 4 || use.now["uid-0"] != (usage.Usage{Cores: 0.02}) {
			t.Errorf("usage was told %d times and ends at %v", use.calls, use.now)
		}
	})
}

// TestLateDemand holds the second step up for 2.5 s: the work of that time is there all the same. The
// last step is held up for 0.5 s beyond the demand's end, in which pods serve and nothing comes.
func TestLateDemand(t *testing.T) {
	held := func(call int) []measure.ReadyPod {
		switch call {
		case 2:
			time.Sleep(2500 * time.Millisecond)
		case 3:
			time.Sleep(500 * time.Millisecond)
		}
		return readyPods(2)
	}
	demanding(t, spec.Pace{}, held, func(b books, err error, sink *demandSink, _ *ledgerOfUse) {
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([4]float64{800, 550, 170, 80}, whole(b)); diff != "" {
			t.Errorf("offered, served, lost, queue (-want +got):\n%s", diff)
		}
		if n := len(sink.points[sample.ServiceQueue]); n != 3 { // At 1, 4.5 and 5.5 s.
			t.Errorf("%d steps, want 3", n)
		}
		if late := sink.lag.Max(); late < 2.5 || late > 2.51 {
			t.Errorf("the latest step was %v s late, want 2.5", late)
		}
	})
}

// TestDemandFollowsPods: pods come and go, the demand steps down to what they can do.
func TestDemandFollowsPods(t *testing.T) {
	pods := func(call int) []measure.ReadyPod { return readyPods([]int{0, 0, 4, 4, 2, 2}[call]) }
	pace := spec.Pace{Shape: "steps", Factors: []float64{1, 1, 1, 0, 0}}
	demanding(t, pace, pods, func(b books, err error, sink *demandSink, use *ledgerOfUse) {
		if err != nil {
			t.Fatal(err)
		}
		// First second: 100 wait, 60 are lost. Then 200, 160 + 60 and nothing are served.
		if diff := cmp.Diff([4]float64{480, 420, 60, 0}, whole(b)); diff != "" {
			t.Errorf("offered, served, lost, queue (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]float64{1, 0, 0, 0, 0}, sink.points[sample.ServiceShort]); diff != "" {
			t.Errorf("short of capacity (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]float64{160, 160, 0, 0, 0}, sink.points[sample.ServiceDemand]); diff != "" {
			t.Errorf("demand at the end of each step (-want +got):\n%s", diff)
		}
		if n := sink.answered.Count(); n != 420 || sink.censored.Count() != 0 {
			t.Errorf("%d units have a response time and %d at least one, want 420 and none", n, sink.censored.Count())
		}
		for uid, u := range use.now {
			if u.Cores != 0.02 {
				t.Errorf("pod %s is left at %v", uid, u)
			}
		}
	})
}

// TestCancelledDemand: the pods are idle again, and what waits is recorded as such.
func TestCancelledDemand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink, use := &demandSink{points: map[string][]float64{}}, &ledgerOfUse{now: map[string]usage.Usage{}}
		step := Step{Env: &Env{Clock: sample.StartClock(), Sink: sink, Usage: use}, Phase: "run"}
		model := service.New(service.Options{Capacity: 50, Queue: 100, IdleCores: 0.02, CoresPerUnit: 0.01})
		a := &spec.Demand{Service: "web", Rate: 160, Duration: time.Hour}
		broken := errors.New("broken")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(2500*time.Millisecond, func() { cancel(broken) })
		_, err := step.newDemander(a, model, func() []measure.ReadyPod { return readyPods(1) }).run(ctx)
		if !errors.Is(err, broken) {
			t.Errorf("the demand ended with %v", err)
		}
		if sink.censored.Count() != 100 || use.now["uid-0"] != (usage.Usage{Cores: 0.02}) {
			t.Errorf("%d units waited, the pod is left at %v", sink.censored.Count(), use.now)
		}
	})
}
