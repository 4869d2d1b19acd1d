package measure

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/dynamic"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/measure/scripted"
)

// These tests compare what is measured with what a scripted server really sent, by one clock. A
// transition can never be seen before it was sent; allowance is how much later it may be seen, on
// a machine that is busy with other things.
const allowance = 2 * sample.Offset(time.Second)

const podPath = "/api/v1/namespaces/bench/pods"

// bench is a scripted server with the pods of it being measured.
type bench struct {
	*scripted.Server
	clock   sample.Clock
	pods    *Pods
	sink    *recording
	relists *Relists
	settled int // How often.
}

// watchPods starts a server and begins to measure its pods, all by one clock. What comes late
// because the watch was interrupted is marked if it is later than lagLimit.
func watchPods(t *testing.T, options scripted.Options, lagLimit time.Duration) *bench {
	t.Helper()
	b := &bench{clock: sample.StartClock(), sink: &recording{}, relists: &Relists{}}
	b.Server = scripted.NewServer(b.clock, options)
	t.Cleanup(b.Server.Close)
	var err error
	b.pods, err = StartPods(t.Context(), PodsOptions{
		Run: Run{Clock: b.clock, Sink: b.sink, Relists: b.relists, LagLimit: lagLimit}, Config: b.Config, Namespace: "bench",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.pods.Close)
	return b
}

// put scripts a pod at a level.
func (b *bench) put(name string, reached level) { b.Put(podPath, scriptedPod(name, reached, false)) }

// leave scripts that a pod is being deleted.
func (b *bench) leave(name string) { b.Put(podPath, scriptedPod(name, levelReady, true)) }

func scriptedPod(name string, reached level, leaving bool) object {
	metadata := object{"namespace": "bench", "name": name, "uid": "uid-" + name,
		"labels": object{WorkloadLabel: "web"}, "creationTimestamp": "2026-01-02T03:04:05Z"}
	if leaving {
		metadata["deletionTimestamp"] = "2026-01-02T03:04:06Z"
	}
	o := object{"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": object{}, "status": object{"phase": "Pending"}}
	if reached >= levelScheduled {
		o["spec"] = object{"nodeName": "node-1"}
	}
	if reached >= levelRunning {
		ready := "False"
		if reached == levelReady {
			ready = "True"
		}
		o["status"] = object{"phase": "Running", "conditions": []any{object{"type": "Ready", "status": ready}}}
	}
	return o
}

// records returns the first and the last record of a pod, and how many there are.
func (b *bench) records(name string) (first, last sample.Pod, n int) {
	for _, pod := range b.sink.allPods() {
		if pod.Name != name {
			continue
		}
		if n == 0 {
			first = pod
		}
		last = pod
		n++
	}
	return first, last, n
}

// sentOf returns the events of an object after the state that begins a watch.
func (b *bench) sentOf(name string) []scripted.Sent {
	return slices.DeleteFunc(b.Sent(), func(e scripted.Sent) bool { return e.Name != name || e.Initial })
}

// settle waits until the watch has caught up: a pod that is created now is seen.
func (b *bench) settle(t *testing.T) {
	t.Helper()
	name := fmt.Sprint("settled-", b.settled)
	b.settled++
	b.put(name, levelReady)
	eventually(t, "a pod that is created now", func() bool { return slices.Contains(b.pods.Names("bench"), name) })
}

func TestTimelinesAreThoseThatWereSent(t *testing.T) {
	for name, options := range map[string]scripted.Options{
		"watch list": {}, "list and watch": {NoInitialEvents: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := watchPods(t, options, 0)
			const lives, stuck = 40, 5
			scripted.Play(t.Context(), b.script(lives, stuck)...)
			eventually(t, "all pods gone but the stuck ones", func() bool { return b.pods.Counts("").Deleted == lives })
			closed := b.clock.Now()
			b.pods.Close()

			for i := range lives {
				first, last, n := b.records(fmt.Sprint("pod-", i))
				if n != 2 || first.Amends() || !last.Amends() {
					t.Fatalf("pod %d has %d records, want one when it was Ready and one when it had gone", i, n)
				}
				b.compare(t, last)
				first.Deleting, first.Deleted, first.Until = last.Deleting, last.Deleted, last.Until
				if diff := cmp.Diff(first, last); diff != "" {
					t.Errorf("the second record changes what the first said (-first +second):\n%s", diff)
				}
			}
			for i := range stuck {
				pod, _, n := b.records(fmt.Sprint("stuck-", i))
				if n != 1 || pod.Ready != nil || pod.Until < closed {
					t.Errorf("stuck pod has %d records, the first %+v; want one that is censored after %v", n, pod, closed)
				}
				within(t, pod.Name+" created", pod.Created, b.sentOf(pod.Name)[0])
			}
			if len(b.sink.allPods()) != 2*lives+stuck {
				t.Errorf("%d records of %d pods of which %d are stuck", len(b.sink.allPods()), lives+stuck, stuck)
			}
			deletions := b.sink.distribution(sample.PodDeletion, nil)
			if deletions.Count() != lives || b.relists.Count() != 0 || b.relists.Resumes() != 0 {
				t.Errorf("%d deletions, %d relists, %d resumes; want %d, 0, 0",
					deletions.Count(), b.relists.Count(), b.relists.Resumes(), lives)
			}
		})
	}
}

