package action

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/packing"
	"github.com/kubedyno/kubedyno/results/sample"
)

// record writes how the pods lie, and says it in words. Of a mix, each pool has figures of its own beside
// those of all together, but what is pending is of no pool.
func (f *fitting) record(pending int) string {
	pods, placed := f.placement.Pods()
	if f.mix {
		for _, pool := range f.pools {
			f.recordPool(pool, pods, pending)
		}
	}
	whole := capacityWriter{f, f.pools[0].name}
	if f.mix {
		whole.pool = sample.AllPools
	}
	var nodes, machines []packing.Node // A virtual node is filled by no pod.
	for _, pool := range f.pools {
		nodes = append(nodes, pool.named()...)
		if pool.machine.PerPod == nil {
			machines = append(machines, pool.named()...)
		}
	}
	r := packing.Measure(nodes, pods)
	whole.one(sample.CapacityPods, float64(r.Pods))
	whole.one(sample.CapacityPending, float64(r.Pending))
	whole.by(sample.CapacityReasons, "reason", counts(r.Reasons))
	bound := whole.bounds(pods)
	whole.layout(packing.Measure(machines, pods))
	if pending > 0 {
		return fmt.Sprintf("%d of %d pods are pending with %d nodes: %s", pending, len(pods), len(nodes), reasonsOf(r.Reasons))
	}
	whole.one(sample.CapacityNodes, float64(r.Nodes))
	whole.added(f.pools...)
	whole.one(sample.CapacityFit, (placed - f.began).Seconds())
	if f.mix && r.Pods > 0 {
		whole.one(sample.CapacitySpot, f.onSpot(pods)/float64(r.Pods))
	}
	if hour, ok := f.cost(pods, f.pools...); ok {
		whole.prices(hour, r.Pods)
		whole.against(hour, pods)
	}
	if !f.mix {
		whole.ofPool(f.pools[0], pods)
	}
	return fmt.Sprintf("%d nodes hold %d pods", r.Nodes, r.Pods) + bound
}

// recordPool writes the figures of one pool of a mix.
func (f *fitting) recordPool(pool *growing, pods []packing.Pod, pending int) {
	var bound []packing.Pod
	for _, p := range pods {
		if p.Node != "" {
			bound = append(bound, p)
		}
	}
	r := packing.Measure(pool.named(), bound)
	w := capacityWriter{f, pool.name}
	w.one(sample.CapacityPods, float64(r.Pods))
	if pool.machine.PerPod == nil {
		w.one(sample.CapacityMaxPods, float64(pool.machine.MaxPods))
		w.layout(r)
	}
	if pending > 0 {
		return
	}
	w.one(sample.CapacityNodes, float64(r.Nodes))
	w.added(pool)
	if hour, ok := f.cost(pods, pool); ok {
		w.prices(hour, r.Pods)
	}
	w.ofPool(pool, pods)
}

// added writes how many nodes the fit has added to pools, and what these cost.
func (w capacityWriter) added(pools ...*growing) {
	nodes, hour, known := 0, 0.0, true
	for _, pool := range pools {
		n := pool.nodes - pool.from
		nodes, hour = nodes+n, hour+float64(n)*pool.hour()
		known = known && (n == 0 || pool.hour() > 0)
	}
	w.one(sample.CapacityAdded, float64(nodes))
	if known {
		w.one(sample.CapacityAddedMonth, hour*sample.HoursInMonth)
	}
}

// ofPool writes what only a pool by itself has: what one node more costs, or how much of what is paid for
// the pods request.
func (w capacityWriter) ofPool(pool *growing, pods []packing.Pod) {
	switch {
	case pool.machine.PerPod != nil:
		w.by(sample.CapacityBilled, "resource", pool.billed(pods))
	case pool.priced():
		w.one(sample.CapacityStep, pool.hour()*sample.HoursInMonth)
	}
}

// cost is what pools cost an hour; false if that of one is not known.
func (f *fitting) cost(pods []packing.Pod, pools ...*growing) (dollars float64, ok bool) {
	for _, pool := range pools {
		each, known := pool.cost(pods)
		if !known {
			return 0, false
		}
		dollars += each
	}
	return dollars, true
}

// onSpot counts the pods, without those of DaemonSets, on nodes that may be taken away.
func (f *fitting) onSpot(pods []packing.Pod) float64 {
	spot, n := map[string]bool{}, 0
	for _, pool := range f.pools {
		for _, node := range pool.named() {
			spot[node.Name] = pool.spot
		}
	}
	for _, p := range pods {
		if !p.Daemon && spot[p.Node] {
			n++
		}
	}
	return float64(n)
}

