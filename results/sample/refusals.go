package sample

// FromAttempts is a create or rollout action with a workload whose pods a controller makes, in a
// scenario with a ResourceQuota, a LimitRange or a rollout.
const FromAttempts Source = "attempts"

// PerPod is the unit of what is counted for every pod that was created.
const PerPod Unit = "per_pod"

// The names of the metrics of pods that controllers tried to make, and of revisions.
const (
	RefusedAttempts   = "refused_attempts_total"
	ServerPodCreates  = "server_pod_creates_total"
	CreateAttempts    = "create_attempts_per_pod"
	QuotaConflicts    = "quota_conflicts_per_pod"
	WorkloadRevision  = "workload_revision_total"
	RestoredRevision  = "workload_restored_revision_total"
	ProgressDeadlines = "progress_deadlines_total"
)

// refusalMetrics are the part of the registry that refused attempts and revisions have.
func refusalMetrics() []Metric {
	return []Metric{
		{Name: RefusedAttempts, Unit: Count, Better: LowerIsBetter, Shape: Counter, Source: FromAttempts, Labels: []string{"workload", "reason"},
			Help: "Pods of a workload that its controllers tried to make and admission refused: quota, unstated, limit-range, other. " +
				"Counted by their FailedCreate events, of which they write at most 25 for an object and then one in 5 minutes: a lower bound."},
		{Name: ServerPodCreates, Unit: Count, Better: Neither, Shape: Counter, Source: FromRun, Labels: []string{"code"},
			Help: "Requests of any client to create a pod, by the API server's answer; 201 is a pod that was created (apiserver_request_total)."},
		{Name: CreateAttempts, Unit: PerPod, Better: LowerIsBetter, Shape: Scalar, Source: FromPods,
			Help: "Requests to create a pod in a phase over those that created one, as the API server counts them; 1 is none in vain."},
		{Name: QuotaConflicts, Unit: PerPod, Better: LowerIsBetter, Shape: Scalar, Source: FromQuota,
			Help: "Updates of the status of ResourceQuotas in a phase that were in conflict with another one (409), over the pods created."},
		{Name: WorkloadRevision, Unit: Count, Better: Neither, Shape: Gauge, Source: FromPods, Labels: []string{"workload"},
			Help: "The number of a workload's newest revision, 1 for the first: how often its pod template was changed, and 1; the highest of its objects."},
		{Name: RestoredRevision, Unit: Count, Better: Neither, Shape: Gauge, Source: FromPods, Labels: []string{"workload"},
			Help: "The revision whose pod template the newest one brings back, as a rollback does; 0 if its template is new."},
		{Name: ProgressDeadlines, Unit: Count, Better: LowerIsBetter, Shape: Counter, Source: FromPods, Labels: []string{"workload"},
			Help: "How often a Deployment of a workload exceeded its progressDeadlineSeconds."},
	}
}
