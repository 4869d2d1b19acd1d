package measure

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
)

// A PodOnNode is a pod that is bound to a node.
type PodOnNode struct {
	UID             types.UID
	Namespace, Name string
	Workload        string
}

// OnNode returns the pods that are bound to a node and not being deleted, in no order. It takes time
// for all pods.
func (p *Pods) OnNode(node string) []PodOnNode {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []PodOnNode
	for _, pod := range p.pods {
		if pod.node == node && pod.leaving == 0 {
			all = append(all, PodOnNode{UID: pod.uid, Namespace: pod.namespace, Name: pod.name, Workload: pod.workload})
		}
	}
	return all
}

// WaitLeft waits until none of some pods exists any more.
func (p *Pods) WaitLeft(ctx context.Context, pods []PodOnNode) error {
	left := func() (n int) {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, pod := range pods {
			if p.pods[pod.UID] != nil {
				n++
			}
		}
		return n
	}
	check := func() (int, int, bool) {
		n := left()
		return len(pods) - n, len(pods), n == 0
	}
	if err := p.waiters.wait(ctx, check, nil); err != nil {
		return fmt.Errorf("wait for %d pods to be gone, %d are left: %w", len(pods), left(), err)
	}
	return nil
}
