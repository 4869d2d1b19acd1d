package engine_test

import (
	"strings"
	"testing"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/scenarios/plan"
)

// underQuota updates 4 pods within a quota of 4: first so that no pod may be made and none may lack,
// then to an image that is missing, and then so that one may lack.
const underQuota = `
  fleet:
    podStartup: {distribution: fixed, value: 100ms}
    podStop: {distribution: fixed, value: 1s}
    pools: [{name: quota, nodeType: m6i.2xlarge, count: 2}]
  workloads:
    - name: quota
      manifest: {apiVersion: v1, kind: ResourceQuota, metadata: {name: pods}, spec: {hard: {pods: "4"}}}
    - name: extra
      count: 2
      manifest:
        apiVersion: v1
        kind: Pod
        metadata: {name: "extra-${index}"}
        spec: {containers: [{name: main, image: fake}]}
    - name: web
      manifest:
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 4
          strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              terminationGracePeriodSeconds: 10
              containers: [{name: main, image: fake}]
  phases:
    - name: deploy
      actions: [{nodes: {pool: quota}}, {create: {workload: quota}}, {wait: {workload: quota}}, {create: {workload: web}}, {wait: {workload: web}},
        {create: {workload: extra, refused: count}}, {wait: {workload: extra}}]
    - name: stuck
      actions: [{rollout: {workload: web, giveUp: 3s, patch: {spec: {template: {metadata: {annotations: {version: "2"}}}}}}}]
    - name: missing
      actions: [{rollout: {workload: web, giveUp: 6s, patch: {spec: {strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 1}},
        template: {metadata: {annotations: {kubedyno.dev/image: missing}}}}}}}]
    - name: back
      actions: [{rollout: {workload: web, patch: {spec: {template: {metadata: {annotations: {kubedyno.dev/image: null}}}}}}}]
`

func TestRolloutsUnderQuota(t *testing.T) {
	t.Parallel()
	sink := &recording{}
	p := planOf(t, underQuota)
	c, stop := attach(t)
	defer stop()
	if len(p.Updates) != 1 || p.Updates[0].Forecast != plan.Never {
		t.Fatalf("the plan foresees %+v, want that it is never complete", p.Updates)
	}
	if err := run(t, t.Context(), options(t, c, p, sink)); err != nil {
		t.Fatal(err)
	}
	sink.checkNesting(t)
	for phase, complete := range map[string]bool{"stuck": false, "missing": false, "back": true} {
		windows := 0
		for _, w := range sink.windows {
			if w.Metric == sample.RolloutDuration && w.Labels["phase"] == phase {
				windows++
				if w.Censored == complete || w.Histogram.Count() != 1 {
					t.Errorf("phase %s: %d rollouts, censored %t; want one, complete %t", phase, w.Histogram.Count(), w.Censored, complete)
				}
			}
		}
		if windows != 1 {
			t.Errorf("phase %s: %d windows of rollouts, want 1", phase, windows)
		}
	}
	most := func(metric string, labels sample.Labels) (most float64) {
		for _, v := range sink.values(metric, labels) {
			most = max(most, v)
		}
		return most
	}
	if refused := sink.last(sample.ObjectsRefused, sample.Labels{"workload": "extra", "reason": "quota"}); refused != 2 {
		t.Errorf("%v pods beyond the quota were refused, want 2", refused)
	}
	if admitted := sink.last(sample.ObjectsAdmitted, sample.Labels{"workload": "extra"}); admitted != 0 {
		t.Errorf("%v pods beyond the quota were admitted, want none", admitted)
	}
	quota := sample.Labels{"quota": "pods", "resource": "pods"}
	if used, hard := most(sample.QuotaUsed, quota), most(sample.QuotaHard, quota); used != 4 || hard != 4 {
		t.Errorf("at most %v of %v pods of the quota were used, want 4 of 4", used, hard)
	}
	state := func(name string) sample.Labels { return sample.Labels{"workload": "web", "state": name} }
	if got := most(sample.WorkloadReplicas, state("terminating")); got < 1 {
		t.Errorf("at most %v pods were seen being deleted, which takes each 1 s", got)
	}
	if got := sink.last(sample.WorkloadReplicas, state("available")); got != 4 {
		t.Errorf("in the end %v pods are available, want 4", got)
	}
	if got := most(sample.RefusedAttempts, sample.Labels{"workload": "web", "reason": "quota"}); got < 1 {
		t.Errorf("%v attempts of the Deployment were seen refused, want some", got)
	}
	revision, restored := sink.last(sample.WorkloadRevision, sample.Labels{"workload": "web"}), sink.last(sample.RestoredRevision, sample.Labels{"workload": "web"})
	if revision != 4 || restored != 2 {
		t.Errorf("in the end revision %v restores %v, want 4 and 2: the image was missing in 3", revision, restored)
	}
	if words := sink.said("given up"); words != 2 {
		t.Errorf("%d rollouts were given up, want 2", words)
	}
}

// said counts the events whose message has these words.
func (r *recording) said(words string) int {
	n := 0
	for _, e := range r.events {
		if strings.Contains(e.Message, words) {
			n++
		}
	}
	return n
}
