package measure

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/measure/scripted"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const seconds = sample.Offset(time.Second)

func at(n int) *sample.Offset {
	offset := sample.Offset(n) * seconds
	return &offset
}

// seen is a pod as a watch brings it at a level.
func seen(name string, reached level) *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
		Namespace: "bench", Name: name, UID: types.UID("uid-" + name),
		Labels:            map[string]string{WorkloadLabel: "web"},
		CreationTimestamp: metav1.Unix(1000, 0),
	}}
	if reached >= levelScheduled {
		pod.Spec.NodeName = "node-1"
	}
	if reached >= levelRunning {
		pod.Status.Phase = corev1.PodRunning
	}
	if reached >= levelReady {
		pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	}
	return pod
}

// leaving is a pod that was Ready and is being deleted.
func leaving(name string) *corev1.Pod {
	pod := seen(name, levelReady)
	pod.DeletionTimestamp = &metav1.Time{Time: time.Now()}
	return pod
}

// podsAt runs script in virtual time with a store that began 1 s before.
func podsAt(t *testing.T, script func(p *Pods, sink *recording)) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		sink := &recording{}
		p := newPods(PodsOptions{Run: Run{
			Clock: sample.StartClock(), Sink: sink, Phase: func() string { return "ramp" },
		}})
		time.Sleep(time.Second)
		script(p, sink)
	})
}

