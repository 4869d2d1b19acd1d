package sample

import (
	"maps"
	"slices"
)

// A Unit is the base unit of a metric's values.
type Unit string

// The base units. A metric's name ends in its unit.
const (
	Seconds   Unit = "seconds"
	Bytes     Unit = "bytes"
	Cores     Unit = "cores"
	Ratio     Unit = "ratio"
	Count     Unit = "total"
	PerSecond Unit = "per_second"
	Hours     Unit = "hours"   // Of pods; times are in Seconds.
	Dollars   Unit = "dollars" // Of the United States.

	PodSeconds Unit = "pod_seconds" // Pods times the seconds for which there were so many.
)

// A Direction says which change of a metric is an improvement.
type Direction string

// The directions.
const (
	LowerIsBetter  Direction = "lower"
	HigherIsBetter Direction = "higher"
	Neither        Direction = "neither"
)

// A Shape says how a metric's values are recorded and which statistics it has.
type Shape string

// The shapes of metrics.
const (
	// Distribution metrics have one value per thing observed (a pod, a request). They are
	// recorded as Pods or Windows and have quantiles, min, mean and max.
	Distribution Shape = "distribution"
	// Gauge metrics are sampled over time as Points and have mean, max and last.
	Gauge Shape = "gauge"
	// Scalar metrics have one value per label set, written once as a Point.
	Scalar Shape = "scalar"
	// Counter metrics only grow, but start anew with every action that counts. They are sampled
	// as Points; their last value is the total.
	Counter Shape = "counter"
	// Bucketed metrics are distributions that a server keeps in buckets of its own. They are
	// recorded as Buckets, and their percentiles are known only to a bucket.
	Bucketed Shape = "bucketed"
)

// A Source names what must be in a scenario for a metric to be produced, so that an objective
// that could never have data is refused before the run.
type Source string

// The sources of metrics.
const (
	FromRun     Source = "run"     // Every run.
	FromFleet   Source = "fleet"   // A nodes action.
	FromLoss    Source = "loss"    // A fail action.
	FromReturn  Source = "return"  // A recover action.
	FromVictims Source = "victims" // A fail action that hits pods.
	FromPods    Source = "pods"    // A create action with a workload that has pods.
	FromRollout Source = "rollout" // A rollout action.
	FromLoad    Source = "load"    // A load action.
	FromQuery   Source = "query"   // A query to the user's Prometheus.
	FromWatch   Source = "watch"   // A watch action.
	FromDemand  Source = "demand"  // A demand action.
)

// A Metric describes one measured quantity.
type Metric struct {
	Name   string
	Unit   Unit
	Better Direction
	Shape  Shape
	Source Source
	// Labels are the names of the labels that tell its series apart, apart from phase.
	Labels []string
	// HarnessDelays name the distribution metrics that measure what the harness, its simulator
	// included, may have added to this one; an objective missed by no more than one of them is
	// inconclusive.
	HarnessDelays []string
	Help          string
}

// Lookup returns the metric of that name.
func Lookup(name string) (Metric, bool) {
	metric, ok := registry[name]
	return metric, ok
}

// Metrics returns every metric in the order of their names.
func Metrics() []Metric {
	all := make([]Metric, 0, len(registry))
	for _, name := range slices.Sorted(maps.Keys(registry)) {
		all = append(all, registry[name])
	}
	return all
}

