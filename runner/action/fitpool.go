package action

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
	"k8s.io/klog/v2"

	"github.com/kubedyno/kubedyno/kwok/nodetype"
	"github.com/kubedyno/kubedyno/results/packing"
	"github.com/kubedyno/kubedyno/runner/measure"
	"github.com/kubedyno/kubedyno/scenarios/plan"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// A growing is a pool that a fit adds nodes to.
type growing struct {
	name      string
	machine   nodetype.Type
	spot      bool
	kind      packing.Kind
	volumes   int64            // That a node takes.
	examples  []*corev1.Node   // A node in each zone.
	daemons   []corev1.PodSpec // What DaemonSets put on every node.
	from      int              // Nodes that there were before the fit.
	nodes     int              // That there are, failed ones included.
	failed    []string
	most      int
	fruitless int // Nodes added in a row on which nothing more was placed.
}

// newGrowing describes a pool that is to grow.
func (s Step) newGrowing(grown plan.Grown) (*growing, error) {
	machine, ok := s.Fleet.Type(grown.Pool)
	if !ok {
		return nil, fmt.Errorf("the fleet has no pool %s", grown.Pool)
	}
	examples, err := s.examples(grown.Pool)
	if err != nil {
		return nil, err
	}
	g := &growing{name: grown.Pool, machine: machine, spot: s.pool(grown.Pool).Spot, examples: examples, most: grown.Until,
		volumes: s.volumesTaken(machine)}
	g.from = s.nodesOf(grown.Pool)
	s.mutex.Lock()
	g.nodes, g.failed = g.from, slices.Clone(s.failed[grown.Pool])
	s.mutex.Unlock()
	g.daemons = s.daemonsOn(examples)
	room := g.allocatable()
	for _, daemon := range g.daemons {
		takes := measure.Requests(daemon)
		room = packing.Amount{MilliCPU: room.MilliCPU - takes.MilliCPU, Bytes: room.Bytes - takes.Bytes, Pods: room.Pods - 1, Volumes: room.Volumes}
	}
	g.kind = packing.Kind{Room: room, Hour: g.hour()}
	if tariff := machine.PerPod; tariff != nil {
		g.kind.Pod = func(takes packing.Amount) (float64, bool) { return tariff.Hour(takes.MilliCPU, takes.Bytes) }
	}
	return g, nil
}

// volumesTaken is how many volumes a node takes, by the scenario or else by its type. Without a driver of
// volumes, or where the type does not say it, no limit is known.
func (e *Env) volumesTaken(machine nodetype.Type) int64 {
	switch {
	case e.Plan.Storage == nil:
	case e.Plan.Storage.Limit > 0:
		return int64(e.Plan.Storage.Limit)
	case machine.Volumes > 0:
		return int64(machine.Volumes)
	}
	return packing.NoLimit
}

// pool returns what the scenario says of a pool.
func (e *Env) pool(name string) spec.Pool {
	for _, p := range e.Plan.Fleet.Pools {
		if p.Name == name {
			return p
		}
	}
	return spec.Pool{}
}

// examples returns a node of a pool in each of its zones; otherwise they are equal. They are without the
// taint that keeps pods off that are not the run's.
func (e *Env) examples(pool string) ([]*corev1.Node, error) {
	var all []*corev1.Node
	for i := range min(max(len(e.pool(pool).Zones), 1), e.pool(pool).Count) {
		node, err := e.Fleet.Node(pool, i)
		if err != nil {
			return nil, err
		}
		node.Spec.Taints = slices.DeleteFunc(node.Spec.Taints, func(t corev1.Taint) bool { return t.Key == RunLabel })
		all = append(all, node)
	}
	return all, nil
}

// daemonsOn returns the pods that DaemonSets put on nodes like these.
func (s Step) daemonsOn(nodes []*corev1.Node) []corev1.PodSpec {
	var all []corev1.PodSpec
	for _, daemon := range s.Env.Plan.Daemons(*s.Plan.Fit) {
		if allowed(daemon, nodes) {
			all = append(all, daemon)
		}
	}
	return all
}

// nodesOf counts the nodes of a pool that exist.
func (e *Env) nodesOf(pool string) (n int) {
	for _, name := range e.Nodes.Names() {
		if name[:max(strings.LastIndexByte(name, '-'), 0)] == pool {
			n++
		}
	}
	return n
}

// daemonsElsewhere counts the pods that DaemonSets put on the nodes that other pools have.
func (s Step) daemonsElsewhere(pools []string) (int, error) {
	ours, of, count := map[string]bool{}, map[string]int{}, 0
	for _, name := range pools {
		ours[name] = true
	}
	for _, name := range s.Nodes.Names() {
		pool := name[:max(strings.LastIndexByte(name, '-'), 0)]
		if s.pool(pool).Name == "" || ours[pool] {
			continue
		}
		if _, known := of[pool]; !known {
			examples, err := s.examples(pool)
			if err != nil {
				return 0, err
			}
			of[pool] = len(s.daemonsOn(examples))
		}
		count += of[pool]
	}
	return count, nil
}

