package spec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/packing"
	"github.com/kubedyno/kubedyno/results/sample"
)

// Prices returns what a node type costs an hour, 0 if that is not known, and whether its pods are paid for
// instead.
type Prices func(nodeType string) (onDemand, spot float64, perPod bool)

// Fit finds how many nodes of a pool, or of several, the pods need that earlier actions have created.
type Fit struct {
	Pool string `yaml:"pool" doc:"The pool; its count is the most nodes that are tried. A fit has pool or pools."`
	// Pools is text, as a parameter can then stand for a mix.
	Pools string `yaml:"pools" is:"poolSum" json:",omitempty" doc:"Pools that are grown together, joined by +, such as general+memory. A pod leans to the pool in which the part of a node that it takes costs least; figures of all pools together have pool all."`
	// Against is a type of which it is recorded what the same pods would cost.
	Against string `yaml:"against" json:",omitempty" doc:"A node type whose pods are paid for and not its nodes, such as fargate: what the same pods would cost there is recorded beside what the nodes cost."`
	Step    int    `yaml:"step" is:"own" doc:"How many nodes are added at once while pods are pending (default 1)."`
}

// Names returns the names of the pools, in the order written.
func (f Fit) Names() []string {
	if f.Pools == "" {
		return []string{f.Pool}
	}
	return strings.Split(f.Pools, "+")
}

// Mix reports whether the figures are those of a mix of pools, even of one pool alone.
func (f Fit) Mix() bool { return f.Pools != "" }

func (c *checker) fit(h *history, phase string, f Fit, path string) {
	switch {
	case c.has(path+".pool") == c.has(path+".pools"):
		c.fault(path, "name one pool in pool, or several joined by + in pools", "a fit has either pool or pools")
		c.fitFault = true
		return
	case c.has(path+".pools") && !c.sound(path+".pools"):
		c.fitFault = true
		return
	}
	for _, name := range f.Names() {
		c.fitFault = c.fitFault || c.pools[name] == nil
	}
	c.fitRoom(h)
	c.against(f, path+".against")
	switch {
	case !f.Mix():
		if pool := c.poolOf(f.Pool, path); pool != nil && c.steady(pool, path) {
			c.fitPool(h, phase, pool, path+".pool")
		}
	default:
		c.fitPools(h, phase, f, path+".pools")
	}
}

func (c *checker) fitPools(h *history, phase string, f Fit, path string) {
	names := f.Names()
	if c.pools[sample.AllPools] != nil {
		c.fault(path, "call the pool otherwise", "a pool is called %q, as the figures of all pools together are", sample.AllPools)
	}
	if len(names) > packing.MostKinds {
		c.fault(path, "", "%d pools are more than the %d that a fit grows", len(names), packing.MostKinds)
	}
	for i, name := range names {
		switch pool := c.pools[name]; {
		case pool == nil:
			c.fault(path, meant(name, sortedKeys(c.pools)), "there is no pool %q", name)
		case slices.Contains(names[:i], name):
			c.fault(path, "", "pool %q is named twice", name)
		case c.steady(pool, strings.TrimSuffix(path, ".pools")):
			c.fitPool(h, phase, pool, path)
		}
	}
}

// against checks the node type that a fit is held against.
func (c *checker) against(f Fit, path string) {
	if f.Against == "" || !c.sound(path) {
		return
	}
	perPod, own := c.ownTypes[f.Against]
	if !own {
		c.knownType(f.Against, path, c.options.NodeTypes)
	}
	if !own && c.options.Prices != nil {
		_, _, perPod = c.options.Prices(f.Against)
	}
	if !perPod && (own || c.options.Prices != nil) {
		c.fault(path, "name a type with perPod, such as fargate", "the pods of %s are not paid for one by one", f.Against)
	}
}

// fitPool checks that a pool can grow.
func (c *checker) fitPool(h *history, phase string, pool *Pool, path string) {
	pods, inPhase := false, pool.Name+" "+phase
	for name, made := range h.made {
		w := c.workloads[name]
		pods = pods || made && w != nil && w.HasPods() && w.Kind() != "DaemonSet"
	}
	switch {
	case h.joined[inPhase]:
		c.fault(path, "put it into a phase of its own: figures are told apart by phase", "pool %q gets nodes in this phase already", pool.Name)
	case h.drained[pool.Name]:
		c.fault(path, "uncordon them in an action before", "some nodes of pool %q are drained", pool.Name)
	case !pods:
		c.fault(path, "create a workload with pods in an action before", "there are no pods to find nodes for")
	}
	h.fitted[pool.Name], h.joined[inPhase] = true, true
	h.nodes[pool.Name] = pool.Count
}

// fitsPool reports whether a fit writes a metric with a label pool that match accepts.
func fitsPool(f Fit, metric string, match func(sample.Labels) bool) bool {
	if f.Against == "" && slices.Contains(sample.CapacityAgainst(), metric) {
		return false
	}
	if !f.Mix() {
		return !slices.Contains(sample.CapacityOfMixes(), metric) && match(sample.Labels{"pool": f.Pool})
	}
	if !slices.Contains(sample.CapacityOfPools(), metric) && match(sample.Labels{"pool": sample.AllPools}) {
		return true
	}
	return !slices.Contains(sample.CapacityOfAll(), metric) && namesPool(f, match)
}

// namesPool reports whether match accepts one of the pools of a fit.
func namesPool(f Fit, match func(sample.Labels) bool) bool {
	return slices.ContainsFunc(f.Names(), func(name string) bool { return match(sample.Labels{"pool": name}) })
}

// spot reports pools of nodes that may be taken away whose price is not known.
func (c *checker) spot(own map[string]*NodeType, catalog Prices) {
	for i, pool := range c.s.Spec.Fleet.Pools {
		path := fmt.Sprintf("spec.fleet.pools[%d]", i)
		if !pool.Spot || !c.sound(path+".spot") || !c.sound(path+".nodeType") {
			continue
		}
		price, known := 0.0, catalog != nil
		if known {
			_, price, _ = catalog(pool.NodeType)
		}
		if t := own[pool.NodeType]; t != nil {
			price, known = t.SpotPerHour, true
		}
		if known && price == 0 {
			c.fault(path+".spot", "leave spot out, use a type with a spot price (kubedyno nodetypes --sort spot), or state spotPerHour for a type of your own",
				"the spot price of %s is not known", pool.NodeType)
		}
	}
}
