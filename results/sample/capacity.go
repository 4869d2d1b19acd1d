package sample

// FromFit is a fit action.
const FromFit Source = "fit"

// The names of the metrics of how pods were packed onto nodes, which a fit action writes.
const (
	CapacityNodes         = "capacity_nodes_total"
	CapacityBound         = "capacity_lower_bound_nodes_total"
	CapacityPods          = "capacity_pods_total"
	CapacityPending       = "capacity_pending_pods_total"
	CapacityReasons       = "capacity_pending_reason_pods_total"
	CapacityHour          = "capacity_hour_dollars"
	CapacityMonth         = "capacity_month_dollars"
	CapacityThousand      = "capacity_thousand_pods_hour_dollars"
	CapacityStep          = "capacity_step_month_dollars"
	CapacityRequested     = "capacity_requested_ratio"
	CapacityStranded      = "capacity_stranded_ratio"
	CapacityFragmentation = "capacity_fragmentation_ratio"
	CapacityDaemons       = "capacity_daemonsets_ratio"
	CapacityNodePods      = "capacity_node_pods_total"
	CapacityMaxPods       = "capacity_node_max_pods_total"
	CapacityBlast         = "capacity_blast_pods_total"
	CapacityBlastShare    = "capacity_blast_ratio"
	CapacityFit           = "capacity_fit_seconds"
	CapacityCostBound     = "capacity_lower_bound_hour_dollars"
	CapacitySpot          = "capacity_spot_ratio"
	CapacityAdded         = "capacity_added_nodes_total"
	CapacityAddedMonth    = "capacity_added_month_dollars"
	CapacityBilled        = "capacity_billed_ratio"
	CapacityByPod         = "capacity_by_pod_hour_dollars"
	CapacityBreakEven     = "capacity_break_even_ratio"
)

// AllPools is what the label pool says of figures of all pools of a mix together.
const AllPools = "all"

// CapacityOfMixes returns the metrics that only a fit of a mix of pools writes.
func CapacityOfMixes() []string { return []string{CapacityCostBound, CapacitySpot} }

// CapacityAgainst returns the metrics that only a fit writes that is held against a type whose pods are
// paid for.
func CapacityAgainst() []string { return []string{CapacityByPod, CapacityBreakEven} }

// CapacityOfAll returns the metrics that, of a mix of pools, only all together have.
func CapacityOfAll() []string {
	return append(append(CapacityOfMixes(), CapacityAgainst()...), CapacityPending, CapacityReasons, CapacityFit)
}

// CapacityOfPools returns the metrics that, of a mix of pools, only each by itself has.
func CapacityOfPools() []string {
	return []string{CapacityBound, CapacityMaxPods, CapacityStep, CapacityBilled}
}

// HoursInMonth is how many hours a month has for prices: 365 days of 24 hours by 12.
const HoursInMonth = 730

// capacityMetrics are the part of the registry that packing has.
func capacityMetrics() []Metric {
	pool := []string{"pool"}
	each := []string{"pool", "resource"}
	one := func(name string, unit Unit, better Direction, labels []string, help string) Metric {
		return Metric{Name: name, Unit: unit, Better: better, Shape: Scalar, Source: FromFit, Labels: labels, Help: help}
	}
	return []Metric{
		one(CapacityNodes, Count, LowerIsBetter, pool,
			"Nodes that hold a pod other than those of DaemonSets, once the scheduler has placed all; no value while pods are pending."),
		one(CapacityBound, Count, Neither, pool, "The fewest nodes that any packing could do with: the largest, over CPU, memory, "+
			"number of pods and of volumes, of what the pods request by what a node leaves beside its DaemonSets, rounded up; no value where other pools have nodes."),
		one(CapacityPods, Count, Neither, pool, "Pods that are to be placed, without those of DaemonSets."),
		one(CapacityPending, Count, LowerIsBetter, pool, "Pods that have no node when no further node would help, or the pool has no more."),
		one(CapacityReasons, Count, LowerIsBetter, []string{"pool", "reason"}, "The same by what the scheduler says of them; no value where none is pending."),
		one(CapacityHour, Dollars, LowerIsBetter, pool, "The price of the nodes for an hour, on demand or of spot nodes as the pools say, by the list prices of their types."),
		one(CapacityMonth, Dollars, LowerIsBetter, pool, "The same for a month of 730 hours."),
		one(CapacityThousand, Dollars, LowerIsBetter, pool, "The same for an hour, by the pods of which there are 1,000."),
		one(CapacityStep, Dollars, LowerIsBetter, pool, "What one more node costs a month: the smallest step by which the pool can grow."),
		one(CapacityRequested, Ratio, HigherIsBetter, each, "What the pods on the nodes request of cpu and memory, or how many pods and volumes of their own there are, "+
			"over what the nodes have for pods, of volumes where a limit is known; that of the largest is the limiting resource."),
		one(CapacityStranded, Ratio, LowerIsBetter, each, "The share of what the nodes have of a resource that is free on nodes where another one "+
			"is exhausted, so that not even the pod that requests the least of it would fit."),
		one(CapacityFragmentation, Ratio, LowerIsBetter, each, "The share of the free amount of a resource that no further average pod could use, "+
			"as the free amounts of several nodes do not add up for a pod."),
		one(CapacityDaemons, Ratio, LowerIsBetter, each, "The share of what the nodes have of a resource that the pods of DaemonSets request."),
		one(CapacityNodePods, Count, Neither, []string{"pool", "quantile"}, "Pods on a node, those of DaemonSets included: p50 and max."),
		one(CapacityMaxPods, Count, Neither, pool, "Pods that a node takes."),
		one(CapacityBlast, Count, LowerIsBetter, pool, "The most pods that are lost with one node, without those of DaemonSets."),
		one(CapacityBlastShare, Ratio, LowerIsBetter, []string{"pool", "workload"}, "The largest share of a workload's pods that is lost with one node."),
		one(CapacityFit, Seconds, LowerIsBetter, pool, "How long it took until the last pod was placed, nodes added meanwhile included."),
		one(CapacityCostBound, Dollars, Neither, pool, "The least that any packing onto nodes of these pools could cost an hour: the largest, over CPU, memory, "+
			"number of pods and of volumes, of the sum over the pods of the least that the part of a node costs that a pod takes of it; parts of nodes count."),
		one(CapacityBilled, Ratio, HigherIsBetter, each, "Where pods are paid for and nodes are not: what they request of cpu and memory over what is paid for, "+
			"as pods are rounded up to sizes; no value elsewhere."),
		one(CapacityAdded, Count, LowerIsBetter, pool, "Nodes that the fit has added; of a further one in another phase, what more pods or lost nodes needed."),
		one(CapacityAddedMonth, Dollars, LowerIsBetter, pool, "What these nodes cost for a month of 730 hours; no value where pods are paid for."),
		one(CapacityByPod, Dollars, Neither, pool, "What the same pods, without those of DaemonSets, would cost an hour on the type that the fit is held against, where each is paid for."),
		one(CapacityBreakEven, Ratio, Neither, pool, "The share of all hours for which the pods may run there until they cost as much as the nodes that are there all "+
			"the time: what the nodes cost an hour by what the pods would; above 100% the nodes are dearer always."),
		one(CapacitySpot, Ratio, LowerIsBetter, pool, "The share of the pods, without those of DaemonSets, on nodes that the provider may take away."),
	}
}
