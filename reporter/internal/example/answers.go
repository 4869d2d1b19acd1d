package example

import (
	"math"

	"github.com/kubedyno/kubedyno/results/sample"
)

// answers are those to two of the load's classes in one phase: one that had all it asked for, and
// one that was also refused and left alone, as users of its own.
func (m *maker) answers() {
	for _, class := range []struct {
		name, schema, level string
		ok, refused, none   int64
		bytes, median       float64
	}{
		{"get pods (resource)", "global-default", "global-default", 2000, 0, 0, 3_200, 0.0015},
		{"list pods (cluster)", "tenants", "workload-low", 1990, 3, 7, 14_300_000, 0.130},
	} {
		labels := sample.Labels{"class": class.name, "phase": "steady"}
		answered := class.ok + class.refused
		m.distribution(sample.APIFirstByte, labels, int(answered), class.median, 0.7)
		m.distribution(sample.APIByCode, with(labels, "code", "200"), int(class.ok), class.median*1.2, 0.7)
		if class.refused > 0 {
			m.distribution(sample.APIByCode, with(labels, "code", "429"), int(class.refused), 0.004, 0.2)
			m.distribution(sample.APIByCode, with(labels, "code", "0"), int(class.none), 60, 0.01)
			m.distribution(sample.APIRetryAfter, labels, int(class.refused), 1, 0)
		}
		labels = sample.Labels{"class": class.name} // A track makes its phases itself.
		done := func(t float64) float64 { return math.Min(1, (t-152)/100) }
		m.track(sample.APIReceived, labels, 152, 270, func(t float64) float64 {
			return math.Floor(done(t) * float64(answered) * class.bytes)
		})
		flow := with(with(labels, "flow_schema", class.schema), "priority_level", class.level)
		m.track(sample.APIFlowSchema, flow, 152, 270, func(t float64) float64 { return math.Floor(done(t) * float64(answered)) })
	}
}
