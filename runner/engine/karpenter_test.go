//go:build unix

package engine_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/kwok/cluster/clustertest"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/engine"
)

// karpenterBody has pods for which Karpenter makes a node, and which then go.
const karpenterBody = `
  cluster:
    karpenter:
      instanceTypes: [m6i.large, m6i.2xlarge]
      flags: {batch-idle-duration: 100ms}
  fleet:
    podStartup: {distribution: fixed, value: 10ms}
  workloads:
    - name: machines
      manifest:
        apiVersion: karpenter.kwok.sh/v1alpha1
        kind: KWOKNodeClass
        metadata: {name: machines}
        spec: {nodeRegistrationDelay: 1s}
    - name: general
      manifest:
        apiVersion: karpenter.sh/v1
        kind: NodePool
        metadata: {name: general}
        spec:
          template:
            spec:
              nodeClassRef: {group: karpenter.kwok.sh, kind: KWOKNodeClass, name: machines}
              expireAfter: Never
              requirements: [{key: karpenter.sh/capacity-type, operator: In, values: [on-demand]}]
          disruption: {consolidationPolicy: WhenEmpty, consolidateAfter: 0s}
    - name: web
      manifest:
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 5
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              terminationGracePeriodSeconds: 0
              containers: [{name: web, image: registry.k8s.io/pause:3.10, resources: {requests: {cpu: "1", memory: 1Gi}}}]
  phases:
    - name: out
      actions:
        - create: {workload: machines}
        - create: {workload: general}
        - create: {workload: web}
        - wait: {workload: web, for: ready}
        - hold: {duration: 2s}
    - name: in
      actions:
        - scale: {workload: web, replicas: 0}
        - hold: {duration: 50s}
`

// TestKarpenter has the real Karpenter make a node, which kwok brings to life, and take it away.
func TestKarpenter(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute, and the first time also the build of Karpenter")
	}
	binary, err := clustertest.Binary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	karpenter, err := clustertest.Karpenter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c, err := cluster.Start(t.Context(), cluster.Options{Name: "run", Directory: t.TempDir(), Binary: binary})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	sink := &recording{}
	o := options(t, c, planOf(t, karpenterBody), sink)
	o.ThrowAway, o.Karpenter = true, cluster.KarpenterOptions{Binary: karpenter}
	if err := run(t, t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if pods := sink.podsOf("web"); len(pods) != 5 {
		t.Errorf("%d pods ran, want 5", len(pods))
	}
	created := sink.values(sample.NodesByState, sample.Labels{"state": "created"})
	ready := sink.values(sample.NodesByState, sample.Labels{"state": "ready"})
	if len(created) == 0 || created[0] != 0 || slices.Max(ready) != 1 || sink.last(sample.NodesByState, sample.Labels{"state": "created"}) != 0 {
		t.Errorf("nodes %v, Ready %v; want none, then one, then none", created, ready)
	}
	// Five cores fit on one m6i.2xlarge, which costs less than what m6i.large would have to be added up to.
	if kinds := sink.values(sample.NodesByType, sample.Labels{"type": "m6i.2xlarge"}); len(kinds) == 0 || slices.Max(kinds) != 1 {
		t.Errorf("nodes of m6i.2xlarge: %v, want one", kinds)
	}
	checkKarpentersFigures(t, sink)
	if cpu := sink.values(sample.ComponentMemory, sample.Labels{"component": "karpenter"}); len(cpu) == 0 || slices.Max(cpu) == 0 {
		t.Error("Karpenter is not among the components that were sampled")
	}
}

// checkKarpentersFigures: a m6i.2xlarge is ordered, joins after a second and costs what the catalog says.
func checkKarpentersFigures(t *testing.T, sink *recording) {
	t.Helper()
	pool, web := sample.Labels{"pool": "general"}, sample.Labels{"workload": "web"}
	if placed := sink.last(sample.ElasticOrders, sample.Labels{"pool": "general", "outcome": "placed"}); placed != 1 {
		t.Errorf("%v orders, want 1", placed)
	}
	if ready := sink.distribution(sample.ElasticNodeReady, pool); ready.Count() != 1 || ready.Min() < 1 {
		t.Errorf("%d nodes were Ready after %v s or more, want 1 after 1 s", ready.Count(), ready.Min())
	}
	if waits := sink.distribution(sample.ElasticWait, web); waits.Count() != 5 || waits.Min() < 1 {
		t.Errorf("%d pods were without room for %v s or more, want 5 for 1 s", waits.Count(), waits.Min())
	}
	hours, cost, ideal := sink.last(sample.ElasticNodeHours, pool), sink.last(sample.ElasticCost, pool), sink.last(sample.ElasticIdeal, pool)
	if math.Abs(cost-0.384*hours) > 1e-6*cost || ideal <= 0 || ideal >= cost {
		t.Errorf("%v node-hours cost $%v, want $0.384 an hour, and more than at least $%v", hours, cost, ideal)
	}
	if removed := sink.last(sample.ElasticRemoved, pool); removed != 1 {
		t.Errorf("%v nodes were removed, want 1", removed)
	}
	for _, p := range sink.points {
		if p.Metric == sample.ElasticNodes && p.Labels["state"] == "needed" {
			t.Fatal("how many nodes of several types are needed is not known")
		}
	}
}

func TestKarpenterIsRefusedWhereItsNodesWouldStay(t *testing.T) {
	c, _ := attach(t)
	o := options(t, c, planOf(t, karpenterBody), &recording{})
	if err := run(t, t.Context(), o); err == nil || !strings.Contains(err.Error(), "does not end with the run") {
		t.Errorf("got %v", err)
	}
}

func TestInstanceTypesMustBeKnown(t *testing.T) {
	p := planOf(t, strings.Replace(karpenterBody, "[m6i.large, m6i.2xlarge]", "[m6i.large, none]", 1))
	if _, err := engine.InstanceTypes(p); err == nil || !strings.Contains(err.Error(), `there is no node type "none"`) {
		t.Errorf("got %v", err)
	}
}
