package measure

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubedyno/kubedyno/results/sample"
)

// taintedNode is a Ready node that has the taint of a new one, and one of its own that stays.
func taintedNode(name string) *corev1.Node {
	node := seenNode(name, true)
	node.Spec.Taints = []corev1.Taint{{Key: "own"}, {Key: corev1.TaintNodeNotReady, Effect: corev1.TaintEffectNoSchedule}}
	return node
}

func openedNode(name string) *corev1.Node {
	node := seenNode(name, true)
	node.Spec.Taints = []corev1.Taint{{Key: "own"}}
	return node
}

func TestWaitOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNodes(NodesOptions{Run: Run{Clock: sample.StartClock(), Sink: &recording{}, Phase: func() string { return "" }}})
		n.Observe("pool", "a", n.options.Clock.Now())
		n.Observe("pool", "b", n.options.Clock.Now())
		n.Observe("other", "c", n.options.Clock.Now())
		_ = n.Add(openedNode("a"))
		_ = n.Add(taintedNode("b"))
		_ = n.Add(taintedNode("c"))
		began := time.Now()
		go func() {
			time.Sleep(3 * time.Second)
			_ = n.Update(openedNode("b"))
		}()
		if left, err := n.WaitOpen(t.Context(), "pool"); left != 0 || err != nil || time.Since(began) < 3*time.Second {
			t.Errorf("%d nodes left, %v after %v; want none after b has lost its taint", left, err, time.Since(began))
		}
		began = time.Now()
		if left, err := n.WaitOpen(t.Context(), "other"); left != 1 || err != nil || time.Since(began) < openLimit {
			t.Errorf("%d nodes left, %v after %v; want c when the wait is given up", left, err, time.Since(began))
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := n.WaitOpen(ended, "other"); err == nil {
			t.Error("the end of the run is no error")
		}
	})
}
