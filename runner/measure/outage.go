package measure

import (
	"context"
	"fmt"

	"github.com/kubedyno/kubedyno/results/sample"
)

// An outage is the time in which a node has no heartbeats; 0 stands for not.
type outage struct {
	began, ended           sample.Offset // When they were taken away and given back.
	beganPhase, endedPhase string
	noticed                bool // The node was seen not Ready.
}

// Failed says that a node's heartbeats were taken away then. Nodes that are never seen not
// Ready after it enter the distribution at Close with the time until then.
func (n *Nodes) Failed(name string, at sample.Offset) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.node(name).outage = outage{began: at, beganPhase: intern(n.options.phase())}
}

// Revived says that a failed node's heartbeats were given back then. One that nobody had
// noticed to be lost has nothing to recover from.
func (n *Nodes) Revived(name string, at sample.Offset) {
	n.mu.Lock()
	defer n.mu.Unlock()
	node := n.node(name)
	if node.isReady {
		node.outage = outage{}
		return
	}
	node.outage.ended, node.outage.endedPhase = at, intern(n.options.phase())
}

// followOutage records what a change of a node says about its outage.
func (n *Nodes) followOutage(node *node, now sample.Offset) {
	o := &node.outage
	switch {
	case o.began == 0:
	case !node.isReady && !o.noticed:
		o.noticed = true
		n.add(series{sample.NodeNotReady, node.pool, o.beganPhase}, duration(o.began, now))
	case node.isReady && o.ended != 0:
		n.add(series{sample.NodeRecovered, node.pool, o.endedPhase}, duration(o.ended, now))
		node.outage = outage{}
	}
}

// censorOutages records the outages that were not noticed, and those that did not end.
func (n *Nodes) censorOutages(now sample.Offset) {
	unnoticed, unrecovered := 0, 0
	for _, node := range n.nodes {
		o := node.outage
		node.outage = outage{} // A second Close must not count it again.
		if o.began != 0 && !o.noticed {
			n.add(series{sample.NodeNotReady, node.pool, o.beganPhase}, duration(o.began, now))
			unnoticed++
		}
		if o.ended != 0 {
			n.add(series{sample.NodeRecovered, node.pool, o.endedPhase}, duration(o.ended, now))
			unrecovered++
		}
	}
	if unnoticed > 0 {
		n.options.warn(fmt.Sprintf("%d failed nodes were never seen not Ready; they count with the time until the end", unnoticed))
	}
	if unrecovered > 0 {
		n.options.warn(fmt.Sprintf("%d nodes that recovered were not Ready at the end; they count with the time they waited", unrecovered))
	}
}

// WaitNotReady waits until all of these nodes, which have failed, were seen not Ready.
func (n *Nodes) WaitNotReady(ctx context.Context, names []string, progress Progress) error {
	return n.waitNodes(ctx, names, progress, "seen not Ready", func(node *node) bool { return node.outage.noticed })
}

// WaitRecovered waits until all of these nodes, which were revived, are Ready.
func (n *Nodes) WaitRecovered(ctx context.Context, names []string, progress Progress) error {
	return n.waitNodes(ctx, names, progress, "Ready again", func(node *node) bool {
		return node.isReady && node.outage.ended == 0
	})
}

func (n *Nodes) waitNodes(ctx context.Context, names []string, progress Progress, what string, reached func(*node) bool) error {
	done := 0
	check := func() (int, int, bool) {
		n.mu.Lock()
		defer n.mu.Unlock()
		done = 0
		for _, name := range names {
			if node := n.nodes[name]; node != nil && reached(node) {
				done++
			}
		}
		return done, len(names), done == len(names)
	}
	if err := n.waiters.wait(ctx, check, progress); err != nil {
		return fmt.Errorf("wait for %d nodes to be %s, %d are: %w", len(names), what, done, err)
	}
	return nil
}
