// Package plan turns a scenario, its parameters and a seed into an ordered and bounded list
// of steps. It is pure: it knows no cluster, starts nothing and prints the same plan for the
// same input.
package plan

import (
	"time"

	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// A Plan is a fully resolved run: nothing in it is left to be looked up or defaulted.
type Plan struct {
	Name        string
	Title       string
	Description string
	Labels      map[string]string
	Parameters  map[string]string // The values in force, defaults included.
	Seed        uint64
	Resolved    []byte // The scenario as YAML with every parameter replaced.

	Cluster    spec.Cluster
	Fleet      spec.Fleet
	Workloads  map[string]Workload
	Phases     []Phase
	Objectives []slo.Objective
	Estimate   Estimate
}

// A Workload renders the objects of one workload.
type Workload struct {
	Name       string
	Count      int
	APIVersion string
	Kind       string
	PodsEach   int // Pods per object, 0 if none.
	template   map[string]any
}

// A Phase is a stretch of the run with its steps.
type Phase struct {
	Name        string
	Description string
	Timeout     time.Duration
	Steps       []Step
}

// A Step is one action, with a name that is unique in its phase and says what it does.
type Step struct {
	Name   string // Such as "create web" or "load 100/s".
	Action spec.Action
}

// An Estimate is what the plan will ask of the cluster.
type Estimate struct {
	Objects      map[string]int // Created by kind, pods and nodes included.
	PeakPods     int
	PeakRequests float64       // Requests per second that kubedyno itself sends at most on a schedule.
	Duration     time.Duration // What the phases are expected to take; see Build for the rates assumed.
}
