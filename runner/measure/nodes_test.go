package measure

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/measure/scripted"
)

func seenNode(name string, ready bool) *corev1.Node {
	status := corev1.ConditionFalse
	if ready {
		status = corev1.ConditionTrue
	}
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Status:     corev1.NodeStatus{Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: status}}},
	}
}

func TestNodesByType(t *testing.T) {
	typed := func(name, kind string) *corev1.Node {
		node := seenNode(name, true)
		node.Labels = map[string]string{corev1.LabelInstanceTypeStable: kind}
		return node
	}
	for _, counted := range []bool{true, false} {
		sink := &recording{}
		n := newNodes(NodesOptions{Run: Run{Clock: sample.StartClock(), Sink: sink, Phase: func() string { return "" }}, ByType: counted})
		_ = n.Add(typed("a", "large"))
		_ = n.Add(typed("b", "large"))
		_ = n.Add(typed("c", "small"))
		_ = n.Add(seenNode("of no type", true))
		n.flush()
		_ = n.Delete(typed("c", "small"))
		_ = n.Delete(typed("a", "large"))
		n.flush()
		for kind, want := range map[string][]float64{"large": {2, 1}, "small": {1, 0}, "": nil} {
			if !counted {
				want = nil
			}
			var got []float64
			for _, p := range sink.points {
				if p.Metric == sample.NodesByType && p.Labels["type"] == kind {
					got = append(got, p.Value)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("counted %t, nodes of type %q: %v, want %v", counted, kind, got, want)
			}
		}
	}
}

func TestNodeReadiness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &recording{}
		n := newNodes(NodesOptions{Run: Run{
			Clock: sample.StartClock(), Sink: sink, Phase: func() string { return "ramp" },
		}})
		n.Observe("large", "ready-after-2s", 0)
		n.Observe("large", "never", 0)
		n.Observe("small", "other-pool", 0)
		n.Observe("large", "gone", 0)
		_ = n.Replace(nil, "") // A relist before the creations are there forgets nothing.
		time.Sleep(time.Second)
		_ = n.Add(seenNode("ready-after-2s", false))
		_ = n.Add(seenNode("gone", false))
		_ = n.Delete(seenNode("gone", false))
		_ = n.Add(seenNode("seen-first", true))
		_ = n.Add(seenNode("not-ours", true))
		time.Sleep(time.Second)
		_ = n.Update(seenNode("ready-after-2s", true))
		_ = n.Update(seenNode("ready-after-2s", false)) // Only the first time counts.
		_ = n.Update(seenNode("ready-after-2s", true))
		n.Observe("large", "seen-first", sample.Offset(500*time.Millisecond))
		_ = n.Add(seenNode("other-pool", true))
		n.flush()
		if created, ready := n.Counts(); created != 4 || ready != 4 {
			t.Errorf("%d nodes, %d Ready; want 4 and 4", created, ready)
		}
		if got := sink.last(sample.NodesByState, sample.Labels{"state": "ready"}); got != 4 {
			t.Errorf("gauge of Ready nodes is %v, want 4", got)
		}
		time.Sleep(8 * time.Second)
		n.censor()
		n.flush()

		large := sink.distribution(sample.NodeReady, sample.Labels{"pool": "large", "phase": "ramp"})
		if large.Count() != 3 || !near(large.Min(), 0.5) || !near(large.Quantile(0.5), 2) || !near(large.Max(), 10) {
			t.Errorf("large: %d nodes, %v to %v s; want 0.5 s, 2 s and 10 s for the one never Ready",
				large.Count(), large.Min(), large.Max())
		}
		small := sink.distribution(sample.NodeReady, sample.Labels{"pool": "small"})
		if small.Count() != 1 || !near(small.Max(), 2) {
			t.Errorf("small: %d nodes, the longest %v s; want one of 2 s", small.Count(), small.Max())
		}
		if len(sink.events) != 1 {
			t.Errorf("events %v, want one warning of the node that was never Ready", sink.events)
		}
	})
}

// near compares seconds within the precision of a histogram.
func near(got, want float64) bool { return got > want*0.998 && got < want*1.002 }

func TestNodesOverTheWire(t *testing.T) {
	s, sink := newServer(t, scripted.Options{}), &recording{}
	clock := sample.StartClock()
	n, err := StartNodes(t.Context(), NodesOptions{Run: Run{Clock: clock, Sink: sink}, Config: s.Config})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	for _, name := range []string{"a", "b"} {
		n.Observe("pool", name, clock.Now())
		s.Put("/api/v1/nodes", object{
			"apiVersion": "v1", "kind": "Node", "metadata": object{"name": name},
			"status": object{"conditions": []any{object{"type": "Ready", "status": "True"}}},
		})
	}
	ready, err := n.WaitReady(t.Context(), "pool", 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	if ready <= 0 || ready > clock.Now() {
		t.Errorf("the last node was Ready at %v, want a moment between the start and now", ready.Seconds())
	}
	late, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := n.WaitReady(late, "other", 1, nil); err == nil {
		t.Error("nodes of one pool count for another")
	}
	s.Delete("/api/v1/nodes", "a")
	s.Delete("/api/v1/nodes", "b")
	if err := n.WaitGone(t.Context(), 0, nil); err != nil {
		t.Fatal(err)
	}
	n.Close()
	if ready := sink.distribution(sample.NodeReady, nil); ready.Count() != 2 {
		t.Errorf("%d nodes in the distribution, want 2", ready.Count())
	}
}
