package engine_test

import (
	"strings"
	"testing"

	"github.com/kubedyno/kubedyno/results/sample"
)

// blindScaling has HPAs, for a control plane without metrics: one that has nothing to decide by, and
// one that has to bring its workload to its minimum all the same.
const blindScaling = `
  cluster: {metricsServer: {}}
  fleet:
    podStartup: {distribution: fixed, value: 100ms}
    pools: [{name: scaled, nodeType: m6i.2xlarge, count: 2}]
  workloads:
    - name: web
      count: 2
      manifest:
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: "web-${index}"}
        spec:
          replicas: 1
          selector: {matchLabels: {app: "web-${index}"}}
          template:
            metadata: {labels: {app: "web-${index}"}}
            spec: {containers: [{name: main, image: fake, resources: {requests: {cpu: 100m}}}]}
    - name: blind
      manifest:
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: blind}
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web-0}
          minReplicas: 1
          maxReplicas: 5
          metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]
    - name: least
      manifest:
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: least}
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web-1}
          minReplicas: 3
          maxReplicas: 5
          metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]
  services:
    - {name: web, workload: web, capacity: 50}
  phases:
    - name: deploy
      actions: [{nodes: {pool: scaled}}, {create: {workload: web}}, {wait: {workload: web}}]
    - name: scale
      actions: [{create: {workload: blind}}, {create: {workload: least}}, {hold: {duration: 8s}}]
    - name: asked
      actions: [{demand: {service: web, rate: 10, duration: 1s}}]
    - name: after
      actions: [{delete: {workload: blind}}, {delete: {workload: least}}, {hold: {duration: 2s}}]
`

func TestHPAWithoutMetrics(t *testing.T) {
	t.Parallel()
	c, _ := attach(t)
	sink := &recording{}
	p := planOf(t, blindScaling)
	p.Cluster.MetricsServer = nil // The checker of scenarios would not have it.
	o := options(t, c, p, sink)
	if err := run(t, t.Context(), o); err != nil {
		t.Fatal(err)
	}
	blind, least := sample.Labels{"hpa": "blind"}, sample.Labels{"hpa": "least"}
	if len(sink.values(sample.HPADesired, blind)) > 0 || len(sink.values(sample.HPARatio, nil)) > 0 {
		t.Error("values were invented for an HPA that has no metrics")
	}
	if current := sink.last(sample.HPACurrent, blind); current != 1 {
		t.Errorf("the blind HPA sees %v replicas, want 1", current)
	}
	if desired, rescales := sink.last(sample.HPADesired, least), sink.last(sample.HPARescales, least); desired != 3 || rescales != 1 {
		t.Errorf("the other asks for %v replicas after %v rescales, want 3 after 1", desired, rescales)
	}
	for _, state := range []string{"created", "observed"} {
		if n := sink.last(sample.HPAs, sample.Labels{"state": state}); n != 2 {
			t.Errorf("%v HPAs %s, want 2", n, state)
		}
	}
	// Neither can know of the demand: both waited for a rescale until it ended.
	if waited := sink.distribution(sample.HPAFirstRescale, sample.Labels{"service": "web", "phase": "asked"}); waited.Count() != 2 || waited.Min() < 0.99 {
		t.Errorf("%d HPAs waited for %v s or more, want 2 for 1 s", waited.Count(), waited.Min())
	}
	checkBlindWarnings(t, sink)
	checkClean(t, o.Run, "scaled")
}

// checkBlindWarnings finds that the trouble is told when it begins and when the HPA is deleted,
// and that no point comes after that.
func checkBlindWarnings(t *testing.T, sink *recording) {
	t.Helper()
	var begins bool
	var deleted sample.Offset
	for _, e := range sink.events {
		begins = begins || e.Kind == sample.Warning && strings.HasPrefix(e.Message, "HPA blind cannot scale: FailedGetResourceMetric: ")
		if e.Kind == sample.Warning && strings.HasSuffix(e.Message, "(until it was deleted): FailedGetResourceMetric") {
			deleted = e.At
		}
	}
	if !begins || deleted == 0 {
		t.Errorf("the beginning is told: %t, the end at %v: %+v", begins, deleted, sink.events)
	}
	for _, p := range sink.points {
		if p.Labels["hpa"] == "blind" && p.At > deleted {
			t.Errorf("there is a point of the deleted HPA: %+v", p)
		}
	}
}
