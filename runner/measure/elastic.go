package measure

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kubedyno/kubedyno/results/packing"
	"github.com/kubedyno/kubedyno/results/sample"
)

// ElasticOptions say which pools and pods to measure.
type ElasticOptions struct {
	Run
	Config    *rest.Config
	Selector  string // A label selector of the nodes and of the pods.
	Pools     []ElasticPool
	Workloads []string                   // Have a series from the beginning, so that no pod without room is a figure, too.
	Daemon    func(workload string) bool // Whether a workload is a DaemonSet.
	Claims    dynamic.Interface          // To watch Karpenter's NodeClaims by, which are its orders; nil if there are none.
}

// An ElasticPool is a pool whose nodes come and go. Its nodes have its name in fleet.PoolLabel.
type ElasticPool struct {
	Name         string
	Allocatable  packing.Amount // Of a node.
	Room         packing.Amount // The same without what DaemonSets take.
	Utilization  float64        // A node is idle of which pods request less than this share of CPU and memory.
	PricePerHour float64        // US dollars; 0 if not known.
	Outcomes     []string       // Of orders, those that are told, so that none is a figure, too.
	// Price is what a node with these labels costs an hour, 0 if not known, where nodes of several kinds
	// are in the pool, whose Kinds they are; nil where they are all alike.
	Price func(labels map[string]string) float64
	Kinds []packing.Kind // At most packing.MostKinds; none if too many.
}

// Elastic measures how nodes follow pods, whatever adds and removes the nodes: how long pods are without
// room, what nodes there are and what they cost, and which are needed. Only the orders must be told, unless they
// are Karpenter's claims.
type Elastic struct {
	options     ElasticOptions
	pools       map[string]ElasticPool
	pods, nodes *following
	claims      *following // nil without claims.

	mu      sync.Mutex
	at      sample.Offset // Until when the counters are right.
	byUID   map[types.UID]*elasticPod
	there   map[string]*elasticNode
	counts  map[string]*nodeCounts // By pool.
	ordered map[string]order       // By the name of a node that is not there yet.
	claimed map[types.UID]*claim
	wanted  packing.Amount // By the pods for which nodes are needed; where one pool is elastic.
	least   []float64      // What nodes of several kinds cost an hour at least for them, by resource.
	missing map[string]int // Pods without room, by workload.
	short   shortage
	totals  map[elasticTotal]float64
	windows map[windowed]*sample.Histogram
	never   map[windowed]*sample.Histogram // Of what did not come to its end.
	from    sample.Offset                  // Of the windows.
}

// order is a node that was ordered.
type order struct {
	pool, phase string
	at          sample.Offset
	price       float64
}

// elasticTotal and windowed tell the series of counters and of distributions apart.
type (
	elasticTotal struct{ metric, pool, workload, outcome string }
	windowed     struct{ metric, pool, workload, phase string }
)

// nodeCounts are the nodes of a pool; prices are those of which are paid for, with how many nodes each.
type nodeCounts struct {
	ordered, created, ready int
	prices                  map[float64]int
	unpriced                bool // The price of one was not known.
}

// elasticPod is what is kept of a pod that exists and has not ended.
type elasticPod struct {
	packing.Pod
	phase   string        // In which it was first without room.
	without sample.Offset // Since when it is without room; 0 if it is not.
	wants   bool          // Nodes of an elastic pool are needed for it, if it is on one or on none.
	needs   bool          // It is in wanted.
	least   []float64     // What it costs an hour at least, by resource, where nodes are of several kinds.
	evicted bool
}

// elasticNode is what is kept of a node of an elastic pool.
type elasticNode struct {
	pool  string
	order *order // nil if none was told.
	taken packing.Amount
	ready bool
	first sample.Offset // When it was first seen Ready; 0 if it was not.
	idle  sample.Offset // Since when pods request little of it; 0 if they do not.
	price float64
}

// StartElastic begins to watch and returns when the nodes and pods that exist are known. The watch ends
// with ctx; Close must be called all the same.
func StartElastic(ctx context.Context, options ElasticOptions) (*Elastic, error) {
	client, err := kubernetes.NewForConfig(typedConfig(options.Config))
	if err != nil {
		return nil, fmt.Errorf("make a client to watch elastic nodes: %w", err)
	}
	e := newElastic(options)
	nodes := listWatch(client.CoreV1().Nodes(), labelled(options.Selector))
	e.nodes = follow(ctx, options.Run, "elastic nodes", nodes, &corev1.Node{}, elasticNodes{e})
	if err := e.nodes.waitSynced(ctx, "elastic nodes"); err != nil {
		return nil, err
	}
	if err := e.watchClaims(ctx); err != nil {
		e.nodes.stop()
		return nil, err
	}
	pods := listWatch(client.CoreV1().Pods(""), labelled(options.Selector))
	e.pods = follow(ctx, options.Run, "pods without room", pods, &corev1.Pod{}, elasticPods{e})
	if err := e.pods.waitSynced(ctx, "pods without room"); err != nil {
		e.stopClaims()
		e.nodes.stop()
		return nil, err
	}
	e.pods.also(ctx, func(ctx context.Context) { every(ctx, e.flush) })
	return e, nil
}

