package plan

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

const fitScenario = `apiVersion: kubedyno.dev/v1alpha1
kind: Scenario
metadata: {name: fit}
spec:
  fleet:
    pools: [{name: general, nodeType: m6i.large, count: 40}]
  workloads:
    - name: web
      count: 2
      manifest: {apiVersion: apps/v1, kind: Deployment, metadata: {name: "web-${index}"}, spec: {replicas: 5}}
    - name: agent
      manifest: {apiVersion: apps/v1, kind: DaemonSet, metadata: {name: agent}, spec: {template: {spec: {containers: [{name: a, resources: {requests: {cpu: 100m}}}]}}}}
    - name: picky
      manifest: {apiVersion: apps/v1, kind: DaemonSet, metadata: {name: picky}, spec: {template: {spec: {nodeSelector: {a: b}, containers: [{name: a}]}}}}
  phases:
    - name: run
      actions: [{nodes: {pool: general, upTo: 3}}, {create: {workload: agent}}, {create: {workload: picky}}, {create: {workload: web}}]
    - name: fit
      actions: [{fit: {pool: general, step: 2}}]
`

func TestFitPools(t *testing.T) {
	text := strings.Replace(fitScenario, "count: 40}", "count: 40}, {name: spare, nodeType: m6i.large, count: 7}, {name: idle, nodeType: m6i.large, count: 5}", 1)
	s, err := spec.Decode("fit.yaml", []byte(strings.Replace(text, "fit: {pool: general, step: 2}", "fit: {pools: spare+general}", 1)), spec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Build(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	step := p.Phases[1].Steps[0]
	if diff := cmp.Diff([]Grown{{"spare", 0, 7}, {"general", 3, 40}}, step.Fit.Pools); diff != "" || step.Name != "fit spare+general" {
		t.Errorf("step %s grows (-want +got):\n%s", step.Name, diff)
	}
	const want = "add nodes of the pools spare (at most 7), general (at most 40), 1 at a time of the pool that takes most pending pods at least cost, " +
		"until the scheduler has placed 10 pods"
	if words := p.describe(step); words != want {
		t.Errorf("in words: %q, want %q", words, want)
	}
	if p.Estimate.Objects["Node"] != 47 {
		t.Errorf("%d nodes are expected at most, want those of both pools", p.Estimate.Objects["Node"])
	}
	if !p.Uses("general") || !p.Uses("spare") || p.Uses("idle") {
		t.Error("the plan does not know which pools it uses")
	}
	if !p.Fits("general") || !p.Fits("spare") || p.Fits("idle") {
		t.Error("the plan does not know which pools it fits")
	}
}

// TestFitAfterScale: a fit waits for as many pods as there are to be after a scaling.
func TestFitAfterScale(t *testing.T) {
	text := fitScenario + "    - name: more\n      actions: [{scale: {workload: web, replicas: 6}}, {fit: {pool: general}}]\n"
	s, err := spec.Decode("fit.yaml", []byte(text), spec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Build(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	if step := p.Phases[2].Steps[1]; step.Fit.Pods != 12 || p.Estimate.Objects["Node"] != 40 {
		t.Errorf("%d pods and %d nodes at most are expected, want 12 and 40", step.Fit.Pods, p.Estimate.Objects["Node"])
	}
}

func TestFit(t *testing.T) {
	s, err := spec.Decode("fit.yaml", []byte(fitScenario), spec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Build(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	step := p.Phases[1].Steps[0]
	if step.Name != "fit general" || step.From != 3 || step.Until != 40 || step.Fit.Pods != 10 ||
		strings.Join(step.Fit.Workloads, " ") != "agent picky web" {
		t.Errorf("the step is %+v", step)
	}
	const want = "add nodes of pool general, 2 at a time and at most 40, until the scheduler has placed 10 pods"
	if words := p.describe(step); words != want {
		t.Errorf("in words: %q, want %q", words, want)
	}
	if p.Estimate.Objects["Node"] != 40 {
		t.Errorf("%d nodes are expected at most", p.Estimate.Objects["Node"])
	}
	daemons := p.Daemons(*step.Fit)
	if len(daemons) != 2 || daemons[0].Containers[0].Resources.Requests.Cpu().MilliValue() != 100 {
		t.Errorf("on every node: %+v", daemons)
	}
	if !p.Fits("general") || p.Fits("other") {
		t.Error("the plan does not know which pool it fits")
	}
	var text strings.Builder
	if err := p.WriteText(&text); err != nil || !strings.Contains(text.String(), "at most 40") {
		t.Errorf("%v\n%s", err, text.String())
	}
}
