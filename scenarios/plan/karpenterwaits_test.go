package plan

import (
	"strings"
	"testing"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// TestKarpenterIsObserved: as with elastic pools, each pod may be without room once.
func TestKarpenterIsObserved(t *testing.T) {
	const scenario = `apiVersion: kubedyno.dev/v1alpha1
kind: Scenario
metadata: {name: karpenter}
spec:
  cluster:
    karpenter: {instanceTypes: [m6i.large]}
  workloads:
    - {name: machines, manifest: {apiVersion: karpenter.kwok.sh/v1alpha1, kind: KWOKNodeClass, metadata: {name: machines}}}
    - {name: general, manifest: {apiVersion: karpenter.sh/v1, kind: NodePool, metadata: {name: general}}}
    - {name: web, manifest: {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 80}}}
  phases:
    - name: run
      actions: [{create: {workload: machines}}, {create: {workload: general}}, {create: {workload: web}}, {wait: {workload: web}}]
  objectives:
    - {metric: elastic_wait_seconds, percentile: 50, where: {workload: web}, most: 1m}
    - {metric: elastic_wait_seconds, percentile: 99, where: {workload: web}, most: 1m}
`
	s, err := spec.Decode("karpenter.yaml", []byte(scenario), spec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Build(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], "p99") {
		t.Errorf("80 pods are enough for a p50 and too few for a p99: %q", p.Warnings)
	}
}
