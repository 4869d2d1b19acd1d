package scrape

import (
	"strings"

	"github.com/kubedyno/kubedyno/results/sample"
)

// A rule turns the series of one upstream family into one of our metrics. Series that get the
// same labels are added up.
type rule struct {
	metric string
	// labels returns the labels of a series, and false for one that is left out.
	labels func(component string, of labelsOf) (sample.Labels, bool)
	// sparse gauges have a series for everything that could exist; those that were never
	// anything but 0 are left out.
	sparse bool
}

// labelsOf returns the value of an upstream label, "" if there is none.
type labelsOf func(name string) string

// startFamily says when a process began, which tells it from its successor.
const startFamily = "process_start_time_seconds"

// Kubernetes counts stored objects under the second name since 1.34 and under both for a while.
const (
	oldObjects = "apiserver_storage_objects"
	newObjects = "apiserver_resource_objects"
)

// ruleOf returns what becomes of an upstream family, by its exact name.
func ruleOf(family string) (rule, bool) {
	switch family {
	case "apiserver_request_sli_duration_seconds":
		return rule{metric: sample.ServerRequest, labels: requestLabels}, true
	case "apiserver_request_total":
		return rule{metric: sample.ServerRefused, labels: refusedLabels}, true
	case "apiserver_flowcontrol_request_wait_duration_seconds":
		return rule{metric: sample.ServerQueueWait, labels: same("priority_level", "execute")}, true
	case "apiserver_flowcontrol_current_executing_seats":
		return rule{metric: sample.ServerSeats, labels: same("priority_level")}, true
	case "apiserver_flowcontrol_current_inqueue_requests":
		return rule{metric: sample.ServerQueued, labels: same("priority_level")}, true
	case "apiserver_flowcontrol_rejected_requests_total":
		return rule{metric: sample.ServerRejected, labels: same("priority_level", "reason")}, true
	case "apiserver_longrunning_requests":
		return rule{metric: sample.ServerWatchers, labels: watchLabels, sparse: true}, true
	case "apiserver_terminated_watchers_total":
		return rule{metric: sample.ServerEndedWatchers, labels: resourceLabels}, true
	case oldObjects, newObjects:
		return rule{metric: sample.ServerObjects, labels: resourceLabels, sparse: true}, true
	case "etcd_request_duration_seconds":
		return rule{metric: sample.ServerStorageRequest, labels: same("operation")}, true
	case "etcd_disk_wal_fsync_duration_seconds":
		return rule{metric: sample.EtcdFsync, labels: same()}, true
	case "etcd_disk_backend_commit_duration_seconds":
		return rule{metric: sample.EtcdCommit, labels: same()}, true
	case "etcd_mvcc_db_total_size_in_bytes":
		return rule{metric: sample.EtcdSize, labels: same()}, true
	case "scheduler_scheduling_attempt_duration_seconds":
		return rule{metric: sample.SchedulerAttempt, labels: same("result")}, true
	case "scheduler_pod_scheduling_sli_duration_seconds":
		return rule{metric: sample.SchedulerPod, labels: same()}, true
	case "scheduler_pending_pods":
		return rule{metric: sample.SchedulerPending, labels: same("queue")}, true
	case "metrics_server_api_metric_freshness_seconds":
		return rule{metric: sample.MetricsFreshness, labels: same()}, true
	case "horizontal_pod_autoscaler_controller_reconciliations_total":
		return rule{metric: sample.HPAReconciliations, labels: same("action", "error")}, true
	case "horizontal_pod_autoscaler_controller_reconciliation_duration_seconds":
		return rule{metric: sample.HPAReconcile, labels: same()}, true
	case "horizontal_pod_autoscaler_controller_num_horizontal_pod_autoscalers":
		return rule{metric: sample.HPAControlled, labels: same(), sparse: true}, true
	case "rest_client_rate_limiter_duration_seconds":
		return rule{metric: sample.ClientThrottle, labels: clientLabels}, true
	case "metrics_server_manager_tick_duration_seconds":
		return rule{metric: sample.MetricsScrape, labels: same()}, true
	case "workqueue_depth":
		return rule{metric: sample.WorkqueueDepth, labels: queueLabels, sparse: true}, true
	case "workqueue_queue_duration_seconds":
		return rule{metric: sample.WorkqueueWait, labels: queueLabels}, true
	default:
		return rule{}, false
	}
}

// alsoOf returns what else becomes of an upstream family.
func alsoOf(family string) []rule {
	if family == "apiserver_request_total" {
		return []rule{{metric: sample.ServerPodCreates, labels: podCreateLabels}}
	}
	return nil
}

// counters are the metrics that have no series until something is counted, by component.
func counters(component string) []string {
	if component == apiServer {
		return []string{sample.ServerRejected, sample.ServerEndedWatchers, sample.ServerRefused, sample.ServerPodCreates}
	}
	return nil
}

// apiServer is the component whose page has the counters.
const apiServer = "kube-apiserver"

func same(names ...string) func(string, labelsOf) (sample.Labels, bool) {
	return func(_ string, of labelsOf) (sample.Labels, bool) {
		labels := sample.Labels{}
		for _, name := range names {
			labels[name] = of(name)
		}
		return labels, true
	}
}

func requestLabels(_ string, of labelsOf) (sample.Labels, bool) {
	if of("resource") == "" { // Health checks and discovery.
		return nil, false
	}
	return sample.Labels{"verb": verb(of("verb")), "resource": resource(of), "scope": of("scope")}, true
}

// refusedLabels keeps the answers by which a controller learns that it has to try again.
func refusedLabels(_ string, of labelsOf) (sample.Labels, bool) {
	code := of("code")
	return sample.Labels{"verb": verb(of("verb")), "resource": resource(of), "code": code},
		of("resource") != "" && (code == "403" || code == "409" || code == "429")
}

// podCreateLabels keeps the creations of pods, but for those that only try (dryRun).
func podCreateLabels(_ string, of labelsOf) (sample.Labels, bool) {
	return sample.Labels{"code": of("code")}, of("verb") == "POST" && resource(of) == "pods" && of("dry_run") == ""
}

func watchLabels(_ string, of labelsOf) (sample.Labels, bool) {
	return sample.Labels{"resource": resource(of)}, of("verb") == "WATCH" && of("resource") != ""
}

func resourceLabels(_ string, of labelsOf) (sample.Labels, bool) {
	return sample.Labels{"resource": resource(of)}, true
}

func queueLabels(component string, of labelsOf) (sample.Labels, bool) {
	return sample.Labels{"component": component, "queue": of("name")}, true
}

func clientLabels(component string, of labelsOf) (sample.Labels, bool) {
	return sample.Labels{"component": component, "verb": verb(of("verb"))}, true
}

// verb returns our word for the API server's.
func verb(upstream string) string {
	switch upstream {
	case "POST":
		return "create"
	case "PUT":
		return "update"
	case "DELETECOLLECTION":
		return "delete-collection"
	default:
		return strings.ToLower(upstream)
	}
}

// resource returns "name.group/subresource"; the core group has no name.
func resource(of labelsOf) string {
	name := of("resource")
	if group := of("group"); group != "" {
		name += "." + group
	}
	if part := of("subresource"); part != "" {
		name += "/" + part
	}
	return name
}