// The names of all metrics.
const (
	PodStartup           = "pod_startup_seconds"
	PodStage             = "pod_stage_seconds"
	PodSimulatorOverhead = "pod_simulator_overhead_seconds"
	PodDeletion          = "pod_deletion_seconds"
	PodsByState          = "pods_total"
	PodsReadyRate        = "pods_ready_per_second"

	NodeReady         = "node_ready_seconds"
	NodeNotReady      = "node_not_ready_seconds"
	NodeRecovered     = "node_recovered_seconds"
	PodEviction       = "pod_eviction_seconds"
	PodReplacement    = "pod_replacement_seconds"
	NodesByState      = "nodes_total"
	FleetCreateRate   = "fleet_created_per_second"
	FleetReady        = "fleet_ready_seconds"
	PhaseDuration     = "phase_seconds"
	ClusterReady      = "cluster_ready_seconds"
	APIRequest        = "api_request_seconds"
	APIService        = "api_service_seconds"
	APISendLag        = "api_send_lag_seconds"
	APIOffered        = "api_offered_per_second"
	APIAchieved       = "api_achieved_per_second"
	APIErrors         = "api_errors_total"
	APIFirstByte      = "api_first_byte_seconds"
	APIByCode         = "api_by_code_seconds"
	APIRetryAfter     = "api_retry_after_seconds"
	APIReceived       = "api_received_bytes"
	APISent           = "api_sent_bytes"
	APIFlowSchema     = "api_flow_schema_total"
	ComponentCPU      = "component_cpu_cores"
	ComponentCPUTotal = "component_cpu_seconds"
	ComponentMemory   = "component_memory_bytes"
	WatchLag          = "watch_lag_seconds"
	WatchRelists      = "watch_relists_total"
	WatchResumes      = "watch_resumes_total"
	HarnessGCPause    = "harness_gc_pause_seconds"
	HarnessGoroutines = "harness_goroutines_total"
	HarnessDropped    = "harness_dropped_records_total"
	HarnessQueue      = "harness_queue_records_total"
	HarnessThrottled  = "harness_client_throttled_seconds"
	HarnessHeldBack   = "harness_client_throttled_total"
	MachineOthers     = "machine_others_cpu_cores"

	WatchDelivery  = "watch_delivery_seconds"
	WatchStaleness = "watch_staleness_seconds"
	WatchFanout    = "watch_fanout_seconds"
	WatchEvents    = "watch_events_total"
	WatchStreams   = "watch_streams_total"
	WatchWake      = "watch_wake_seconds"

	ServerRequest        = "server_request_sli_seconds"
	ServerQueueWait      = "server_queue_wait_seconds"
	ServerSeats          = "server_seats_total"
	ServerQueued         = "server_queued_requests_total"
	ServerRejected       = "server_rejected_requests_total"
	ServerRefused        = "server_refused_requests_total"
	ServerWatchers       = "server_watchers_total"
	ServerEndedWatchers  = "server_terminated_watchers_total"
	ServerObjects        = "server_objects_total"
	ServerStorageRequest = "server_storage_request_seconds"
	EtcdFsync            = "etcd_fsync_seconds"
	EtcdCommit           = "etcd_commit_seconds"
	EtcdSize             = "etcd_database_bytes"
	SchedulerAttempt     = "scheduler_attempt_seconds"
	SchedulerPod         = "scheduler_pod_seconds"
	SchedulerPending     = "scheduler_pending_pods_total"
	WorkqueueDepth       = "workqueue_depth_total"
	WorkqueueWait        = "workqueue_wait_seconds"
	ScrapeDuration       = "scrape_seconds"
	ClientThrottle       = "client_throttle_seconds"

	QueryMissing = "query_missing_points_total"
	QueryLost    = "query_lost_points_total"
)

