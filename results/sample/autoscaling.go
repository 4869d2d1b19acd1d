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

	HPAReaction      = "hpa_reaction_seconds"
	HPAFirstReady    = "hpa_first_ready_seconds"
	HPASettling      = "hpa_settling_seconds"
	HPAOvershoot     = "hpa_overshoot_ratio"
	HPAReversals     = "hpa_reversals_total"
	HPAUnder         = "hpa_under_pod_seconds"
	HPAOver          = "hpa_over_pod_seconds"
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
	return []Metric{
		{Name: HPAs, Unit: Count, Better: Neither, Shape: Gauge, Source: FromHPA, Labels: []string{"state"},
			Help: "HPAs that kubedyno created, and of these the ones that its watch has observed."},
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
		figure(HPAUnder, Seconds, "Pods that were needed and not Ready, times the seconds for which they lacked."),
		figure(HPAOver, Seconds, "Pods that were Ready and not needed, times the seconds for which they were too many."),
		figure(HPADecidedLate, Seconds, "The part of the lacking pod-seconds in which the HPA had not asked for the pods."),
		figure(HPAActedLate, Seconds, "The part of the lacking pod-seconds in which the HPA had asked for the pods."),
		figure(ElasticUnder, Ratio, "SPEC theta_U: the share of the needed pods that lacked, on average over the time."),
		figure(ElasticOver, Ratio, "SPEC theta_O: the pods beyond the needed ones over the needed ones, on average over the time."),
		figure(ElasticUnderTime, Ratio, "SPEC tau_U: the share of the time in which there were fewer Ready pods than needed."),
		figure(ElasticOverTime, Ratio, "SPEC tau_O: the share of the time in which there were more Ready pods than needed."),
	}
}
