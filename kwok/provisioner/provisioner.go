// Package provisioner stands in for a cluster autoscaler and the cloud behind it: it orders nodes for
// pods that the scheduler finds no room for, hands them out after a while, and removes nodes that are not
// needed. Its terms and its rules are those of cluster-autoscaler
// (https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md), simplified:
//
//   - How many nodes are ordered is a first-fit-decreasing estimate; see pack for what it ignores.
//   - The first pool of the list that can take a pod gets a node for it; there are no expanders.
//   - An order that a zone refuses goes to the next zone at once, and the zone is left alone for a while.
//
// It works on the nodes and pods with one label selector and on no others. What it must know after a
// restart is in the API: the nodes, and the annotation of those that are being removed. Orders that were
// on their way are forgotten, and placed again for the pods that still wait.
package provisioner

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	appslisters "k8s.io/client-go/listers/apps/v1"
	corelisters "k8s.io/client-go/listers/core/v1"

	"github.com/kubedyno/kubedyno/kwok/fleet"
	"github.com/kubedyno/kubedyno/kwok/stages"
)

// removalPause is the time between two looks at nodes that are being removed.
const removalPause = time.Second

// A Pool is a pool of the fleet whose nodes come and go. Its size in the fleet is the most nodes.
type Pool struct {
	Name        string
	Min         int            // Nodes that are never removed.
	Delay       stages.Latency // From an order until the node is created.
	Scan        time.Duration  // The time between two looks; more than 0.
	Unneeded    time.Duration  // For how long a node must be unneeded before it is removed.
	Utilization float64        // A node is unneeded of which pods request less than this share, 0 to 1.
	AfterAdd    time.Duration  // For how long after a node has come none is removed.
	QuotaNodes  int            // Nodes that the cloud gives; 0 for no limit.
	QuotaZone   int            // Nodes that it gives in each zone; 0 for no limit.
	Failures    float64        // The share of orders that a zone refuses, 0 to 1.
	Backoff     time.Duration  // For how long a zone is left alone that has refused an order.
}

// Options say what is provisioned; all are required.
type Options struct {
	Client   kubernetes.Interface
	Fleet    *fleet.Fleet
	Pools    []Pool
	Selector string // A label selector of the nodes, the pods and the DaemonSets.
	Seed     uint64 // Decides the delays and the refusals.
	Observer Observer
}

// An Observer is told what the API does not show. It must not block, and Created may be called from
// several goroutines at once.
type Observer interface {
	Ordered(pool, node string, at time.Time)
	Refused(pool, reason string) // An order: for want of capacity in a zone, or by a quota.
	Created(pool, node string, sent time.Time)
	Failed(pool, node string, err error) // A node that was ordered will not come.
	Trouble(err error)                   // Something else went wrong, and is tried again.
}

// The reasons for which orders are refused.
const (
	ByCapacity = "capacity"
	ByQuota    = "quota"
)

// A Provisioner is at work until it is closed.
type Provisioner struct {
	options Options
	pools   []*pool
	random  *rand.Rand
	nodes   corelisters.NodeLister
	pods    corelisters.PodLister
	daemons appslisters.DaemonSetLister
	cloud   cloud
	orders  map[string]*order   // By node; at most as many as the pools have nodes.
	leaving map[string]*removal // By node; at most maxRemovals for each pool.
	look    time.Time           // When the nodes that are leaving are looked at next.

	cancel context.CancelFunc
	done   sync.WaitGroup
}

// pool is a pool and what is known of it.
type pool struct {
	Pool
	slots  []slot
	zones  []string // Distinct, in their turn.
	turn   int      // Of the zone that is ordered from next.
	closed map[string]time.Time
	scan   time.Time            // The next.
	added  time.Time            // When a node came last.
	idle   map[string]time.Time // Since when nodes are unneeded.
}

// A slot is a node that a pool can have.
type slot struct{ name, zone string }

// Start begins to provision and returns when the nodes and pods that exist are known. It ends with ctx;
// Close must be called all the same.
func Start(ctx context.Context, o Options) (*Provisioner, error) {
	p, err := newProvisioner(o, fakeCloud{o})
	if err != nil {
		return nil, err
	}
	return p, p.start(ctx)
}

