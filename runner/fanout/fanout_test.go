package fanout

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/load"
)

var configMaps = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}

// options are 4 watchers of 2 objects that are updated 10 times in 5 seconds.
func options(s *server, sink sample.Sink) Options {
	return Options{
		Config: s.config, Namespace: "bench", Name: "probe", Resource: configMaps, Watchers: 4, Connections: 2,
		Objects: 2, Rate: 2, Size: 100, Duration: 5 * time.Second, Timeout: 20 * time.Second, Encoding: load.Protobuf,
		Phase: "steady", Seed: 1, Clock: sample.StartClock(), Sink: sink,
	}
}

// fan runs a fan-out in time that passes only while all wait, and returns what it counted.
func fan(t *testing.T, s script, change func(*Options)) (result Result, sink *recording) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server := newServer(t, s)
		sink = newRecording()
		o := options(server, sink)
		if change != nil {
			change(&o)
		}
		f, err := Prepare(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if result, err = f.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := f.Cleanup(t.Context()); err != nil || server.left != 0 {
			t.Errorf("%d objects are left, error %v", server.left, err)
		}
	})
	return result, sink
}

// ms counts durations by their rounded milliseconds; 0 is less than half of one.
type ms = map[string]int64

func TestDelaysAreThoseOfTheScript(t *testing.T) {
	byStream := func(stream, _ int) time.Duration { // 10, 210, 410 and 610 ms.
		return 10*time.Millisecond + 200*time.Millisecond*time.Duration(stream)
	}
	slowAnswer := func(int) (time.Duration, int) { return 210 * time.Millisecond, 200 }
	for _, test := range []struct {
		name                      string
		script                    script
		change                    func(*Options)
		delivery, fanout, staling ms
	}{
		{name: "each watcher its own delay", script: script{delay: byStream, bookmark: true},
			delivery: ms{"10 ms": 10, "210 ms": 10, "410 ms": 10, "610 ms": 10}, fanout: ms{"610 ms": 10},
			staling: ms{"10 ms": 10, "210 ms": 10, "410 ms": 10, "610 ms": 10}},
		{name: "in JSON", script: script{delay: byStream, bookmark: true}, change: func(o *Options) { o.Encoding = load.JSON },
			delivery: ms{"10 ms": 10, "210 ms": 10, "410 ms": 10, "610 ms": 10}, fanout: ms{"610 ms": 10},
			staling: ms{"10 ms": 10, "210 ms": 10, "410 ms": 10, "610 ms": 10}},
		{name: "events before the answer", script: script{delay: byStream, answer: slowAnswer},
			delivery: ms{"0 ms": 20, "200 ms": 10, "400 ms": 10}, fanout: ms{"400 ms": 10},
			staling: ms{"10 ms": 10, "210 ms": 10, "410 ms": 10, "610 ms": 10}},
		{name: "all before the answer",
			script:   script{answer: slowAnswer},
			delivery: ms{"0 ms": 40}, fanout: ms{"0 ms": 10}, staling: ms{"0 ms": 40}},
		{name: "one late write", script: script{delay: func(stream, revision int) time.Duration {
			if stream == 3 && revision == 10 {
				return 7 * time.Second
			}
			return 0
		}},
			delivery: ms{"0 ms": 39, "7000 ms": 1}, fanout: ms{"0 ms": 9, "7000 ms": 1}, staling: ms{"0 ms": 39, "7000 ms": 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			result, sink := fan(t, test.script, test.change)
			want := Result{Writes: 10, Expected: 40, Delivered: 40}
			if diff := cmp.Diff(want, result); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
			for metric, want := range map[string]ms{sample.WatchDelivery: test.delivery, sample.WatchFanout: test.fanout, sample.WatchStaleness: test.staling} {
				if diff := cmp.Diff(want, sink.values[metric]); diff != "" {
					t.Errorf("%s (-want +got):\n%s", metric, diff)
				}
			}
			if len(sink.censored) != 0 {
				t.Errorf("censored %v, want none", sink.censored)
			}
		})
	}
}

