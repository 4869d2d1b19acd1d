package spec

import (
	"strings"
	"testing"
)

const fitting = `apiVersion: kubedyno.dev/v1alpha1
kind: Scenario
metadata: {name: fitting}
spec:
  fleet:
    pools: [{name: general, nodeType: m6i.large, count: 20}, {name: other, nodeType: m6i.large, count: 2}]
  workloads:
    - {name: web, manifest: {apiVersion: v1, kind: Pod, metadata: {name: web}}}
    - {name: agent, manifest: {apiVersion: apps/v1, kind: DaemonSet, metadata: {name: agent}}}
  phases:
    - name: run
      actions:
        - create: {workload: agent}
        - create: {workload: web}
        - fit: {pool: general}
  objectives:
    - {metric: capacity_pending_pods_total, where: {pool: general}, most: "0"}
    - {metric: capacity_requested_ratio, where: {pool: general, resource: cpu}, least: 50%}
    - {metric: node_ready_seconds, percentile: 50, where: {pool: general}, most: 5s}
`

func TestFit(t *testing.T) {
	s, err := Decode("fitting.yaml", []byte(fitting), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if a := s.Spec.Phases[0].Actions[2]; a.Fit == nil || *a.Fit != (Fit{Pool: "general", Step: 1}) {
		t.Errorf("the action is %+v", a.Fit)
	}
}

func TestFitFaults(t *testing.T) {
	const fit = "        - fit: {pool: general}\n"
	for _, c := range []struct{ name, old, new, want string }{
		{"unknown pool", "fit: {pool: general}", "fit: {pool: generl}", `there is no pool "generl"`},
		{"no step", "fit: {pool: general}", "fit: {pool: general, step: 0}", "step must be a whole number from 1"},
		{"no pods", "        - create: {workload: web}\n", "", "there are no pods to find nodes for"},
		{"twice", fit, fit + fit, "has found how many nodes of pool \"general\" are needed already"},
		{"nodes after it", fit, fit + "        - nodes: {pool: general}\n", "how many nodes pool \"general\" has is not known here"},
		{"fail after it", fit, fit + "        - fail: {pool: general, nodes: 1}\n", "how many nodes pool \"general\" has is not known here"},
		{"drain after it", fit, fit + "        - drain: {pool: general, nodes: 1}\n", "how many nodes pool \"general\" has is not known here"},
		{"another pool's figure", "capacity_pending_pods_total, where: {pool: general}", "capacity_pending_pods_total, where: {pool: other}",
			"capacity_pending_pods_total would have no data: no action of the scenario fits such a pool"},
		{"unknown resource", "resource: cpu", "resource: disk", `never has resource "disk"`},
		{"what it does not measure", "node_ready_seconds, percentile: 50,", "fleet_ready_seconds,", "fleet_ready_seconds would have no data"},
	} {
		if !strings.Contains(fitting, c.old) {
			t.Fatalf("%s: there is no %q", c.name, c.old)
		}
		_, err := Decode("fitting.yaml", []byte(strings.Replace(fitting, c.old, c.new, 1)), Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v\nwant %s", c.name, err, c.want)
		}
	}
}