// allowed reports whether a pod may go onto one of the nodes by its node selector, its node affinity and
// their taints. What it says of other pods, as spreading does, is left to the scheduler.
func allowed(pod corev1.PodSpec, nodes []*corev1.Node) bool {
	required := nodeaffinity.GetRequiredNodeAffinity(&corev1.Pod{Spec: pod})
	for _, node := range nodes {
		if match, err := required.Match(node); err == nil && match && tolerated(pod.Tolerations, node.Spec.Taints) {
			return true
		}
	}
	return false
}

// tolerated reports whether no taint keeps a pod off.
func tolerated(tolerations []corev1.Toleration, taints []corev1.Taint) bool {
	for i := range taints {
		ok := taints[i].Effect == corev1.TaintEffectPreferNoSchedule
		for j := range tolerations {
			ok = ok || tolerations[j].ToleratesTaint(klog.Background(), &taints[i], false)
		}
		if !ok {
			return false
		}
	}
	return true
}

// allocatable is what a node leaves to pods, DaemonSets included.
func (g *growing) allocatable() packing.Amount {
	return packing.Amount{MilliCPU: g.machine.AllocatableMilliCPU, Bytes: g.machine.AllocatableMiB << 20, Pods: int64(g.machine.MaxPods), Volumes: g.volumes}
}

// hour is what a node costs an hour, in US dollars; 0 if not known.
func (g *growing) hour() float64 {
	if g.spot {
		return g.machine.SpotPerHour
	}
	return g.machine.PricePerHour
}

// priced reports whether what the pool costs is known.
func (g *growing) priced() bool { return g.hour() > 0 || g.machine.PerPod != nil }

// cost is what the pool costs an hour that holds pods: the nodes that are used, or the pods on them;
// false if that is not known.
func (g *growing) cost(pods []packing.Pod) (dollars float64, ok bool) {
	if g.machine.PerPod == nil {
		nodes := packing.Measure(g.named(), pods).Nodes
		return float64(nodes) * g.hour(), nodes == 0 || g.priced()
	}
	for _, p := range g.holds(pods) {
		each, ok := g.machine.PerPod.Hour(p.MilliCPU, p.Bytes)
		if !ok {
			return 0, false
		}
		dollars += each
	}
	return dollars, true
}

// billed is, by resource, what pods on the pool's nodes request over what is paid for, where pods are.
func (g *growing) billed(pods []packing.Pod) map[string]float64 {
	var cpu, bytes, billedCPU, billedBytes int64
	for _, p := range g.holds(pods) {
		milliCPU, mib, ok := g.machine.PerPod.Billed(p.MilliCPU, p.Bytes)
		if !ok {
			return nil
		}
		cpu, bytes, billedCPU, billedBytes = cpu+p.MilliCPU, bytes+p.Bytes, billedCPU+milliCPU, billedBytes+mib<<20
	}
	if billedCPU == 0 || billedBytes == 0 {
		return nil
	}
	return map[string]float64{packing.CPU: float64(cpu) / float64(billedCPU), packing.Memory: float64(bytes) / float64(billedBytes)}
}

// holds returns the pods on the pool's nodes.
func (g *growing) holds(pods []packing.Pod) (on []packing.Pod) {
	ours := map[string]bool{}
	for _, node := range g.named() {
		ours[node.Name] = true
	}
	for _, p := range pods {
		if ours[p.Node] {
			on = append(on, p)
		}
	}
	return on
}

// open reports whether a further node may be of use.
func (g *growing) open() bool { return g.nodes < g.most && g.fruitless < len(g.examples) }

// needs returns the fewest nodes of the pool that any packing of those of the pods needs that fit onto
// one, and how many of these are full by it; index is that of the pool in the fit.
func (g *growing) needs(index int, pods []packing.Pod) (least, whole int) {
	var fitting []packing.Amount
	for _, p := range pods {
		if g.kind.Takes(index, p) {
			fitting = append(fitting, p.Takes())
		}
	}
	least, _ = packing.LowerBound(g.kind.Room, fitting)
	return least, packing.Filled(g.kind.Room, fitting)
}

// named returns the pool's nodes with what each has.
func (g *growing) named() []packing.Node {
	nodes := make([]packing.Node, g.nodes)
	for i := range nodes {
		nodes[i] = packing.Node{Name: nodeName(g.name, i), Allocatable: g.allocatable()}
	}
	return nodes
}
