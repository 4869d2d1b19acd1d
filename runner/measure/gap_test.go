package measure

import (
	"context"
	"errors"
	"fmt"
	"net"
	"reflect"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/measure/scripted"
)

// doubts is a follower that notes what it is told of each change: its name, and whether it was late.
type doubts struct {
	said string
	all  []string
}

func (d *doubts) doubt(late bool, since sample.Offset) {
	d.said = "in time"
	if late {
		d.said = fmt.Sprintf("late, after %.1f s", since.Seconds())
	}
}

func (d *doubts) Add(object any) error {
	d.all = append(d.all, object.(*corev1.Pod).Name+" "+d.said)
	return nil
}
func (d *doubts) Update(object any) error     { return d.Add(object) }
func (d *doubts) Delete(object any) error     { return d.Add(object) }
func (d *doubts) Replace([]any, string) error { return errors.New("there is no list here") }

// ended is a context that has ended: nothing is asked of a server.
func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// TestGap takes up a watch at 10.3 s that ended at 10 s and had last brought something at 4 s. The limit is
// half a second.
func TestGap(t *testing.T) {
	version := func(v string) metav1.ObjectMeta { return metav1.ObjectMeta{Name: v, ResourceVersion: v} }
	change := func(f *following, v string) {
		_ = f.apply(watch.Event{Type: watch.Modified, Object: &corev1.Pod{ObjectMeta: version(v)}})
	}
	for _, test := range []struct {
		name   string
		broken bool // The connection is another one.
		happen func(f *following)
		want   []string
		delays string // Of what counts as watch lag.
	}{
		{"soon enough", false, func(f *following) {
			f.gap.upTo.Store(new("120"))
			change(f, "119")
			time.Sleep(200 * time.Millisecond)
			change(f, "120")
		}, []string{"119 in time", "120 in time"}, "2 from 0.30 to 0.50 s"},
		{"later", false, func(f *following) {
			f.gap.upTo.Store(new("120"))
			change(f, "119")
			time.Sleep(201 * time.Millisecond)
			change(f, "120")
		}, []string{"119 in time", "120 late, after 4.0 s"}, "1 from 0.30 to 0.30 s"},
		{"what is newer is not of the gap, nor what comes then", false, func(f *following) {
			f.gap.upTo.Store(new("120"))
			time.Sleep(time.Second)
			change(f, "121")
			change(f, "99")
		}, []string{"121 in time", "99 in time"}, "none"},
		{"a bookmark ends it", false, func(f *following) {
			f.gap.upTo.Store(new("120"))
			_ = f.apply(watch.Event{Type: watch.Bookmark, Object: &corev1.Pod{ObjectMeta: version("120")}})
			time.Sleep(time.Second)
			change(f, "120")
		}, []string{"120 in time"}, "none"},
		{"a bookmark from before does not", false, func(f *following) {
			f.gap.upTo.Store(new("120"))
			_ = f.apply(watch.Event{Type: watch.Bookmark, Object: &corev1.Pod{ObjectMeta: version("99")}})
			time.Sleep(time.Second)
			change(f, "120")
		}, []string{"120 late, after 4.0 s"}, "none"},
		{"as long as it is not known how far it goes, all may be of it", false, func(f *following) {
			change(f, "9000")
			time.Sleep(time.Second)
			change(f, "9001")
		}, []string{"9000 in time", "9001 late, after 4.0 s"}, "1 from 0.30 to 0.30 s"},
		{"with the connection", true, func(f *following) {
			f.gap.upTo.Store(new("120"))
			change(f, "119")
		}, []string{"119 late, after 4.0 s"}, "none"},
		{"interrupted again", false, func(f *following) {
			f.ended.at = f.run.Clock.Now()
			f.resume(ended(), &stream{connection: f.ended.connection})
			f.gap.upTo.Store(new("130"))
			time.Sleep(300 * time.Millisecond)
			change(f, "125")
			change(f, "131")
		}, []string{"125 late, after 4.0 s", "131 in time"}, "none"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store, relists := &doubts{}, &Relists{}
				connection, other := net.Pipe()
				f := &following{
					run:      Run{Clock: sample.StartClock(), Sink: discard{}, Relists: relists, LagLimit: 500 * time.Millisecond},
					expected: reflect.TypeOf(&corev1.Pod{}), store: store,
					alive: 4 * seconds, ended: end{10 * seconds, connection},
				}
				time.Sleep(10300 * time.Millisecond)
				s := &stream{connection: connection}
				if test.broken {
					s.connection = other
				}
				f.resume(ended(), s)
				test.happen(f)
				if diff := cmp.Diff(test.want, store.all); diff != "" {
					t.Errorf("changes (-want +got):\n%s", diff)
				}
				got := "none"
				if d := relists.delays; d.Count() > 0 {
					got = fmt.Sprintf("%d from %.2f to %.2f s", d.Count(), d.Min(), d.Max())
				}
				if got != test.delays {
					t.Errorf("delays %s, want %s", got, test.delays)
				}
			})
		})
	}
}

