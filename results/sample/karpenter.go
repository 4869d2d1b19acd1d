package sample

// NodesByType is the name of the metric of the node types that Karpenter has chosen.
const NodesByType = "nodes_by_type_total"

// karpenterMetrics are the part of the registry that Karpenter has.
func karpenterMetrics() []Metric {
	return []Metric{
		{Name: NodesByType, Unit: Count, Better: Neither, Shape: Gauge, Source: FromFleet, Labels: []string{"type"},
			Help: "Nodes of the run by their instance type, where Karpenter chooses it (label node.kubernetes.io/instance-type)."},
	}
}
