package sample

// FromElastic is a pool of nodes that come and go as pods need them.
const FromElastic Source = "elastic"

// The names of the metrics of elastic pools.
const (
	ElasticNodes          = "elastic_nodes_total"
	ElasticNodeReady      = "elastic_node_ready_seconds"
	ElasticFirstNode      = "elastic_first_node_seconds"
	ElasticShortage       = "elastic_shortage_seconds"
	ElasticWait           = "elastic_wait_seconds"
	ElasticPending        = "elastic_pending_pods_total"
	ElasticPendingSeconds = "elastic_pending_pod_seconds"
	ElasticNodeHours      = "elastic_node_hours"
	ElasticCost           = "elastic_cost_dollars"
	ElasticIdeal          = "elastic_ideal_dollars"
	ElasticExcess         = "elastic_excess_ratio"
	ElasticOrders         = "elastic_orders_total"
	ElasticRemoved        = "elastic_removed_nodes_total"
	ElasticEvictions      = "elastic_evictions_total"
	ElasticIdle           = "elastic_idle_seconds"
)

// elasticMetrics are the part of the registry that elastic pools have. All are by kubedyno's clock when
// its watches bring nodes and pods; only orders are told by what places them.
func elasticMetrics() []Metric {
	pool, workload := []string{"pool"}, []string{"workload"}
	took := func(name string, labels []string, help string) Metric {
		return Metric{Name: name, Unit: Seconds, Better: LowerIsBetter, Shape: Distribution, Source: FromElastic,
			Labels: labels, HarnessDelays: []string{WatchLag}, Help: help}
	}
	grows := func(name string, unit Unit, better Direction, labels []string, help string) Metric {
		return Metric{Name: name, Unit: unit, Better: better, Shape: Counter, Source: FromElastic, Labels: labels, Help: help}
	}
	return []Metric{
		{Name: ElasticNodes, Unit: Count, Better: Neither, Shape: Gauge, Source: FromElastic, Labels: []string{"pool", "state"},
			Help: "Nodes of an elastic pool: ordered and not there yet; created; ready, which are also among the created; and needed: the fewest that " +
				"any packing of the pods could do with that are on the pool's nodes or have none, without those of DaemonSets and those with a " +
				"priority below 0. The last is not known where several pools are elastic, nor of nodes of several types, as Karpenter makes."},
		took(ElasticNodeReady, pool, "From the order of a node until it is seen Ready; of Karpenter's, from when its NodeClaim is first seen. "+
			"Orders that were not delivered when the run ended are censored."),
		took(ElasticFirstNode, nil, "From the first pod without room, when there was none before, until the next node of an elastic pool is seen Ready."),
		took(ElasticShortage, nil, "From the first pod without room, when there was none before, until no pod is without room."),
		took(ElasticWait, workload, "For how long a pod was without room: from when the scheduler is first seen to say so (Unschedulable) until "+
			"the pod is bound. Pods that found room at once are left out; those that were deleted before are censored."),
		{Name: ElasticPending, Unit: Count, Better: LowerIsBetter, Shape: Gauge, Source: FromElastic, Labels: workload,
			Help: "Pods without room: the scheduler says Unschedulable of them, and they are not being deleted."},
		grows(ElasticPendingSeconds, PodSeconds, LowerIsBetter, workload, "The same over time: pods without room times the seconds for which there were so many."),
		grows(ElasticNodeHours, Hours, LowerIsBetter, pool, "Nodes of an elastic pool over time, from the order of each until it is gone, as clouds "+
			"bill from launch; from its creation if no order was told. Of Karpenter's, from when the NodeClaim is seen to be launched."),
		grows(ElasticCost, Dollars, LowerIsBetter, pool, "The same times the list price of each node's type, on demand or as spot."),
		grows(ElasticIdeal, Dollars, Neither, pool, "What the needed nodes would have cost, had they come and gone at once. "+
			"Where nodes are of several types, as Karpenter makes, what pods request costs at least, however it is packed: the largest, over CPU, memory and "+
			"number of pods, of the sum of each pod's part of a node of the type on which that part costs least."),
		{Name: ElasticExcess, Unit: Ratio, Better: LowerIsBetter, Shape: Scalar, Source: FromElastic, Labels: pool,
			Help: "How much more the nodes cost than those that were needed, as a share; below 0 where pods were without room for long. Only where one pool is elastic."},
		grows(ElasticOrders, Count, Neither, []string{"pool", "outcome"}, "Orders of nodes: placed, or refused for want of capacity in a zone, by the "+
			"quota, or failed for another reason. Of Karpenter's, its NodeClaims, the launched are placed, and failed are those that are gone before their node is there."),
		grows(ElasticRemoved, Count, Neither, pool, "Nodes of an elastic pool that are gone."),
		grows(ElasticEvictions, Count, LowerIsBetter, workload, "Pods that were evicted by the eviction API, as for the removal of a node."),
		took(ElasticIdle, pool, "From when pods requested less of a node than the pool's utilization, of CPU and of memory, for the last time until "+
			"the node was gone."),
	}
}
