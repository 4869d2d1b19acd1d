package spec

import (
	"strings"
	"time"
)

// A MetricsAdapter holds the settings of the adapter of custom and external metrics, which runs
// only where they are given.
type MetricsAdapter struct {
	Flags      map[string]string `yaml:"flags" doc:"Command-line flags without the dashes; they replace kubedyno's own."`
	Env        map[string]string `yaml:"env" doc:"Environment variables, such as GOGC."`
	Resolution time.Duration     `yaml:"resolution" is:"sampling" doc:"How often the services are sampled, and the window of their rates (default 15s); 1s at least."`
}

// Component returns the settings of the process; none for nil.
func (m *MetricsAdapter) Component() Component {
	if m == nil {
		return Component{}
	}
	return Component{Flags: m.Flags, Env: m.Env}
}

func (m *MetricsAdapter) applyDefaults() {
	if m != nil && m.Resolution == 0 {
		m.Resolution = DefaultResolution
	}
}

// RateMetric returns the name of the metric that says how many units a second a pod of the service
// serves, or are offered to the service: requests_per_second.
func (s Service) RateMetric() string { return metricName(s.Unit) + "_per_second" }

// WaitingMetric returns the name of the external metric that says how many units wait for the
// service: requests_waiting.
func (s Service) WaitingMetric() string { return metricName(s.Unit) + "_waiting" }

// ServiceLabel is the label of external metrics that names the service.
const ServiceLabel = "service"

// metricName writes a unit as a part of a metric's name.
func metricName(unit string) string { return strings.NewReplacer(" ", "_", "-", "_").Replace(unit) }
