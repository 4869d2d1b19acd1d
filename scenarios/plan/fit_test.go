package plan

import (
	"strings"
	"testing"

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
	if len(daemons) != 1 || daemons[0].Containers[0].Resources.Requests.Cpu().MilliValue() != 100 {
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
