package plan

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/autoscaler"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

const ruled = `
apiVersion: kubedyno.dev/v1alpha1
kind: Scenario
metadata: {name: ruled}
spec:
  cluster:
    controllerManager: {flags: {horizontal-pod-autoscaler-downscale-stabilization: 1m, horizontal-pod-autoscaler-sync-period: 5s}}
    metricsServer: {resolution: 15s}
  fleet: {pools: [{name: main, nodeType: m6i.large, count: 1}]}
  workloads:
    - name: shop
      count: COUNT
      manifest:
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: "shop-${index}"}
        spec:
          replicas: 2
          selector: {matchLabels: {app: "shop-${index}"}}
          template:
            metadata: {labels: {app: "shop-${index}"}}
            spec: {containers: [{name: main, image: fake, resources: {requests: {cpu: 100m}}}, {name: side, image: fake, resources: {requests: {cpu: 150m}}}]}
    - name: shop-hpa
      count: COUNT
      manifest:
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: "scale-${index}"}
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: "shop-${index}"}
          minReplicas: 2
          maxReplicas: 20
          BEHAVIOR
          metrics: [METRIC]
  services:
    - {name: front, workload: shop, capacity: 100, cpu: {idle: 20m, perUnit: 10m}}
  phases:
    - name: all
      actions:
        - create: {workload: shop}
        - create: {workload: shop-hpa}
`

func TestRules(t *testing.T) {
	const cpu = "{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}"
	const memory = "{type: Resource, resource: {name: memory, target: {type: Utilization, averageUtilization: 60}}}"
	down := autoscaler.DefaultDown()
	down.Window = time.Minute
	atOnce := autoscaler.DefaultDown()
	atOnce.Window = 0
	for _, test := range []struct {
		name, metric, behavior, count string
		want                          *autoscaler.Spec // nil: no rule.
	}{
		{"without behavior", cpu, "", "1", &autoscaler.Spec{Min: 2, Max: 20, Down: autoscaler.Rules{Window: time.Minute}}},
		{"a behavior of one direction", cpu, "behavior: {scaleUp: {stabilizationWindowSeconds: 30, selectPolicy: Min, policies: [{type: Percent, value: 50, periodSeconds: 60}, {type: Pods, value: 3, periodSeconds: 15}]}}", "1",
			&autoscaler.Spec{Min: 2, Max: 20, Behavior: true, Down: down, Up: autoscaler.Rules{Select: autoscaler.MinChange, Window: 30 * time.Second,
				Policies: []autoscaler.Policy{{Percent: true, Value: 50, Period: time.Minute}, {Value: 3, Period: 15 * time.Second}}}}},
		{"a window down", cpu, "behavior: {scaleDown: {stabilizationWindowSeconds: 0}}", "1", &autoscaler.Spec{Min: 2, Max: 20, Behavior: true,
			Up: autoscaler.DefaultUp(), Down: atOnce}},
		{"memory", memory, "", "1", nil},
		{"two metrics", cpu + ", " + memory, "", "1", nil},
		{"several for one service", cpu, "", "2", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := strings.NewReplacer("METRIC", test.metric, "BEHAVIOR", test.behavior, "COUNT", test.count).Replace(ruled)
			s, err := spec.Decode("ruled.yaml", []byte(text), spec.Options{})
			if err != nil {
				t.Fatal(err)
			}
			p, err := Build(s, 1)
			if err != nil {
				t.Fatal(err)
			}
			a := p.Autoscalers[0]
			if a.SyncPeriod.Seconds() != 5 {
				t.Errorf("the sync period is %v", a.SyncPeriod)
			}
			var want *autoscaler.Rule
			if test.want != nil {
				want = &autoscaler.Rule{Spec: *test.want, Target: autoscaler.Target{Utilization: true, Value: 60, Request: 250},
					Tolerances: autoscaler.Tolerances{Down: 0.1, Up: 0.1}, IdleCores: 0.02, CoresPerUnit: 0.01}
			}
			if diff := cmp.Diff(want, a.Rule); diff != "" {
				t.Errorf("rule (-want +got):\n%s", diff)
			}
		})
	}
}
