package measure

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubedyno/kubedyno/kwok/fleet"
	"github.com/kubedyno/kubedyno/results/packing"
	"github.com/kubedyno/kubedyno/results/sample"
)

// elasticNodes takes the nodes for an Elastic.
type elasticNodes struct{ *Elastic }

// Add takes a node that is new, or new to this watch.
func (e elasticNodes) Add(object any) error { return e.Update(object) }

// Update takes a node that has changed.
func (e elasticNodes) Update(object any) error {
	now := e.options.Clock.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.node(object.(*corev1.Node), now)
	return nil
}

// Delete takes a node that is gone.
func (e elasticNodes) Delete(object any) error {
	now := e.options.Clock.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.removed(object.(*corev1.Node).Name, now)
	return nil
}

// Replace takes the state of everything.
func (e elasticNodes) Replace(list []any, _ string) error {
	now := e.options.Clock.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	present := make(map[string]bool, len(list))
	for _, object := range list {
		seen := object.(*corev1.Node)
		present[seen.Name] = true
		e.node(seen, now)
	}
	for name := range e.there {
		if !present[name] {
			e.removed(name, now)
		}
	}
	return nil
}

// elasticPods takes the pods for an Elastic.
type elasticPods struct{ *Elastic }

// Add takes a pod that is new, or new to this watch.
func (e elasticPods) Add(object any) error { return e.Update(object) }

// Update takes a pod that has changed.
func (e elasticPods) Update(object any) error {
	now := e.options.Clock.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pod(object.(*corev1.Pod), now)
	return nil
}

// Delete takes a pod that is gone.
func (e elasticPods) Delete(object any) error {
	now := e.options.Clock.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ended(object.(*corev1.Pod).UID, now)
	return nil
}

// Replace takes the state of everything.
func (e elasticPods) Replace(list []any, _ string) error {
	now := e.options.Clock.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	present := make(map[types.UID]bool, len(list))
	for _, object := range list {
		seen := object.(*corev1.Pod)
		present[seen.UID] = true
		e.pod(seen, now)
	}
	for uid := range e.byUID {
		if !present[uid] {
			e.ended(uid, now)
		}
	}
	return nil
}

// node brings a node up to date.
func (e *Elastic) node(seen *corev1.Node, now sample.Offset) {
	pool := intern(seen.Labels[fleet.PoolLabel])
	counts := e.counts[pool]
	if counts == nil {
		return
	}
	e.accrue(now)
	known := e.there[seen.Name]
	if known == nil {
		known = &elasticNode{pool: pool, price: e.priceOf(pool, seen.Labels)}
		e.there[seen.Name] = known
		counts.created++
		counts.pay(known.price, 1)
		if o, told := e.ordered[seen.Name]; told {
			known.order = &o
			delete(e.ordered, seen.Name)
			counts.ordered--
			counts.pay(o.price, -1)
		}
		e.adopt(seen.Name, known)
	}
	ready := nodeReady(seen)
	switch {
	case ready && !known.ready:
		counts.ready++
		if known.first == 0 {
			known.first = now
		}
		if known.order != nil {
			e.took(e.windows, windowed{metric: sample.ElasticNodeReady, pool: pool, phase: known.order.phase}, known.order.at, now)
			known.order = nil
		}
		e.short.ready(e, now)
		e.judge(known, now)
	case !ready && known.ready:
		counts.ready--
	}
	known.ready = ready
}

// adopt counts the pods on a node that were seen before the node was.
func (e *Elastic) adopt(name string, n *elasticNode) {
	for _, p := range e.byUID {
		if p.Node == name {
			n.taken = packing.Plus(n.taken, p.Takes())
			e.need(p, p.wants)
		}
	}
}

// removed takes a node that is gone.
func (e *Elastic) removed(name string, now sample.Offset) {
	known := e.there[name]
	if known == nil {
		return
	}
	e.accrue(now)
	delete(e.there, name)
	counts := e.counts[known.pool]
	counts.created--
	counts.pay(known.price, -1)
	if known.ready {
		counts.ready--
	}
	e.totals[elasticTotal{metric: sample.ElasticRemoved, pool: known.pool}]++
	if known.idle > 0 {
		e.took(e.windows, windowed{metric: sample.ElasticIdle, pool: known.pool, phase: intern(e.options.phase())}, known.idle, now)
	}
}

// judge says whether pods request little of a node.
func (e *Elastic) judge(n *elasticNode, now sample.Offset) {
	p := e.pools[n.pool]
	if p.Price != nil {
		return // Nodes of several kinds have no common utilization.
	}
	share := max(float64(n.taken.MilliCPU)/float64(max(p.Allocatable.MilliCPU, 1)), float64(n.taken.Bytes)/float64(max(p.Allocatable.Bytes, 1)))
	switch low := share < p.Utilization; {
	case !low:
		n.idle = 0
	case n.idle == 0:
		n.idle = now
	}
}

