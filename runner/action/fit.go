package action

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubedyno/kubedyno/kwok/fleet"
	"github.com/kubedyno/kubedyno/results/packing"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/measure"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// A fitting is one fit on its way.
type fitting struct {
	Step
	pools     []*growing
	mix       bool
	placement *measure.Placement
	elsewhere int // Pods of DaemonSets on nodes of other pools, which were there before.
	alone     bool
	began     sample.Offset
}

// fit adds nodes of a pool, or of several, until the scheduler has placed all pods. It begins with the
// fewest nodes that any packing needs, as an autoscaler that sees all pods pending would, and then adds
// some at a time. Nodes on which nothing more is placed, as many in a row as the pool has zones, are the
// end of a pool: a further one is equal to one of these.
//
// With several pools a pending pod leans to the pool whose node takes it at least cost (packing.Cheapest).
// At first each pool gets the whole nodes that the pods fill that lean to it, and no other; as pods also go
// where they do not lean to, one node of the pool to which most pending pods lean comes after another.
func (s Step) fit(ctx context.Context, a *spec.Fit) (string, error) {
	f, err := s.newFitting(a)
	if err != nil {
		return "", err
	}
	f.placement, err = measure.StartPlacement(ctx, measure.PlacementOptions{Run: s.Measure, Config: s.REST, Selector: RunLabel + "=" + s.Run, May: f.may,
		Daemon: func(workload string) bool { return s.Env.Plan.Workloads[workload].Kind == "DaemonSet" }})
	if err != nil {
		return "", err
	}
	defer f.placement.Close()
	if err := f.placement.WaitCreated(ctx, s.Plan.Fit.Pods, s.progress(s.Plan.Fit.Pods).set); err != nil {
		return "", err
	}
	if failed := f.failed(); len(failed) > 0 {
		if err := f.placement.WaitEvicted(ctx, failed, s.Plan.Fit.Pods, s.progress(s.Plan.Fit.Pods).set); err != nil {
			return "", err
		}
	}
	pending, err := f.grow(ctx, a.Step)
	if err != nil {
		return "", fmt.Errorf("find how many nodes of %s the pods need: %w", strings.Join(a.Names(), ", "), err)
	}
	return f.record(pending), nil
}

func (s Step) newFitting(a *spec.Fit) (*fitting, error) {
	f := &fitting{Step: s, mix: a.Mix(), began: s.Clock.Now()}
	for _, grown := range s.Plan.Fit.Pools {
		pool, err := s.newGrowing(grown)
		if err != nil {
			return nil, err
		}
		f.pools = append(f.pools, pool)
	}
	f.sameWorth()
	ours := 0
	for _, pool := range f.pools {
		ours += pool.nodes
	}
	created, _ := s.Nodes.Counts()
	f.alone = created == ours
	if !f.alone {
		daemons, err := s.daemonsElsewhere(a.Names())
		if err != nil {
			return nil, err
		}
		f.elsewhere = daemons
	}
	return f, nil
}

// sameWorth lets all nodes count the same if the price of one is not known: those with a price cannot
// be weighed against one without.
func (f *fitting) sameWorth() {
	for _, pool := range f.pools {
		if !pool.priced() {
			for _, other := range f.pools {
				other.kind.Hour, other.kind.Pod = 1, nil
			}
			return
		}
	}
}

// may says onto nodes of which pools a pod may go, apart from their size.
func (f *fitting) may(pod corev1.PodSpec) (pools packing.Kinds) {
	for i, pool := range f.pools {
		if allowed(pod, pool.examples) {
			pools = pools.With(i)
		}
	}
	return pools
}

// kinds are what packing knows of the pools.
func (f *fitting) kinds() []packing.Kind {
	kinds := make([]packing.Kind, len(f.pools))
	for i, pool := range f.pools {
		kinds[i] = pool.kind
	}
	return kinds
}

// grow adds nodes until no pod is pending, or no pool can grow any more that one leans to. It returns how
// many pods are pending.
func (f *fitting) grow(ctx context.Context, step int) (pending int, err error) {
	if created, _ := f.Nodes.Counts(); created > 0 { // Pods that these take need no others.
		if pending, err = f.try(ctx); err != nil || pending == 0 {
			return pending, err
		}
	}
	for first := true; ; first = false {
		before, _ := f.placement.Pods()
		wanted := f.next(before, step, first)
		if len(wanted) == 0 {
			return pendingOf(before), nil
		}
		if err := f.add(ctx, wanted); err != nil {
			return 0, err
		}
		if pending, err = f.try(ctx); err != nil || pending == 0 {
			return pending, err
		}
		after, _ := f.placement.Pods()
		for pool, n := range wanted {
			if pool.fruitless += n; placedOf(after) > placedOf(before) {
				pool.fruitless = 0
			}
		}
	}
}

