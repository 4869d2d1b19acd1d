package spec

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// serving is a scenario with a service that an autoscaler may scale from 2 to 10 pods.
const serving = `apiVersion: kubedyno.dev/v1alpha1
kind: Scenario
metadata: {name: serving}
spec:
  workloads:
    - name: web
      count: 2
      manifest:
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: "web-${index}"}
        spec:
          replicas: 2
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              containers:
                - {name: main, image: fake, resources: {requests: {cpu: 250m}, limits: {cpu: 500m}}}
                - {name: side, image: fake, resources: {limits: {cpu: 100m}}}
    - name: scaler
      count: 2
      manifest:
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: "web-${index}"}
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: "web-${index}"}
          minReplicas: 2
          maxReplicas: 10
          metrics:
            - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}
    - name: settings
      manifest: {apiVersion: v1, kind: ConfigMap, metadata: {name: settings}}
  services:
    - name: web
      workload: web
      capacity: 50
      cpu: {idle: 20m, perUnit: 10m}
      memory: {idle: 64Mi, perUnit: 0}
      noise: 0.05
  phases:
    - name: run
      actions:
        - create: {workload: web}
        - create: {workload: scaler}
        - demand: {service: web, rate: 100, pace: {shape: steps, factors: [1, 4, 1]}, duration: 5m}
  objectives:
    - {metric: service_response_seconds, percentile: 99, most: 500ms, where: {service: web}}
  cluster: {metricsServer: {}}
`

func TestServiceDecodes(t *testing.T) {
	s, err := Decode("serving.yaml", []byte(serving), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []Service{{Name: "web", Workload: "web", Unit: "requests", Capacity: 50, CPU: Cost{"20m", "10m"},
		Memory: Cost{"64Mi", "0"}, Overload: "queue", Queue: DefaultQueue, Noise: 0.05}}
	if diff := cmp.Diff(want, s.Spec.Services); diff != "" {
		t.Errorf("services (-want +got):\n%s", diff)
	}
	cost := s.Spec.Services[0].CPU
	if cost.Idle.Value() != 0.02 || cost.PerUnit.Value() != 0.01 || s.Spec.Services[0].Memory.Idle.Value() != 64<<20 {
		t.Errorf("the costs are %v, %v and %v", cost.Idle.Value(), cost.PerUnit.Value(), s.Spec.Services[0].Memory.Idle.Value())
	}
	demand := Demand{Service: "web", Rate: 100, Pace: Pace{Shape: "steps", Factors: []float64{1, 4, 1}}, Duration: 5 * time.Minute}
	if diff := cmp.Diff(&demand, s.Spec.Phases[0].Actions[2].Demand); diff != "" {
		t.Errorf("demand (-want +got):\n%s", diff)
	}
	if units := demand.Units(); units != 60_000 {
		t.Errorf("the demand is %v units, want 60,000", units)
	}
	// 0.6 cores of both containers, 0.02 of them at rest, are 58 units a second.
	if limit := s.Spec.Workloads[0].CPULimit(); limit != 0.6 || s.Spec.Services[0].PodCapacity(0.32) != 30 ||
		s.Spec.Services[0].PodCapacity(limit) != 50 {
		t.Errorf("limit %v, capacity %v under 0.32 cores and %v under the limit", limit,
			s.Spec.Services[0].PodCapacity(0.32), s.Spec.Services[0].PodCapacity(limit))
	}
	if most := s.Spec.Workloads[0].ScaledBy(s.Spec.Workloads[1]); most != 20 {
		t.Errorf("the autoscalers may make %d pods, want 20", most)
	}
	drop := replaceOnce(t, replaceOnce(t, serving, "      noise: 0.05\n", "      overload: drop\n"), "steps, factors: [1, 4, 1]", "trace, file: day.csv")
	s, err = Decode("serving.yaml", []byte(drop), Options{Files: fstest.MapFS{"day.csv": {Data: []byte("seconds,factor\n0,1\n60,3\n")}}})
	if err != nil {
		t.Fatal(err)
	}
	if queue := s.Spec.Services[0].Queue; queue != 0 {
		t.Errorf("with overload: drop the queue is %d", queue)
	}
	if p := s.Spec.Phases[0].Actions[2].Demand.Pace; len(p.Points) != 2 || p.Lowest() != 1 || p.Peak() != 3 {
		t.Errorf("the trace is %+v", p)
	}
}

// TestServiceFaults changes places of the scenario, given as from and to by turns.
func TestServiceFaults(t *testing.T) {
	const demand = "        - demand: {service: web, rate: 100, pace: {shape: steps, factors: [1, 4, 1]}, duration: 5m}\n"
	for _, test := range []struct {
		name    string
		changes []string
	}{
		{"services", []string{"      noise: 0.05\n", `      noise: 2
      unit: Requests!
      overload: drop
      queue: 5
      warmup: 30
    - {name: web, workload: wob, capacity: 0}
    - {name: second, workload: web, capacity: 10, cpu: {idle: -20m, perUnit: 1e9}}
    - {name: constant, workload: settings, capacity: 10}
`}},
		{"service-throttled", []string{"limits: {cpu: 500m}", "limits: {cpu: 10m}", "limits: {cpu: 100m}", "limits: {cpu: 10m}"}},
		{"demands", []string{demand, `        - demand: {service: wob, rate: 100, duration: 1m}
        - background: true
          demand: {service: web, rate: 100, duration: 1m}
        - demand: {service: web, rate: 100, duration: 10m}
        - demand: {rate: 0, duration: 0s, pace: {shape: sine}}
    - name: later
      actions:
        - demand: {service: web, rate: 100, duration: 1m, pace: {shape: steps, factors: [0, 0]}}
        - demand: {service: web, rate: 100000, duration: 1m, pace: {shape: ramp, to: 2}}
        - delete: {workload: web}
        - demand: {service: web, rate: 100, duration: 1m}
`}},
		{"no-demand", []string{demand, "", "where: {service: web}", "where: {service: web, phase: run}"}},
		{"demand-labels", []string{"where: {service: web}", "where: {service: wab}",
			"    - {metric: service_resp", "    - {metric: service_queue_total, statistic: max, most: 5, where: {workload: web}}\n    - {metric: service_resp"}},
		{"autoscaler-range", []string{"          minReplicas: 2\n          maxReplicas: 10\n", "          minReplicas: 11\n          maxReplicas: 10\n"}},
		{"autoscaler-target", []string{`kind: Deployment, name: "web-${index}"}`, `kind: Deployment, name: web}`,
			"          maxReplicas: 10\n", ""}},
		{"autoscaler-too-many", []string{"    - name: scaler\n      count: 2\n", "    - name: scaler\n      count: 3\n"}},
		{"autoscaler-no-requests", []string{"requests: {cpu: 250m}, limits: {cpu: 500m}", "requests: {cpu: 0}", ", resources: {limits: {cpu: 100m}}", ""}},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := serving
			for i := 0; i+1 < len(test.changes); i += 2 {
				text = replaceOnce(t, text, test.changes[i], test.changes[i+1])
			}
			_, err := Decode("serving.yaml", []byte(text), Options{})
			if err == nil {
				t.Fatal("no fault was found")
			}
			golden(t, test.name, err.Error())
		})
	}
}

