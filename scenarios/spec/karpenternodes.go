package spec

import (
	"fmt"
	"slices"
	"strings"
)

// A Karpenter holds the settings of Karpenter, which runs only where they are given.
type Karpenter struct {
	Flags map[string]string `yaml:"flags" doc:"Command-line flags without the dashes, such as batch-idle-duration; they replace kubedyno's own."`
	Env   map[string]string `yaml:"env" doc:"Environment variables, such as GOGC."`
	// InstanceTypes are names of the catalog or of the fleet's own node types.
	InstanceTypes []string `yaml:"instanceTypes" need:"yes" doc:"The node types that it may choose from: names of the catalog, or of fleet.nodeTypes, with a price; each is offered in zone-a, zone-b and zone-c."`
}

// Component returns the settings of the process; none for nil.
func (k *Karpenter) Component() Component {
	if k == nil {
		return Component{}
	}
	return Component{Flags: k.Flags, Env: k.Env}
}

// Karpenter's kinds, without which it makes no node.
const (
	nodePoolKind  = "NodePool"
	nodeClassKind = "KWOKNodeClass"
)

// IsNodePool reports whether objects of a kind are what Karpenter makes nodes for.
func IsNodePool(apiVersion, kind string) bool {
	return kind == nodePoolKind && strings.HasPrefix(apiVersion, "karpenter.sh/")
}

// karpenterPools are the names of the NodePools that Karpenter fills.
func (c *checker) karpenterPools() []string {
	if c.s.Spec.Cluster.Karpenter == nil {
		return nil
	}
	var all []string
	for _, w := range c.s.Spec.Workloads {
		version, _ := w.Manifest["apiVersion"].(string)
		name, _ := Lookup(w.Manifest, "metadata", "name").(string)
		for i := 0; IsNodePool(version, w.Kind()) && i < min(w.Count, mostNodePools); i++ {
			all = append(all, ReplaceIndex(name, i))
		}
	}
	return all
}

// mostNodePools is of how many NodePools of a workload objectives may name one.
const mostNodePools = 1000

// karpenter checks what Karpenter is to make nodes of, and for; types are the names of all node types,
// none if any name is allowed.
func (c *checker) karpenter(types []string) {
	k := c.s.Spec.Cluster.Karpenter
	if k == nil {
		return
	}
	const path = "spec.cluster.karpenter"
	c.instanceTypes(k.InstanceTypes, types, path+".instanceTypes")
	if c.s.Spec.Cluster.MetricsServer != nil {
		c.fault("spec.cluster.metricsServer", "leave it out; autoscalers can use the metrics adapter",
			"metrics-server cannot read the nodes that Karpenter makes: they serve no usage")
	}
	var missing []string
	for _, kind := range []string{nodePoolKind, nodeClassKind} {
		if !slices.ContainsFunc(c.s.Spec.Workloads, func(w Workload) bool { return w.Kind() == kind }) {
			missing = append(missing, "no "+kind)
		}
	}
	if len(missing) > 0 {
		c.fault(path, "the scenario capacity/karpenter has both", "there is %s among the workloads, so Karpenter would make no node",
			strings.Join(missing, " and "))
	}
}

// makesNodes reports whether an action lets Karpenter make nodes.
func (c *checker) makesNodes(a Action) bool {
	return c.s.Spec.Cluster.Karpenter != nil && a.Create != nil && c.workloads[a.Create.Workload] != nil &&
		c.workloads[a.Create.Workload].Kind() == nodePoolKind
}

func (c *checker) instanceTypes(names, types []string, path string) {
	if c.sound(path) && len(names) == 0 {
		c.fault(path, "name some of those that kubedyno nodetypes lists", "the list of instance types is empty")
	}
	own := c.s.Spec.Fleet.NodeTypes
	for i, name := range names {
		at := fmt.Sprintf("%s[%d]", path, i)
		c.knownType(name, at, types)
		j := slices.IndexFunc(own, func(t NodeType) bool { return t.Name == name })
		switch {
		case slices.Contains(names[:i], name):
			c.fault(at, "", "the node type %q stands here twice", name)
		case j >= 0 && own[j].PricePerHour == 0:
			c.fault(at, "give the node type pricePerHour, region and date", "the price of %s is not known, and Karpenter chooses by price", name)
		}
	}
}
