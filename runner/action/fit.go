package action

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/kwok/fleet"
	"github.com/kubedyno/kubedyno/kwok/nodetype"
	"github.com/kubedyno/kubedyno/results/packing"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/measure"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// A fitting is one fit on its way.
type fitting struct {
	Step
	pool      string
	kind      nodetype.Type
	placement *measure.Placement
	nodes     int // Of the pool, so far.
	bound     int // The fewest nodes that any packing needs; 0 if not known, or if a pod fits onto none.
	began     sample.Offset
}

// fit adds nodes of a pool until the scheduler has placed all pods. It begins with the fewest nodes
// that any packing needs, as an autoscaler that sees all pods pending would, and then adds some at a
// time. Nodes on which nothing more is placed, as many in a row as the pool has zones, are the end of
// it: a further one is equal to one of these.
func (s Step) fit(ctx context.Context, a *spec.Fit) (string, error) {
	kind, ok := s.Fleet.Type(a.Pool)
	if !ok {
		return "", fmt.Errorf("the fleet has no pool %s", a.Pool)
	}
	placement, err := measure.StartPlacement(ctx, measure.PlacementOptions{Run: s.Measure, Config: s.REST, Selector: RunLabel + "=" + s.Run,
		Daemon: func(workload string) bool { return s.Env.Plan.Workloads[workload].Kind == "DaemonSet" }})
	if err != nil {
		return "", err
	}
	defer placement.Close()
	f := &fitting{Step: s, pool: a.Pool, kind: kind, placement: placement, nodes: s.Plan.From, began: s.Clock.Now()}
	if err := placement.WaitCreated(ctx, s.Plan.Fit.Pods, s.progress(s.Plan.Fit.Pods).set); err != nil {
		return "", err
	}
	f.lowerBound()
	pending, err := f.grow(ctx, a.Step)
	if err != nil {
		return "", fmt.Errorf("find how many nodes of pool %s the pods need: %w", a.Pool, err)
	}
	return f.record(pending), nil
}

// allocatable is what a node leaves to pods.
func (f *fitting) allocatable() packing.Amount {
	return packing.Amount{MilliCPU: f.kind.AllocatableMilliCPU, Bytes: f.kind.AllocatableMiB << 20, Pods: int64(f.kind.MaxPods)}
}

// lowerBound computes the fewest nodes from the pods that are there. It is not known where other pools
// have nodes, which may take some of the pods.
func (f *fitting) lowerBound() {
	if created, _ := f.Nodes.Counts(); created > f.nodes {
		return
	}
	room := f.allocatable()
	for _, daemon := range f.Env.Plan.Daemons(*f.Plan.Fit) {
		takes := measure.Requests(daemon)
		room.MilliCPU, room.Bytes, room.Pods = room.MilliCPU-takes.MilliCPU, room.Bytes-takes.Bytes, room.Pods-1
	}
	pods, _ := f.placement.Pods()
	var mix []packing.Amount
	for _, p := range pods {
		if !p.Daemon {
			mix = append(mix, p.Takes())
		}
	}
	f.bound, _ = packing.LowerBound(room, mix)
}

// grow adds nodes until no pod is pending, no node is left, or further ones are no help. It returns
// how many pods are pending.
func (f *fitting) grow(ctx context.Context, step int) (pending int, err error) {
	next, fruitless := min(max(f.bound, f.nodes, 1), f.Plan.Until), 0
	for {
		before, _ := f.placement.Pods()
		added := next - f.nodes
		if err := f.add(ctx, next); err != nil {
			return 0, err
		}
		pending, err = f.placement.WaitTried(ctx, f.expected(), f.progress(len(before)).set)
		if err != nil || pending == 0 || next == f.Plan.Until {
			return pending, err
		}
		after, _ := f.placement.Pods()
		if placedOf(after) > placedOf(before) {
			fruitless = 0
		} else if fruitless += added; fruitless >= f.zones() {
			return pending, nil
		}
		next = min(next+step, f.Plan.Until)
	}
}

// expected is what there must be once the scheduler has tried all. How many nodes it has to try is not
// known in a cluster that is not the run's.
func (f *fitting) expected() measure.Expected {
	created, _ := f.Nodes.Counts()
	want := measure.Expected{Pods: f.Plan.Fit.Pods, Daemons: created * len(f.Env.Plan.Daemons(*f.Plan.Fit)), Nodes: created}
	if f.Pinned {
		want.Nodes = 0
	}
	return want
}

// placedOf counts the pods of the mix that have a node.
func placedOf(pods []packing.Pod) (n int) {
	for _, p := range pods {
		if p.Node != "" && !p.Daemon {
			n++
		}
	}
	return n
}

func (f *fitting) zones() int {
	for _, p := range f.Env.Plan.Fleet.Pools {
		if p.Name == f.pool {
			return max(len(p.Zones), 1)
		}
	}
	return 1
}

// add creates nodes of the pool up to a number and waits until all are Ready.
func (f *fitting) add(ctx context.Context, until int) error {
	if until <= f.nodes {
		return nil
	}
	observe := func(o fleet.Observation) { f.Nodes.Observe(f.pool, o.Name, f.Clock.At(o.Sent)) }
	if _, err := f.Fleet.Create(ctx, f.Client, fleet.CreateOptions{Pools: []string{f.pool}, From: f.nodes, Until: until}, observe); err != nil {
		return err
	}
	_, err := f.Nodes.WaitReady(ctx, f.pool, until, nil)
	f.nodes = until
	return err
}

// record writes how the pods lie, and says it in words.
func (f *fitting) record(pending int) string {
	pods, placed := f.placement.Pods()
	names := make([]string, f.nodes)
	for i := range names {
		names[i] = fmt.Sprintf("%s-%d", f.pool, i) // As package fleet calls them.
	}
	r := packing.Measure(names, f.allocatable(), pods)
	w := capacityWriter{f}
	w.one(sample.CapacityPods, float64(r.Pods))
	w.one(sample.CapacityPending, float64(r.Pending))
	w.one(sample.CapacityMaxPods, float64(f.kind.MaxPods))
	w.by(sample.CapacityReasons, "reason", counts(r.Reasons))
	if f.bound > 0 {
		w.one(sample.CapacityBound, float64(f.bound))
	}
	w.layout(r)
	if pending > 0 {
		return fmt.Sprintf("%d of %d pods are pending with %d nodes: %s", pending, len(pods), f.nodes, reasonsOf(r.Reasons))
	}
	w.one(sample.CapacityNodes, float64(r.Nodes))
	w.one(sample.CapacityFit, (placed - f.began).Seconds())
	w.prices(r)
	words := fmt.Sprintf("%d nodes hold %d pods", r.Nodes, r.Pods)
	if f.bound > 0 {
		words += fmt.Sprintf("; no packing needs fewer than %d", f.bound)
	}
	return words
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

// A capacityWriter writes the figures of a fit.
type capacityWriter struct{ *fitting }

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

// prices writes what the nodes cost, if a price is known.
func (w capacityWriter) prices(r packing.Result) {
	if w.kind.PricePerHour <= 0 {
		return
	}
	hour := float64(r.Nodes) * w.kind.PricePerHour
	w.one(sample.CapacityHour, hour)
	w.one(sample.CapacityMonth, hour*sample.HoursInMonth)
	w.one(sample.CapacityStep, w.kind.PricePerHour*sample.HoursInMonth)
	if r.Pods > 0 {
		w.one(sample.CapacityThousand, hour/float64(r.Pods)*1000)
	}
}
