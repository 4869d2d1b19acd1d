package engine_test

import (
	"math"
	"testing"

	"github.com/kubedyno/kubedyno/results/sample"
)

// elasticRun has pods of which three fit onto a node beside the agent: eight of them need three nodes,
// of which two have to be ordered, and two need one.
const elasticRun = `
  fleet:
    podStartup: {distribution: fixed, value: 100ms}
    nodeTypes:
      - {name: r1, arch: amd64, vcpu: 4, memory: 16Gi, maxPods: 20, reservation: none, provider: rack, region: basement, date: 2026-08, pricePerHour: 3600, spotPerHour: 1800}
    pools:
      - name: elastic
        nodeType: r1
        count: 5
        spot: true
        elastic: {min: 1, delay: {distribution: fixed, value: 2s}, scan: 1s, unneeded: 2s, afterAdd: 1s, quota: {perZone: 1}, backoff: 1h}
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
      actions: [{create: {workload: agent}}, {nodes: {pool: elastic, upTo: 1}}]
    - name: out
      actions: [{create: {workload: web}}, {wait: {workload: web}}]
    - name: in
      actions: [{scale: {workload: web, replicas: 2}}, {hold: {duration: 20s}}]
`

func TestElastic(t *testing.T) {
	t.Parallel()
	sink := &recording{}
	c, stop := attach(t)
	defer stop()
	if err := run(t, t.Context(), options(t, c, planOf(t, elasticRun), sink)); err != nil {
		t.Fatal(err)
	}
	sink.checkNesting(t)
	pool, web := sample.Labels{"pool": "elastic"}, sample.Labels{"workload": "web"}
	most := map[string]float64{}
	for _, p := range sink.points {
		if p.Metric == sample.ElasticNodes {
			most[p.Labels["state"]] = max(most[p.Labels["state"]], p.Value)
		}
	}
	if most["created"] != 3 || most["needed"] != 3 {
		t.Errorf("at most %v nodes, want 3 there and needed", most)
	}
	if got := sink.last(sample.ElasticRemoved, pool); got != 2 {
		t.Errorf("%v nodes were removed, want 2", got)
	}
	for outcome, want := range map[string]float64{"placed": 2, "quota": 1} { // The first zone has its node already.
		if got := sink.last(sample.ElasticOrders, sample.Labels{"pool": "elastic", "outcome": outcome}); got != want {
			t.Errorf("%v orders %s, want %v", got, outcome, want)
		}
	}
	if got := sink.last(sample.ElasticNodes, sample.Labels{"pool": "elastic", "state": "created"}); got != 1 {
		t.Errorf("%v nodes are left, want the fewest, 1", got)
	}
	// Five of the pods find no room on the first node and wait for at least what an order takes.
	ready, waits := sink.distribution(sample.ElasticNodeReady, pool), sink.distribution(sample.ElasticWait, web)
	if ready.Count() != 2 || ready.Min() < 2 {
		t.Errorf("%d ordered nodes were Ready after %v s or more, want 2 after 2 s", ready.Count(), ready.Min())
	}
	if waits.Count() < 5 || waits.Max() < 2 || sink.last(sample.ElasticPendingSeconds, web) < 10 {
		t.Errorf("%d pods were without room for %v s at most, %v pod-seconds", waits.Count(), waits.Max(), sink.last(sample.ElasticPendingSeconds, web))
	}
	if cost, ideal := sink.last(sample.ElasticCost, pool), sink.last(sample.ElasticIdeal, pool); ideal <= 0 || cost <= ideal {
		t.Errorf("the nodes cost $%v, and those that were needed would have $%v: want more than that", cost, ideal)
	}
	if hours, cost := sink.last(sample.ElasticNodeHours, pool), sink.last(sample.ElasticCost, pool); math.Abs(cost-1800*hours) > 1e-6*cost {
		t.Errorf("%v node-hours cost $%v, want the spot price of $1800 an hour", hours, cost)
	}
	if left := sink.last(sample.ElasticPending, web); left != 0 {
		t.Errorf("%v pods are without room at the end", left)
	}
	checkClean(t, id(t), "elastic")
}
