package sample

// The names of the metrics of services, which a demand action writes.
const (
	ServiceDemand   = "service_demand_per_second"
	ServiceServed   = "service_served_per_second"
	ServiceCapacity = "service_capacity_per_second"
	ServiceQueue    = "service_queue_total"
	ServiceLost     = "service_lost_total"
	ServiceResponse = "service_response_seconds"
	ServiceMeanTime = "service_mean_response_seconds"
	ServiceNeeded   = "service_needed_pods_total"
	ServiceReady    = "service_ready_pods_total"
	ServiceShort    = "service_short_ratio"
	ServiceTickLag  = "service_tick_lag_seconds"
	ServicePodHours = "service_pod_hours"
	ServiceCost     = "service_cost_dollars"
)

// serviceMetrics describes them. They are those of a model: what real pods would do with the work
// is computed from how many are Ready, and since when.
func serviceMetrics() []Metric {
	return []Metric{
		{Name: ServiceDemand, Unit: PerSecond, Better: Neither, Shape: Gauge, Source: FromDemand,
			Labels: []string{"service"}, Help: "Units of work per second that are asked of a service."},
		{Name: ServiceServed, Unit: PerSecond, Better: HigherIsBetter, Shape: Gauge, Source: FromDemand,
			Labels: []string{"service"}, Help: "Units of work per second that the Ready pods of a service serve."},
		{Name: ServiceCapacity, Unit: PerSecond, Better: Neither, Shape: Gauge, Source: FromDemand,
			Labels: []string{"service"},
			Help:   "Units of work per second that the Ready pods of a service can serve, less while they warm up."},
		{Name: ServiceQueue, Unit: Count, Better: LowerIsBetter, Shape: Gauge, Source: FromDemand,
			Labels: []string{"service"}, Help: "Units of work that wait for a pod of a service."},
		{Name: ServiceLost, Unit: Count, Better: LowerIsBetter, Shape: Counter, Source: FromDemand,
			Labels: []string{"service"}, Help: "Units of work so far that found no room in the queue of a service."},
		{Name: ServiceResponse, Unit: Seconds, Better: LowerIsBetter, Shape: Distribution, Source: FromDemand,
			Labels: []string{"service"}, HarnessDelays: []string{WatchLag},
			Help: "Wait and service time of each unit of work, from a fluid model; what waits at the end counts as at least its wait."},
		{Name: ServiceMeanTime, Unit: Seconds, Better: LowerIsBetter, Shape: Gauge, Source: FromDemand,
			Labels: []string{"service"}, Help: "The mean of service_response_seconds over what was served in the last second."},
		{Name: ServiceNeeded, Unit: Count, Better: Neither, Shape: Gauge, Source: FromDemand,
			Labels: []string{"service"}, Help: "The fewest warm pods whose capacity is the demand."},
		{Name: ServiceReady, Unit: Count, Better: Neither, Shape: Gauge, Source: FromDemand,
			Labels: []string{"service"}, Help: "Ready pods of a service."},
		{Name: ServiceShort, Unit: Ratio, Better: LowerIsBetter, Shape: Gauge, Source: FromDemand,
			Labels: []string{"service"},
			Help:   "1 in a second in which the capacity was below the demand, else 0: its mean is the share of time short of capacity."},
		{Name: ServiceTickLag, Unit: Seconds, Better: LowerIsBetter, Shape: Distribution, Source: FromDemand,
			Labels: []string{"service"},
			Help:   "How late kubedyno stepped the model of a service, which is due once a second; the step then covers the time that passed."},
		{Name: ServicePodHours, Unit: Hours, Better: LowerIsBetter, Shape: Scalar, Source: FromDemand,
			Labels: []string{"service"},
			Help: "Pods of a service times the hours for which each takes room on a node, from its binding until it is gone, Ready or not, " +
				"while work is asked of the service: by phase, and without a phase of all of them."},
		{Name: ServiceCost, Unit: Dollars, Better: LowerIsBetter, Shape: Scalar, Source: FromDemand,
			Labels: []string{"service"},
			Help: "The price of service_pod_hours: each pod pays the larger of its shares of its node's allocatable CPU and memory, " +
				"by its requests, times the price of the node type per hour: by phase, and without a phase of all of them."},
	}
}
