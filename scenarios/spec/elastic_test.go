package spec

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// elasticity is a scenario with an elastic pool, whose settings follow "elastic: ".
const elasticity = `apiVersion: kubedyno.dev/v1alpha1
kind: Scenario
metadata: {name: elasticity}
spec:
  fleet:
    pools:
      - {name: general, nodeType: m6i.large, count: 20, elastic: ELASTIC}
      - {name: fixed, nodeType: m6i.large, count: 2}
  workloads:
    - {name: web, manifest: {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 3}}}
    - {name: agent, manifest: {apiVersion: apps/v1, kind: DaemonSet, metadata: {name: agent}}}
  phases:
    - name: run
      actions:
        - create: {workload: agent}
        - nodes: {pool: general, upTo: 2}
        - create: {workload: web}
  objectives:
    - {metric: elastic_nodes_total, statistic: last, where: {pool: general, state: needed}, most: 3}
`

const delayed = "delay: {distribution: fixed, value: 40s}"

func TestElastic(t *testing.T) {
	delay := Latency{Distribution: "fixed", Value: 40 * time.Second}
	usual := Elastic{Delay: delay, Scan: 10 * time.Second, Unneeded: 10 * time.Minute, Utilization: 0.5, AfterAdd: 10 * time.Minute, Backoff: 5 * time.Minute}
	set := Elastic{Min: 2, Delay: delay, Scan: time.Second, Quota: ElasticQuota{Nodes: 9, PerZone: 3}, Failures: 0.1}
	for text, want := range map[string]*Elastic{
		"{" + delayed + "}": &usual,
		"{" + delayed + ", min: 2, scan: 1s, unneeded: 0s, utilization: 0, afterAdd: 0s, quota: {nodes: 9, perZone: 3}, failures: 0.1, backoff: 0s}": &set,
	} {
		s, err := Decode("elasticity.yaml", []byte(strings.Replace(elasticity, "ELASTIC", text, 1)), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, s.Spec.Fleet.Pools[0].Elastic); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
		if !s.Spec.Fleet.Elastic() || s.Spec.Fleet.Pools[1].Elastic != nil {
			t.Errorf("%s: %+v", text, s.Spec.Fleet)
		}
		again, err := Decode("again.yaml", s.Resolved, Options{})
		if err != nil || !cmp.Equal(again.Spec.Fleet, s.Spec.Fleet) {
			t.Errorf("%s: the resolved scenario says %+v, %v", text, again, err)
		}
	}
}

// TestElasticFaults has the faults of many elastic pools in one golden file.
func TestElasticFaults(t *testing.T) {
	good := "{" + delayed + "}"
	var all strings.Builder
	for _, c := range []struct{ settings, old, new string }{
		{settings: "{}"},
		{settings: "{delay: {distribution: lognormal, median: 2m, p99: 1m}}"},
		{settings: "{" + delayed + ", min: 21, scan: 0s, utilization: 50, failures: 1.5, backoff: 1m, quota: {nodes: 0, perzone: 3}}"},
		{settings: "{" + delayed + ", min: 9, backoff: 1m}"},
		{settings: "{" + delayed + ", min: 10, quota: {nodes: 9, perZone: 3}}"},
		{good, "        - create: {workload: web}\n", "        - create: {workload: web}\n        - nodes: {pool: general}\n        - fit: {pool: general}\n" +
			"        - fail: {pool: general, nodes: 1}\n        - drain: {pool: general, nodes: 1}\n        - recover: {pool: general}\n        - uncordon: {pool: general}\n"},
		{good, "pool: general, state: needed", "pool: fixed, state: redy"},
		{good, "pool: general, state: needed", "pool: fixed, state: created"},
		{good, "name: fixed, nodeType: m6i.large, count: 2", "name: fixed, nodeType: m6i.large, count: 2, elastic: " + good},
		{good, ", elastic: " + good, ""},
	} {
		text := strings.Replace(elasticity, "ELASTIC", c.settings, 1)
		if !strings.Contains(text, c.old) {
			t.Fatalf("there is no %q", c.old)
		}
		_, err := Decode("elasticity.yaml", []byte(strings.Replace(text, c.old, c.new, 1)), Options{})
		if err == nil {
			t.Errorf("%s, %s: no fault was found", c.settings, c.new)
			continue
		}
		all.WriteString(err.Error() + "\n\n")
	}
	golden(t, "elastic", strings.TrimSuffix(all.String(), "\n"))
}
