package sample

// QueryMetric returns the name of the metric whose values are those of the queries with that
// unit, such as query_seconds.
func QueryMetric(unit Unit) string { return "query_" + string(unit) }

func queryMetric(unit Unit) Metric {
	return Metric{Name: QueryMetric(unit), Unit: unit, Better: Neither, Shape: Gauge, Source: FromQuery,
		Labels: []string{"query", "series"},
		Help:   "What the scenario's queries with this unit gave, at moments a step apart."}
}