// script lets pods live through all of their transitions at moments of a fixed random choice, with
// bookmarks in between, and others be created and scheduled only.
func (b *bench) script(lives, stuck int) []scripted.Step {
	random := rand.New(rand.NewPCG(1, 2))
	var steps []scripted.Step
	for i := range lives {
		name, moment := fmt.Sprint("pod-", i), time.Duration(0)
		then := func(do func()) {
			moment += time.Duration(random.IntN(200)) * time.Millisecond
			steps = append(steps, scripted.Step{At: moment, Do: do})
		}
		for reached := range levels {
			then(func() { b.put(name, reached) })
		}
		then(func() { b.leave(name) })
		then(func() { b.Delete(podPath, name) })
	}
	for i := range stuck {
		steps = append(steps, scripted.Step{Do: func() { b.put(fmt.Sprint("stuck-", i), levelScheduled) }})
	}
	for i := range 20 {
		steps = append(steps, scripted.Step{At: time.Duration(i) * 50 * time.Millisecond, Do: func() { b.Bookmark(podPath) }})
	}
	slices.SortStableFunc(steps, func(x, y scripted.Step) int { return int(x.At - y.At) })
	return steps
}

// compare fails the test where a whole life is not what was sent.
func (b *bench) compare(t *testing.T, got sample.Pod) {
	t.Helper()
	if got.Uncertain || got.CreatedAfter != nil {
		t.Errorf("%s is uncertain though no watch was interrupted", got.Name)
	}
	truth := b.sentOf(got.Name)
	seen := []*sample.Offset{&got.Created, got.Scheduled, got.Running, got.Ready, got.Deleting, got.Deleted}
	names := []string{"created", "scheduled", "running", "ready", "deleting", "deleted"}
	if len(truth) != len(seen) {
		t.Fatalf("%s: %d events were sent, the script has %d", got.Name, len(truth), len(seen))
	}
	for i, at := range seen {
		if at == nil {
			t.Errorf("%s: %s was not seen", got.Name, names[i])
			continue
		}
		within(t, got.Name+" "+names[i], *at, truth[i])
	}
}

// within fails the test when a moment is not that of the sending.
func within(t *testing.T, what string, got sample.Offset, sent scripted.Sent) {
	t.Helper()
	if got < sent.Began || got > sent.Began+allowance {
		t.Errorf("%s: seen at %.6f s, sent at %.6f s; want the same to %.0f s and not earlier",
			what, got.Seconds(), sent.Began.Seconds(), allowance.Seconds())
	}
}

func TestMomentsAreThoseOfArrival(t *testing.T) {
	t.Parallel()
	b := watchPods(t, scripted.Options{}, 0)
	b.settle(t)
	b.pods.mu.Lock() // As a slow reader of the counts would.
	b.put("held-up", levelReady)
	eventually(t, "the event's sending", func() bool { return len(b.sentOf("held-up")) == 1 && b.sentOf("held-up")[0].Flushed > 0 })
	time.Sleep(time.Duration(2 * allowance))
	b.pods.mu.Unlock()
	b.settle(t)
	pod, _, _ := b.records("held-up")
	within(t, "a pod that came while the measurement was held up", pod.Created, b.sentOf("held-up")[0])
}

