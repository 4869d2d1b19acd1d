package engine_test

import (
	"context"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/kwok/cluster/clustertest"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/action"
)

// losingNodes fills a fleet and a workload in two parts each, loses nodes, gets them back, and
// ends with some lost.
const losingNodes = `
  fleet:
    leaseDuration: 4s
    podStartup: {distribution: fixed, value: 100ms}
    pools: [{name: general, nodeType: m6i.2xlarge, count: 6}]
  workloads:
    - name: web
      count: 4
      manifest:
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: "web-${index}"}
        spec:
          replicas: 6
          selector: {matchLabels: {app: "web-${index}"}}
          template:
            metadata: {labels: {app: "web-${index}"}}
            spec:
              terminationGracePeriodSeconds: 1
              tolerations:
                - {key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 1}
              containers: [{name: main, image: fake}]
  phases:
    - name: some
      actions: [{nodes: {pool: general, upTo: 2}}, {create: {workload: web, upTo: 50%}}, {wait: {workload: web}}]
    - name: all
      actions: [{nodes: {pool: general}}, {create: {workload: web}}, {wait: {workload: web}}]
    - name: fail
      actions: [{fail: {pool: general, nodes: 2}}, {wait: {workload: web}}]
    - name: recover
      actions: [{recover: {pool: general}}, {hold: {duration: 2s}}]
    - name: again
      actions: [{fail: {pool: general, nodes: 2}}]
`

// TestNodeLoss runs on a control plane of its own that notices dead nodes soon.
func TestNodeLoss(t *testing.T) {
	t.Parallel()
	binary, err := clustertest.Binary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// A lease of 4 s is renewed every second, so that a busy machine loses no node within the grace period.
	c, err := cluster.Start(t.Context(), cluster.Options{Name: "loss", Directory: t.TempDir(), Binary: binary,
		Settings: map[cluster.Component]cluster.Settings{cluster.ControllerManager: {Flags: map[string]string{
			"node-monitor-grace-period": "8s", "node-monitor-period": "1s", "node-eviction-rate": "10",
		}}}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	sink := &recording{}
	o := options(t, c, planOf(t, losingNodes), sink)
	if err := run(t, t.Context(), o); err != nil {
		t.Fatal(err)
	}
	sink.checkNesting(t)
	checkParts(t, sink)
	checkLoss(t, sink)

	config, err := c.RESTConfig()
	if err != nil {
		t.Fatal(err)
	}
	client := kubernetes.NewForConfigOrDie(config)
	ours := metav1.ListOptions{LabelSelector: action.RunLabel + "=" + o.Run}
	pods, err := client.CoreV1().Pods("").List(t.Context(), ours)
	if err != nil || len(pods.Items) > 0 {
		t.Errorf("%d pods are left, %v", len(pods.Items), err)
	}
	nodes, err := client.CoreV1().Nodes().List(t.Context(), ours)
	if err != nil || len(nodes.Items) > 0 {
		t.Errorf("%d nodes are left, %v", len(nodes.Items), err)
	}
}

func checkParts(t *testing.T, sink *recording) {
	t.Helper()
	for phase, nodes := range map[string]int64{"some": 2, "all": 4} {
		labels := sample.Labels{"pool": "general", "phase": phase}
		if n := sink.distribution(sample.NodeReady, labels).Count(); n != nodes {
			t.Errorf("phase %s: %d nodes became Ready, want %d", phase, n, nodes)
		}
		made := 0
		for _, p := range sink.podsOf("web") {
			if p.Phase == phase {
				made++
			}
		}
		if made != 12 {
			t.Errorf("phase %s: %d pods were created, want 12", phase, made)
		}
	}
}

func checkLoss(t *testing.T, sink *recording) {
	t.Helper()
	fail := sample.Labels{"phase": "fail"}
	noticed := sink.distribution(sample.NodeNotReady, fail)
	if noticed.Count() != 2 || noticed.Min() < 4 {
		t.Errorf("%d nodes were noticed to be lost, the first after %v s; want 2, after most of the grace period",
			noticed.Count(), noticed.Min())
	}
	evicted := sink.distribution(sample.PodEviction, fail)
	replaced := sink.distribution(sample.PodReplacement, fail)
	if evicted.Count() == 0 || evicted.Count() != replaced.Count() {
		t.Errorf("%d pods were evicted and %d replaced, want some and as many", evicted.Count(), replaced.Count())
	}
	// Noticed, tolerated for a second, and only then made anew.
	if evicted.Min() < noticed.Min()+0.9 || replaced.Min() < evicted.Min() {
		t.Errorf("noticed after %v s, evicted after %v s, replaced after %v s: not one after another",
			noticed.Min(), evicted.Min(), replaced.Min())
	}
	back := sink.distribution(sample.NodeRecovered, sample.Labels{"phase": "recover"})
	if back.Count() != 2 || back.Max() > evicted.Max() {
		t.Errorf("%d nodes recovered, the last after %v s; want 2", back.Count(), back.Max())
	}
	if n := sink.distribution(sample.NodeNotReady, sample.Labels{"phase": "again"}).Count(); n != 2 {
		t.Errorf("%d nodes were noticed to be lost again, want 2", n)
	}
}
