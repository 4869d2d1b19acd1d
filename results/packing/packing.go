// Package packing says how well pods are packed onto nodes: against the fewest nodes that any packing
// could do with, and where the room is that is left. It is pure arithmetic.
//
// All of it is about requests, as the scheduler's is; what pods really use is another matter.
package packing

import (
	"math"
	"slices"
)

// The resources that pods take up on nodes.
const (
	CPU    = "cpu"    // In millicores.
	Memory = "memory" // In bytes.
	Pods   = "pods"   // In pods, each of which takes one.
	// Volumes is in volumes that pods have of their own, where a node takes only so many.
	Volumes = "volumes"
)

// NoLimit is how many volumes a node takes of which no limit is known: more than all pods have.
const NoLimit = 1 << 40

// Resources returns the names of the resources, in their order.
func Resources() []string { return []string{CPU, Memory, Pods, Volumes} }

// An Amount is so much of each resource.
type Amount struct{ MilliCPU, Bytes, Pods, Volumes int64 }

// of returns the amount of one resource.
func (a Amount) of(resource string) int64 {
	switch resource {
	case CPU:
		return a.MilliCPU
	case Memory:
		return a.Bytes
	case Pods:
		return a.Pods
	}
	return a.Volumes
}

func (a Amount) plus(b Amount) Amount {
	return Amount{a.MilliCPU + b.MilliCPU, a.Bytes + b.Bytes, a.Pods + b.Pods, a.Volumes + b.Volumes}
}

func (a Amount) minus(b Amount) Amount {
	return Amount{a.MilliCPU - b.MilliCPU, a.Bytes - b.Bytes, a.Pods - b.Pods, a.Volumes - b.Volumes}
}

// holds reports whether there is as much of each resource as b.
func (a Amount) holds(b Amount) bool {
	return a.MilliCPU >= b.MilliCPU && a.Bytes >= b.Bytes && a.Pods >= b.Pods && a.Volumes >= b.Volumes
}

// A Pod is a pod as the scheduler sees it.
type Pod struct {
	Workload string
	Node     string // Where it is bound; empty for pending.
	Daemon   bool   // A DaemonSet made it.
	MilliCPU int64  // Requested.
	Bytes    int64  // Requested.
	Volumes  int64  // That it has of its own.
	Message  string // What the scheduler says of a pending one.
	May      Kinds  // Onto which kinds of nodes it may go, apart from their size.
}

// Takes is what the pod takes up on a node.
func (p Pod) Takes() Amount { return Amount{p.MilliCPU, p.Bytes, 1, p.Volumes} }

// A Result is how pods lie on nodes. The maps are by resource; what is not defined is not in them.
type Result struct {
	Nodes      int // That hold a pod other than those of DaemonSets.
	Pods       int // On these nodes or pending, without those of DaemonSets.
	Pending    int // Those of DaemonSets included.
	Reasons    map[string]int
	Requested  map[string]float64 // Shares of what the nodes have, 0 to 1.
	Daemons    map[string]float64 // The part of these that DaemonSets request.
	Stranded   map[string]float64 // See Stranded.
	Fragmented map[string]float64 // See Fragmented.
	MedianPods int                // Of the pods on each node, the lower median.
	MostPods   int
	BlastPods  int                // The most that are lost with one node, without those of DaemonSets.
	BlastShare map[string]float64 // By workload of more than one pod: the largest part on one node.
}

// A Node is a node and what it has for pods.
type Node struct {
	Name        string
	Allocatable Amount
}