func newProvisioner(o Options, c cloud) (*Provisioner, error) {
	p := &Provisioner{options: o, cloud: c, cancel: func() {}, random: rand.New(rand.NewPCG(o.Seed, 0x9e3779b97f4a7c15)),
		orders: map[string]*order{}, leaving: map[string]*removal{}}
	for _, of := range o.Pools {
		known, err := newPool(of, o.Fleet)
		if err != nil {
			return nil, err
		}
		p.pools = append(p.pools, known)
	}
	return p, nil
}

func (p *Provisioner) start(ctx context.Context) error {
	o := p.options
	ctx, p.cancel = context.WithCancel(ctx)
	factory := informers.NewSharedInformerFactoryWithOptions(o.Client, 0,
		informers.WithTweakListOptions(func(l *metav1.ListOptions) { l.LabelSelector = o.Selector }))
	p.nodes, p.pods = factory.Core().V1().Nodes().Lister(), factory.Core().V1().Pods().Lister()
	p.daemons = factory.Apps().V1().DaemonSets().Lister()
	factory.Start(ctx.Done())
	p.done.Go(func() {
		<-ctx.Done()
		factory.Shutdown()
	})
	for kind, synced := range factory.WaitForCacheSync(ctx.Done()) {
		if !synced {
			return fmt.Errorf("begin to watch %s for the provisioner: %w", kind, context.Cause(ctx))
		}
	}
	p.done.Go(func() { p.run(ctx) })
	return nil
}

func newPool(of Pool, f *fleet.Fleet) (*pool, error) {
	known := &pool{Pool: of, closed: map[string]time.Time{}, idle: map[string]time.Time{}}
	seen := map[string]bool{}
	for i := range f.Size(of.Name) {
		node, err := f.Node(of.Name, i)
		if err != nil {
			return nil, fmt.Errorf("provision pool %s: %w", of.Name, err)
		}
		zone := node.Labels[corev1.LabelTopologyZone]
		known.slots = append(known.slots, slot{name: node.Name, zone: zone})
		if !seen[zone] {
			seen[zone] = true
			known.zones = append(known.zones, zone)
		}
	}
	if len(known.slots) == 0 || of.Scan <= 0 {
		return nil, fmt.Errorf("provision pool %s: it has %d nodes and a scan every %s: want more than 0", of.Name, len(known.slots), of.Scan)
	}
	return known, nil
}

// Close ends the work and waits for it. Nodes stay as they are. It does nothing to nil.
func (p *Provisioner) Close() {
	if p == nil {
		return
	}
	p.cancel()
	p.done.Wait()
}

// run does what is due until ctx ends.
func (p *Provisioner) run(ctx context.Context) {
	p.resume()
	for _, of := range p.pools {
		of.scan = time.Now().Add(of.Scan)
	}
	for {
		timer := time.NewTimer(time.Until(p.next()))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		p.step(ctx, time.Now())
	}
}

// next is when something is due.
func (p *Provisioner) next() time.Time {
	next := p.pools[0].scan
	sooner := func(at time.Time) {
		if at.Before(next) {
			next = at
		}
	}
	for _, of := range p.pools {
		sooner(of.scan)
	}
	for _, o := range p.orders {
		if !o.created {
			sooner(o.due)
		}
	}
	if len(p.leaving) > 0 {
		sooner(p.look)
	}
	return next
}

// step does what is due now.
func (p *Provisioner) step(ctx context.Context, now time.Time) {
	p.deliver(ctx, now)
	for _, of := range p.pools {
		if now.Before(of.scan) {
			continue
		}
		if of.scan = of.scan.Add(of.Scan); of.scan.Before(now) {
			of.scan = now.Add(of.Scan) // Late by more than a scan: those that were missed are not made up for.
		}
		state, err := p.state()
		if err != nil {
			p.options.Observer.Trouble(fmt.Errorf("scan pool %s: %w", of.Name, err))
			continue
		}
		if !p.scaleOut(of, state, now) {
			p.scaleIn(ctx, of, state, now)
		}
	}
	if len(p.leaving) > 0 && !now.Before(p.look) {
		p.look = now.Add(removalPause)
		p.remove(ctx, now)
	}
}
