package spec

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
)

// The defaults of an elastic pool are those of cluster-autoscaler
// (https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md, the table of its flags).
const (
	DefaultScan        = 10 * time.Second // --scan-interval.
	DefaultUnneeded    = 10 * time.Minute // --scale-down-unneeded-time.
	DefaultAfterAdd    = 10 * time.Minute // --scale-down-delay-after-add.
	DefaultUtilization = 0.5              // --scale-down-utilization-threshold.
	DefaultBackoff     = 5 * time.Minute  // --initial-node-group-backoff-duration.
)

// Elastic lets a pool grow while pods find no room, and shrink when its nodes are not needed, in the
// words of cluster-autoscaler. The pool's count is the most nodes that it can have.
//
// Delay has no default: clouds, machine images and network plugins take from half a minute to five
// minutes, and no single source states a distribution.
type Elastic struct {
	Min         int           `yaml:"min" is:"objects" doc:"How many nodes are never removed (default 0); they are created by an action nodes, or when pods need them."`
	Delay       Latency       `yaml:"delay" need:"yes" doc:"From the order of a node until it joins the cluster: launch, boot and the kubelet's registration. Measure yours."`
	Scan        time.Duration `yaml:"scan" is:"step" doc:"How often pods without room and unneeded nodes are looked for; pods of one interval are ordered for together (default 10s, as --scan-interval)."`
	Unneeded    time.Duration `yaml:"unneeded" is:"duration" doc:"For how long a node must be unneeded before it is removed (default 10m, as --scale-down-unneeded-time)."`
	Utilization float64       `yaml:"utilization" is:"part" doc:"A node is unneeded if pods request less than this share of its CPU and of its memory and all fit elsewhere (default 0.5, as --scale-down-utilization-threshold); 0: only if it is empty."`
	AfterAdd    time.Duration `yaml:"afterAdd" is:"duration" doc:"No node is removed for so long after one has joined (default 10m, as --scale-down-delay-after-add)."`
	Quota       ElasticQuota  `yaml:"quota" doc:"What the cloud gives at most."`
	Failures    float64       `yaml:"failures" is:"part" doc:"The share of orders that the cloud refuses for want of capacity in the zone (default 0)."`
	Backoff     time.Duration `yaml:"backoff" is:"duration" doc:"For how long a zone is left alone that has refused an order (default 5m, as --initial-node-group-backoff-duration)."`
}

// ElasticQuota limits the nodes of a pool that the cloud gives; an order beyond it is refused.
type ElasticQuota struct {
	Nodes   int `yaml:"nodes" is:"own" doc:"Nodes in all (default: no limit)."`
	PerZone int `yaml:"perZone" is:"own" doc:"Nodes in each zone (default: no limit)."`
}

func (e *Elastic) applyDefaults(given func(field string) bool) {
	if e == nil {
		return
	}
	for _, d := range []struct {
		field string
		value *time.Duration
		usual time.Duration
	}{
		{"scan", &e.Scan, DefaultScan}, {"unneeded", &e.Unneeded, DefaultUnneeded},
		{"afterAdd", &e.AfterAdd, DefaultAfterAdd}, {"backoff", &e.Backoff, DefaultBackoff},
	} {
		if !given(d.field) {
			*d.value = d.usual
		}
	}
	if !given("utilization") {
		e.Utilization = DefaultUtilization
	}
}

// Elastic reports whether nodes of any pool come and go by themselves.
func (f Fleet) Elastic() bool {
	for _, p := range f.Pools {
		if p.Elastic != nil {
			return true
		}
	}
	return false
}

// elastic checks what makes a pool elastic.
func (c *checker) elastic(pool *Pool, path string) {
	e := pool.Elastic
	if e == nil {
		return
	}
	if c.sound(path + ".delay") {
		c.latency(e.Delay, path+".delay")
	}
	if c.sound(path+".min") && e.Min > pool.Count {
		c.fault(path+".min", "raise the count, which is the most nodes", "min %d is above the count of %d", e.Min, pool.Count)
	}
	if c.sound(path+".quota.nodes") && e.Quota.Nodes > 0 && e.Quota.Nodes < e.Min {
		c.fault(path+".quota.nodes", "", "a quota of %d nodes is below min %d", e.Quota.Nodes, e.Min)
	}
	if zones := len(pool.Zones); c.sound(path+".quota.perZone") && e.Quota.PerZone > 0 && e.Quota.PerZone*zones < e.Min {
		c.fault(path+".quota.perZone", "", "a quota of %d nodes in each of %d zones is below min %d", e.Quota.PerZone, zones, e.Min)
	}
	if c.has(path+".backoff") && e.Failures == 0 && e.Quota == (ElasticQuota{}) && !c.faulted[path+".failures"] {
		c.fault(path+".backoff", "give failures or a quota, or leave it out", "no order is ever refused, so that no zone is left alone")
	}
}

// steady reports whether an action can say which nodes a pool has, with a fault if not.
func (c *checker) steady(pool *Pool, path string) bool {
	if pool.Elastic == nil {
		return true
	}
	verb := path[strings.LastIndex(path, ".")+1:]
	c.fault(path+".pool", "use a pool without elastic", "pool %q is elastic: which nodes it has is not known here, and %s needs that", pool.Name, verb)
	return false
}

// elasticNodes checks that the nodes of an elastic pool are created before any pod can ask for some.
func (c *checker) elasticNodes(h *history, pool *Pool, path string) {
	if pool.Elastic == nil {
		return
	}
	for _, name := range sortedKeys(h.made) {
		if w := c.workloads[name]; h.made[name] && w != nil && w.HasPods() && w.Kind() != "DaemonSet" {
			c.fault(path+".pool", fmt.Sprintf("create them before %s", name),
				"pool %q is elastic: which nodes it has is not known any more once %s has pods", pool.Name, name)
			return
		}
	}
}

// elasticData checks that an objective on an elastic pool has one. Such a pool lives through all phases.
func (c *checker) elasticData(o Objective, metric sample.Metric, path string) {
	made := c.karpenterPools()
	elastic := len(made)
	for _, p := range c.s.Spec.Fleet.Pools {
		if p.Elastic != nil {
			elastic++
		}
	}
	pool, where := c.pools[o.Where["pool"]], o.Where["pool"]
	all := elastic == len(made) || slices.Contains(made, where) // Only Karpenter's pools are meant.
	unknown := metric.Name == sample.ElasticNodes && o.Where["state"] == "needed" || metric.Name == sample.ElasticIdle ||
		metric.Name == sample.ElasticOrders && (o.Where["outcome"] == "capacity" || o.Where["outcome"] == "quota")
	switch needed := metric.Name == sample.ElasticIdeal || metric.Name == sample.ElasticExcess || metric.Name == sample.ElasticNodes && o.Where["state"] == "needed"; {
	case elastic == 0:
		c.fault(path+".metric", "give a pool elastic", "%s would have no data: no pool is elastic", metric.Name)
	case all && unknown:
		c.fault(path+".metric", "", "%s would have no data: of nodes that Karpenter makes that is not known", metric.Name)
	case pool != nil && pool.Elastic == nil:
		c.fault(path+".where.pool", "", "%s would have no data: pool %q is not elastic", metric.Name, pool.Name)
	case needed && elastic > 1:
		c.fault(path+".metric", "", "%s would have no data: which of %d elastic pools the pods need is not known", metric.Name, elastic)
	}
}