// Measure says how pods lie on nodes. Pods on other nodes than those named do not count, nor do nodes
// that hold nothing but pods of DaemonSets: a fleet that was made too large is not to blame.
func Measure(nodes []Node, pods []Pod) Result {
	r := Result{Reasons: map[string]int{}, Requested: map[string]float64{}, Daemons: map[string]float64{},
		Stranded: map[string]float64{}, Fragmented: map[string]float64{}, BlastShare: map[string]float64{}}
	l := lay(nodes, pods)
	pods = l.here
	for _, p := range pods {
		if p.Node == "" {
			r.Pending++
			r.Reasons[Reason(p.Message)]++
		}
		if !p.Daemon {
			r.Pods++
		}
	}
	r.Nodes = len(l.used)
	if r.Nodes == 0 {
		return r
	}
	var taken, daemons, total Amount
	var counts []int
	var free []Amount
	for _, name := range l.used {
		allocatable := l.nodes[name]
		total = total.plus(allocatable)
		taken, daemons = taken.plus(l.taken[name]), daemons.plus(l.daemons[name])
		counts = append(counts, int(l.taken[name].Pods))
		free = append(free, allocatable.minus(l.taken[name]))
		r.BlastPods = max(r.BlastPods, int(l.taken[name].Pods-l.daemons[name].Pods))
	}
	slices.Sort(counts)
	r.MedianPods, r.MostPods = counts[(len(counts)-1)/2], counts[len(counts)-1]
	for _, resource := range Resources() {
		if all := total.of(resource); tells(resource, all, taken) {
			r.Requested[resource] = float64(taken.of(resource)) / float64(all)
			r.Daemons[resource] = float64(daemons.of(resource)) / float64(all)
		}
	}
	mix := mixOf(pods)
	r.Stranded, r.Fragmented = Stranded(total, free, mix), Fragmented(free, mix)
	r.BlastShare = l.shares()
	return r
}

// tells reports whether there is something to say of a resource of which there is so much in all. Of volumes
// there is not where nobody has any, or where no limit is known; what is taken leaves most of NoLimit.
func tells(resource string, all int64, taken Amount) bool {
	return all > 0 && (resource != Volumes || all < NoLimit/2 && taken.Volumes > 0)
}

// mixOf returns what the pods take up that no DaemonSet made.
func mixOf(pods []Pod) []Amount {
	var mix []Amount
	for _, p := range pods {
		if !p.Daemon {
			mix = append(mix, p.Takes())
		}
	}
	return mix
}

// A layout is what lies where.
type layout struct {
	nodes          map[string]Amount
	here           []Pod    // Those on the nodes and those that are pending.
	used           []string // Nodes that hold a pod of the mix, in the order of their names.
	taken, daemons map[string]Amount
	by             map[string]map[string]int // Pods by workload and node.
	total          map[string]int            // Pods by workload, wherever they are.
}

func lay(nodes []Node, pods []Pod) layout {
	l := layout{nodes: map[string]Amount{}, taken: map[string]Amount{}, daemons: map[string]Amount{}, by: map[string]map[string]int{}, total: map[string]int{}}
	for _, node := range nodes {
		l.nodes[node.Name] = node.Allocatable
	}
	mixed := map[string]bool{}
	for _, p := range pods {
		if !p.Daemon {
			l.total[p.Workload]++
		}
		_, ours := l.nodes[p.Node]
		if p.Node == "" || ours {
			l.here = append(l.here, p)
		}
		if !ours {
			continue
		}
		l.taken[p.Node] = l.taken[p.Node].plus(p.Takes())
		if p.Daemon {
			l.daemons[p.Node] = l.daemons[p.Node].plus(p.Takes())
			continue
		}
		mixed[p.Node] = true
		if l.by[p.Workload] == nil {
			l.by[p.Workload] = map[string]int{}
		}
		l.by[p.Workload][p.Node]++
	}
	for name := range mixed {
		l.used = append(l.used, name)
	}
	slices.Sort(l.used)
	return l
}

// shares returns the largest part of each workload on one node. A workload of one pod is lost as a
// whole wherever it is, and says nothing about nodes.
func (l layout) shares() map[string]float64 {
	shares := map[string]float64{}
	for workload, nodes := range l.by {
		most := 0
		for _, n := range nodes {
			most = max(most, n)
		}
		if l.total[workload] > 1 {
			shares[workload] = float64(most) / float64(l.total[workload])
		}
	}
	return shares
}

