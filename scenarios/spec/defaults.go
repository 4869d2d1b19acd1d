package spec

import (
	"fmt"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
)

// The documented defaults.
const (
	DefaultLeaseDuration = 40 * time.Second // As a kubelet's.
	DefaultPhaseTimeout  = 10 * time.Minute
	DefaultLoadTimeout   = 60 * time.Second // As that of the API server.
	DefaultStartupMedian = time.Second
	DefaultStartupP99    = 3 * time.Second
	DefaultOwnObjects    = 100
	DefaultConnections   = 4
	DefaultPageSize      = 500 // As client-go's.
	DefaultQueryStep     = 10 * time.Second
)

// DefaultZones returns the zones of a pool that names none.
func DefaultZones() []string { return []string{"zone-a", "zone-b", "zone-c"} }

// applyDefaults fills in what the scenario leaves out. Given tells an explicit zero from a
// value that is not there.
func (s *Scenario) applyDefaults(given func(path string) bool) {
	if s.Metadata.Title == "" {
		s.Metadata.Title = s.Metadata.Name
	}
	s.Spec.Cluster.MetricsServer.applyDefaults()
	s.Spec.Cluster.MetricsAdapter.applyDefaults()
	fleet := &s.Spec.Fleet
	if !given("spec.fleet.leaseDuration") {
		fleet.LeaseDuration = DefaultLeaseDuration
	}
	if !given("spec.fleet.podStartup") {
		fleet.PodStartup = Latency{Distribution: "lognormal", Median: DefaultStartupMedian, P99: DefaultStartupP99}
	}
	for i := range fleet.Pools {
		if !given(fmt.Sprintf("spec.fleet.pools[%d].zones", i)) {
			fleet.Pools[i].Zones = DefaultZones()
		}
		fleet.Pools[i].Elastic.applyDefaults(func(field string) bool { return given(fmt.Sprintf("spec.fleet.pools[%d].elastic.%s", i, field)) })
	}
	for i := range s.Spec.Workloads {
		if !given(fmt.Sprintf("spec.workloads[%d].count", i)) {
			s.Spec.Workloads[i].Count = 1
		}
	}
	for i := range s.Spec.Services {
		s.Spec.Services[i].applyDefaults(given(fmt.Sprintf("spec.services[%d].queue", i)))
	}
	for i := range s.Spec.Queries {
		s.Spec.Queries[i].applyDefaults()
	}
	for i := range s.Spec.Phases {
		phase := &s.Spec.Phases[i]
		if phase.Timeout == 0 {
			phase.Timeout = DefaultPhaseTimeout
		}
		for j := range phase.Actions {
			phase.Actions[j].applyDefaults(func(path string) bool {
				return given(fmt.Sprintf("spec.phases[%d].actions[%d].%s", i, j, path))
			})
		}
	}
	for i := range s.Spec.Objectives {
		o := &s.Spec.Objectives[i]
		o.Statistic = defaultStatistic(o.Metric, o.Percentile, o.Statistic)
	}
	s.Spec.Trials.applyDefaults()
}

func (a *Action) applyDefaults(given func(path string) bool) {
	if a.Wait != nil && a.Wait.For == "" {
		a.Wait.For = "ready"
	}
	if a.Watch != nil {
		a.Watch.applyDefaults()
	}
	if a.Fit != nil && a.Fit.Step == 0 {
		a.Fit.Step = 1
	}
	if a.Demand != nil {
		a.Demand.Pace.applyDefaults(given("demand.pace.to"))
	}
	if a.Load == nil {
		return
	}
	a.Load.applyDefaults(given)
}

func (l *Load) applyDefaults(given func(path string) bool) {
	if l.Timeout == 0 {
		l.Timeout = DefaultLoadTimeout
	}
	if l.Arrivals == "" {
		l.Arrivals = "regular"
	}
	if l.Connections == 0 {
		l.Connections = DefaultConnections
	}
	l.Pace.applyDefaults(given("load.pace.to"))
	for i := range l.Requests {
		l.Requests[i].applyDefaults()
	}
}

func (p *Pace) applyDefaults(givenTo bool) {
	if p.Shape == "" {
		p.Shape = "constant"
	}
	if (p.Shape == "ramp" || p.Shape == "sawtooth") && !givenTo {
		p.To = 1
	}
}

func (r *Request) applyDefaults() {
	if r.Scope == "" {
		r.Scope = "resource"
		if r.OfMany() {
			r.Scope = "namespace"
		}
	}
	if r.Weight == 0 {
		r.Weight = 1
	}
	if r.Objects == 0 && !r.OfOthers() {
		r.Objects = DefaultOwnObjects
	}
	if r.Mode == "" && (r.Verb == "get" || r.Verb == "list") {
		r.Mode = "cached"
	}
	if r.Mode == "paged" && r.PageSize == 0 {
		r.PageSize = DefaultPageSize
	}
	if r.PatchType == "" && r.Verb == "patch" {
		r.PatchType = "merge"
	}
	if r.Encoding == "" && r.Custom() {
		r.Encoding = "json" // The API server has no protobuf for them.
	}
	if r.Encoding == "" {
		r.Encoding = "protobuf"
	}
}

func (t *Trials) applyDefaults() {
	if t.Repeat == 0 {
		t.Repeat = 1
	}
	for i := range t.Figures {
		f := &t.Figures[i]
		f.Statistic = defaultStatistic(f.Metric, f.Percentile, f.Statistic)
	}
}

// defaultStatistic is the one statistic of a metric with one value.
func defaultStatistic(name string, percentile float64, statistic string) string {
	metric, _ := sample.Lookup(name)
	if metric.Shape == sample.Scalar && percentile == 0 && statistic == "" {
		return "value"
	}
	return statistic
}
