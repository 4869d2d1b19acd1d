package engine

import (
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubedyno/kubedyno/kwok/nodetype"
	"github.com/kubedyno/kubedyno/results/packing"
	"github.com/kubedyno/kubedyno/runner/measure"
	"github.com/kubedyno/kubedyno/scenarios/plan"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// How Karpenter buys a node (https://karpenter.sh/docs/concepts/nodepools, on requirements).
const (
	capacityLabel = "karpenter.sh/capacity-type"
	onDemand      = "on-demand"
	spot          = "spot"
)

// karpenterPools are the NodePools of a plan, with what nodes of theirs cost.
func karpenterPools(p *plan.Plan) ([]measure.ElasticPool, error) {
	offered, err := Offered(p)
	if err != nil {
		return nil, err
	}
	var all []measure.ElasticPool
	for _, name := range slices.Sorted(maps.Keys(p.Workloads)) {
		w := p.Workloads[name]
		if !spec.IsNodePool(w.APIVersion, w.Kind) {
			continue
		}
		for i := range w.Count {
			all = append(all, karpenterPool(p, w.Render(i), offered))
		}
	}
	return all, nil
}

// Offered are the node types that Karpenter may choose from in a plan that has one.
func Offered(p *plan.Plan) ([]nodetype.Type, error) {
	types, err := NodeTypes(p.Fleet.NodeTypes)
	if err != nil {
		return nil, err
	}
	var all []nodetype.Type
	for _, name := range p.Cluster.Karpenter.InstanceTypes {
		kind, ok := types.Find(name)
		if !ok {
			return nil, fmt.Errorf("offer node types to Karpenter: there is no node type %q", name)
		}
		all = append(all, kind)
	}
	return all, nil
}

// karpenterPool says what nodes of a NodePool cost. The kinds that bound the cost from below are the types
// that its requirements leave, at the lower of their prices. Requirements on labels other than the type, the
// architecture and the capacity type are left out: with more kinds to choose from, the bound still holds.
func karpenterPool(p *plan.Plan, object map[string]any, offered []nodetype.Type) measure.ElasticPool {
	name, _ := spec.Lookup(object, "metadata", "name").(string)
	pool := measure.ElasticPool{Name: name, Outcomes: []string{"placed", "failed"}, Price: func(labels map[string]string) float64 {
		i := slices.IndexFunc(offered, func(t nodetype.Type) bool { return t.Name == labels[corev1.LabelInstanceTypeStable] })
		if i < 0 {
			return 0
		}
		return prices(offered[i])[labels[capacityLabel]]
	}}
	requirements, _ := spec.Lookup(object, "spec", "template", "spec", "requirements").([]any)
	for _, t := range offered {
		least := 0.0
		for capacity, price := range prices(t) {
			labels := map[string]string{corev1.LabelInstanceTypeStable: t.Name, corev1.LabelArchStable: t.Arch, capacityLabel: capacity}
			if price > 0 && (least == 0 || price < least) && allows(requirements, labels) {
				least = price
			}
		}
		if least > 0 {
			has := packing.Amount{MilliCPU: t.AllocatableMilliCPU, Bytes: t.AllocatableMiB << 20, Pods: int64(t.MaxPods)}
			pool.Kinds = append(pool.Kinds, packing.Kind{Room: beside(p, has), Hour: least})
		}
	}
	if len(pool.Kinds) > packing.MostKinds {
		pool.Kinds = nil
	}
	return pool
}

// prices are what a node of a type costs an hour, by how it is bought.
func prices(t nodetype.Type) map[string]float64 {
	return map[string]float64{onDemand: t.PricePerHour, spot: t.SpotPerHour}
}

// allows reports whether a NodePool's requirements leave a node with these labels; those on other labels
// are left out.
func allows(requirements []any, labels map[string]string) bool {
	for _, r := range requirements {
		requirement, _ := r.(map[string]any)
		key, _ := requirement["key"].(string)
		value, known := labels[key]
		values, _ := requirement["values"].([]any)
		operator, _ := requirement["operator"].(string)
		if is := slices.Contains(values, any(value)); known && (operator == "In" && !is || operator == "NotIn" && is) {
			return false
		}
	}
	return true
}
