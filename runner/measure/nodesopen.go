package measure

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// openLimit bounds the wait for the node-lifecycle controller to open new nodes to pods. It is long
// against its work on thousands of nodes; a cluster without it never does.
const openLimit = 10 * time.Second

// closed reports whether a node has the taint that the API server gives to new ones (the admission plugin
// TaintNodesByCondition) and the node-lifecycle controller takes away once it sees them Ready.
func closed(seen *corev1.Node) bool {
	return slices.ContainsFunc(seen.Spec.Taints, func(t corev1.Taint) bool { return t.Key == corev1.TaintNodeNotReady })
}

// WaitOpen waits until no Ready node of a pool has the taint node.kubernetes.io/not-ready any more. Before,
// the scheduler puts all pods on those few nodes that have lost it. It gives up after openLimit, and
// returns how many nodes still have the taint; an error is that ctx ended.
func (n *Nodes) WaitOpen(ctx context.Context, pool string) (left int, err error) {
	limited, cancel := context.WithTimeout(ctx, openLimit)
	defer cancel()
	check := func() (int, int, bool) {
		left = n.closedIn(pool)
		return 0, left, left == 0
	}
	if err := n.waiters.wait(limited, check, nil); err != nil && ctx.Err() != nil {
		return left, fmt.Errorf("wait until Ready nodes take pods, %d do not: %w", left, err)
	}
	return left, nil
}

// closedIn counts the Ready nodes of a pool that have the taint.
func (n *Nodes) closedIn(pool string) (count int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, node := range n.nodes {
		if node.isReady && node.closed && node.pool == pool {
			count++
		}
	}
	return count
}
