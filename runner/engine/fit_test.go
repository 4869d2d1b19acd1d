package engine_test

import (
	"testing"

	"github.com/kubedyno/kubedyno/results/sample"
)

// fitted places pods of which three fit onto a node, so that no packing needs fewer than three nodes for
// eight of them; and then one that fits onto no node.
const fitted = `
  fleet:
    podStartup: {distribution: fixed, value: 100ms}
    nodeTypes:
      - {name: r1, arch: amd64, vcpu: 4, memory: 16Gi, maxPods: 20, reservation: none, provider: rack, region: basement, date: 2026-08, pricePerHour: 0.5}
    pools:
      - {name: fitting, nodeType: r1, count: 9}
      - {name: hopeless, nodeType: r1, count: 9}
  workloads:
    - name: web
      manifest:
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 8
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              terminationGracePeriodSeconds: 1
              containers: [{name: main, image: fake, resources: {requests: {cpu: 1200m, memory: 1Gi}}}]
    - name: huge
      manifest:
        apiVersion: v1
        kind: Pod
        metadata: {name: huge}
        spec:
          terminationGracePeriodSeconds: 1
          containers: [{name: main, image: fake, resources: {requests: {cpu: 5, memory: 1Gi}}}]
    - name: agent
      manifest:
        apiVersion: apps/v1
        kind: DaemonSet
        metadata: {name: agent}
        spec:
          selector: {matchLabels: {app: agent}}
          template:
            metadata: {labels: {app: agent}}
            spec:
              terminationGracePeriodSeconds: 1
              containers: [{name: main, image: fake, resources: {requests: {cpu: 100m, memory: 1Gi}}}]
  phases:
    - name: deploy
      actions: [{create: {workload: agent}}, {create: {workload: web}}]
    - name: fit
      actions: [{fit: {pool: fitting}}, {wait: {workload: web}}]
    - name: hopeless
      actions: [{create: {workload: huge}}, {fit: {pool: hopeless, step: 2}}, {hold: {duration: 1s}}, {delete: {workload: huge}}]
`

func TestFit(t *testing.T) {
	t.Parallel()
	sink := &recording{}
	c, stop := attach(t)
	defer stop()
	if err := run(t, t.Context(), options(t, c, planOf(t, fitted), sink)); err != nil {
		t.Fatal(err)
	}
	sink.checkNesting(t)
	labels := sample.Labels{"pool": "fitting", "phase": "fit"}
	for metric, want := range map[string]float64{
		sample.CapacityPods: 8, sample.CapacityPending: 0, sample.CapacityNodes: 3, sample.CapacityBound: 3, sample.CapacityMaxPods: 20,
		sample.CapacityHour: 1.5, sample.CapacityMonth: 1095, sample.CapacityStep: 365, sample.CapacityThousand: 187.5, sample.CapacityBlast: 3,
	} {
		if got := sink.values(metric, labels); len(got) != 1 || got[0] != want {
			t.Errorf("%s is %v, want %v", metric, got, want)
		}
	}
	// 8 x 1200m + 3 x 100m of 3 x 4000m.
	if got := sink.last(sample.CapacityRequested, sample.Labels{"pool": "fitting", "resource": "cpu"}); got != 9900./12000 {
		t.Errorf("%v of the CPU is requested, want %v", got, 9900./12000)
	}
	if got := sink.last(sample.CapacityBlastShare, sample.Labels{"pool": "fitting", "workload": "web"}); got != 3./8 {
		t.Errorf("%v of web is lost with a node, want 3 of 8", got)
	}
	// What fits onto no node ends the search after as many nodes as there are zones, and has no cost.
	hopeless := sample.Labels{"pool": "hopeless"}
	if got := sink.last(sample.CapacityPending, hopeless); got != 1 {
		t.Errorf("%v pods are pending, want the one that fits nowhere", got)
	}
	for _, metric := range []string{sample.CapacityNodes, sample.CapacityBound, sample.CapacityMonth} {
		if got := sink.values(metric, hopeless); len(got) > 0 {
			t.Errorf("%s is %v although a pod is pending", metric, got)
		}
	}
	reasons := 0
	for _, p := range sink.points {
		if p.Metric == sample.CapacityReasons && p.Labels["pool"] == "hopeless" && p.Value == 1 && p.Labels["reason"] != "" {
			reasons++
		}
	}
	if reasons != 1 {
		t.Errorf("%d reasons for one pod that is pending", reasons)
	}
	if tried := sink.distribution(sample.NodeReady, hopeless).Count(); tried < 3 || tried > 5 {
		t.Errorf("%d nodes were tried for a pod that fits nowhere, want 3 to 5", tried)
	}
	checkClean(t, id(t), "fitting", "hopeless")
}

