package sample

// FromOutage is an outage action.
const FromOutage Source = "outage"

// The names of the metrics of outages, and of the pipeline that brings usage to autoscalers.
const (
	ComponentAway    = "component_away_seconds"
	ComponentRestart = "component_restart_seconds"
	HPARecovery      = "hpa_recovery_seconds"

	MetricsFreshness = "metrics_freshness_seconds"
	MetricsScrape    = "metrics_scrape_seconds"
)

// outageMetrics are the part of the registry that outages and metrics-server have.
func outageMetrics() []Metric {
	outage := func(name, help string) Metric {
		return Metric{Name: name, Unit: Seconds, Better: LowerIsBetter, Shape: Scalar, Source: FromOutage,
			Labels: []string{"component"}, Help: help}
	}
	pipeline := func(name, help string) Metric {
		return Metric{Name: name, Unit: Seconds, Better: LowerIsBetter, Shape: Bucketed, Source: FromRun, Help: help}
	}
	return []Metric{
		outage(ComponentAway, "From when an outage action killed a component until it served again, the longest of the phase."),
		outage(ComponentRestart, "From when a killed component was started again until it served, the longest of the phase."),
		outage(HPARecovery, "From when killed metrics-server was started again until every HPA that had lost its metric had it "+
			"again, the longest of the phase; none where no HPA lost it."),
		pipeline(MetricsFreshness, "How old the usage was that metrics-server answered with (metrics_server_api_metric_freshness_seconds); "+
			"only where a scenario has spec.cluster.metricsServer and something asks for it, such as an autoscaler."),
		pipeline(MetricsScrape, "How long metrics-server took to read all nodes once (metrics_server_manager_tick_duration_seconds); "+
			"only where a scenario has spec.cluster.metricsServer."),
	}
}