var registry = index(
	Metric{Name: PodStartup, Unit: Seconds, Better: LowerIsBetter, Shape: Distribution, Source: FromPods,
		Labels: []string{"workload"}, HarnessDelays: []string{WatchLag, PodSimulatorOverhead},
		Help: "From the pod's creation (when the harness was to send it, or else seen by its watch) until it is seen Ready."},
	Metric{Name: PodStage, Unit: Seconds, Better: LowerIsBetter, Shape: Distribution, Source: FromPods,
		Labels: []string{"workload", "stage"}, HarnessDelays: []string{WatchLag},
		Help: "One stage of pod startup: create, schedule, start or ready."},
	Metric{Name: PodSimulatorOverhead, Unit: Seconds, Better: LowerIsBetter, Shape: Distribution, Source: FromPods,
		Labels: []string{"workload"},
		Help:   "What the simulator added to the pod start-up delay it was configured with."},
	Metric{Name: PodDeletion, Unit: Seconds, Better: LowerIsBetter, Shape: Distribution, Source: FromPods,
		Labels: []string{"workload"}, HarnessDelays: []string{WatchLag},
		Help: "From when a pod is seen to be deleted until it is gone, its grace period included."},
	Metric{Name: PodsByState, Unit: Count, Better: Neither, Shape: Gauge, Source: FromPods,
		Labels: []string{"state"},
		Help:   "Pods of the run: created, scheduled, running, ready (each includes the ones after it) and deleted."},
	Metric{Name: PodsReadyRate, Unit: PerSecond, Better: HigherIsBetter, Shape: Scalar, Source: FromPods,
		Help: "Pods that became Ready in a phase, divided by the time from the phase's first creation to its last Ready."},
	Metric{Name: NodeReady, Unit: Seconds, Better: LowerIsBetter, Shape: Distribution, Source: FromFleet,
		Labels: []string{"pool"}, HarnessDelays: []string{WatchLag},
		Help: "From sending a node's creation until the node is seen Ready."},
	Metric{Name: NodeNotReady, Unit: Seconds, Better: LowerIsBetter, Shape: Distribution, Source: FromLoss,
		Labels: []string{"pool"}, HarnessDelays: []string{WatchLag},
		Help: "From taking a node's heartbeats away until the node is seen not Ready."},
	Metric{Name: NodeRecovered, Unit: Seconds, Better: LowerIsBetter, Shape: Distribution, Source: FromReturn,
		Labels: []string{"pool"}, HarnessDelays: []string{WatchLag},
		Help: "From giving a failed node its heartbeats back until the node is seen Ready."},
	Metric{Name: PodEviction, Unit: Seconds, Better: LowerIsBetter, Shape: Distribution, Source: FromVictims,
		Labels: []string{"workload"}, HarnessDelays: []string{WatchLag},
		Help: "From taking a node's heartbeats away until a pod that was on it is seen to be deleted."},
	Metric{Name: PodReplacement, Unit: Seconds, Better: LowerIsBetter, Shape: Distribution, Source: FromVictims,
		Labels: []string{"workload"}, HarnessDelays: []string{WatchLag},
		Help: "From taking nodes' heartbeats away until a Ready pod on a live node makes up for a Ready pod that was lost; " +
			"its max is the time until the workload is whole again."},
	Metric{Name: NodesByState, Unit: Count, Better: Neither, Shape: Gauge, Source: FromFleet,
		Labels: []string{"state"}, Help: "Nodes of the run: created, ready."},
	Metric{Name: FleetCreateRate, Unit: PerSecond, Better: HigherIsBetter, Shape: Scalar, Source: FromFleet,
		Labels: []string{"pool"}, Help: "Nodes created per second, first send to last acknowledgement."},
	Metric{Name: FleetReady, Unit: Seconds, Better: LowerIsBetter, Shape: Scalar, Source: FromFleet,
		Labels: []string{"pool"}, Help: "From the first node's creation until all nodes are Ready."},
	Metric{Name: PhaseDuration, Unit: Seconds, Better: LowerIsBetter, Shape: Scalar, Source: FromRun,
		Help: "How long the phase took."},
	Metric{Name: ClusterReady, Unit: Seconds, Better: LowerIsBetter, Shape: Scalar, Source: FromRun,
		Help: "From starting the control plane's processes until all of them are healthy."},
	Metric{Name: APIRequest, Unit: Seconds, Better: LowerIsBetter, Shape: Distribution, Source: FromLoad,
		Labels: []string{"class", "verb", "resource", "scope"}, HarnessDelays: []string{APISendLag},
		Help: "API latency from the intended send time until the whole response is read."},
	Metric{Name: APIService, Unit: Seconds, Better: LowerIsBetter, Shape: Distribution, Source: FromLoad,
		Labels: []string{"class", "verb", "resource", "scope"},
		Help:   "API latency from the actual send time until the whole response is read."},
	Metric{Name: APISendLag, Unit: Seconds, Better: LowerIsBetter, Shape: Distribution, Source: FromLoad,
		Labels: []string{"class", "verb", "resource", "scope"},
		Help:   "How late the harness sent a request."},
	Metric{Name: APIOffered, Unit: PerSecond, Better: Neither, Shape: Gauge, Source: FromLoad,
		Labels: []string{"class", "verb", "resource", "scope"}, Help: "Requests per second that the scenario asks for."},
	Metric{Name: APIAchieved, Unit: PerSecond, Better: HigherIsBetter, Shape: Gauge, Source: FromLoad,
		Labels: []string{"class", "verb", "resource", "scope"}, Help: "Requests per second that were sent."},
	Metric{Name: APIFirstByte, Unit: Seconds, Better: LowerIsBetter, Shape: Distribution, Source: FromLoad,
		Labels: []string{"class", "verb", "resource", "scope"},
		Help:   "From the actual send time until the answer's header is read."},
	Metric{Name: APIByCode, Unit: Seconds, Better: LowerIsBetter, Shape: Distribution, Source: FromLoad,
		Labels: []string{"class", "verb", "resource", "scope", "code"}, HarnessDelays: []string{APISendLag},
		Help: "API latency from the intended send time by HTTP status code; code 0 is no answer."},
	Metric{Name: APIRetryAfter, Unit: Seconds, Better: LowerIsBetter, Shape: Distribution, Source: FromLoad,
		Labels: []string{"class", "verb", "resource", "scope"},
		Help:   "The pause that the server asked for with a 429 answer."},
	Metric{Name: APIReceived, Unit: Bytes, Better: Neither, Shape: Counter, Source: FromLoad,
		Labels: []string{"class", "verb", "resource", "scope"}, Help: "Bytes of answers so far, decompressed and without headers."},
	Metric{Name: APISent, Unit: Bytes, Better: Neither, Shape: Counter, Source: FromLoad,
		Labels: []string{"class", "verb", "resource", "scope"}, Help: "Bytes of request bodies so far."},
	Metric{Name: APIFlowSchema, Unit: Count, Better: Neither, Shape: Counter, Source: FromLoad,
		Labels: []string{"class", "verb", "resource", "scope", "flow_schema", "priority_level"},
		Help:   "Answers so far by the flow schema and priority level that the API server says it served them under."},
	Metric{Name: APIErrors, Unit: Count, Better: LowerIsBetter, Shape: Counter, Source: FromLoad,
		Labels: []string{"class", "verb", "resource", "scope", "kind"},
		Help: "Failed requests so far: timeout, throttled (429), server (5xx), not-found (404: the object had gone), " +
			"client (other 4xx), connection, unsent."},
	Metric{Name: ComponentCPU, Unit: Cores, Better: LowerIsBetter, Shape: Gauge, Source: FromRun,
		Labels: []string{"component"}, Help: "CPU of one process: a component, or kubedyno itself; 0 once it has ended."},
	Metric{Name: ComponentCPUTotal, Unit: Seconds, Better: LowerIsBetter, Shape: Gauge, Source: FromRun,
		Labels: []string{"component"}, Help: "CPU time of one process since it started; with that of the processes before it where the component was started anew in the run."},
	Metric{Name: ComponentMemory, Unit: Bytes, Better: LowerIsBetter, Shape: Gauge, Source: FromRun,
		Labels: []string{"component"}, Help: "Resident memory of one process."},
	Metric{Name: WatchLag, Unit: Seconds, Better: LowerIsBetter, Shape: Distribution, Source: FromRun,
		Help: "From the acknowledgement of the harness's own probe write until its watch delivers it; " +
			"and how late a change may have come by an interruption of its watch, where nothing is marked for that."},
	Metric{Name: WatchRelists, Unit: Count, Better: LowerIsBetter, Shape: Gauge, Source: FromRun,
		Help: "How often a watch of the harness had to list anew."},
	Metric{Name: WatchResumes, Unit: Count, Better: LowerIsBetter, Shape: Gauge, Source: FromRun,
		Help: "How often a watch of the harness was cut and went on from there; a server ends every watch after some minutes."},
	Metric{Name: HarnessGCPause, Unit: Seconds, Better: LowerIsBetter, Shape: Gauge, Source: FromRun,
		Help: "The longest garbage-collection pause of kubedyno in the last second."},
	Metric{Name: HarnessGoroutines, Unit: Count, Better: LowerIsBetter, Shape: Gauge, Source: FromRun,
		Help: "Goroutines of kubedyno."},
	Metric{Name: HarnessDropped, Unit: Count, Better: LowerIsBetter, Shape: Gauge, Source: FromRun,
		Help: "Records that a full queue of kubedyno dropped so far."},
	Metric{Name: HarnessQueue, Unit: Count, Better: LowerIsBetter, Shape: Gauge, Source: FromRun,
		Help: "The most records of kubedyno that waited for the disk at once in the last second."},
	Metric{Name: HarnessThrottled, Unit: Seconds, Better: LowerIsBetter, Shape: Gauge, Source: FromRun,
		Help: "Time so far that the rate limits of kubedyno's own clients held requests back, added up over the requests."},
	Metric{Name: MachineOthers, Unit: Cores, Better: LowerIsBetter, Shape: Gauge, Source: FromRun,
		Help: "CPU of this machine that neither kubedyno nor a component used, what a hypervisor took included."},
	Metric{Name: HarnessHeldBack, Unit: Count, Better: LowerIsBetter, Shape: Gauge, Source: FromRun,
		Help: "Requests so far that the rate limits of kubedyno's own clients held back by 1 ms or more."},

	Metric{Name: WatchDelivery, Unit: Seconds, Better: LowerIsBetter, Shape: Distribution, Source: FromWatch,
		Labels: []string{"resource", "watchers"}, HarnessDelays: []string{WatchWake},
		Help: "From a write's acknowledgement until a watcher has its event, for every write and watcher; 0 if the event came first."},
	Metric{Name: WatchStaleness, Unit: Seconds, Better: LowerIsBetter, Shape: Distribution, Source: FromWatch,
		Labels: []string{"resource", "watchers"}, HarnessDelays: []string{WatchWake, APISendLag},
		Help: "From when an acknowledged write was to be sent until a watcher has its event, for every write and watcher."},
	Metric{Name: WatchFanout, Unit: Seconds, Better: LowerIsBetter, Shape: Distribution, Source: FromWatch,
		Labels: []string{"resource", "watchers"}, HarnessDelays: []string{WatchWake},
		Help: "From a write's acknowledgement until the last watcher has its event, for every write."},
	Metric{Name: WatchEvents, Unit: Count, Better: Neither, Shape: Counter, Source: FromWatch,
		Labels: []string{"resource", "watchers", "state"},
		Help: "Events of the watchers: expected (acknowledged writes times watchers) = delivered + missing; beside them " +
			"duplicate, and unacknowledged (of writes that were not acknowledged)."},
	Metric{Name: WatchStreams, Unit: Count, Better: Neither, Shape: Counter, Source: FromWatch,
		Labels: []string{"resource", "watchers", "state"},
		Help: "Streams of the watchers: opened, ended (by the server or the network), then resumed, relisted (410: events were " +
			"skipped) or refused (a try to open it again that failed)."},
	Metric{Name: WatchWake, Unit: Seconds, Better: LowerIsBetter, Shape: Distribution, Source: FromWatch,
		Labels: []string{"resource", "watchers"},
		Help:   "How late kubedyno woke up a probe beside the watchers: what its own lack of CPU may add to their times."},

	Metric{Name: ServerRequest, Unit: Seconds, Better: LowerIsBetter, Shape: Bucketed, Source: FromRun,
		Labels: []string{"verb", "resource", "scope"},
		Help: "The API server's own request latency (apiserver_request_sli_duration_seconds), of every client: " +
			"without the wait in priority-and-fairness queues and without webhooks."},
	Metric{Name: ServerQueueWait, Unit: Seconds, Better: LowerIsBetter, Shape: Bucketed, Source: FromRun,
		Labels: []string{"priority_level", "execute"},
		Help:   "Wait in a priority-and-fairness queue (apiserver_flowcontrol_request_wait_duration_seconds)."},
	Metric{Name: ServerSeats, Unit: Count, Better: Neither, Shape: Gauge, Source: FromRun,
		Labels: []string{"priority_level"}, Help: "Priority-and-fairness seats in use."},
	Metric{Name: ServerQueued, Unit: Count, Better: LowerIsBetter, Shape: Gauge, Source: FromRun,
		Labels: []string{"priority_level"}, Help: "Requests that wait in a priority-and-fairness queue."},
	Metric{Name: ServerRejected, Unit: Count, Better: LowerIsBetter, Shape: Counter, Source: FromRun,
		Labels: []string{"priority_level", "reason"}, Help: "Requests that priority and fairness refused since the run began."},
	Metric{Name: ServerRefused, Unit: Count, Better: LowerIsBetter, Shape: Counter, Source: FromRun,
		Labels: []string{"verb", "resource", "code"}, Help: "Requests of any client that were answered with 403 (forbidden, as by a quota), " +
			"409 (conflict) or 429 (too many requests), since the run began."},
	Metric{Name: ServerWatchers, Unit: Count, Better: Neither, Shape: Gauge, Source: FromRun,
		Labels: []string{"resource"}, Help: "Open watches of the API server."},
	Metric{Name: ServerEndedWatchers, Unit: Count, Better: LowerIsBetter, Shape: Counter, Source: FromRun,
		Labels: []string{"resource"}, Help: "Watches that the API server closed since the run began because they were too slow."},
	Metric{Name: ServerObjects, Unit: Count, Better: Neither, Shape: Gauge, Source: FromRun,
		Labels: []string{"resource"}, Help: "Stored objects as the API server counts them, about once a minute."},
	Metric{Name: ServerStorageRequest, Unit: Seconds, Better: LowerIsBetter, Shape: Bucketed, Source: FromRun,
		Labels: []string{"operation"}, Help: "The API server's requests to etcd (etcd_request_duration_seconds)."},
	Metric{Name: EtcdFsync, Unit: Seconds, Better: LowerIsBetter, Shape: Bucketed, Source: FromRun,
		Help: "etcd's fsync of its log (etcd_disk_wal_fsync_duration_seconds)."},
	Metric{Name: EtcdCommit, Unit: Seconds, Better: LowerIsBetter, Shape: Bucketed, Source: FromRun,
		Help: "etcd's commit of its database (etcd_disk_backend_commit_duration_seconds)."},
	Metric{Name: EtcdSize, Unit: Bytes, Better: LowerIsBetter, Shape: Gauge, Source: FromRun,
		Help: "Size of etcd's database file."},
	Metric{Name: SchedulerAttempt, Unit: Seconds, Better: LowerIsBetter, Shape: Bucketed, Source: FromRun,
		Labels: []string{"result"}, Help: "Scheduling attempts by result (scheduler_scheduling_attempt_duration_seconds)."},
	Metric{Name: SchedulerPod, Unit: Seconds, Better: LowerIsBetter, Shape: Bucketed, Source: FromRun,
		Help: "From a pod's entry into the scheduling queue until it is bound (scheduler_pod_scheduling_sli_duration_seconds)."},
	Metric{Name: SchedulerPending, Unit: Count, Better: LowerIsBetter, Shape: Gauge, Source: FromRun,
		Labels: []string{"queue"}, Help: "Pods in the scheduler's queues."},
	Metric{Name: WorkqueueDepth, Unit: Count, Better: LowerIsBetter, Shape: Gauge, Source: FromRun,
		Labels: []string{"component", "queue"}, Help: "Items in a controller's work queue."},
	Metric{Name: WorkqueueWait, Unit: Seconds, Better: LowerIsBetter, Shape: Bucketed, Source: FromRun,
		Labels: []string{"component", "queue"}, Help: "Wait in a controller's work queue (workqueue_queue_duration_seconds)."},
	Metric{Name: ClientThrottle, Unit: Seconds, Better: LowerIsBetter, Shape: Bucketed, Source: FromRun,
		Labels: []string{"component", "verb"},
		Help: "How long a component's own client held a request back to keep to its limit of requests a second, such as " +
			"--kube-api-qps (rest_client_rate_limiter_duration_seconds)."},
	Metric{Name: ScrapeDuration, Unit: Seconds, Better: LowerIsBetter, Shape: Gauge, Source: FromRun,
		Labels: []string{"component"}, Help: "How long reading a component's own metrics took."},

	queryMetric(Seconds), queryMetric(Bytes), queryMetric(Cores), queryMetric(Ratio), queryMetric(Count), queryMetric(PerSecond),
	Metric{Name: QueryMissing, Unit: Count, Better: LowerIsBetter, Shape: Scalar, Source: FromQuery,
		Labels: []string{"query"}, Help: "Moments of a phase at which a series of a query had no value, or one that is no number."},
	Metric{Name: QueryLost, Unit: Count, Better: LowerIsBetter, Shape: Scalar, Source: FromQuery,
		Labels: []string{"query"},
		Help:   "Points of a query that are not in the results: Prometheus failed, a value was infinite, or there were too many series."},
)

func index(metrics ...Metric) map[string]Metric {
	byName := make(map[string]Metric, len(metrics))
	for _, metric := range slices.Concat(metrics, serviceMetrics(), autoscalingMetrics(), rolloutMetrics(), refusalMetrics(), recountMetrics(),
		outageMetrics(), diskMetrics(), csiMetrics(), capacityMetrics(), storageMetrics(), elasticMetrics(), karpenterMetrics()) {
		byName[metric.Name] = metric
	}
	return byName
}
