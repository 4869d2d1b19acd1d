package sample

// The sources of what is said of quotas and of admission.
const (
	FromRefusals Source = "refusals" // A create action that counts refusals.
	FromQuota    Source = "quota"    // A create action of a ResourceQuota.
	FromDrain    Source = "drain"    // A drain action.
)

// The names of the metrics of rollouts, and of the pods of workloads.
const (
	RolloutDuration    = "rollout_seconds"
	Rollouts           = "rollouts_total"
	RolloutUnavailable = "rollout_unavailable_pod_seconds"
	RolloutBeyond      = "rollout_beyond_limit_pod_seconds"
	RolloutSurge       = "rollout_surge_pod_seconds"
	RolloutStill       = "rollout_standstill_seconds"
	RolloutLeast       = "rollout_least_available_ratio"
	WorkloadReplicas   = "workload_replicas_total"

	DrainDuration    = "drain_seconds"
	Evictions        = "evictions_total"
	EvictionsRefused = "evictions_refused_total"

	ObjectsAdmitted   = "objects_admitted_total"
	ObjectsRefused    = "objects_refused_total"
	QuotaUsed         = "quota_used_total"
	QuotaHard         = "quota_hard_total"
	QuotaStall        = "quota_stall_seconds"
	QuotaStallLongest = "quota_stall_longest_seconds"
	QuotaLag          = "quota_lag_seconds"
)

// rolloutMetrics are the part of the registry that rollouts have.
func rolloutMetrics() []Metric {
	figure := func(name string, unit Unit, better Direction, help string) Metric {
		return Metric{Name: name, Unit: unit, Better: better, Shape: Scalar, Source: FromRollout,
			Labels: []string{"workload"}, Help: help}
	}
	return []Metric{
		{Name: RolloutDuration, Unit: Seconds, Better: LowerIsBetter, Shape: Distribution, Source: FromRollout,
			Labels: []string{"workload"}, HarnessDelays: []string{WatchLag},
			Help: "From the update's acknowledgement until the controller reports the rollout complete."},
		{Name: Rollouts, Unit: Count, Better: Neither, Shape: Gauge, Source: FromRollout, Labels: []string{"workload"},
			Help: "Objects of a workload whose update is acknowledged and not complete."},
		{Name: WorkloadReplicas, Unit: Count, Better: Neither, Shape: Gauge, Source: FromPods, Labels: []string{"workload", "state"},
			Help: "Pods of a workload as the statuses of its objects count them: desired, current, updated, ready, available, terminating."},
		figure(RolloutUnavailable, PodSeconds, LowerIsBetter,
			"Pods that were desired and not available while a rollout was under way, times the seconds for which they lacked."),
		figure(RolloutBeyond, PodSeconds, LowerIsBetter,
			"The part of the unavailable pod-seconds beyond what maxUnavailable allows."),
		figure(RolloutSurge, PodSeconds, LowerIsBetter,
			"Pods beyond the desired ones while a rollout was under way, terminating ones among them, times the seconds for which they were there."),
		figure(RolloutStill, Seconds, LowerIsBetter,
			"The longest time in a rollout in which no count of its pods changed."),
		{Name: DrainDuration, Unit: Seconds, Better: LowerIsBetter, Shape: Distribution, Source: FromDrain,
			Labels: []string{"pool"}, HarnessDelays: []string{WatchLag},
			Help: "From a node's cordon until the last of its pods is gone, for every node that was drained."},
		{Name: Evictions, Unit: Count, Better: Neither, Shape: Scalar, Source: FromDrain, Labels: []string{"pool"},
			Help: "Pods that a drain action evicted."},
		{Name: EvictionsRefused, Unit: Count, Better: LowerIsBetter, Shape: Scalar, Source: FromDrain, Labels: []string{"pool"},
			Help: "Attempts of a drain action to evict a pod that a PodDisruptionBudget refused (429)."},
		{Name: ObjectsAdmitted, Unit: Count, Better: Neither, Shape: Scalar, Source: FromRefusals, Labels: []string{"workload"},
			Help: "Objects of a workload that admission let in, of a create action that counts refusals; of all such actions so far."},
		{Name: ObjectsRefused, Unit: Count, Better: Neither, Shape: Scalar, Source: FromRefusals, Labels: []string{"workload", "reason"},
			Help: "Objects of a workload that admission refused: quota (too much), unstated (a quota needs a request or limit " +
				"that is not stated), limit-range, other; of all such actions so far."},
		{Name: QuotaUsed, Unit: Count, Better: Neither, Shape: Gauge, Source: FromQuota, Labels: []string{"quota", "resource"},
			Help: "What a ResourceQuota's status counts as used, in base units: objects, cores or bytes."},
		{Name: QuotaHard, Unit: Count, Better: Neither, Shape: Gauge, Source: FromQuota, Labels: []string{"quota", "resource"},
			Help: "What a ResourceQuota allows, in base units: objects, cores or bytes."},
		figure(QuotaStall, Seconds, LowerIsBetter,
			"For how long a workload's quotas had room for at least one pod while a rollout was under way and pods of it were missing."),
		figure(QuotaStallLongest, Seconds, LowerIsBetter,
			"The longest part of that without a pod being made."),
		figure(QuotaLag, Seconds, LowerIsBetter,
			"For how long a quota of pods counted a pod of the workload after it had gone, on average over a rollout."),
		figure(RolloutLeast, Ratio, HigherIsBetter,
			"The fewest available pods while a rollout was under way, over the desired ones."),
	}
}