// What the books say of streams and events that are lost, resumed, refused or skipped.
func TestBooks(t *testing.T) {
	first := func(wanted int) func(stream, revision int) bool {
		return func(stream, revision int) bool { return stream == 0 && revision == wanted }
	}
	for _, test := range []struct {
		name     string
		script   script
		want     Result
		censored ms // Of the last watcher.
	}{
		{name: "a lost event", script: script{lose: first(4)},
			want: Result{Writes: 10, Expected: 40, Delivered: 39, Missing: 1}, censored: ms{"13": 1}},
		{name: "an event twice", script: script{twice: first(4)},
			want: Result{Writes: 10, Expected: 40, Delivered: 40, Duplicate: 1}},
		{name: "a stream cut and resumed", script: script{cut: first(4)},
			want: Result{Writes: 10, Expected: 40, Delivered: 40, Ended: 1, Resumed: 1}},
		{name: "a stream cut and resumed after a bookmark", script: script{cut: first(4), bookmark: true},
			want: Result{Writes: 10, Expected: 40, Delivered: 40, Ended: 1, Resumed: 1}},
		{name: "refused twice", script: script{cut: first(4), refuse: func(stream int) bool { return stream == 4 || stream == 5 }},
			want: Result{Writes: 10, Expected: 40, Delivered: 40, Ended: 1, Resumed: 1, Refused: 2}},
		{name: "gone", script: script{cut: first(4), compact: func(revision int) bool { return revision == 4 }},
			want: Result{Writes: 10, Expected: 40, Delivered: 39, Missing: 1, Ended: 1, Relisted: 1}, censored: ms{"13": 1}},
		{name: "gone as an event", script: script{cut: first(4), goneLate: true, compact: func(revision int) bool { return revision == 4 }},
			want: Result{Writes: 10, Expected: 40, Delivered: 39, Missing: 1, Ended: 2, Resumed: 1, Relisted: 1}, censored: ms{"13": 1}},
		{name: "failed writes", script: script{answer: func(revision int) (time.Duration, int) {
			if revision == 2 || revision == 5 {
				return 0, 409
			}
			return 0, 200
		}},
			want: Result{Writes: 8, Failed: 2, Expected: 32, Delivered: 32, Unacknowledged: 8}},
		{name: "later than the drain limit", script: script{delay: func(stream, revision int) time.Duration {
			if revision == 10 {
				return time.Hour
			}
			return 0
		}},
			want: Result{Writes: 10, Expected: 40, Delivered: 36, Missing: 4}, censored: ms{"10": 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			result, sink := fan(t, test.script, nil)
			if diff := cmp.Diff(test.want, result); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
			for key, want := range map[string]int64{
				"watch_events_total expected": result.Expected, "watch_events_total delivered": result.Delivered,
				"watch_events_total missing": result.Missing, "watch_events_total duplicate": result.Duplicate,
				"watch_events_total unacknowledged": result.Unacknowledged, "watch_streams_total opened": 4,
				"watch_streams_total ended": result.Ended, "watch_streams_total resumed": result.Resumed,
				"watch_streams_total relisted": result.Relisted, "watch_streams_total refused": result.Refused,
			} {
				if got, ok := sink.last[key]; !ok || int64(got) != want {
					t.Errorf("%s is %v (%t), want %d", key, got, ok, want)
				}
			}
			if got := total(sink.values[sample.WatchDelivery]) + total(sink.censored[sample.WatchDelivery]); got != result.Expected {
				t.Errorf("%d values of %s, want those of all %d events", got, sample.WatchDelivery, result.Expected)
			}
			if got := total(sink.values[sample.WatchFanout]) + total(sink.censored[sample.WatchFanout]); got != result.Writes {
				t.Errorf("%d values of %s, want those of all %d writes", got, sample.WatchFanout, result.Writes)
			}
			whole := ms{} // Seconds begun.
			for name, n := range sink.censored[sample.WatchFanout] {
				waited, err := time.ParseDuration(strings.ReplaceAll(name, " ", ""))
				if err != nil {
					t.Fatal(err)
				}
				whole[strings.TrimSuffix(waited.Truncate(time.Second).String(), "s")] += n
			}
			if diff := cmp.Diff(test.censored, whole); len(test.censored)+len(whole) > 0 && diff != "" {
				t.Errorf("seconds waited for what is missing (-want +got):\n%s", diff)
			}
		})
	}
}