// LowerBound returns the fewest nodes that any packing of pods could do with, where each leaves room
// to them: the largest, over the resources, of the sum of what they take by the room, rounded up. Bin
// packing calls it the continuous lower bound, L1 (Martello and Toth, Knapsack Problems, 1990, 8.3).
// It is 0 without pods. Ok is false if a pod fits onto no empty node, as then no number of nodes does.
func LowerBound(room Amount, pods []Amount) (nodes int, ok bool) {
	var sum Amount
	for _, p := range pods {
		if !room.holds(p) {
			return 0, false
		}
		sum = sum.plus(p)
	}
	return NodesFor(room, sum), true
}

// Filled returns how many nodes pods fill, where each leaves room to them: as LowerBound, rounded down.
func Filled(room Amount, pods []Amount) (nodes int) {
	var sum Amount
	for _, p := range pods {
		sum = sum.plus(p)
	}
	for _, resource := range Resources() {
		if each := room.of(resource); each > 0 {
			nodes = max(nodes, int(sum.of(resource)/each))
		}
	}
	return nodes
}

// Stranded returns, by resource, the share of the total that all nodes have of it that is free on nodes where
// another resource is exhausted: there is less of that free than the pod of the mix takes that takes
// the least of it. So free CPU without memory is stranded, and the other way round.
func Stranded(total Amount, free []Amount, mix []Amount) map[string]float64 {
	stranded := map[string]float64{}
	if len(mix) == 0 {
		return stranded
	}
	least, taken := map[string]int64{}, Amount{}
	for _, p := range mix {
		taken = taken.plus(p)
	}
	for _, resource := range Resources() {
		least[resource] = math.MaxInt64
		for _, p := range mix {
			least[resource] = min(least[resource], p.of(resource))
		}
	}
	for _, resource := range Resources() {
		all, sum := total.of(resource), int64(0)
		for _, f := range free {
			for _, other := range Resources() {
				if other != resource && f.of(other) < least[other] {
					sum += max(0, f.of(resource))
					break
				}
			}
		}
		if tells(resource, all, taken) {
			stranded[resource] = float64(sum) / float64(all)
		}
	}
	return stranded
}

// Fragmented returns, by resource, the share of the free amount that further average pods of the mix
// could not use: 1 - (what as many of them take as fit onto each node) / (what is free). A resource of
// which nothing is free, or of which the average pod takes nothing, is not in it.
func Fragmented(free []Amount, mix []Amount) map[string]float64 {
	fragmented := map[string]float64{}
	average := averageOf(mix)
	if average.Pods == 0 {
		return fragmented
	}
	fits := int64(0)
	for _, f := range free {
		fits += fit(f, average)
	}
	for _, resource := range Resources() {
		sum := int64(0)
		for _, f := range free {
			sum += max(0, f.of(resource))
		}
		if average.of(resource) > 0 && tells(resource, sum, average) {
			fragmented[resource] = 1 - float64(fits*average.of(resource))/float64(sum)
		}
	}
	return fragmented
}

// averageOf is the pod that takes the mean of each resource, rounded down; nothing without pods.
func averageOf(mix []Amount) Amount {
	var sum Amount
	for _, p := range mix {
		sum = sum.plus(p)
	}
	if len(mix) == 0 {
		return Amount{}
	}
	n := int64(len(mix))
	return Amount{sum.MilliCPU / n, sum.Bytes / n, 1, sum.Volumes / n}
}

// fit is how many pods of a size there is room for.
func fit(free, pod Amount) int64 {
	most := int64(math.MaxInt64)
	for _, resource := range Resources() {
		if takes := pod.of(resource); takes > 0 {
			most = min(most, max(0, free.of(resource))/takes)
		}
	}
	return most
}