// reasonsOf names the reasons, with the most frequent first.
func reasonsOf(reasons map[string]int) string {
	var all []string
	for reason := range reasons {
		all = append(all, reason)
	}
	slices.SortFunc(all, func(a, b string) int {
		if reasons[a] != reasons[b] {
			return reasons[b] - reasons[a]
		}
		return strings.Compare(a, b)
	})
	for i, reason := range all {
		all[i] = fmt.Sprintf("%d %s", reasons[reason], reason)
	}
	return strings.Join(all, "; ")
}

func counts(of map[string]int) map[string]float64 {
	all := map[string]float64{}
	for name, n := range of {
		all[name] = float64(n)
	}
	return all
}

// A capacityWriter writes the figures of a fit: those of a pool, or of all.
type capacityWriter struct {
	*fitting
	pool string
}

func (w capacityWriter) one(metric string, value float64) {
	w.by(metric, "", map[string]float64{"": value})
}

// by writes a value for each value of a label.
func (w capacityWriter) by(metric, label string, values map[string]float64) {
	now := w.Clock.Now()
	for of, value := range values {
		labels := sample.Labels{"pool": w.pool, "phase": w.Phase}
		if label != "" {
			labels[label] = of
		}
		w.Sink.Point(sample.Point{At: now, Metric: metric, Labels: labels, Value: value})
	}
}

// bounds writes the least that any packing needs, in nodes of one pool or in dollars of a mix, and says
// it in words. It is not known where other pools have nodes, which may take some of the pods.
func (w capacityWriter) bounds(pods []packing.Pod) string {
	only := w.pools[0]
	virtual := only.machine.PerPod != nil
	if !w.mix && !virtual {
		w.one(sample.CapacityMaxPods, float64(only.machine.MaxPods))
	}
	if !w.alone || !w.mix && virtual {
		return ""
	}
	var mix []packing.Pod
	var takes []packing.Amount
	for _, p := range pods {
		if !p.Daemon {
			mix, takes = append(mix, p), append(takes, p.Takes())
		}
	}
	if !w.mix {
		nodes, _ := packing.LowerBound(only.kind.Room, takes)
		if nodes == 0 {
			return ""
		}
		w.one(sample.CapacityBound, float64(nodes))
		return fmt.Sprintf("; no packing needs fewer than %d", nodes)
	}
	for _, pool := range w.pools {
		if !pool.priced() {
			return ""
		}
	}
	dollars, ok := packing.CostBound(w.kinds(), mix)
	if !ok || dollars == 0 {
		return ""
	}
	w.one(sample.CapacityCostBound, dollars)
	return fmt.Sprintf("; no packing costs less than $%.4g an hour", dollars)
}

// against writes what the pods would cost where each is paid for, if the fit asks for it and nodes have
// been paid for here.
func (w capacityWriter) against(hour float64, pods []packing.Pod) {
	other, ok := w.Fleet.Named(w.Plan.Action.Fit.Against)
	if !ok || other.PerPod == nil || slices.ContainsFunc(w.pools, func(g *growing) bool { return g.machine.PerPod != nil }) {
		return
	}
	sum := 0.0
	for _, p := range pods {
		if p.Daemon {
			continue
		}
		each, sold := other.PerPod.Hour(p.MilliCPU, p.Bytes)
		if !sold {
			return
		}
		sum += each
	}
	if sum > 0 {
		w.one(sample.CapacityByPod, sum)
		w.one(sample.CapacityBreakEven, hour/sum)
	}
}

// layout writes how the nodes that are used are filled.
func (w capacityWriter) layout(r packing.Result) {
	if r.Nodes == 0 {
		return
	}
	w.by(sample.CapacityRequested, "resource", r.Requested)
	w.by(sample.CapacityStranded, "resource", r.Stranded)
	w.by(sample.CapacityFragmentation, "resource", r.Fragmented)
	w.by(sample.CapacityDaemons, "resource", r.Daemons)
	w.by(sample.CapacityBlastShare, "workload", r.BlastShare)
	w.by(sample.CapacityNodePods, "quantile", map[string]float64{"p50": float64(r.MedianPods), "max": float64(r.MostPods)})
	w.one(sample.CapacityBlast, float64(r.BlastPods))
}

// prices writes what the nodes cost.
func (w capacityWriter) prices(hour float64, pods int) {
	w.one(sample.CapacityHour, hour)
	w.one(sample.CapacityMonth, hour*sample.HoursInMonth)
	if pods > 0 {
		w.one(sample.CapacityThousand, hour/float64(pods)*1000)
	}
}
