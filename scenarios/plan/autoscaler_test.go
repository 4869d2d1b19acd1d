package plan

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

const scaled = `
apiVersion: kubedyno.dev/v1alpha1
kind: Scenario
metadata: {name: scaled}
spec:
  cluster: {controllerManager: {flags: {horizontal-pod-autoscaler-tolerance: "0.05"}}, metricsServer: {}}
  fleet: {pools: [{name: main, nodeType: m6i.large, count: 1}]}
  workloads:
    - name: shop
      count: 2
      manifest:
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: "shop-${index}"}
        spec:
          replicas: 2
          selector: {matchLabels: {app: "shop-${index}"}}
          template:
            metadata: {labels: {app: "shop-${index}"}}
            spec: {containers: [{name: main, image: fake, resources: {requests: {cpu: 100m}}}]}
    - name: shop-hpa
      count: 2
      manifest:
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: "scale-${index}"}
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: "shop-${index}"}
          minReplicas: 2
          maxReplicas: 20
          behavior: {scaleUp: {tolerance: "0"}}
          metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]
  phases:
    - name: all
      actions:
        - create: {workload: shop}
        - create: {workload: shop-hpa}
`

func TestAutoscalers(t *testing.T) {
	s, err := spec.Decode("scaled.yaml", []byte(scaled), spec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Build(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	want := []Autoscaler{
		{HPA: "scale-0", Workload: "shop", Service: "front", Min: 2, Max: 20, ToleranceDown: 0.05, SyncPeriod: sample.Offset(15 * time.Second)},
		{HPA: "scale-1", Workload: "shop", Service: "front", Min: 2, Max: 20, ToleranceDown: 0.05, SyncPeriod: sample.Offset(15 * time.Second)},
	}
	p.Services = map[string]Service{"front": {Workload: "shop"}, "back": {Workload: "other"}}
	if diff := cmp.Diff(want, p.autoscalers()); diff != "" {
		t.Errorf("autoscalers (-want +got):\n%s", diff)
	}
	if len(p.Autoscalers) != 2 || p.Autoscalers[0].Workload != "shop" {
		t.Errorf("the plan's autoscalers are %+v", p.Autoscalers)
	}
	delete(p.Workloads, "shop-hpa")
	if got := p.autoscalers(); got != nil {
		t.Errorf("without HPAs there are autoscalers: %+v", got)
	}
}

func TestAutoscalerDefaults(t *testing.T) {
	got := newAutoscaler(map[string]any{
		"metadata": map[string]any{"name": "web", "namespace": "there"},
		"spec":     map[string]any{"maxReplicas": int64(7)},
	}, 0.1)
	want := Autoscaler{HPA: "there/web", Min: 1, Max: 7, ToleranceUp: 0.1, ToleranceDown: 0.1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
