package engine_test

import (
	"testing"

	"github.com/kubedyno/kubedyno/results/sample"
)

// drained empties one of two nodes within a budget of one pod. A node that has just become Ready is
// tainted for a moment longer; the probe, of which each node takes one, waits for that.
const drained = `
  fleet:
    podStartup: {distribution: fixed, value: 2s} # Longer than evictions wait for one another.
    podStop: {distribution: fixed, value: 300ms}
    pools: [{name: drained, nodeType: m6i.2xlarge, count: 2}]
  workloads:
    - name: budget
      manifest: {apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: web}, spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}}
    - name: web
      manifest:
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 6
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              terminationGracePeriodSeconds: 10
              containers: [{name: main, image: fake}]
    - name: probe
      manifest:
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: probe}
        spec:
          replicas: 2
          selector: {matchLabels: {app: probe}}
          template:
            metadata: {labels: {app: probe}}
            spec:
              terminationGracePeriodSeconds: 1
              affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: probe}}}]}}
              containers: [{name: main, image: fake}]
    - name: agent
      manifest:
        apiVersion: apps/v1
        kind: DaemonSet
        metadata: {name: agent}
        spec:
          selector: {matchLabels: {app: agent}}
          template:
            metadata: {labels: {app: agent}}
            spec: {terminationGracePeriodSeconds: 1, containers: [{name: main, image: fake}]}
  phases:
    - name: deploy
      actions: [{nodes: {pool: drained}}, {create: {workload: probe}}, {wait: {workload: probe}}, {delete: {workload: probe}},
        {create: {workload: budget}}, {create: {workload: agent}}, {create: {workload: web}}, {wait: {workload: agent}}, {wait: {workload: web}}]
    - name: drain
      actions: [{drain: {pool: drained, nodes: 1}}, {wait: {workload: web}}]
    - name: back
      actions: [{uncordon: {pool: drained}}, {patch: {workload: web, patch: {metadata: {annotations: {seen: "yes"}}}}}]
    - name: stuck
      actions: [{patch: {workload: budget, patch: {spec: {maxUnavailable: 0}}}}, {drain: {pool: drained, nodes: 2, parallel: 2, giveUp: 3s}},
        {uncordon: {pool: drained}}]
`

func TestDrain(t *testing.T) {
	t.Parallel()
	sink := &recording{}
	c, stop := attach(t)
	defer stop()
	if err := run(t, t.Context(), options(t, c, planOf(t, drained), sink)); err != nil {
		t.Fatal(err)
	}
	sink.checkNesting(t)
	labels := sample.Labels{"pool": "drained", "phase": "drain"}
	if took := sink.distribution(sample.DrainDuration, labels); took.Count() != 1 || took.Min() < 0.3 {
		t.Errorf("%d nodes took %v s, want one and at least what a pod takes to stop", took.Count(), took.Min())
	}
	evicted, refused := sink.last(sample.Evictions, labels), sink.last(sample.EvictionsRefused, labels)
	if evicted < 1 || evicted > 5 {
		t.Errorf("%v pods were evicted, want those of one of two nodes", evicted)
	}
	// Of several pods at once the budget lets one go; the API server may make one wait for that to be over.
	if evicted > 2 && refused < 1 {
		t.Errorf("%v evictions of %v pods were refused, want some", refused, evicted)
	}
	sink.checkGivenUp(t)
	for _, p := range sink.ends {
		if p.Workload == "agent" && p.Deleted != nil && p.Ready != nil && *p.Deleted < sink.phaseEnd("drain") {
			t.Error("a pod of the DaemonSet was evicted")
		}
	}
}

// checkGivenUp fails the test unless a budget that allows none to lack kept the node with the pods, and
// the empty one was drained.
func (r *recording) checkGivenUp(t *testing.T) {
	t.Helper()
	labels := sample.Labels{"pool": "drained", "phase": "stuck"}
	for _, w := range r.windows {
		if w.Metric == sample.DrainDuration && w.Labels.Match(labels) && (w.Histogram.Count() != 1 || w.Censored != (w.Histogram.Max() >= 3)) {
			t.Errorf("%d nodes took %v s, censored: %t", w.Histogram.Count(), w.Histogram.Max(), w.Censored)
		}
	}
	if all := r.distribution(sample.DrainDuration, labels); all.Count() != 2 {
		t.Errorf("%d nodes were drained or given up, want 2", all.Count())
	}
	if evicted, refused := r.last(sample.Evictions, labels), r.last(sample.EvictionsRefused, labels); evicted != 0 || refused < 1 {
		t.Errorf("%v pods were evicted and %v evictions refused, want none and some", evicted, refused)
	}
}

// phaseEnd is when a phase ended; 0 if it did not.
func (r *recording) phaseEnd(phase string) sample.Offset {
	for _, e := range r.events {
		if e.Kind == sample.PhaseFinished && e.Phase == phase {
			return e.At
		}
	}
	return 0
}