func newElastic(options ElasticOptions) *Elastic {
	now := options.Clock.Now()
	e := &Elastic{options: options, pools: map[string]ElasticPool{}, at: now, from: now, byUID: map[types.UID]*elasticPod{},
		there: map[string]*elasticNode{}, counts: map[string]*nodeCounts{}, ordered: map[string]order{}, claimed: map[types.UID]*claim{}, missing: map[string]int{}, totals: map[elasticTotal]float64{},
		windows: map[windowed]*sample.Histogram{}, never: map[windowed]*sample.Histogram{}}
	for _, p := range options.Pools {
		e.pools[p.Name], e.counts[p.Name] = p, &nodeCounts{prices: map[float64]int{}}
		for _, metric := range []string{sample.ElasticNodeHours, sample.ElasticRemoved} {
			e.totals[elasticTotal{metric: metric, pool: p.Name}] = 0
		}
		for _, outcome := range p.Outcomes {
			e.totals[elasticTotal{metric: sample.ElasticOrders, pool: p.Name, outcome: outcome}] = 0
		}
	}
	for _, w := range options.Workloads {
		e.missing[w] = 0
		for _, metric := range []string{sample.ElasticPendingSeconds, sample.ElasticEvictions} {
			e.totals[elasticTotal{metric: metric, workload: w}] = 0
		}
	}
	return e
}

// Close stops watching and writes what is left. Only the first call has an effect. It does nothing to nil.
func (e *Elastic) Close() {
	if e == nil {
		return
	}
	e.pods.stop()
	e.stopClaims()
	e.nodes.stop()
	e.censor()
	e.flush()
}

// Ordered says that a node of a pool was ordered then, before it is there.
func (e *Elastic) Ordered(pool, node string, at time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.accrue(e.options.Clock.Now())
	e.placed(node, order{pool: intern(pool), phase: intern(e.options.phase()), at: e.options.Clock.At(at), price: e.pools[pool].PricePerHour})
}

func (e *Elastic) placed(node string, o order) {
	if there := e.there[node]; there == nil {
		e.counts[o.pool].ordered++
		e.counts[o.pool].pay(o.price, 1)
		e.ordered[node] = o
	} else {
		e.late(there, o)
	}
	e.totals[elasticTotal{metric: sample.ElasticOrders, pool: o.pool, outcome: "placed"}]++
}

// Refused says that an order for a pool was refused: by "capacity", or by the "quota".
func (e *Elastic) Refused(pool, outcome string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.totals[elasticTotal{metric: sample.ElasticOrders, pool: pool, outcome: outcome}]++
}

// Failed says that a node that was ordered will not come.
func (e *Elastic) Failed(pool, node string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.accrue(e.options.Clock.Now())
	e.failed(pool, node)
}

func (e *Elastic) failed(pool, node string) {
	if o, waits := e.ordered[node]; waits {
		e.counts[pool].ordered--
		e.counts[pool].pay(o.price, -1)
		delete(e.ordered, node)
	}
	e.totals[elasticTotal{metric: sample.ElasticOrders, pool: pool, outcome: "failed"}]++
}

// accrue brings the counters of what goes on up to date.
func (e *Elastic) accrue(now sample.Offset) {
	seconds := duration(e.at, now).Seconds()
	e.at = max(e.at, now)
	if seconds <= 0 {
		return
	}
	for workload, n := range e.missing {
		if n > 0 {
			e.totals[elasticTotal{metric: sample.ElasticPendingSeconds, workload: workload}] += float64(n) * seconds
		}
	}
	for name, n := range e.counts {
		e.totals[elasticTotal{metric: sample.ElasticNodeHours, pool: name}] += float64(n.ordered+n.created) * seconds / 3600
		e.charge(name, seconds/3600)
	}
}

// needed is the fewest nodes of the only elastic pool that any packing could do with.
func (e *Elastic) needed() (nodes int, known bool) {
	if len(e.options.Pools) != 1 || e.options.Pools[0].Price != nil {
		return 0, false
	}
	return packing.NodesFor(e.options.Pools[0].Room, e.wanted), true
}

