package provisioner

import (
	"cmp"
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubedyno/kubedyno/kwok/fleet"
)

// maxOrders is how many nodes one scan orders at most, as --max-nodes-per-scaleup of cluster-autoscaler.
const maxOrders = 1000

// An order is a node that is on its way, until the API shows it.
type order struct {
	pool    *pool
	node    *corev1.Node
	due     time.Time
	created bool
}

// scaleOut orders nodes of a pool for the pods that fit neither onto the nodes that are there nor onto
// those that are on their way, and reports whether any are.
func (p *Provisioner) scaleOut(of *pool, s *state, now time.Time) bool {
	bins := s.bins()
	upcoming := false
	for name, o := range p.orders {
		if s.nodes[name] != nil {
			delete(p.orders, name)
			continue
		}
		upcoming = upcoming || o.pool == of
		bins = append(bins, &bin{node: o.node, free: s.free(o.node)})
	}
	sample, err := p.options.Fleet.Node(of.Name, 0)
	if err != nil {
		p.options.Observer.Trouble(err)
		return upcoming
	}
	ordered := 0
	pack(s.pending, allocatable(sample), bins, func(pod *corev1.Pod, takes amounts) *bin {
		if ordered == maxOrders {
			return nil
		}
		b := p.order(of, s, pod, takes, now)
		if b != nil {
			ordered++
		}
		return b
	})
	return upcoming || ordered > 0
}

// order places an order for a pod in the next zone that the pod can run in; nil if no zone takes it.
func (p *Provisioner) order(of *pool, s *state, pod *corev1.Pod, need amounts, now time.Time) *bin {
	for range of.zones {
		zone := of.zones[of.turn%len(of.zones)]
		index, total, inZone := p.vacancy(of, s, zone)
		if index < 0 || now.Before(of.closed[zone]) {
			of.turn++
			continue
		}
		node, err := p.options.Fleet.Node(of.Name, index)
		if err != nil {
			p.options.Observer.Trouble(err)
			return nil
		}
		b := &bin{node: node, free: s.free(node)}
		if !b.free.holds(need) {
			return nil // Nor does any other, as all are equal.
		}
		of.turn++
		if !takes(node, pod) {
			continue
		}
		reason := ""
		switch {
		case of.QuotaNodes > 0 && total >= of.QuotaNodes, of.QuotaZone > 0 && inZone >= of.QuotaZone:
			reason = ByQuota
		case of.Failures > 0 && p.random.Float64() < of.Failures:
			reason = ByCapacity
		}
		if reason != "" {
			of.closed[zone] = now.Add(of.Backoff)
			p.options.Observer.Refused(of.Name, reason)
			continue
		}
		p.orders[node.Name] = &order{pool: of, node: node, due: now.Add(of.Delay.Quantile(p.random.Float64()))}
		p.options.Observer.Ordered(of.Name, node.Name, now)
		return b
	}
	return nil
}

// vacancy is the first node of a zone that is neither there nor on its way, -1 if there is none, and how
// many of the pool and of the zone are.
func (p *Provisioner) vacancy(of *pool, s *state, zone string) (index, total, inZone int) {
	index = -1
	for i, slot := range of.slots {
		if s.nodes[slot.name] != nil || p.orders[slot.name] != nil {
			total++
			if slot.zone == zone {
				inZone++
			}
		} else if index < 0 && slot.zone == zone {
			index = i
		}
	}
	return index, total, inZone
}

// deliver creates the nodes whose time has come.
func (p *Provisioner) deliver(ctx context.Context, now time.Time) {
	var due []*order
	for _, o := range p.orders {
		if !o.created && !now.Before(o.due) {
			due = append(due, o)
		}
	}
	slices.SortFunc(due, func(a, b *order) int { return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.node.Name, b.node.Name)) })
	group, creating := errgroup.WithContext(ctx)
	group.SetLimit(fleet.DefaultParallelism)
	failed := make([]error, len(due))
	for i, o := range due {
		group.Go(func() error {
			failed[i] = p.cloud.create(creating, o)
			return nil
		})
	}
	_ = group.Wait()
	for i, o := range due {
		o.created, o.pool.added = true, now
		if failed[i] != nil {
			delete(p.orders, o.node.Name)
			if ctx.Err() == nil {
				p.options.Observer.Failed(o.pool.Name, o.node.Name, failed[i])
			}
		}
	}
}