// TestInterruptionsDelayByWhatTheyTook compares the watch lag that interruptions are said to have made with
// what was scripted: after a quiet time the watch ends, or breaks with its connection, and a pod is
// created while nobody watches.
func TestInterruptionsDelayByWhatTheyTook(t *testing.T) {
	const quiet = 400 * time.Millisecond
	for name, breaks := range map[string]bool{"the watch ends": false, "the connection breaks": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := watchPods(t, scripted.Options{}, time.Hour)
			b.settle(t)
			heard := b.clock.Now()
			time.Sleep(quiet)
			cut := b.clock.Now()
			b.Cut()
			if breaks {
				b.Drop()
			}
			eventually(t, "a watch that finds the server away", func() bool { return len(b.warnings()) > 0 })
			noticed := b.clock.Now()
			b.put("a", levelReady)
			b.Restore(false)
			eventually(t, "the pod", func() bool { return b.pods.Counts("").Ready == 2 })
			b.catchUp(t)
			seen, _, _ := b.records("a")
			least, most := seen.Created-noticed, seen.Created-cut
			if breaks {
				least, most = seen.Created-heard, seen.Created
			}
			b.pods.Close()
			got := b.relists.delays
			if got.Min() < least.Seconds()*0.998 || got.Min() > most.Seconds()*1.002 {
				t.Errorf("the first of %d delays is %v s, want %v to %v s", got.Count(), got.Min(), least.Seconds(), most.Seconds())
			}
			if seen.Uncertain || b.relists.Resumes() != 1 || b.relists.Count() != 0 {
				t.Errorf("pod %+v after %d resumes and %d relists, want it to be sure after 1 and 0", seen, b.relists.Resumes(), b.relists.Count())
			}
		})
	}
}

// warnings returns what was warned of so far.
func (b *bench) warnings() []string {
	b.sink.mu.Lock()
	defer b.sink.mu.Unlock()
	var all []string
	for _, e := range b.sink.events {
		all = append(all, e.Message)
	}
	return all
}

// TestWatchesThatBringNothingGoOn: a server that ends a watch at once, as it does with one that cannot keep
// up, has not lost its history.
func TestWatchesThatBringNothingGoOn(t *testing.T) {
	t.Parallel()
	b := watchPods(t, scripted.Options{}, 0)
	for resumes := range int64(4) {
		b.Cut()
		b.Restore(false)
		eventually(t, "a watch that goes on", func() bool { return b.relists.Resumes() > resumes })
	}
	b.settle(t)
	if b.relists.Count() != 0 {
		t.Errorf("%d relists, want none", b.relists.Count())
	}
}

// TestAHeldUpStoreHoldsNobodyUp: that a change is not taken does not keep the server from sending what follows,
// so that it has no reason to cut the watch.
func TestAHeldUpStoreHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	b := watchPods(t, scripted.Options{}, 0)
	b.settle(t)
	const pods = 2000
	b.pods.mu.Lock()
	release := sync.OnceFunc(b.pods.mu.Unlock)
	t.Cleanup(release) // Before the pods are closed.
	for i := range pods {
		b.put(fmt.Sprint("pod-", i), levelReady)
	}
	eventually(t, "all changes sent", func() bool {
		sent := b.Sent()
		return len(sent) >= pods+2 && !slices.ContainsFunc(sent, func(e scripted.Sent) bool { return e.Flushed == 0 })
	})
	release()
	b.settle(t)
	if n := b.pods.Counts("").Ready; n != pods+2 || b.relists.Resumes() != 0 {
		t.Errorf("%d Ready pods after %d resumes, want %d after 0", n, b.relists.Resumes(), pods+2)
	}
}

// TestLagHasTheDelaysOfInterruptions: they are judged as any watch lag.
func TestLagHasTheDelaysOfInterruptions(t *testing.T) {
	sink, relists := &recording{}, &Relists{}
	l := newLag(LagOptions{Run: Run{Clock: sample.StartClock(), Sink: sink, Relists: relists}}, nil)
	relists.delayed(20 * time.Millisecond)
	relists.delayed(40 * time.Millisecond)
	l.flush()
	l.flush() // What was taken is not taken again.
	lag := sink.distribution(sample.WatchLag, nil)
	if lag.Count() != 2 || lag.Min() < 0.0199 || lag.Max() > 0.0401 {
		t.Errorf("%d lags from %v to %v s, want 2 from 0.02 to 0.04 s", lag.Count(), lag.Min(), lag.Max())
	}
}