// flush writes the gauges, the counters and the windows.
func (e *Elastic) flush() {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.options.Clock.Now()
	e.accrue(now)
	for _, p := range e.options.Pools {
		n := e.counts[p.Name]
		states := map[string]int{"ordered": n.ordered, "created": n.created, "ready": n.ready}
		if needed, known := e.needed(); known {
			states["needed"] = needed
		}
		for state, n := range states {
			e.options.point(now, sample.ElasticNodes, sample.Labels{"pool": p.Name, "state": state}, float64(n))
		}
	}
	for workload, n := range e.missing {
		e.options.point(now, sample.ElasticPending, sample.Labels{"workload": workload}, float64(n))
	}
	for of, total := range e.totals {
		e.options.point(now, of.metric, labelsOf(of.pool, of.workload, "outcome", of.outcome), total)
	}
	e.flushWindows(e.windows, now, false)
	e.flushWindows(e.never, now, true)
	e.from = now
}

func (e *Elastic) flushWindows(all map[windowed]*sample.Histogram, now sample.Offset, censored bool) {
	for of, h := range all {
		if h.Count() > 0 {
			e.options.Sink.Window(sample.Window{From: e.from, To: now, Metric: of.metric,
				Labels: labelsOf(of.pool, of.workload, "phase", of.phase), Histogram: *h, Censored: censored})
		}
		delete(all, of)
	}
}

// labelsOf leaves out labels without a value.
func labelsOf(pool, workload, more, value string) sample.Labels {
	labels := sample.Labels{"pool": pool, "workload": workload, more: value}
	maps.DeleteFunc(labels, func(_, value string) bool { return value == "" })
	return labels
}

// took records a time.
func (e *Elastic) took(all map[windowed]*sample.Histogram, of windowed, from, until sample.Offset) {
	h, ok := all[of]
	if !ok {
		h = &sample.Histogram{}
		all[of] = h
	}
	h.Record(duration(from, until))
}

// censor records what has not come to its end.
func (e *Elastic) censor() {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.options.Clock.Now()
	e.accrue(now)
	for _, uid := range slices.Sorted(maps.Keys(e.byUID)) {
		if p := e.byUID[uid]; p.without > 0 {
			e.took(e.never, windowed{metric: sample.ElasticWait, workload: p.Workload, phase: p.phase}, p.without, now)
			p.without = 0 // A second Close must not count it again.
		}
	}
	for _, o := range e.ordered {
		e.took(e.never, windowed{metric: sample.ElasticNodeReady, pool: o.pool, phase: o.phase}, o.at, now)
	}
	for _, n := range e.there {
		if n.order != nil && !n.ready {
			e.took(e.never, windowed{metric: sample.ElasticNodeReady, pool: n.pool, phase: n.order.phase}, n.order.at, now)
			n.order = nil
		}
	}
	for _, c := range e.claimed {
		if c.node == "" {
			e.took(e.never, windowed{metric: sample.ElasticNodeReady, pool: c.pool, phase: c.phase}, c.at, now)
		}
	}
	e.short.censor(e, now)
	clear(e.ordered)
	clear(e.claimed)
}

// A shortage is a time in which pods are without room.
type shortage struct {
	since  sample.Offset // 0 if no pod is.
	phase  string
	served bool // A node was seen Ready meanwhile.
}

// update follows the number of pods without room.
func (s *shortage) update(e *Elastic, now sample.Offset) {
	missing := 0
	for _, n := range e.missing {
		missing += n
	}
	switch {
	case missing > 0 && s.since == 0:
		*s = shortage{since: now, phase: intern(e.options.phase())}
	case missing == 0 && s.since > 0:
		e.took(e.windows, windowed{metric: sample.ElasticShortage, phase: s.phase}, s.since, now)
		*s = shortage{}
	}
}

// ready takes a node that is seen Ready for the first time.
func (s *shortage) ready(e *Elastic, now sample.Offset) {
	if s.since > 0 && !s.served {
		s.served = true
		e.took(e.windows, windowed{metric: sample.ElasticFirstNode, phase: s.phase}, s.since, now)
	}
}

func (s *shortage) censor(e *Elastic, now sample.Offset) {
	if s.since == 0 {
		return
	}
	e.took(e.never, windowed{metric: sample.ElasticShortage, phase: s.phase}, s.since, now)
	if !s.served {
		e.took(e.never, windowed{metric: sample.ElasticFirstNode, phase: s.phase}, s.since, now)
	}
	*s = shortage{}
}
