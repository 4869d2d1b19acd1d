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
)

// DefaultZones returns the zones of a pool that names none.
func DefaultZones() []string { return []string{"zone-a", "zone-b", "zone-c"} }

// applyDefaults fills in what the scenario leaves out. Given tells an explicit zero from a
// value that is not there.
func (s *Scenario) applyDefaults(given func(path string) bool) {
	if s.Metadata.Title == "" {
		s.Metadata.Title = s.Metadata.Name
	}
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
	}
	for i := range s.Spec.Workloads {
		if !given(fmt.Sprintf("spec.workloads[%d].count", i)) {
			s.Spec.Workloads[i].Count = 1
		}
	}
	for i := range s.Spec.Phases {
		phase := &s.Spec.Phases[i]
		if phase.Timeout == 0 {
			phase.Timeout = DefaultPhaseTimeout
		}
		for j := range phase.Actions {
			phase.Actions[j].applyDefaults()
		}
	}
	for i := range s.Spec.Objectives {
		o := &s.Spec.Objectives[i]
		metric, _ := sample.Lookup(o.Metric)
		if metric.Shape == sample.Scalar && o.Percentile == 0 && o.Statistic == "" {
			o.Statistic = "value"
		}
	}
}

func (a *Action) applyDefaults() {
	if a.Wait != nil && a.Wait.For == "" {
		a.Wait.For = "ready"
	}
	if a.Load == nil {
		return
	}
	if a.Load.Timeout == 0 {
		a.Load.Timeout = DefaultLoadTimeout
	}
	for i := range a.Load.Requests {
		a.Load.Requests[i].applyDefaults()
	}
}

func (r *Request) applyDefaults() {
	if r.Scope == "" {
		r.Scope = "resource"
		if r.Verb == "list" {
			r.Scope = "namespace"
		}
	}
	if r.Weight == 0 {
		r.Weight = 1
	}
	if r.Objects == 0 && !r.OfOthers() {
		r.Objects = DefaultOwnObjects
	}
}

// OfOthers reports whether the class reads objects that other actions have made, because it
// cannot make its own: a pod or node made by load would be run by nothing.
func (r Request) OfOthers() bool { return r.Resource == "pods" || r.Resource == "nodes" }
