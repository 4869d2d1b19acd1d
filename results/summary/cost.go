package summary

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
)

// A Cost is what the pods of a service took in the time in which work was asked of it.
//
// A pod is paid for from its binding to a node until it is gone, Ready or not, because its requests
// keep that room from others all the while; one that waits for a node takes none. It pays the larger
// of its shares of the node's allocatable CPU and memory times the node's price. This is the price of the
// room that was taken, not that of the nodes; see sample.ElasticCost for those that come and go.
type Cost struct {
	Service  string   `json:"service"`
	Phase    string   `json:"phase,omitempty"` // "" is all phases together.
	PodHours float64  `json:"podHours"`
	Dollars  *float64 `json:"dollars,omitempty"` // nil if there is no figure to show.
	Reason   string   `json:"reason,omitempty"`  // Why there are no Dollars.
}

// costs adds up how long pods of services were bound to nodes, as their records come.
type costs struct {
	services map[string][]string           // By workload.
	windows  map[string]map[string]*window // When work was asked: by service and phase.
	living   map[string]stay               // Ready pods that are not known to be gone, by UID.
	bound    map[stretch]float64           // Seconds.
}

// A stay is a pod on a node.
type stay struct {
	workload, node string
	from           sample.Offset
}

// A stretch is where and when pods were bound.
type stretch struct{ service, phase, pool string }

func (c *costs) begin(services []bundle.Service) {
	c.services, c.windows = map[string][]string{}, map[string]map[string]*window{}
	c.living, c.bound = map[string]stay{}, map[stretch]float64{}
	for _, s := range services {
		c.services[s.Workload] = append(c.services[s.Workload], s.Name)
	}
}

// asked takes a point of what a demand has lost, of which there is one when it begins and one after
// each step.
func (c *costs) asked(p sample.Point) {
	service, phase := p.Labels["service"], p.Labels[phaseLabel]
	if p.Metric != sample.ServiceLost {
		return
	}
	if c.windows[service] == nil {
		c.windows[service] = map[string]*window{}
	}
	if known := c.windows[service][phase]; known != nil {
		known.to = max(known.to, p.At)
		return
	}
	c.windows[service][phase] = &window{p.At, p.At}
}

// pod takes a record of a pod; all points came before. One that is gone is added up and forgotten.
func (c *costs) pod(p sample.Pod) {
	if p.Scheduled == nil || c.services[p.Workload] == nil {
		return
	}
	s := stay{p.Workload, p.Node, *p.Scheduled}
	if p.Deleted == nil {
		c.living[p.UID] = s
		return
	}
	delete(c.living, p.UID)
	c.add(s, *p.Deleted)
}

// add counts a stay that ended in every phase in which work was asked of the pod's services.
func (c *costs) add(s stay, until sample.Offset) {
	pool := s.node[:max(0, strings.LastIndex(s.node, "-"))] // Nodes are called after their pools.
	for _, service := range c.services[s.workload] {
		for phase, w := range c.windows[service] {
			if seconds := (min(until, w.to) - max(s.from, w.from)).Seconds(); seconds > 0 {
				c.bound[stretch{service, phase, pool}] += seconds
			}
		}
	}
}

// costScalars returns the costs by service and phase, in the order of names and of time, those of
// all phases last, and makes figures of them that objectives can judge.
func (c *collector) costScalars(m bundle.Manifest) []Cost {
	for _, uid := range slices.Sorted(maps.Keys(c.costs.living)) { // Sorted, as sums depend on the order.
		c.costs.add(c.costs.living[uid], c.end)
	}
	var all []Cost
	for _, service := range m.Services {
		windows := c.costs.windows[service.Name]
		if len(windows) == 0 {
			continue
		}
		phases := slices.SortedFunc(maps.Keys(windows), func(a, b string) int { return int(windows[a].from - windows[b].from) })
		zero := 0.0
		total := Cost{Service: service.Name, Dollars: &zero}
		for _, phase := range phases {
			cost := c.costs.of(service, phase, m.Cluster.Pools)
			all = append(all, cost)
			total.add(cost)
		}
		all = append(all, total)
	}
	for _, cost := range all {
		labels := withPhase(sample.Labels{"service": cost.Service}, cost.Phase)
		c.scalar(sample.ServicePodHours, labels, cost.PodHours)
		if cost.Dollars != nil {
			c.scalar(sample.ServiceCost, labels, *cost.Dollars)
		}
	}
	return all
}

func (c *Cost) add(part Cost) {
	c.PodHours += part.PodHours
	if c.Dollars == nil || part.Dollars == nil {
		c.Dollars, c.Reason = nil, cmp.Or(c.Reason, part.Reason)
		return
	}
	sum := *c.Dollars + *part.Dollars
	c.Dollars = &sum
}

// of returns the cost of a service in a phase. There are no dollars unless each of its pods has a
// price.
func (c *costs) of(service bundle.Service, phase string, pools []bundle.Pool) Cost {
	cost := Cost{Service: service.Name, Phase: phase}
	dollars := 0.0
	stretches := slices.SortedFunc(maps.Keys(c.bound), func(a, b stretch) int { return strings.Compare(a.pool, b.pool) })
	for _, s := range stretches {
		if s.service != service.Name || s.phase != phase {
			continue
		}
		hours := c.bound[s] / 3600
		cost.PodHours += hours
		price, reason := pricePerHour(service, s.pool, pools)
		if reason != "" {
			cost.Reason = reason
		}
		dollars += hours * price
	}
	if cost.Reason == "" {
		cost.Dollars = &dollars
	}
	return cost
}

// pricePerHour is what a pod of a service costs an hour on a node of a pool, in US dollars; or the
// reason why nobody knows.
func pricePerHour(service bundle.Service, pool string, pools []bundle.Pool) (dollars float64, reason string) {
	at := slices.IndexFunc(pools, func(p bundle.Pool) bool { return p.Name == pool })
	switch {
	case at < 0:
		return 0, "some of its pods ran on nodes that are of no pool of the scenario"
	case pools[at].Hourly() <= 0 || pools[at].AllocatableCores <= 0 || pools[at].AllocatableBytes <= 0:
		return 0, fmt.Sprintf("no price of the nodes of pool %s is known", pool)
	case service.Cores <= 0 && service.Bytes <= 0:
		return 0, "its pods request neither CPU nor memory"
	}
	p := pools[at]
	return max(service.Cores/p.AllocatableCores, service.Bytes/p.AllocatableBytes) * p.Hourly(), ""
}
