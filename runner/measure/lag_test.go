package measure

import (
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/measure/scripted"
)

func delivery(seq string) *corev1.ConfigMap {
	return &corev1.ConfigMap{Data: map[string]string{probeKey: seq}}
}

func TestLagIsFromAcknowledgementToDelivery(t *testing.T) {
	const ms = sample.Offset(time.Millisecond)
	for _, test := range []struct {
		name     string
		script   func(l *Lag)
		min, max float64
		count    int64
	}{
		{"delivered later", func(l *Lag) {
			l.acked(probe{1, 100 * ms})
			_ = l.deliver(delivery("1"), 130*ms)
		}, 0.030, 0.030, 1},
		{"delivered before the answer", func(l *Lag) {
			_ = l.deliver(delivery("1"), 90*ms)
			l.acked(probe{1, 100 * ms})
		}, 0, 0.00001, 1},
		{"two are delivered after an outage", func(l *Lag) {
			l.acked(probe{1, 1000 * ms})
			l.acked(probe{2, 2000 * ms})
			_ = l.deliver(delivery("2"), 2500*ms)
		}, 0.5, 1.5, 2},
		{"an older delivery is of an older write", func(l *Lag) {
			_ = l.deliver(delivery("1"), 50*ms)
			l.acked(probe{2, 100 * ms})
			_ = l.deliver(delivery("2"), 120*ms)
		}, 0.020, 0.020, 1},
		{"not delivered yet", func(l *Lag) { l.acked(probe{1, 100 * ms}) }, 0, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := newLag(LagOptions{Run: Run{Clock: sample.StartClock(), Sink: discard{}}}, nil)
			test.script(l)
			if n := l.window.Count(); n != test.count {
				t.Fatalf("%d lags, want %d", n, test.count)
			}
			if n := l.window.Count(); n > 0 && (l.window.Min() < test.min*0.998 || l.window.Max() > test.max*1.002) {
				t.Errorf("lags from %v to %v s, want %v to %v s", l.window.Min(), l.window.Max(), test.min, test.max)
			}
		})
	}
}

func TestLagPendingIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLag(LagOptions{Run: Run{Clock: sample.StartClock(), Sink: discard{}}}, nil)
		for seq := range int64(maxPending + 10) {
			l.acked(probe{seq + 1, l.options.Clock.Now()})
			time.Sleep(time.Second)
		}
		if len(l.pending) != maxPending || l.window.Count() != 10 || !near(l.window.Min(), maxPending) {
			t.Errorf("%d pending and %d given up after %v s; want %d and 10 after %d s",
				len(l.pending), l.window.Count(), l.window.Min(), maxPending, maxPending)
		}
	})
}

func TestLagOverTheWire(t *testing.T) {
	s, sink, relists := newServer(t, scripted.Options{Lag: 200 * time.Millisecond}), &recording{}, &Relists{}
	l, err := StartLag(t.Context(), LagOptions{
		Run:    Run{Clock: sample.StartClock(), Sink: sink, Relists: relists},
		Config: s.Config, Namespace: "bench", Labels: map[string]string{"run": "r1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	measured := func() int64 {
		lag := sink.distribution(sample.WatchLag, nil)
		return lag.Count()
	}
	eventually(t, "two lags", func() bool { return measured() >= 2 })
	lag := sink.distribution(sample.WatchLag, nil)
	if lag.Min() < 0.19 {
		t.Errorf("shortest lag %v s, want at least the 0.2 s that the server waits", lag.Min())
	}
	s.Cut()
	time.Sleep(1200 * time.Millisecond)
	s.Restore(true)
	before := measured()
	eventually(t, "lags after an outage", func() bool { return measured() > before })
	eventually(t, "a relist", func() bool { return sink.last(sample.WatchRelists, nil) >= 1 })
	l.Close()
	watches, _ := s.Counts()
	if watches < 2 {
		t.Errorf("%d watches, want one more after the outage", watches)
	}
}
