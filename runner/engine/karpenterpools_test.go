package engine

import (
	"maps"
	"slices"
	"testing"

	"github.com/kubedyno/kubedyno/scenarios/plan"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// pooling has a NodePool that may buy r1 at any price and one that may not buy r1 as spot, and a DaemonSet.
const pooling = `apiVersion: kubedyno.dev/v1alpha1
kind: Scenario
metadata: {name: pooling}
spec:
  cluster:
    karpenter: {instanceTypes: [r1, r2]}
  fleet:
    nodeTypes:
      - {name: r1, arch: amd64, vcpu: 4, memory: 16Gi, maxPods: 20, reservation: none, region: a, date: 2026-08, pricePerHour: 4, spotPerHour: 1}
      - {name: r2, arch: arm64, vcpu: 8, memory: 32Gi, maxPods: 20, reservation: none, region: a, date: 2026-08, pricePerHour: 6}
  workloads:
    - {name: machines, manifest: {apiVersion: karpenter.kwok.sh/v1alpha1, kind: KWOKNodeClass, metadata: {name: machines}}}
    - {name: pools, count: 2, manifest: {apiVersion: karpenter.sh/v1, kind: NodePool, metadata: {name: "p-${index}"}}}
    - name: dear
      manifest:
        apiVersion: karpenter.sh/v1
        kind: NodePool
        metadata: {name: dear}
        spec:
          template:
            spec:
              requirements:
                - {key: karpenter.sh/capacity-type, operator: In, values: [on-demand]}
                - {key: kubernetes.io/arch, operator: NotIn, values: [arm64]}
                - {key: team, operator: In, values: [a]}
    - name: agent
      manifest:
        apiVersion: apps/v1
        kind: DaemonSet
        metadata: {name: agent}
        spec:
          selector: {matchLabels: {app: agent}}
          template:
            metadata: {labels: {app: agent}}
            spec: {containers: [{name: main, image: fake, resources: {requests: {cpu: 500m, memory: 1Gi}}}]}
  phases:
    - name: make
      actions: [{create: {workload: machines}}, {create: {workload: pools}}, {create: {workload: dear}}, {create: {workload: agent}}]
`

func TestKarpenterPools(t *testing.T) {
	s, err := spec.Decode("pooling.yaml", []byte(pooling), spec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Build(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	pools, err := karpenterPools(p)
	if err != nil {
		t.Fatal(err)
	}
	hours := map[string][]float64{}
	for _, pool := range pools {
		for _, kind := range pool.Kinds {
			hours[pool.Name] = append(hours[pool.Name], kind.Hour)
		}
	}
	want := map[string][]float64{"dear": {4}, "p-0": {1, 6}, "p-1": {1, 6}}
	if !maps.EqualFunc(hours, want, slices.Equal) {
		t.Fatalf("pools may choose from kinds at %v, want %v", hours, want)
	}
	if room := pools[0].Kinds[0].Room; room.MilliCPU != 3500 || room.Bytes != 15<<30 || room.Pods != 19 {
		t.Errorf("beside the agent there is room for %+v", room)
	}
	for _, c := range []struct {
		kind, capacity string
		want           float64
	}{{"r1", "spot", 1}, {"r1", "on-demand", 4}, {"r2", "on-demand", 6}, {"r2", "spot", 0}, {"r3", "on-demand", 0}, {"r1", "", 0}} {
		labels := map[string]string{"node.kubernetes.io/instance-type": c.kind, "karpenter.sh/capacity-type": c.capacity}
		if got := pools[0].Price(labels); got != c.want {
			t.Errorf("%s %s costs %v an hour, want %v", c.kind, c.capacity, got, c.want)
		}
	}
}