func TestPodLives(t *testing.T) {
	base := func(change func(*sample.Pod)) []sample.Pod {
		pod := sample.Pod{
			Namespace: "bench", Name: "a", UID: "uid-a", Workload: "web", Phase: "ramp", Node: "node-1",
			Created: *at(1), APICreated: time.Unix(1000, 0).UTC(),
		}
		change(&pod)
		return []sample.Pod{pod}
	}
	for _, test := range []struct {
		name string
		live func(p *Pods) // One step a second.
		want []sample.Pod
	}{
		{"every transition is seen", func(p *Pods) {
			for reached := levelCreated; reached <= levelReady; reached++ {
				_ = p.Update(seen("a", reached))
				time.Sleep(time.Second)
			}
		}, base(func(p *sample.Pod) {
			p.Scheduled, p.Running, p.Ready, p.Until = at(2), at(3), at(4), *at(4)
		})},
		{"Running and Ready come in one change", func(p *Pods) {
			_ = p.Add(seen("a", levelScheduled))
			time.Sleep(time.Second)
			_ = p.Update(seen("a", levelReady))
		}, base(func(p *sample.Pod) {
			p.Scheduled, p.Running, p.Ready, p.Until = at(1), at(2), at(2), *at(2)
		})},
		{"what comes after Ready is written when it is gone", func(p *Pods) {
			_ = p.Add(seen("a", levelReady))
			time.Sleep(time.Second)
			_ = p.Update(seen("a", levelRunning))
			_ = p.Update(seen("a", levelReady))
			time.Sleep(time.Second)
			_ = p.Update(leaving("a"))
			time.Sleep(time.Second)
			_ = p.Update(leaving("a"))
			_ = p.Delete(leaving("a"))
		}, append(base(func(p *sample.Pod) {
			p.Scheduled, p.Running, p.Ready, p.Until = at(1), at(1), at(1), *at(1)
		}), base(func(p *sample.Pod) {
			p.Scheduled, p.Running, p.Ready, p.Deleting, p.Deleted, p.Until = at(1), at(1), at(1), at(3), at(4), *at(4)
		})...)},
		{"being deleted at the end", func(p *Pods) {
			_ = p.Add(seen("a", levelReady))
			time.Sleep(time.Second)
			_ = p.Update(leaving("a"))
			time.Sleep(time.Second)
		}, append(base(func(p *sample.Pod) {
			p.Scheduled, p.Running, p.Ready, p.Until = at(1), at(1), at(1), *at(1)
		}), base(func(p *sample.Pod) {
			p.Scheduled, p.Running, p.Ready, p.Deleting, p.Until = at(1), at(1), at(1), at(2), *at(3)
		})...)},
		{"gone after an outage that hid its deletion", func(p *Pods) {
			_ = p.Add(seen("a", levelReady))
			time.Sleep(time.Second)
			_ = p.Replace(nil, "")
		}, append(base(func(p *sample.Pod) {
			p.Scheduled, p.Running, p.Ready, p.Until = at(1), at(1), at(1), *at(1)
		}), base(func(p *sample.Pod) {
			p.Scheduled, p.Running, p.Ready, p.Deleted, p.Until, p.Uncertain = at(1), at(1), at(1), at(2), *at(2), true
		})...)},
		{"created during an outage", func(p *Pods) {
			since := p.options.Clock.Now()
			time.Sleep(2 * time.Second)
			p.doubt(true, since)
			_ = p.Replace([]any{seen("a", levelReady)}, "")
		}, base(func(p *sample.Pod) {
			p.CreatedAfter, p.Created, p.Uncertain = at(1), *at(3), true
			p.Scheduled, p.Running, p.Ready, p.Until = at(3), at(3), at(3), *at(3)
		})},
		{"deleted before it was Ready", func(p *Pods) {
			_ = p.Add(seen("a", levelScheduled))
			time.Sleep(time.Second)
			_ = p.Delete(seen("a", levelScheduled))
		}, base(func(p *sample.Pod) { p.Scheduled, p.Deleted, p.Until = at(1), at(2), *at(2) })},
		{"Ready while it is being deleted does not count", func(p *Pods) {
			_ = p.Add(seen("a", levelScheduled))
			time.Sleep(time.Second)
			dying := seen("a", levelReady)
			dying.DeletionTimestamp = &metav1.Time{}
			_ = p.Update(dying)
			time.Sleep(time.Second)
			_ = p.Delete(dying)
		}, base(func(p *sample.Pod) {
			p.Scheduled, p.Running, p.Deleting, p.Deleted, p.Until = at(1), at(2), at(2), at(3), *at(3)
		})},
		{"never Ready", func(p *Pods) {
			_ = p.Add(seen("a", levelScheduled))
			time.Sleep(5 * time.Second)
		}, base(func(p *sample.Pod) { p.Scheduled, p.Until = at(1), *at(6) })},
		{"changed during an outage", func(p *Pods) {
			_ = p.Add(seen("a", levelScheduled))
			time.Sleep(4 * time.Second)
			_ = p.Replace([]any{seen("a", levelReady)}, "")
		}, base(func(p *sample.Pod) {
			p.Scheduled, p.Running, p.Ready, p.Until, p.Uncertain = at(1), at(5), at(5), *at(5), true
		})},
		{"unchanged by an outage", func(p *Pods) {
			_ = p.Add(seen("a", levelScheduled))
			time.Sleep(time.Second)
			_ = p.Replace([]any{seen("a", levelScheduled)}, "")
			time.Sleep(time.Second)
			_ = p.Update(seen("a", levelReady))
		}, base(func(p *sample.Pod) {
			p.Scheduled, p.Running, p.Ready, p.Until = at(1), at(3), at(3), *at(3)
		})},
		{"gone after an outage", func(p *Pods) {
			_ = p.Add(seen("a", levelScheduled))
			time.Sleep(time.Second)
			_ = p.Replace(nil, "")
		}, base(func(p *sample.Pod) {
			p.Scheduled, p.Deleted, p.Until, p.Uncertain = at(1), at(2), *at(2), true
		})},
		{"created late, as its watch was interrupted", func(p *Pods) {
			since := p.options.Clock.Now()
			time.Sleep(time.Second)
			p.doubt(true, since)
			_ = p.Add(seen("a", levelScheduled))
			time.Sleep(2 * time.Second)
			p.doubt(false, 0)
			_ = p.Update(seen("a", levelReady))
		}, base(func(p *sample.Pod) {
			p.CreatedAfter, p.Created, p.Uncertain = at(1), *at(2), true
			p.Scheduled, p.Running, p.Ready, p.Until = at(2), at(4), at(4), *at(4)
		})},
		{"Ready late, as its watch was interrupted", func(p *Pods) {
			_ = p.Add(seen("a", levelScheduled))
			time.Sleep(time.Second)
			p.doubt(true, 0)
			_ = p.Update(seen("a", levelReady))
		}, base(func(p *sample.Pod) {
			p.Scheduled, p.Running, p.Ready, p.Until, p.Uncertain = at(1), at(2), at(2), *at(2), true
		})},
	} {
		t.Run(test.name, func(t *testing.T) {
			podsAt(t, func(p *Pods, sink *recording) {
				test.live(p)
				p.finish()
				if diff := cmp.Diff(test.want, sink.pods); diff != "" {
					t.Errorf("records (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestPodsAskWhoKnows(t *testing.T) {
	podsAt(t, func(p *Pods, sink *recording) {
		p.options.Creation = func(namespace, name string) (Creation, bool) {
			return Creation{Intended: 5, Sent: 6, Acknowledged: 7}, namespace == "bench" && name == "a"
		}
		p.options.ConfiguredStart = func(uid string) (float64, bool) { return 1.5, uid == "uid-a" }
		_ = p.Add(seen("a", levelReady))
		_ = p.Add(seen("b", levelReady))
		a, b := sink.pods[0], sink.pods[1]
		if a.Intended == nil || *a.Intended != 5 || *a.Sent != 6 || *a.Acknowledged != 7 || a.ConfiguredStartSeconds == nil || *a.ConfiguredStartSeconds != 1.5 {
			t.Errorf("pod a %+v, want intended at 5 ns, sent at 6, acknowledged at 7 with a configured start of 1.5 s", a)
		}
		if b.Intended != nil || b.Sent != nil || b.ConfiguredStartSeconds != nil {
			t.Errorf("pod b %+v, want neither", b)
		}
	})
}

// TestPodDeletion lets one pod go after it was seen to be deleted and one without a warning.
func TestPodDeletion(t *testing.T) {
	podsAt(t, func(p *Pods, sink *recording) {
		_ = p.Add(seen("a", levelReady))
		_ = p.Add(seen("b", levelReady))
		leaving := seen("a", levelReady)
		leaving.DeletionTimestamp = &metav1.Time{Time: time.Now()}
		_ = p.Update(leaving)
		time.Sleep(2 * time.Second)
		_ = p.Update(leaving) // Its deletion goes on; it does not begin anew.
		time.Sleep(time.Second)
		_ = p.Delete(leaving)
		_ = p.Delete(seen("b", levelReady))
		p.writeDeletions(p.options.Clock.Now())
		p.writeDeletions(p.options.Clock.Now())
		var windows []sample.Window
		for _, w := range sink.windows {
			if w.Metric == sample.PodDeletion {
				windows = append(windows, w)
			}
		}
		if len(windows) != 1 {
			t.Fatalf("%d windows, want one: %+v", len(windows), windows)
		}
		h := windows[0].Histogram
		if h.Count() != 2 || h.Max() < 3 || h.Max() > 3.01 || h.Min() > 0.001 {
			t.Errorf("%d deletions took %v to %v s, want 2 from 0 to 3 s", h.Count(), h.Min(), h.Max())
		}
	})
}

// A Sink drops what comes faster than its disk.
func TestCloseGivesTheSinkTime(t *testing.T) {
	podsAt(t, func(p *Pods, sink *recording) {
		const stuck = 5*closeBatch + 1
		for i := range stuck {
			_ = p.Add(numbered(i, levelScheduled))
		}
		began := p.options.Clock.Now()
		p.finish()
		if took, want := p.options.Clock.Now()-began, 5*sample.Offset(closePause); len(sink.pods) != stuck || took != want {
			t.Errorf("%d records in %v s, want %d in %v s", len(sink.pods), took.Seconds(), stuck, want.Seconds())
		}
		for _, pod := range sink.pods {
			if pod.Until != began {
				t.Fatalf("a pod is censored at %v s, want at the end of the measurement, %v s", pod.Until.Seconds(), began.Seconds())
			}
		}
	})
}

func TestPodCounts(t *testing.T) {
	podsAt(t, func(p *Pods, sink *recording) {
		for i, reached := range []level{levelCreated, levelScheduled, levelScheduled, levelRunning, levelReady, levelReady} {
			_ = p.Add(seen(fmt.Sprint("p", i), reached))
		}
		_ = p.Delete(seen("p5", levelReady))
		finished := seen("p3", levelRunning)
		finished.Status.Phase = corev1.PodSucceeded
		_ = p.Update(finished)
		want := PodCounts{Created: 5, Scheduled: 4, Running: 1, Ready: 1, Deleted: 1}
		if diff := cmp.Diff(want, p.Counts("web")); diff != "" {
			t.Errorf("counts of the workload (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(want, p.Counts("")); diff != "" {
			t.Errorf("counts of all (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(PodCounts{}, p.Counts("other")); diff != "" {
			t.Errorf("counts of a workload without pods (-want +got):\n%s", diff)
		}
		p.gauge()
		for state, count := range map[string]float64{"created": 5, "scheduled": 4, "running": 1, "ready": 1, "deleted": 1} {
			if got := sink.last(sample.PodsByState, sample.Labels{"state": state}); got != count {
				t.Errorf("gauge of %s pods is %v, want %v", state, got, count)
			}
		}
		if diff := cmp.Diff([]string{"p0", "p1", "p2", "p3", "p4"}, p.Names("bench")); diff != "" {
			t.Errorf("names (-want +got):\n%s", diff)
		}
	})
}

func TestNamesLeaveOutPodsThatAreBeingDeleted(t *testing.T) {
	podsAt(t, func(p *Pods, _ *recording) {
		for _, name := range []string{"a", "b"} {
			_ = p.Add(seen(name, levelReady))
		}
		leaving := seen("a", levelReady)
		leaving.DeletionTimestamp = &metav1.Time{Time: time.Now()}
		_ = p.Update(leaving)
		if diff := cmp.Diff([]string{"b"}, p.Names("bench")); diff != "" {
			t.Errorf("names (-want +got):\n%s", diff)
		}
	})
}

func TestWaitStarted(t *testing.T) {
	podsAt(t, func(p *Pods, _ *recording) {
		wait := func() error {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			return p.WaitStarted(ctx)
		}
		if err := wait(); err != nil {
			t.Errorf("without pods: %v", err)
		}
		_ = p.Add(seen("a", levelReady))
		_ = p.Add(seen("b", levelRunning))
		_ = p.Add(seen("c", levelScheduled))
		if err := wait(); err == nil || !strings.Contains(err.Error(), "2 are left") {
			t.Errorf("error %v, want that 2 pods are starting", err)
		}
		_ = p.Update(seen("b", levelReady))
		finished := seen("b", levelRunning)
		finished.Status.Phase = corev1.PodSucceeded
		_ = p.Update(finished)
		_ = p.Delete(seen("c", levelScheduled))
		if err := wait(); err != nil {
			t.Errorf("one pod ran to its end and one was deleted: %v", err)
		}
	})
}

func TestWaitReady(t *testing.T) {
	podsAt(t, func(p *Pods, _ *recording) {
		go func() {
			for i := range 5 {
				time.Sleep(10 * time.Second)
				_ = p.Add(seen(fmt.Sprint("p", i), levelReady))
			}
		}()
		var told []string
		err := p.WaitReady(context.Background(), "web", func() int { return 3 }, func(done, total int) {
			told = append(told, fmt.Sprintf("%d/%d", done, total))
		})
		if err != nil {
			t.Fatal(err)
		}
		if ready := p.Counts("web").Ready; ready != 3 {
			t.Errorf("returned at %d Ready pods, want 3", ready)
		}
		if len(told) < 25 || told[0] != "0/3" || told[len(told)-1] != "3/3" {
			t.Errorf("progress %v, want about one a second from 0/3 to 3/3", told)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := p.WaitReady(ctx, "web", func() int { return 9 }, nil); err == nil || ctx.Err() == nil {
			t.Errorf("error %v, want that time ran out", err)
		}
		synctest.Wait()
		time.Sleep(time.Minute)
	})
}

// TestWaitReadyForFewer: an autoscaler takes pods away that were wanted when the wait began.
func TestWaitReadyForFewer(t *testing.T) {
	podsAt(t, func(p *Pods, _ *recording) {
		_ = p.Add(seen("p0", levelReady))
		began := time.Now()
		want := func() int {
			if time.Since(began) > 10*time.Second {
				return 1
			}
			return 2
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := p.WaitReady(ctx, "web", want, nil); err != nil {
			t.Error(err)
		}
		if waited := time.Since(began); waited < 10*time.Second || waited > 15*time.Second {
			t.Errorf("waited for %v, want until one pod is enough", waited)
		}
	})
}

// A running watch against a server that is cut and comes back.
func TestPodsOverAnOutage(t *testing.T) {
	for _, test := range []struct {
		name            string
		noInitialEvents bool
		expired         bool
		relists         int64
	}{
		{"resumed", false, false, 0},
		{"expired", false, true, 1},
		{"resumed by a server without initial events", true, false, 0},
		{"expired on a server without initial events", true, true, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			const collection = "/api/v1/namespaces/bench/pods"
			s, sink, relists := newServer(t, scripted.Options{NoInitialEvents: test.noInitialEvents}), &recording{}, &Relists{}
			p, err := StartPods(t.Context(), PodsOptions{
				Run:    Run{Clock: sample.StartClock(), Sink: sink, Relists: relists},
				Config: s.Config, Namespace: "bench",
			})
			if err != nil {
				t.Fatal(err)
			}
			s.Put(collection, apiPod("before", "Running"))
			s.Put(collection, apiPod("during", "Pending"))
			s.Put(collection, apiPod("lost", "Pending"))
			s.Put(collection, apiPod("never", "Pending"))
			eventually(t, "4 pods", func() bool { return p.Counts("").Created == 4 })
			s.Cut()
			s.Put(collection, apiPod("during", "Running"))
			s.Delete(collection, "lost")
			time.Sleep(300 * time.Millisecond)
			s.Restore(test.expired)
			eventually(t, "what changed", func() bool { return p.Counts("").Deleted == 1 && p.Counts("").Ready == 2 })
			p.Close()
			p.Close()

			got := map[string]string{}
			for _, pod := range sink.allPods() {
				got[pod.Name] = fmt.Sprintf("ready=%t deleted=%t uncertain=%t",
					pod.Ready != nil, pod.Deleted != nil, pod.Uncertain)
			}
			want := map[string]string{
				"before": "ready=true deleted=false uncertain=false",
				"during": "ready=true deleted=false uncertain=true",
				"lost":   "ready=false deleted=true uncertain=true",
				"never":  "ready=false deleted=false uncertain=false",
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("pods (-want +got):\n%s", diff)
			}
			if relists.Count() != test.relists {
				t.Errorf("%d relists, want %d", relists.Count(), test.relists)
			}
			if len(sink.events) > maxWarnings {
				t.Errorf("%d warnings of an outage, want at most %d", len(sink.events), maxWarnings)
			}
		})
	}
}

// apiPod is a pod in a phase; when it runs it is Ready.
func apiPod(name, phase string) object {
	ready := "False"
	if phase == "Running" {
		ready = "True"
	}
	return object{
		"apiVersion": "v1", "kind": "Pod",
		"metadata": object{"namespace": "bench", "name": name, "uid": "uid-" + name},
		"spec":     object{"nodeName": "node-1"},
		"status":   object{"phase": phase, "conditions": []any{object{"type": "Ready", "status": ready}}},
	}
}

func TestStartPodsOnADeadServer(t *testing.T) {
	s := newServer(t, scripted.Options{})
	s.Cut()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := StartPods(ctx, PodsOptions{
		Run: Run{Clock: sample.StartClock(), Sink: &recording{}}, Config: s.Config,
	}); err == nil {
		t.Error("no error, although the server never answered")
	}
}

// discard is a Sink that keeps nothing.
type discard struct{}

func (discard) Event(sample.Event)     {}
func (discard) Point(sample.Point)     {}
func (discard) Window(sample.Window)   {}
func (discard) Buckets(sample.Buckets) {}
func (discard) Pod(sample.Pod)         {}