func TestDuplicatesAndBookmarksChangeNothing(t *testing.T) {
	t.Parallel()
	b := watchPods(t, scripted.Options{}, 0)
	b.put("a", levelScheduled)
	b.put("b", levelScheduled)
	b.put("a", levelReady)
	b.settle(t)
	want, records := b.pods.Counts(""), b.sink.allPods()
	for range 3 {
		b.Repeat(podPath, "a")
		b.Repeat(podPath, "b")
		b.Bookmark(podPath)
	}
	b.settle(t)
	want.Created, want.Scheduled, want.Running, want.Ready = want.Created+1, want.Scheduled+1, want.Running+1, want.Ready+1
	if diff := cmp.Diff(want, b.pods.Counts("")); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(records, b.sink.allPods()[:len(records)]); diff != "" || len(b.sink.allPods()) != len(records)+1 {
		t.Errorf("%d records, want one more than %d, with these as they were:\n%s", len(b.sink.allPods()), len(records), diff)
	}
	b.pods.Close()
	if a, _, n := b.records("a"); n != 1 {
		t.Errorf("%d records of a pod, want 1", n)
	} else {
		within(t, "scheduled", *a.Scheduled, b.sentOf("a")[0])
		within(t, "ready", *a.Ready, b.sentOf("a")[1])
	}
}

// interruptions are the ways in which a watch breaks, after which it lists anew or goes on.
var interruptions = []struct {
	name    string
	happens func(b *bench) // What happened before was not sent.
	relists int64
	resumes int64
}{
	{"the history is gone, by an event", func(b *bench) { b.Expire(podPath) }, 1, 0},
	{"the history is gone, by a status", func(b *bench) { b.Forget() }, 1, 0},
	{"the watch ends and goes on", func(b *bench) { b.Cut(); b.Restore(false) }, 0, 1},
	{"the server is away and has no history", func(b *bench) { b.Cut(); b.Restore(true) }, 1, 0},
	{"the connection breaks", func(b *bench) { b.Drop() }, 0, 1},
}

// TestInterruptedWatchesMarkWhatTheyMissed has a watch that misses something and goes on: that is marked
// if it may come later than is tolerated, as it always is after a list.
func TestInterruptedWatchesMarkWhatTheyMissed(t *testing.T) {
	for _, test := range interruptions {
		for _, options := range []scripted.Options{{}, {NoInitialEvents: true}} {
			for _, lagLimit := range []time.Duration{0, time.Hour} {
				t.Run(fmt.Sprintf("%s, old server %t, lag limit %v", test.name, options.NoInitialEvents, lagLimit), func(t *testing.T) {
					t.Parallel()
					b := watchPods(t, options, lagLimit)
					b.put("known", levelReady)
					b.put("half", levelScheduled)
					b.put("young", levelScheduled)
					b.put("doomed", levelReady)
					b.put("given-up", levelScheduled)
					b.settle(t)
					missed := b.miss(test.happens)
					eventually(t, "what was missed", func() bool { c := b.pods.Counts(""); return c.Deleted == 2 && c.Ready == 4 })
					b.catchUp(t)
					b.put("young", levelReady)
					b.put("later", levelReady)
					b.settle(t)
					b.pods.Close()
					if test.relists == 0 && lagLimit > 0 {
						b.compareDelayed(t)
					} else {
						b.compareMissed(t, missed)
					}
					if b.relists.Count() != test.relists || b.relists.Resumes() != test.resumes {
						t.Errorf("%d relists and %d resumes, want %d and %d",
							b.relists.Count(), b.relists.Resumes(), test.relists, test.resumes)
					}
				})
			}
		}
	}
}

