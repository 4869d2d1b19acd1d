// Package plan turns a scenario and a seed into an ordered and bounded list of steps. It is
// pure: it knows no cluster, starts nothing and prints the same plan for the same input.
//
//	s, err := spec.Decode("web.yaml", text, spec.Options{Set: map[string]string{"nodes": "50"}})
//	p, err := plan.Build(s, 1)
//	err = p.WriteText(os.Stdout)
package plan

import (
	"time"

	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// A Plan is a fully resolved run: nothing in it is left to be looked up or defaulted.
type Plan struct {
	Name        string            `json:"name"`
	Title       string            `json:"title"`
	Description string            `json:"description"`
	Labels      map[string]string `json:"labels"`
	Parameters  map[string]string `json:"parameters"` // The values in force, defaults included.
	Seed        uint64            `json:"seed"`
	Resolved    []byte            `json:"resolved"` // The scenario as YAML with every parameter replaced.

	Cluster    spec.Cluster        `json:"cluster"`
	Fleet      spec.Fleet          `json:"fleet"`
	Storage    *spec.Storage       `json:"storage,omitempty"` // nil without one.
	Workloads  map[string]Workload `json:"workloads"`
	Services   map[string]Service  `json:"services"`
	Queries    []spec.Query        `json:"queries"`
	Phases     []Phase             `json:"phases"`
	Objectives []slo.Objective     `json:"objectives"`
	Figures    []slo.Objective     `json:"figures"` // Without limits: shown, not judged.
	Estimate   Estimate            `json:"estimate"`
	// Warnings are doubts about the scenario, each a sentence: it can be run, but an
	// objective may end without a verdict.
	Warnings []string `json:"warnings"`

	Autoscalers []Autoscaler      `json:"autoscalers,omitempty"`
	Updates     []Update          `json:"updates,omitempty"`
	needs       map[string][]Need // By workload.
	volumes     map[string]volumesOf
	nodeVolumes map[string]int // By pool, where it is known.
}

// A Workload renders the objects of one workload.
type Workload struct {
	Name       string `json:"name"`
	Count      int    `json:"count"`
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	PodsEach   int    `json:"podsEach"` // Pods per object, 0 if none.
	MostPods   int    `json:"mostPods"` // Of all objects, as autoscalers allow; 0 without one.
	template   map[string]any
}

// A Phase is a stretch of the run with its steps.
type Phase struct {
	Name        string        `json:"name"`
	Description string        `json:"description"`
	Timeout     time.Duration `json:"timeout"`
	Steps       []Step        `json:"steps"`
	Expected    time.Duration `json:"expected"` // How long it is expected to take; see Estimate.
}

// A Step is one action, with a name that is unique in its phase and says what it does.
type Step struct {
	Name   string      `json:"name"` // Such as "create web" or "load 100/s".
	Action spec.Action `json:"action"`
	// From and Until bound the indices of the objects of a workload, or of the nodes of a pool,
	// that the step is about: [From, Until). A step that makes none is about all that are there.
	From  int    `json:"from"`
	Until int    `json:"until"`
	Fit   *ToFit `json:"fit,omitempty"` // nil if the step is no fit.
}

// ToFit is what a fit finds nodes for.
type ToFit struct {
	Pods      int      `json:"pods"`      // Without those of DaemonSets.
	Workloads []string `json:"workloads"` // Those that the steps before have created.
	Pools     []Grown  `json:"pools"`     // The pools that grow, in the order written.
}

// A Grown is a pool that a fit adds nodes to: it has From, and gets at most Until.
type Grown struct {
	Pool  string `json:"pool"`
	From  int    `json:"from"`
	Until int    `json:"until"`
}

// An Estimate is what the plan will ask of the cluster. Rates that a scenario leaves open are
// those of the Assumed constants: assumptions about a machine with two cores, not promises.
type Estimate struct {
	Objects      map[string]int `json:"objects"`               // Created by kind, pods and nodes included; those of a load by resource.
	PeakPods     int            `json:"peakPods"`              // With the surge pods of rollouts.
	PeakRequests float64        `json:"peakRequestsPerSecond"` // Sent by kubedyno itself on a schedule.
	Heartbeats   float64        `json:"heartbeatsPerSecond"`   // Lease renewals of all nodes together.
	Duration     time.Duration  `json:"duration"`              // What the phases are expected to take.
}
