package plan

import (
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// AssumedFitSeconds is how long a fit is taken to look for nodes after the pods are there: a few
// rounds of some seconds each.
const AssumedFitSeconds = 20

// toFit returns the workloads that the steps so far have created, and how many pods these have.
func (p *Plan) toFit(made there) *ToFit {
	fit := &ToFit{}
	for _, name := range slices.Sorted(maps.Keys(p.Workloads)) {
		n, w := made["workload "+name], p.Workloads[name]
		if n == 0 {
			continue
		}
		fit.Workloads = append(fit.Workloads, name)
		if w.Kind != "DaemonSet" {
			fit.Pods += n * w.PodsEach
		}
	}
	return fit
}

// Fits reports whether a step finds how many nodes of a pool are needed.
func (p *Plan) Fits(pool string) bool {
	for _, phase := range p.Phases {
		for _, step := range phase.Steps {
			if step.Action.Fit != nil && step.Action.Fit.Pool == pool {
				return true
			}
		}
	}
	return false
}

// Daemons returns the pods that DaemonSets put on every node at a fit. One that chooses its nodes is left
// out, as it may not choose these.
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
			if err == nil && pod.NodeSelector == nil && pod.Affinity == nil {
				all = append(all, pod)
			}
		}
	}
	return all
}

// fit adds nodes to a pool. How many only the run will find, so that all are counted.
func (s *simulation) fit(phase string, a spec.Fit, step Step) effect {
	n := step.Until - step.From
	s.nodes[a.Pool] += n
	s.Estimate.Objects["Node"] += n
	labels := sample.Labels{"phase": phase, "pool": a.Pool}
	s.observe(sample.FromFleet, 1, labels)
	s.observe(sample.FromFit, 1, labels)
	seconds := s.backlog + AssumedFitSeconds
	s.backlog = 0
	return effect{seconds: seconds}
}

func (p *Plan) fitWords(step Step) string {
	return fmt.Sprintf("add nodes of pool %s, %s at a time and at most %s, until the scheduler has placed %s pods",
		step.Action.Fit.Pool, grouped(step.Action.Fit.Step), grouped(p.poolSize(step.Action.Fit.Pool)), grouped(step.Fit.Pods))
}