func total(values ms) (n int64) {
	for _, count := range values {
		n += count
	}
	return n
}

// A watcher that does not deliver ends the preparation, which leaves nothing behind.
func TestWatchersDeliverBeforeTheFirstUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(t, script{refuse: func(stream int) bool { return stream >= 3 }})
		began := time.Now()
		_, err := Prepare(t.Context(), options(server, newRecording()))
		if err == nil || !strings.Contains(err.Error(), "gave up") || server.left != 0 {
			t.Errorf("error %v and %d objects left, want a watch that was given up and none", err, server.left)
		}
		if waited := time.Since(began); waited > time.Minute {
			t.Errorf("gave up after %s", waited)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		server := newServer(t, script{deaf: func(stream int) bool { return stream == 2 }})
		_, err := Prepare(t.Context(), options(server, newRecording()))
		if err == nil || !strings.Contains(err.Error(), "only 3 of 4 watchers") || server.left != 0 {
			t.Errorf("error %v and %d objects left, want one watcher that does not deliver, and none", err, server.left)
		}
	})
}

func TestWatchesAreSpreadOverTheConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(t, script{})
		o := options(server, newRecording())
		o.Watchers, o.Connections = 20, 3
		f, err := Prepare(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		streams := slices.Sorted(maps.Values(server.on))
		if diff := cmp.Diff([]int{6, 7, 7}, streams); diff != "" {
			t.Errorf("streams on each connection (-want +got):\n%s", diff)
		}
		if _, err := f.Run(t.Context()); err != nil {
			t.Error(err)
		}
		if err := f.Cleanup(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// Events are booked in any order, as each watcher takes its clock before it waits for the ledger.
func TestLedgerTakesTheLatestEvent(t *testing.T) {
	l := newLedger(3, 2, 10)
	second := func(n int) sample.Offset { return sample.Offset(time.Duration(n) * time.Second) }
	l.arrived(0, 0, 1, second(5))
	l.answered(load.Answer{Revision: 1, Done: second(2)})
	l.answered(load.Answer{Revision: 1, Done: second(1)})  // No write is answered twice.
	l.arrived(1, 1, 1, second(9))                          // Revision 1 is object 0's.
	l.arrived(1, 0, 11, second(9))                         // There is no such write.
	l.answered(load.Answer{Revision: 11, Done: second(1)}) // Nor an answer to it.
	l.arrived(1, 0, 1, second(4))
	l.arrived(2, 0, 1, second(3))
	delivery, _, last := l.windows()
	if n, longest := last.Count(), last.Max(); n != 1 || longest != sample.Resolve(3) {
		t.Errorf("%d writes, the last watcher after %g s, want one after 3 s", n, longest)
	}
	if n := delivery.Count(); n != 3 || !l.settled() {
		t.Errorf("%d events, settled %t, want 3 and nothing left to come", n, l.settled())
	}
	if diff := cmp.Diff(Result{Writes: 1, Expected: 3, Delivered: 3}, l.result()); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
}

func TestInterruptedRunClosesItsBooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		server := newServer(t, script{delay: func(stream, _ int) time.Duration { return time.Duration(stream) * time.Hour }})
		sink := newRecording()
		f, err := Prepare(ctx, options(server, sink))
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(2200*time.Millisecond, cancel)
		result, err := f.Run(ctx)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want that of the context", err)
		}
		if result.Writes == 0 || result.Expected != result.Delivered+result.Missing || result.Missing != 3*result.Writes {
			t.Errorf("books %+v, want three events of each write missing", result)
		}
		if err := f.Cleanup(t.Context()); err != nil || server.left != 0 {
			t.Errorf("%d objects are left, error %v", server.left, err)
		}
	})
}

func TestOptionsThatCannotRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(t, script{})
		for name, change := range map[string]func(*Options){
			"required":      func(o *Options) { o.Sink = nil },
			"at least 1":    func(o *Options) { o.Watchers = 0 },
			"are more than": func(o *Options) { o.Rate, o.Duration = 1e6, time.Hour },
		} {
			o := options(server, newRecording())
			change(&o)
			if _, err := Prepare(t.Context(), o); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("error %v, want one that says %q", err, name)
			}
		}
	})
}