// mixed needs nodes of two pools: web fits onto lean nodes and does not tolerate the rich ones, cache is
// too large for the lean ones. The agent does not tolerate the rich ones, either.
const mixed = `
  fleet:
    podStartup: {distribution: fixed, value: 100ms}
    nodeTypes:
      - {name: r1, arch: amd64, vcpu: 4, memory: 8Gi, maxPods: 20, reservation: none, region: basement, date: 2026-08, pricePerHour: 0.5}
      - {name: r2, arch: arm64, vcpu: 4, memory: 32Gi, maxPods: 20, reservation: none, region: basement, date: 2026-08, pricePerHour: 0.8, spotPerHour: 0.3}
    pools:
      - {name: unused, nodeType: r1, count: 9}
      - {name: lean, nodeType: r1, count: 9}
      - {name: rich, nodeType: r2, count: 9, spot: true, taints: [{key: dedicated, value: cache, effect: NoSchedule}]}
  workloads:
    - name: web
      manifest:
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: mixed-web}
        spec:
          replicas: 8
          selector: {matchLabels: {app: mixed-web}}
          template:
            metadata: {labels: {app: mixed-web}}
            spec:
              terminationGracePeriodSeconds: 1
              containers: [{name: main, image: fake, resources: {requests: {cpu: 1200m, memory: 1Gi}}}]
    - name: cache
      manifest:
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: mixed-cache}
        spec:
          replicas: 2
          selector: {matchLabels: {app: mixed-cache}}
          template:
            metadata: {labels: {app: mixed-cache}}
            spec:
              terminationGracePeriodSeconds: 1
              tolerations: [{key: dedicated, operator: Exists}]
              containers: [{name: main, image: fake, resources: {requests: {cpu: 500m, memory: 10Gi}}}]
    - name: agent
      manifest:
        apiVersion: apps/v1
        kind: DaemonSet
        metadata: {name: mixed-agent}
        spec:
          selector: {matchLabels: {app: mixed-agent}}
          template:
            metadata: {labels: {app: mixed-agent}}
            spec:
              terminationGracePeriodSeconds: 1
              containers: [{name: main, image: fake, resources: {requests: {cpu: 100m, memory: 1Gi}}}]
  phases:
    - name: deploy
      actions: [{create: {workload: agent}}, {create: {workload: web}}, {create: {workload: cache}}]
    - name: fit
      actions: [{fit: {pools: lean+rich}}]
    - name: more
      actions: [{scale: {workload: web, replicas: 11}}, {fit: {pools: lean+rich}}]
`

func TestFitMix(t *testing.T) {
	t.Parallel()
	sink := &recording{}
	c, stop := attach(t)
	defer stop()
	if err := run(t, t.Context(), options(t, c, planOf(t, mixed), sink)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		metric, pool string
		value        float64
	}{
		{sample.CapacityNodes, "lean", 3}, {sample.CapacityNodes, "rich", 1}, {sample.CapacityNodes, sample.AllPools, 4},
		{sample.CapacityPods, "lean", 8}, {sample.CapacityPods, "rich", 2}, {sample.CapacityPods, sample.AllPools, 10},
		{sample.CapacityHour, "lean", 1.5}, {sample.CapacityHour, "rich", 0.3}, {sample.CapacityHour, sample.AllPools, 1.8},
		{sample.CapacityThousand, sample.AllPools, 180}, {sample.CapacityStep, "rich", 0.3 * sample.HoursInMonth},
		{sample.CapacitySpot, sample.AllPools, 0.2}, {sample.CapacityPending, sample.AllPools, 0},
		// The CPU costs most: of 3900m that lean nodes leave beside the agent, and 4000m of the rich ones.
		{sample.CapacityCostBound, sample.AllPools, 8*1200./3900*0.5 + 2*500./4000*0.3},
	} {
		got := sink.values(want.metric, sample.Labels{"pool": want.pool, "phase": "fit"})
		if len(got) != 1 || got[0] < want.value-1e-9 || got[0] > want.value+1e-9 {
			t.Errorf("%s of pool %s is %v, want %v", want.metric, want.pool, got, want.value)
		}
	}
	// Nine web pods fit onto three lean nodes; two more need a fourth.
	for _, want := range []struct {
		metric, pool string
		value        float64
	}{
		{sample.CapacityPods, sample.AllPools, 13}, {sample.CapacityNodes, "lean", 4}, {sample.CapacityNodes, "rich", 1},
		{sample.CapacityAdded, "lean", 1}, {sample.CapacityAdded, "rich", 0}, {sample.CapacityAdded, sample.AllPools, 1},
		{sample.CapacityAddedMonth, sample.AllPools, 365}, {sample.CapacityHour, sample.AllPools, 2.3},
	} {
		got := sink.values(want.metric, sample.Labels{"pool": want.pool, "phase": "more"})
		if len(got) != 1 || got[0] < want.value-1e-9 || got[0] > want.value+1e-9 {
			t.Errorf("with more pods, %s of pool %s is %v, want %v", want.metric, want.pool, got, want.value)
		}
	}
	for _, pool := range []string{"lean", "rich"} {
		if got := sink.values(sample.CapacityPending, sample.Labels{"pool": pool}); len(got) > 0 {
			t.Errorf("pool %s has %v pending pods; they are of no pool", pool, got)
		}
	}
	if unused := sink.distribution(sample.NodeReady, sample.Labels{"pool": "unused"}); unused != nil && unused.Count() > 0 {
		t.Error("a pool that the fit does not name has got nodes")
	}
	checkClean(t, id(t), "lean", "rich")
}
