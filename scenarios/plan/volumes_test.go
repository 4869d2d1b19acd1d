package plan

import (
	"strings"
	"testing"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

const volumeScenario = `apiVersion: kubedyno.dev/v1alpha1
kind: Scenario
metadata: {name: volumes}
spec:
  fleet:
    pools: [{name: general, nodeType: m6i.large, count: 40}]
  workloads:
    - name: claim
      count: 7
      manifest: {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: "claim-${index}"}}
    - name: db
      count: 2
      manifest:
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: "db-${index}"}
        spec:
          replicas: 5
          volumeClaimTemplates: [{metadata: {name: data}}, {metadata: {name: log}}]
          template: {spec: {volumes: [{name: shared, persistentVolumeClaim: {claimName: claim-0}}]}}
  phases:
    - name: fleet
      actions: [{nodes: {pool: general}}]
    - name: up
      actions: [{create: {workload: claim}}, {create: {workload: db}}]
  objectives:
    - {metric: volume_provision_seconds, percentile: 99, most: 5s}
    - {metric: volume_attach_seconds, percentile: 99, most: 5s}
    - {metric: pod_volume_stage_seconds, percentile: 99, where: {workload: db, stage: attach}, most: 5s}
`

// TestVolumes: 10 pods with two claims of their own and a named one each, and 7 claims.
func TestVolumes(t *testing.T) {
	s, err := spec.Decode("volumes.yaml", []byte(volumeScenario), spec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Build(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	if !p.HasVolumes() {
		t.Error("the plan does not know that it has volumes")
	}
	warnings := strings.Join(p.Warnings, "\n")
	for _, want := range []string{"about 27 observations", "about 30 observations", "about 10 observations"} {
		if !strings.Contains(warnings, want) {
			t.Errorf("no warning says %q:\n%s", want, warnings)
		}
	}
	delete(p.Workloads, "db")
	delete(p.Workloads, "claim")
	if p.HasVolumes() {
		t.Error("without claims the plan has volumes")
	}
}
