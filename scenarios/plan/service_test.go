package plan

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// serving scales 2 pods of 50 units a second up to 10.
const serving = `apiVersion: kubedyno.dev/v1alpha1
kind: Scenario
metadata: {name: serving}
spec:
  workloads:
    - name: web
      manifest:
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 2
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: main, image: fake, resources: {requests: {cpu: 500m}, limits: {cpu: LIMIT}}}]}
    - name: scaler
      manifest:
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: web}
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
          maxReplicas: 10
  services:
    - {name: web, workload: web, capacity: 50, cpu: {idle: 20m, perUnit: 10m}, memory: {idle: 64Mi}, warmup: 20s}
  phases:
    - name: run
      actions:
        - create: {workload: web}
        - create: {workload: scaler}
        - demand: {service: web, rate: 100, pace: PACE, duration: 5m}
  objectives:
    - {metric: service_response_seconds, percentile: 99, most: 500ms}
  cluster: {metricsServer: {}}
`

func buildServing(t *testing.T, limit, pace string) *Plan {
	t.Helper()
	text := strings.NewReplacer("LIMIT", limit, "PACE", pace).Replace(serving)
	s, err := spec.Decode("serving.yaml", []byte(text), spec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Build(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestDemandIsPlanned(t *testing.T) {
	for _, test := range []struct{ limit, pace, want string }{
		{"1", "{shape: steps, factors: [1, 4, 1]}", "demand web 100 requests/s, steps 1x 4x 1x over 5m: needs 2 to 8 pods at capacity"},
		{"1", "{shape: constant}", "demand web 100 requests/s over 5m: needs 2 pods at capacity"},
		{"1", "{shape: ramp, from: 0, to: 3}", "demand web 100 requests/s, times 0 rising evenly to 3 over 5m: needs 0 to 6 pods at capacity"},
		{"1", "{shape: sawtooth, period: 1m}", "demand web 100 requests/s, times 0 rising evenly to 1 every 1m, and back at once over 5m: needs 0 to 2 pods at capacity"},
		{"1", "{shape: sawtooth, from: 3, to: 1, period: 90s}", "demand web 100 requests/s, times 3 falling evenly to 1 every 1m30s, and back at once over 5m: needs 2 to 6 pods at capacity"},
		{"270m", "{shape: constant}", "demand web 100 requests/s over 5m: needs 4 pods at capacity, which the CPU limit holds to 25 of 50 a second"},
	} {
		p := buildServing(t, test.limit, test.pace)
		steps := p.Phases[0].Steps
		if got := p.describe(steps[2]); got != test.want {
			t.Errorf("the plan says %q, want %q", got, test.want)
		}
		if steps[2].Name != "demand web 100/s" {
			t.Errorf("the step is called %q", steps[2].Name)
		}
		// Two pods of its own, up to ten by the autoscaler.
		if p.Estimate.PeakPods != 10 || p.Estimate.Duration.Minutes() < 5 {
			t.Errorf("%d pods at once, %v in all", p.Estimate.PeakPods, p.Estimate.Duration)
		}
		var text bytes.Buffer
		if err := p.WriteText(&text); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(text.String(), "Services") || !strings.Contains(text.String(), "0.01 cores") {
			t.Errorf("the plan does not show the service:\n%s", &text)
		}
	}
}

func TestServiceIsResolved(t *testing.T) {
	p := buildServing(t, "270m", "{shape: constant}")
	want := map[string]Service{"web": {Name: "web", Workload: "web", Unit: "requests", Capacity: 50, PodCapacity: 25,
		IdleCores: 0.02, CoresPerUnit: 0.01, IdleBytes: 64 << 20, CPULimit: 0.27, Warmup: 20e9, Queue: 1000,
		RateMetric: "requests_per_second", WaitingMetric: "requests_waiting",
		RequestCores: 0.5}}
	if diff := cmp.Diff(want, p.Services); diff != "" {
		t.Errorf("services (-want +got):\n%s", diff)
	}
	if w := p.Workloads["web"]; w.MostPods != 10 || p.Workloads["scaler"].MostPods != 0 {
		t.Errorf("the autoscaler may make %d pods of web and %d of its own", w.MostPods, p.Workloads["scaler"].MostPods)
	}
	if len(p.Warnings) != 0 { // 30,000 requests are enough for a p99.
		t.Errorf("warnings %q", p.Warnings)
	}
}