// next says how many nodes each pool gets. At first a pool to which all lean gets the fewest that they
// need, and each of several the whole ones that those fill which lean to it; then, or if these fill none,
// the pool to which most lean, the first of equals, gets as many as step says.
func (f *fitting) next(pods []packing.Pod, step int, first bool) map[*growing]int {
	leaning := f.leaning(pods)
	wanted := map[*growing]int{}
	var most *growing
	for i, pool := range f.pools {
		if len(leaning[pool]) == 0 {
			continue
		}
		if most == nil || len(leaning[pool]) > len(leaning[most]) {
			most = pool
		}
		least, whole := pool.needs(i, leaning[pool])
		if len(leaning) == 1 {
			whole = max(least, 1)
		}
		if first && whole > 0 {
			wanted[pool] = min(whole, pool.most-pool.nodes)
		}
	}
	if len(wanted) == 0 && most != nil {
		wanted[most] = min(step, most.most-most.nodes)
	}
	return wanted
}

// leaning returns the pending pods by the pool that takes them at least cost, of those that can grow. A
// pod that fits onto no node leans to the pool that can grow and whose node costs least, so that the
// scheduler says what keeps the pod off.
func (f *fitting) leaning(pods []packing.Pod) map[*growing][]packing.Pod {
	kinds, every, open, cheapest := f.kinds(), packing.Kinds(0), packing.Kinds(0), -1
	for i, pool := range f.pools {
		every = every.With(i)
		if !pool.open() {
			continue
		}
		open = open.With(i)
		if cheapest < 0 || pool.kind.Hour < f.pools[cheapest].kind.Hour {
			cheapest = i
		}
	}
	leaning := map[*growing][]packing.Pod{}
	for _, p := range pods {
		if p.Node != "" || p.Daemon {
			continue
		}
		to, ok := packing.Cheapest(kinds, open, p)
		if !ok {
			if _, fits := packing.Cheapest(kinds, every, p); fits || cheapest < 0 {
				continue // Its pools have no more nodes to give.
			}
			to = cheapest
		}
		leaning[f.pools[to]] = append(leaning[f.pools[to]], p)
	}
	return leaning
}

// try waits until the scheduler has tried all pods on all nodes, and returns how many are pending.
func (f *fitting) try(ctx context.Context) (pending int, err error) {
	pods, _ := f.placement.Pods()
	return f.placement.WaitTried(ctx, f.expected(), f.progress(len(pods)).set)
}

// expected is what there must be once the scheduler has tried all. How many nodes it has to try is not
// known in a cluster that is not the run's.
func (f *fitting) expected() measure.Expected {
	created, _ := f.Nodes.Counts()
	want := measure.Expected{Pods: f.Plan.Fit.Pods, Daemons: f.elsewhere, Nodes: created, Failed: len(f.failed())}
	for _, pool := range f.pools {
		want.Daemons += pool.nodes * len(pool.daemons)
	}
	if f.Pinned {
		want.Nodes = 0
	}
	return want
}

// failed returns the names of the nodes that have failed.
func (f *fitting) failed() (all []string) {
	for _, pool := range f.pools {
		all = append(all, pool.failed...)
	}
	return all
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

// pendingOf counts the pods that have none, those of DaemonSets included.
func pendingOf(pods []packing.Pod) (n int) {
	for _, p := range pods {
		if p.Node == "" {
			n++
		}
	}
	return n
}

// add creates nodes and waits until all are Ready. Those of several pools take pods from the same moment
// on: the scheduler fills whatever node is there first, which would decide between the pools.
func (f *fitting) add(ctx context.Context, wanted map[*growing]int) error {
	var created, cordoned []string
	for _, pool := range f.pools {
		until := pool.nodes + wanted[pool]
		if until == pool.nodes {
			continue
		}
		observe := func(o fleet.Observation) { f.Nodes.Observe(pool.name, o.Name, f.Clock.At(o.Sent)) }
		options := fleet.CreateOptions{Pools: []string{pool.name}, From: pool.nodes, Until: until, Cordoned: len(wanted) > 1}
		if _, err := f.Fleet.Create(ctx, f.Client, options, observe); err != nil {
			return err
		}
		for i := pool.nodes; i < until; i++ {
			created = append(created, nodeName(pool.name, i))
		}
		if options.Cordoned {
			cordoned = created
		}
		pool.nodes = until
	}
	for _, pool := range f.pools {
		if wanted[pool] == 0 {
			continue
		}
		if _, err := f.Nodes.WaitReady(ctx, pool.name, pool.nodes-len(pool.failed), nil); err != nil {
			return err
		}
	}
	if err := f.registered(ctx, created); err != nil {
		return err
	}
	return fleet.Uncordon(ctx, f.Client, cordoned)
}

// nodeName is what package fleet calls a node.
func nodeName(pool string, index int) string { return fmt.Sprintf("%s-%d", pool, index) }
