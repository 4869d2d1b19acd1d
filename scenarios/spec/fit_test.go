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

func TestFitPools(t *testing.T) {
	text := strings.Replace(fitting, "fit: {pool: general}", "fit: {pools: general+other}", 1)
	text = strings.Replace(text, "where: {pool: general}, most: \"0\"", "where: {pool: all}, most: \"0\"", 1)
	s, err := Decode("fitting.yaml", []byte(text), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if a := s.Spec.Phases[0].Actions[2].Fit; !a.Mix() || strings.Join(a.Names(), " ") != "general other" {
		t.Errorf("the action is %+v", a)
	}
	for _, c := range []struct{ name, old, new, want string }{
		{"an unknown one", "general+other", "general+othr", `there is no pool "othr"`},
		{"one twice", "general+other", "general+general", `pool "general" is named twice`},
		{"no names", "general+other", "general+", "must be names of pools joined by +"},
		{"against nodes that are paid for", "{pools: general+other}", "{pools: general+other, against: m6i.large}", "the pods of m6i.large are not paid for one by one"},
		{"against what is not there", "{pools: general+other}", "{pools: general+other, against: fargat}", `there is no node type "fargat"`},
		{"against nothing", "metric: capacity_pending_pods_total, where: {pool: all}", "metric: capacity_break_even_ratio, where: {pool: all}",
			"capacity_break_even_ratio would have no data"},
		{"pool and pools", "{pools: general+other}", "{pools: general+other, pool: general}", "a fit has either pool or pools"},
		{"neither", "{pools: general+other}", "{step: 2}", "a fit has either pool or pools"},
		{"a pool called all", "name: other", "name: all", `a pool is called "all"`},
		{"pending of one pool", "where: {pool: all}, most: \"0\"", "where: {pool: other}, most: \"0\"", "capacity_pending_pods_total would have no data"},
		{"a step of all pools", "metric: capacity_pending_pods_total, where: {pool: all}", "metric: capacity_step_month_dollars, where: {pool: all}",
			"capacity_step_month_dollars would have no data"},
	} {
		if !strings.Contains(text, c.old) {
			t.Fatalf("%s: there is no %q", c.name, c.old)
		}
		_, err := Decode("fitting.yaml", []byte(strings.Replace(text, c.old, c.new, 1)), Options{NodeTypes: []string{"m6i.large", "fargate"},
			Prices: func(name string) (float64, float64, bool) { return 1, 0, name == "fargate" }})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v\nwant %s", c.name, err, c.want)
		}
	}
	if _, err := Decode("fitting.yaml", []byte(strings.Replace(fitting, "pending_pods_total", "spot_ratio", 1)), Options{}); err == nil {
		t.Error("a fit of one pool has a spot share")
	}
}

// TestSpot: a pool of spot nodes needs a type whose spot price is known.
func TestSpot(t *testing.T) {
	prices := func(name string) (onDemand, spot float64, perPod bool) {
		if name == "n2-standard-8" {
			return 0.3885, 0.094, false
		}
		return 0.096, 0, false
	}
	types := "  fleet:\n    nodeTypes: [{name: own, arch: amd64, vcpu: 2, memory: 8Gi, maxPods: 20, reservation: none, region: here, date: 2026-08, pricePerHour: 1}]\n"
	for _, c := range []struct{ name, nodeType, more, want string }{
		{"known", "n2-standard-8", "", ""},
		{"not known", "m6i.large", "", "the spot price of m6i.large is not known"},
		{"not known of an own type", "own", "", "the spot price of own is not known"},
		{"known of an own type", "own", ", spotPerHour: 0.4", ""},
	} {
		text := strings.Replace(fitting, "  fleet:\n", strings.Replace(types, "pricePerHour: 1", "pricePerHour: 1"+c.more, 1), 1)
		text = strings.Replace(text, "{name: other, nodeType: m6i.large", "{name: other, spot: true, nodeType: "+c.nodeType, 1)
		_, err := Decode("fitting.yaml", []byte(text), Options{Prices: prices})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v\nwant %s", c.name, err, c.want)
		}
	}
}

// TestFitAgain: a pool may grow again in another phase, for more pods or for those of failed nodes.
func TestFitAgain(t *testing.T) {
	again := strings.Replace(fitting, "  objectives:\n", "    - name: again\n      actions: [{fail: {pool: general, nodes: 1}}, {fit: {pool: general}}]\n  objectives:\n", 1)
	if _, err := Decode("fitting.yaml", []byte(again), Options{}); err != nil {
		t.Error(err)
	}
}

func TestFitFaults(t *testing.T) {
	const fit = "        - fit: {pool: general}\n"
	for _, c := range []struct{ name, old, new, want string }{
		{"unknown pool", "fit: {pool: general}", "fit: {pool: generl}", `there is no pool "generl"`},
		{"no step", "fit: {pool: general}", "fit: {pool: general, step: 0}", "step must be a whole number from 1"},
		{"no pods", "        - create: {workload: web}\n", "", "there are no pods to find nodes for"},
		{"twice in a phase", fit, fit + fit, "pool \"general\" gets nodes in this phase already"},
		{"nodes after it", fit, fit + "        - nodes: {pool: general}\n", "how many nodes pool \"general\" has is not known here"},
		{"more failures than nodes", fit, fit + "        - fail: {pool: general, nodes: 21}\n", "only 20 nodes of pool \"general\" are there"},
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