// pod brings a pod up to date.
func (e *Elastic) pod(seen *corev1.Pod, now sample.Offset) {
	if seen.Status.Phase == corev1.PodSucceeded || seen.Status.Phase == corev1.PodFailed {
		e.ended(seen.UID, now)
		return
	}
	e.accrue(now)
	known := e.byUID[seen.UID]
	if known == nil {
		takes := Requests(seen.Spec)
		known = &elasticPod{Pod: packing.Pod{Workload: intern(seen.Labels[WorkloadLabel]), MilliCPU: takes.MilliCPU, Bytes: takes.Bytes}}
		known.Daemon = e.options.Daemon != nil && e.options.Daemon(known.Workload)
		known.least = e.leastOf(known.Pod)
		e.byUID[seen.UID] = known
	}
	if known.Node == "" && seen.Spec.NodeName != "" {
		known.Node = intern(seen.Spec.NodeName)
		e.take(known, known.Takes(), now)
	}
	leaving := seen.DeletionTimestamp != nil
	if leaving && !known.evicted && evictedByAPI(seen) {
		known.evicted = true
		e.totals[elasticTotal{metric: sample.ElasticEvictions, workload: known.Workload}]++
	}
	known.wants = !leaving && e.asks(seen, known)
	e.need(known, known.wants && (known.Node == "" || e.there[known.Node] != nil))
	e.room(known, !leaving && known.Node == "" && unschedulable(seen), !leaving, now)
}

// ended takes a pod that takes nothing any more.
func (e *Elastic) ended(uid types.UID, now sample.Offset) {
	known := e.byUID[uid]
	if known == nil {
		return
	}
	e.accrue(now)
	e.need(known, false)
	e.room(known, false, false, now)
	if known.Node != "" {
		takes := known.Takes()
		e.take(known, packing.Minus(packing.Amount{}, takes), now)
	}
	delete(e.byUID, uid)
}

// take counts what a pod takes on its node, or gives back.
func (e *Elastic) take(p *elasticPod, amount packing.Amount, now sample.Offset) {
	if n := e.there[p.Node]; n != nil {
		n.taken = packing.Plus(n.taken, amount)
		e.judge(n, now)
	}
}

// asks reports whether nodes are needed for a pod, unless it is on one of another pool: a node could take
// it, and it is more than a place-holder.
func (e *Elastic) asks(seen *corev1.Pod, p *elasticPod) bool {
	if p.Daemon || len(e.options.Pools) != 1 || seen.Spec.Priority != nil && *seen.Spec.Priority < 0 {
		return false
	}
	if e.options.Pools[0].Price != nil {
		return p.least != nil
	}
	return packing.Fits(e.options.Pools[0].Room, p.Takes())
}

// need says whether nodes are needed for a pod.
func (e *Elastic) need(p *elasticPod, needs bool) {
	switch {
	case needs && !p.needs:
		e.wanted = packing.Plus(e.wanted, p.Takes())
		e.addLeast(p.least, 1)
	case !needs && p.needs:
		e.wanted = packing.Minus(e.wanted, p.Takes())
		e.addLeast(p.least, -1)
	}
	p.needs = needs
}

// room says whether a pod is without room. One that is not any more has found some, unless it did not
// stay: then nobody knows for how long it would have been without.
func (e *Elastic) room(p *elasticPod, without, stays bool, now sample.Offset) {
	switch {
	case without && p.without == 0:
		p.without, p.phase = now, intern(e.options.phase())
		e.missing[p.Workload]++
	case !without && p.without > 0:
		all := e.windows
		if !stays {
			all = e.never
		}
		e.took(all, windowed{metric: sample.ElasticWait, workload: p.Workload, phase: p.phase}, p.without, now)
		p.without = 0
		e.missing[p.Workload]--
	default:
		return
	}
	e.short.update(e, now)
}

// unschedulable reports whether the scheduler says that no node takes a pod.
func unschedulable(seen *corev1.Pod) bool {
	c := conditionOf(seen, corev1.PodScheduled)
	return c != nil && c.Status == corev1.ConditionFalse && c.Reason == corev1.PodReasonUnschedulable
}

// evictedByAPI reports whether the eviction API has told a pod to go.
func evictedByAPI(seen *corev1.Pod) bool {
	c := conditionOf(seen, corev1.DisruptionTarget)
	return c != nil && c.Status == corev1.ConditionTrue && c.Reason == evictionReason
}

// evictionReason is what the eviction API writes into the condition DisruptionTarget
// (k8s.io/kubernetes/pkg/registry/core/pod/storage, eviction.go).
const evictionReason = "EvictionByEvictionAPI"

func conditionOf(seen *corev1.Pod, of corev1.PodConditionType) *corev1.PodCondition {
	for i := range seen.Status.Conditions {
		if seen.Status.Conditions[i].Type == of {
			return &seen.Status.Conditions[i]
		}
	}
	return nil
}
