package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// AssumedFitSeconds is how long a fit is taken to look for nodes after the pods are there: a few
// rounds of some seconds each.
const AssumedFitSeconds = 20

// grown returns the pools that a fit grows, when some nodes are there.
func (p *Plan) grown(a spec.Fit, made there) []Grown {
	var all []Grown
	for _, name := range a.Names() {
		all = append(all, Grown{Pool: name, From: made["pool "+name], Until: p.poolSize(name)})
	}
	return all
}

// toFit returns the workloads that the steps so far have created, how many pods these have, and the
// pools that grow for them.
func (p *Plan) toFit(a spec.Fit, made there) *ToFit {
	fit := &ToFit{Pools: p.grown(a, made)}
	for _, name := range slices.Sorted(maps.Keys(p.Workloads)) {
		n, w := made["workload "+name], p.Workloads[name]
		if n == 0 {
			continue
		}
		fit.Workloads = append(fit.Workloads, name)
		each := w.PodsEach
		if scaled := made["replicas of "+name]; scaled > 0 {
			each = scaled - 1
		}
		if w.Kind != "DaemonSet" {
			fit.Pods += n * each
		}
	}
	return fit
}

// Fits reports whether a step finds how many nodes of a pool are needed.
func (p *Plan) Fits(pool string) bool {
	for _, phase := range p.Phases {
		for _, step := range phase.Steps {
			if step.Action.Fit != nil && slices.Contains(step.Action.Fit.Names(), pool) {
				return true
			}
		}
	}
	return false
}

// Uses reports whether a step is about a pool; no other one has nodes.
func (p *Plan) Uses(pool string) bool {
	for _, phase := range p.Phases {
		for _, step := range phase.Steps {
			if slices.Contains(poolsOf(step.Action), pool) {
				return true
			}
		}
	}
	return false
}

// Daemons returns the pods that DaemonSets put on nodes at a fit: on every one, or on those that they
// choose and tolerate.
func (p *Plan) Daemons(fit ToFit) []corev1.PodSpec {
	var all []corev1.PodSpec
	for _, name := range fit.Workloads {
		w := p.Workloads[name]
		if w.Kind != "DaemonSet" {
			continue
		}
		for i := range w.Count {
			template, _ := spec.Lookup(w.Render(i), "spec", "template", "spec").(map[string]any)
			var pod corev1.PodSpec
			err := runtime.DefaultUnstructuredConverter.FromUnstructured(template, &pod)
			if err == nil {
				all = append(all, pod)
			}
		}
	}
	return all
}

// fit adds nodes to a pool. How many only the run will find, so that all are counted.
func (s *simulation) fit(phase string, a spec.Fit, step Step) effect {
	for _, grown := range step.Fit.Pools {
		n := grown.Until - grown.From
		s.nodes[grown.Pool] += n
		s.Estimate.Objects["Node"] += n
		labels := sample.Labels{"phase": phase, "pool": grown.Pool}
		s.observe(sample.FromFleet, 1, labels)
		s.observe(sample.FromFit, 1, labels)
	}
	if a.Mix() {
		s.observe(sample.FromFit, 1, sample.Labels{"phase": phase, "pool": sample.AllPools})
	}
	seconds := s.backlog + AssumedFitSeconds
	s.backlog = 0
	return effect{seconds: seconds}
}

func (p *Plan) fitWords(step Step) string {
	a := step.Action.Fit
	if !a.Mix() {
		return fmt.Sprintf("add nodes of pool %s, %s at a time and at most %s, until the scheduler has placed %s pods",
			a.Pool, grouped(a.Step), grouped(p.poolSize(a.Pool)), grouped(step.Fit.Pods))
	}
	var most []string
	for _, grown := range step.Fit.Pools {
		most = append(most, fmt.Sprintf("%s (at most %s)", grown.Pool, grouped(grown.Until)))
	}
	return fmt.Sprintf("add nodes of the pools %s, %s at a time of the pool that takes most pending pods at least cost, until the scheduler has placed %s pods",
		strings.Join(most, ", "), grouped(a.Step), grouped(step.Fit.Pods))
}
