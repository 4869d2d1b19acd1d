package measure

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubedyno/kubedyno/results/sample"
)

// on puts a pod on a node.
func on(node string, pod *corev1.Pod) *corev1.Pod {
	pod.Spec.NodeName = node
	return pod
}

func terminating(pod *corev1.Pod) *corev1.Pod {
	pod.DeletionTimestamp = &metav1.Time{Time: time.Unix(2000, 0)}
	return pod
}

// checkTimes compares the count and the extremes of a distribution, in seconds.
func checkTimes(t *testing.T, sink *recording, metric string, labels sample.Labels, n int64, low, high float64) {
	t.Helper()
	h := sink.distribution(metric, labels)
	near := func(a, b float64) bool { return a > b*0.99-0.001 && a < b*1.01+0.001 }
	if h.Count() != n || n > 0 && (!near(h.Min(), low) || !near(h.Max(), high)) {
		t.Errorf("%s: %d values from %v to %v s, want %d from %v to %v", metric, h.Count(), h.Min(), h.Max(), n, low, high)
	}
}

func TestPodsOfFailedNodes(t *testing.T) {
	podsAt(t, func(p *Pods, sink *recording) {
		_ = p.Add(on("dead", seen("a", levelReady)))
		_ = p.Add(on("dead", seen("b", levelReady)))
		_ = p.Add(on("dead", seen("starting", levelScheduled)))
		_ = p.Add(on("live", seen("c", levelReady)))
		_ = p.Add(on("dead", terminating(seen("old", levelReady)))) // On its way before.
		p.NodesFailed([]string{"dead"})
		if got := p.Counts("web"); got.Ready != 1 || got.Created != 5 {
			t.Errorf("after the failure %+v, want 5 pods, 1 Ready", got)
		}
		time.Sleep(10 * time.Second)
		_ = p.Update(on("dead", seen("a", levelReady))) // Its status still says so.
		_ = p.Update(terminating(on("dead", seen("a", levelReady))))
		_ = p.Update(terminating(on("dead", seen("starting", levelScheduled))))
		_ = p.Add(on("live", seen("a2", levelReady)))
		time.Sleep(10 * time.Second)
		_ = p.Delete(on("dead", seen("b", levelReady)))
		_ = p.Add(on("dead", seen("b2", levelReady))) // Makes up for nothing there.
		_ = p.Delete(on("dead", seen("a", levelReady)))
		p.gauge()
		loss := sample.Labels{"workload": "web", "phase": "ramp"}
		checkTimes(t, sink, sample.PodEviction, loss, 3, 10, 20)
		checkTimes(t, sink, sample.PodReplacement, loss, 1, 10, 10)
		if got := p.Counts("web").Ready; got != 2 {
			t.Errorf("%d pods are Ready, want 2", got)
		}
		time.Sleep(10 * time.Second)
		p.NodesRecovered([]string{"dead"}) // And with it b2, which makes the workload whole.
		if got := p.Counts("web").Ready; got != 3 {
			t.Errorf("%d pods are Ready after the recovery, want 3", got)
		}
		_ = p.Add(on("dead", seen("d", levelReady)))
		p.finish()
		checkTimes(t, sink, sample.PodEviction, loss, 3, 10, 20)
		checkTimes(t, sink, sample.PodReplacement, loss, 2, 10, 30)
		if len(sink.warnings()) > 0 {
			t.Errorf("warnings %v, want none", sink.warnings())
		}
	})
}

// TestLossesWithoutEnd counts pods that were neither evicted nor replaced with the time they waited.
func TestLossesWithoutEnd(t *testing.T) {
	podsAt(t, func(p *Pods, sink *recording) {
		_ = p.Add(on("dead", seen("a", levelReady)))
		_ = p.Add(on("dead", seen("b", levelReady)))
		p.NodesFailed([]string{"dead"})
		time.Sleep(7 * time.Second)
		p.finish()
		p.finish() // Nothing is counted twice.
		checkTimes(t, sink, sample.PodEviction, nil, 2, 7, 7)
		checkTimes(t, sink, sample.PodReplacement, nil, 2, 7, 7)
		if all := strings.Join(sink.warnings(), "\n"); !strings.Contains(all, "2 pods of failed nodes were not deleted") ||
			!strings.Contains(all, "2 lost pods were not replaced") {
			t.Errorf("warnings %q", all)
		}
	})
}

func TestOutages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink, phase := &recording{}, "fail"
		clock := sample.StartClock()
		n := newNodes(NodesOptions{Run: Run{Clock: clock, Sink: sink, Phase: func() string { return phase }}})
		for _, name := range []string{"quick", "slow", "unnoticed", "lost", "live"} {
			n.Observe("general", name, clock.Now())
			_ = n.Add(seenNode(name, true))
		}
		names := []string{"quick", "slow", "lost"}
		time.Sleep(time.Second)
		for _, name := range append(names, "unnoticed") {
			n.Failed(name, clock.Now())
		}
		waited := make(chan error, 1)
		go func() { waited <- n.WaitNotReady(t.Context(), names, nil) }()
		time.Sleep(20 * time.Second)
		_ = n.Update(seenNode("quick", false))
		_ = n.Update(seenNode("lost", false))
		_ = n.Update(seenNode("live", false)) // It has not failed, whatever is seen.
		time.Sleep(20 * time.Second)
		if len(waited) > 0 {
			t.Error("the wait was over before all nodes were seen not Ready")
		}
		_ = n.Update(seenNode("slow", false))
		_ = n.Update(seenNode("slow", false)) // The first time counts.
		if err := <-waited; err != nil {
			t.Error(err)
		}
		phase = "recover"
		for _, name := range []string{"quick", "slow", "unnoticed"} {
			n.Revived(name, clock.Now())
		}
		go func() { waited <- n.WaitRecovered(t.Context(), []string{"quick", "unnoticed"}, nil) }()
		time.Sleep(3 * time.Second)
		_ = n.Update(seenNode("quick", true))
		if err := <-waited; err != nil {
			t.Error(err)
		}
		time.Sleep(time.Second)
		n.censor()
		n.flush()
		pool := sample.Labels{"pool": "general"}
		checkTimes(t, sink, sample.NodeNotReady, pool, 3, 20, 40)
		back := sample.Labels{"pool": "general", "phase": "recover"}
		if h := sink.distribution(sample.NodeRecovered, back); h.Count() != 2 || h.Min() > 3.1 || h.Max() < 4 {
			t.Errorf("%d nodes recovered, from %v to %v s; want 2, of which one is censored", h.Count(), h.Min(), h.Max())
		}
		if all := strings.Join(sink.warnings(), "\n"); !strings.Contains(all, "1 nodes that recovered were not Ready") {
			t.Errorf("warnings %q", all)
		}
	})
}

// warnings returns the messages of all warnings.
func (r *recording) warnings() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for _, e := range r.events {
		if e.Kind == sample.Warning {
			all = append(all, e.Message)
		}
	}
	return all
}