// catchUp waits until what comes can no longer be what an interruption delayed.
func (b *bench) catchUp(t *testing.T) {
	t.Helper()
	for range 500 {
		before := b.delays()
		b.settle(t)
		pod, _, n := b.records(fmt.Sprint("settled-", b.settled-1))
		if n == 1 && !pod.Uncertain && b.delays() == before {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("what comes is delayed for ever")
}

// delays counts the changes that count as watch lag.
func (b *bench) delays() int64 {
	b.relists.mu.Lock()
	defer b.relists.mu.Unlock()
	return b.relists.delays.Count()
}

// miss changes pods while nothing is sent and then interrupts the watch. It returns when it began.
func (b *bench) miss(interrupt func(*bench)) sample.Offset {
	b.Stall()
	missed := b.clock.Now()
	time.Sleep(10 * time.Millisecond)
	b.put("half", levelReady)
	b.put("new", levelReady)
	b.leave("doomed")
	b.Delete(podPath, "doomed")
	b.Delete(podPath, "given-up")
	interrupt(b)
	b.Release()
	return missed
}

// marks says how pods are on record, without those that only settled things.
func (b *bench) marks() map[string]string {
	got := map[string]string{}
	for _, pod := range b.sink.allPods() {
		if !strings.HasPrefix(pod.Name, "settled-") {
			got[pod.Name] += fmt.Sprintf("[ready=%t gone=%t uncertain=%t late=%t]",
				pod.Ready != nil, pod.Deleted != nil, pod.Uncertain, pod.CreatedAfter != nil)
		}
	}
	return got
}

// compareDelayed fails the test where what came a little late is marked, has another moment than that at
// which it was sent, or is not watch lag.
func (b *bench) compareDelayed(t *testing.T) {
	t.Helper()
	want := map[string]string{
		"known":    "[ready=true gone=false uncertain=false late=false]",
		"half":     "[ready=true gone=false uncertain=false late=false]",
		"new":      "[ready=true gone=false uncertain=false late=false]",
		"doomed":   "[ready=true gone=false uncertain=false late=false][ready=true gone=true uncertain=false late=false]",
		"given-up": "[ready=false gone=true uncertain=false late=false]",
		"young":    "[ready=true gone=false uncertain=false late=false]",
		"later":    "[ready=true gone=false uncertain=false late=false]",
	}
	if diff := cmp.Diff(want, b.marks()); diff != "" {
		t.Fatalf("pods (-want +got):\n%s", diff)
	}
	for _, name := range []string{"half", "new"} { // The last time that it was sent; a broken connection took the others.
		pod, _, _ := b.records(name)
		sent := b.sentOf(name)
		within(t, name+" Ready", *pod.Ready, sent[len(sent)-1])
	}
	if n := b.delays(); n < 5 {
		t.Errorf("%d changes count as watch lag, want at least the 5 that were missed", n)
	}
	if deletions := b.sink.distribution(sample.PodDeletion, nil); deletions.Count() != 2 {
		t.Errorf("%d deletions, want 2: nothing of them is lost", deletions.Count())
	}
}

// compareMissed fails the test where a pod is not marked as it must be.
func (b *bench) compareMissed(t *testing.T, missed sample.Offset) {
	t.Helper()
	want := map[string]string{
		"known":    "[ready=true gone=false uncertain=false late=false]",
		"half":     "[ready=true gone=false uncertain=true late=false]",
		"new":      "[ready=true gone=false uncertain=true late=true]",
		"doomed":   "[ready=true gone=false uncertain=false late=false][ready=true gone=true uncertain=true late=false]",
		"given-up": "[ready=false gone=true uncertain=true late=false]",
		"young":    "[ready=true gone=false uncertain=false late=false]",
		"later":    "[ready=true gone=false uncertain=false late=false]",
	}
	if diff := cmp.Diff(want, b.marks()); diff != "" {
		t.Fatalf("pods (-want +got):\n%s", diff)
	}
	if n := b.delays(); n != 0 {
		t.Errorf("%d changes count as watch lag, want none: they are marked", n)
	}
	pod, _, _ := b.records("new")
	if *pod.CreatedAfter > missed || *pod.Ready <= missed {
		t.Errorf("a pod that was created after %v is said to be created after %v and Ready at %v; its startup must be an upper bound",
			missed, *pod.CreatedAfter, *pod.Ready)
	}
	deletions := b.sink.distribution(sample.PodDeletion, nil)
	if took := deletions.Min(); deletions.Count() != 0 {
		t.Errorf("%d deletions, the shortest of %v s; nobody knows how long the missed ones took", deletions.Count(), took)
	}
}

func TestLagIsSeenInAStall(t *testing.T) {
	t.Parallel()
	clock, sink := sample.StartClock(), &recording{}
	s := scripted.NewServer(clock, scripted.Options{})
	t.Cleanup(s.Close)
	l, err := StartLag(t.Context(), LagOptions{Run: Run{Clock: clock, Sink: sink}, Config: s.Config, Namespace: "bench"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	eventually(t, "a lag", func() bool { lag := sink.distribution(sample.WatchLag, nil); return lag.Count() > 0 })
	s.Stall()
	stalled := clock.Now() // A write from before may still be on its way here.
	eventually(t, "a write that is acknowledged in the stall", func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return len(l.pending) > 0 && l.pending[len(l.pending)-1].at >= stalled
	})
	acked := clock.Now()
	time.Sleep(500 * time.Millisecond)
	released := clock.Now()
	s.Release()
	eventually(t, "its delivery", func() bool { l.mu.Lock(); defer l.mu.Unlock(); return len(l.pending) == 0 })
	l.Close()
	lag, truth := sink.distribution(sample.WatchLag, nil), (released - acked).Seconds()
	if lag.Max() < truth*0.998 || lag.Max() > truth+2*allowance.Seconds() {
		t.Errorf("longest lag %v s, want about the %v s of the stall and not less", lag.Max(), truth)
	}
}

func TestNodeReadinessIsThatWhichWasSent(t *testing.T) {
	t.Parallel()
	const nodes = "/api/v1/nodes"
	clock, sink, relists := sample.StartClock(), &recording{}, &Relists{}
	s := scripted.NewServer(clock, scripted.Options{})
	t.Cleanup(s.Close)
	n, err := StartNodes(t.Context(), NodesOptions{Run: Run{Clock: clock, Sink: sink, Relists: relists}, Config: s.Config})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	put := func(name, ready string) {
		s.Put(nodes, object{"apiVersion": "v1", "kind": "Node", "metadata": object{"name": name},
			"status": object{"conditions": []any{object{"type": "Ready", "status": ready}}}})
	}
	ready := func(want int) func() bool { return func() bool { _, got := n.Counts(); return got == want } }
	sent := map[string]sample.Offset{}
	for _, name := range []string{"a", "lost", "never"} {
		sent[name] = clock.Now()
		n.Observe(name, name, sent[name])
		put(name, "False")
	}
	time.Sleep(200 * time.Millisecond)
	put("a", "True")
	eventually(t, "a Ready node", ready(1))
	confirmed := clock.Now()
	s.Repeat(nodes, "a")
	put("a", "False")
	put("a", "True") // Only the first time counts.
	s.Stall()
	s.Delete(nodes, "lost")
	s.Expire(nodes)
	s.Release()
	eventually(t, "the deletion that was missed", func() bool { created, _ := n.Counts(); return created == 2 })
	closed := clock.Now()
	n.Close()

	var first sample.Offset
	for _, e := range s.Sent() {
		if e.Name == "a" && e.Type == "MODIFIED" && first == 0 {
			first = e.Began
		}
	}
	got := sink.distribution(sample.NodeReady, sample.Labels{"pool": "a"})
	least, most := (first - sent["a"]).Seconds(), (confirmed - sent["a"]).Seconds()
	if got.Count() != 1 || got.Min() < least*0.998 || got.Max() > most*1.002 {
		t.Errorf("%d nodes were Ready after %v s, want one after %v to %v s", got.Count(), got.Min(), least, most)
	}
	never := sink.distribution(sample.NodeReady, sample.Labels{"pool": "never"})
	if waited := (closed - sent["never"]).Seconds(); never.Count() != 1 || never.Min() < waited*0.998 {
		t.Errorf("%d nodes never Ready count with %v s, want one with at least the %v s it waited", never.Count(), never.Min(), waited)
	}
	if lost := sink.distribution(sample.NodeReady, sample.Labels{"pool": "lost"}); lost.Count() != 0 {
		t.Error("a node that was deleted before it was Ready counts")
	}
	if relists.Count() != 1 {
		t.Errorf("%d relists, want 1", relists.Count())
	}
}

func TestRolloutsTakeAsLongAsWasSent(t *testing.T) {
	t.Parallel()
	const collection = "/apis/apps/v1/namespaces/bench/deployments"
	clock, sink := sample.StartClock(), &recording{}
	s := scripted.NewServer(clock, scripted.Options{})
	t.Cleanup(s.Close)
	client, err := dynamic.NewForConfig(s.Config)
	if err != nil {
		t.Fatal(err)
	}
	s.Put(collection, deployment("a", 1, true))
	o, err := StartObjects(t.Context(), ObjectsOptions{
		Run: Run{Clock: clock, Sink: sink}, Client: client, Resource: deployments, Namespace: "bench",
	})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	rollout := o.NewRollout()
	acked := clock.Now()
	rollout.Acked("a", 2, acked)
	s.Put(collection, deployment("a", 2, false))
	time.Sleep(200 * time.Millisecond)
	before := clock.Now()
	s.Put(collection, deployment("a", 2, true))
	if err := rollout.Wait(t.Context(), 1, nil); err != nil {
		t.Fatal(err)
	}
	confirmed := clock.Now()
	rollout.Finish("web", "update")
	got := sink.distribution(sample.RolloutDuration, nil)
	if least, most := (before - acked).Seconds(), (confirmed - acked).Seconds(); got.Count() != 1 || got.Min() < least*0.998 || got.Max() > most*1.002 {
		t.Errorf("%d rollouts took %v s, want one of %v to %v s", got.Count(), got.Min(), least, most)
	}
}