// TestAutoscalersThatNeedNoRequests: only a share of what is requested needs requests.
func TestAutoscalersThatNeedNoRequests(t *testing.T) {
	bare := replaceOnce(t, replaceOnce(t, serving, "requests: {cpu: 250m}, limits: {cpu: 500m}", ""), ", resources: {limits: {cpu: 100m}}", "")
	for _, metric := range []string{
		"{type: Resource, resource: {name: cpu, target: {type: AverageValue, averageValue: 100m}}}",
		"{type: Resource, resource: {name: memory, target: {type: Utilization, averageUtilization: 60}}}",
		"{type: ContainerResource, containerResource: {name: cpu, container: other, target: {type: Utilization, averageUtilization: 60}}}",
	} {
		text := replaceOnce(t, bare, "{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}", metric)
		if _, err := Decode("serving.yaml", []byte(text), Options{}); err != nil {
			t.Errorf("%s: %v", metric, err)
		}
	}
	ranged := replaceOnce(t, bare, "    - name: settings\n", "    - name: limits\n      manifest: {apiVersion: v1, kind: LimitRange, metadata: {name: limits}}\n    - name: settings\n")
	if _, err := Decode("serving.yaml", []byte(ranged), Options{}); err != nil {
		t.Errorf("with a LimitRange: %v", err)
	}
}

func TestHasObject(t *testing.T) {
	for _, test := range []struct {
		template string
		count    int
		name     string
		want     bool
	}{
		{"web", 1, "web", true}, {"web", 1, "web-0", false}, {"web-${index}", 3, "web-2", true}, {"web-${index}", 3, "web-3", false},
		{"web-${index}", 3, "web", false}, {"web1${index}", 20, "web115", true}, {"web1${index}", 20, "web15", true},
		{"${index}5", 3, "25", true}, {"a${index}b${index}", 20, "a12b12", true}, {"a${index}b${index}", 20, "a1b2", false},
	} {
		w := Workload{Count: test.count, Manifest: map[string]any{"metadata": map[string]any{"name": test.template}}}
		if got := w.HasObject(test.name); got != test.want {
			t.Errorf("%d objects %s: HasObject(%s) = %v", test.count, test.template, test.name, got)
		}
	}
}
