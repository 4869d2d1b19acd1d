package sample

// FromHPA is a create action of a HorizontalPodAutoscaler. What is said of a service also needs
// a demand action on it.
const FromHPA Source = "hpa"

// The names of the metrics of autoscaling.
const (
	HPAs        = "hpas_total"
	HPADesired  = "hpa_desired_replicas_total"
	HPACurrent  = "hpa_current_replicas_total"
	HPARatio    = "hpa_metric_ratio"
	HPARescales = "hpa_rescales_total"

	HPAReconciliations = "hpa_reconciliations_total"
	HPAReconcile       = "hpa_reconcile_seconds"
	HPAControlled      = "hpa_controlled_total"
	HPASyncPeriod      = "hpa_sync_period_seconds"
	HPAFirstRescale    = "hpa_first_rescale_seconds"

	HPAReaction      = "hpa_reaction_seconds"
	HPAFirstReady    = "hpa_first_ready_seconds"
	HPASettling      = "hpa_settling_seconds"
	HPAOvershoot     = "hpa_overshoot_ratio"
	HPAReversals     = "hpa_reversals_total"
	HPAUnder         = "hpa_under_pod_seconds"
	HPAOver          = "hpa_over_pod_seconds"
	HPAOracle        = "hpa_oracle_replicas_total"
	HPANotAsked      = "hpa_not_asked_pod_seconds"
	HPARuleShort     = "hpa_rule_short_pod_seconds"
	HPADecidedLate   = "hpa_decided_late_pod_seconds"
	HPAActedLate     = "hpa_acted_late_pod_seconds"
	ElasticUnder     = "elasticity_under_accuracy_ratio"
	ElasticOver      = "elasticity_over_accuracy_ratio"
	ElasticUnderTime = "elasticity_under_time_ratio"
	ElasticOverTime  = "elasticity_over_time_ratio"
)

// autoscalingMetrics are the part of the registry that HPAs have.
func autoscalingMetrics() []Metric {
	series := func(name string, unit Unit, shape Shape, help string) Metric {
		return Metric{Name: name, Unit: unit, Better: Neither, Shape: shape, Source: FromHPA, Labels: []string{"hpa"}, Help: help}
	}
	// figure is one of a service in a phase; response one of its answers to rises or falls of load.
	figure := func(name string, unit Unit, help string) Metric {
		return Metric{Name: name, Unit: unit, Better: LowerIsBetter, Shape: Scalar, Source: FromHPA,
			Labels: []string{"service"}, Help: help}
	}
	response := func(name string, unit Unit, help string) Metric {
		m := figure(name, unit, help)
		m.Labels = append(m.Labels, "direction")
		return m
	}
	return append([]Metric{
		{Name: HPAs, Unit: Count, Better: Neither, Shape: Gauge, Source: FromHPA, Labels: []string{"state"},
			Help: "HPAs that kubedyno created, and of these the ones that its watch has observed; and those that exist now."},
		series(HPADesired, Count, Gauge, "Replicas that an HPA asks for, as its status says; none before its first decision."),
		series(HPACurrent, Count, Gauge, "Replicas of the workload as an HPA's controller last saw them."),
		series(HPARatio, Ratio, Gauge, "An HPA's metric over its target, of the metric that asks for most; none while it has no metrics."),
		series(HPARescales, Count, Counter, "Times that an HPA changed the replicas of its workload."),
		response(HPAReaction, Seconds,
			"From a rise or fall of the load until the HPA asks for more or fewer pods, the longest of the phase."),
		response(HPAFirstReady, Seconds,
			"From a rise of the load until the first new pod is Ready that the HPA asked for since, the longest of the phase."),
		response(HPASettling, Seconds,
			"From a rise or fall of the load until the Ready pods stay within 10% of where they come to rest, the longest of the phase."),
		response(HPAOvershoot, Ratio,
			"By how much the Ready pods passed the number at which they came to rest, over the change of the needed pods, the most of the phase."),
		figure(HPAReversals, Count, "Times that the desired replicas turned while the load did not."),
		figure(HPAUnder, PodSeconds, "Pods that were needed and not Ready, times the seconds for which they lacked."),
		figure(HPAOver, PodSeconds, "Pods that were Ready and not needed, times the seconds for which they were too many."),
		series(HPAOracle, Count, Gauge, "Replicas that an HPA should ask for by its own rule, had it known what its pods really use at that "+
			"moment; computed from the records, and only of an HPA with one CPU-utilisation metric that alone scales the one object of a service."),
		figure(HPANotAsked, PodSeconds, "The part of the lacking pod-seconds in which the HPA had not asked for the pods: hpa_rule_short_pod_seconds "+
			"and hpa_decided_late_pod_seconds together, where these are known."),
		figure(HPARuleShort, PodSeconds, "The part of the lacking pod-seconds in which the HPA's own rule did not call for the pods, "+
			"even with the true usage (hpa_oracle_replicas_total)."),
		figure(HPADecidedLate, PodSeconds, "The part of the lacking pod-seconds in which the HPA had not asked for the pods yet, and would have "+
			"had it known the true usage at once (hpa_oracle_replicas_total): metrics that were old, and the wait for the next sync."),
		figure(HPAActedLate, PodSeconds, "The part of the lacking pod-seconds in which the HPA had asked for the pods."),
		figure(ElasticUnder, Ratio, "SPEC theta_U: the share of the needed pods that lacked, on average over the time."),
		figure(ElasticOver, Ratio, "SPEC theta_O: the pods beyond the needed ones over the needed ones, on average over the time."),
		figure(ElasticUnderTime, Ratio, "SPEC tau_U: the share of the time in which there were fewer Ready pods than needed."),
		figure(ElasticOverTime, Ratio, "SPEC tau_O: the share of the time in which there were more Ready pods than needed."),
	}, controllerMetrics()...)
}

// controllerMetrics are what the HPA controller says of itself and what follows from it. The
// upstream families are those of k8s.io/kubernetes v1.37.2, pkg/controller/podautoscaler/monitor.
func controllerMetrics() []Metric {
	return []Metric{
		{Name: HPAReconciliations, Unit: Count, Better: Neither, Shape: Counter, Source: FromHPA, Labels: []string{"action", "error"},
			Help: "How often the HPA controller looked at an HPA (horizontal_pod_autoscaler_controller_reconciliations_total): " +
				"action is scale_up, scale_down or none, error is spec, internal or none."},
		{Name: HPAReconcile, Unit: Seconds, Better: LowerIsBetter, Shape: Bucketed, Source: FromHPA,
			Help: "How long the HPA controller took for one look at an HPA (horizontal_pod_autoscaler_controller_reconciliation_duration_seconds)."},
		{Name: HPAControlled, Unit: Count, Better: Neither, Shape: Gauge, Source: FromHPA,
			Help: "HPAs that the controller itself counts (horizontal_pod_autoscaler_controller_num_horizontal_pod_autoscalers)."},
		{Name: HPASyncPeriod, Unit: Seconds, Better: LowerIsBetter, Shape: Scalar, Source: FromHPA,
			Help: "The effective sync period: the HPAs times the seconds of a phase, over the reconciliations in it. Only of a phase in " +
				"which the number of HPAs did not change and each was looked at about twice or more."},
		{Name: HPAFirstRescale, Unit: Seconds, Better: LowerIsBetter, Shape: Distribution, Source: FromHPA, Labels: []string{"service"},
			HarnessDelays: []string{WatchLag},
			Help: "From the beginning of a demand until an HPA of the service is first seen to ask for another number of replicas, " +
				"for every HPA that existed then; one that never did counts as at least the time until the demand ended."},
	}
}
