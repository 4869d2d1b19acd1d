package spec

import "time"

// DefaultResolution is how often metrics-server reads the nodes, as in its own manifests.
const DefaultResolution = 15 * time.Second

// A MetricsServer holds the settings of metrics-server, which runs only where they are given.
type MetricsServer struct {
	Flags      map[string]string `yaml:"flags" doc:"Command-line flags without the dashes; they replace kubedyno's own."`
	Env        map[string]string `yaml:"env" doc:"Environment variables, such as GOGC."`
	Resolution time.Duration     `yaml:"resolution" is:"resolution" doc:"How often it reads the usage of nodes and pods (default 15s); 10s at least."`
}

// Component returns the settings of the process; none for nil.
func (m *MetricsServer) Component() Component {
	if m == nil {
		return Component{}
	}
	return Component{Flags: m.Flags, Env: m.Env}
}

func (m *MetricsServer) applyDefaults() {
	if m != nil && m.Resolution == 0 {
		m.Resolution = DefaultResolution
	}
}
