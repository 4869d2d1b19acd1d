package plan

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

const parts = `
apiVersion: kubedyno.dev/v1alpha1
kind: Scenario
metadata: {name: parts}
spec:
  cluster: {controllerManager: {flags: {node-monitor-grace-period: 30s}}}
  fleet:
    podStartup: {distribution: fixed, value: 1s}
    pools: [{name: general, nodeType: m6i.large, count: 10}]
  workloads:
    - name: web
      count: 10
      manifest:
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: "web-${index}"}
        spec:
          replicas: 8
          template:
            spec:
              tolerations: [{key: node.kubernetes.io/unreachable, operator: Exists, tolerationSeconds: 20}]
  phases:
    - name: some
      actions: [{nodes: {pool: general, upTo: 5}}, {create: {workload: web, upTo: 25%}}, {scale: {workload: web, replicas: 4}}]
    - name: more
      actions: [{nodes: {pool: general}}, {create: {workload: web}}, {wait: {workload: web}}]
    - name: lose
      actions: [{fail: {pool: general, nodes: 20%}}, {wait: {workload: web}}, {delete: {workload: web}}]
    - name: back
      actions: [{recover: {pool: general}}, {create: {workload: web, upTo: 1}}]
  objectives:
    - {metric: pod_eviction_seconds, percentile: 50, most: 1m}
    - {metric: node_not_ready_seconds, percentile: 50, most: 1m}
`

// TestParts plans what is made in parts, lost and made again.
func TestParts(t *testing.T) {
	s, err := spec.Decode("parts.yaml", []byte(parts), spec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Build(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	var bounds [][2]int
	for _, phase := range p.Phases {
		for _, step := range phase.Steps {
			bounds = append(bounds, [2]int{step.From, step.Until})
		}
	}
	want := [][2]int{{0, 5}, {0, 3}, {0, 3}, {5, 10}, {3, 10}, {0, 10}, {0, 10}, {0, 10}, {0, 10}, {0, 10}, {0, 1}}
	if diff := cmp.Diff(want, bounds); diff != "" {
		t.Errorf("bounds (-want +got):\n%s", diff)
	}
	// 3 of 8 pods, scaled to 4; 7 of 8; a fifth of these 68 lost, and 8 more at the end.
	objects := map[string]int{"Node": 10, "Deployment": 11, "Pod": 24 + 56 + 13 + 8}
	if diff := cmp.Diff(objects, p.Estimate.Objects); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
	if p.Estimate.PeakPods != 12+56 {
		t.Errorf("most pods %d, want 68", p.Estimate.PeakPods)
	}
	// The grace period, the toleration and the startup.
	if got := p.Phases[2].Expected; got < 51*time.Second || got > 53*time.Second {
		t.Errorf("the loss is expected to take %v", got)
	}
	warnings := strings.Join(p.Warnings, "\n")
	for _, want := range []string{"about 13 observations are expected", "about 2 observations are expected", "deletes web while nodes"} {
		if !strings.Contains(warnings, want) {
			t.Errorf("no warning says %q:\n%s", want, warnings)
		}
	}
}
