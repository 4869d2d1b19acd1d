package engine_test

import (
	"math"
	"testing"

	"github.com/kubedyno/kubedyno/results/sample"
)

// demanding asks 160 units a second of two pods that serve 50 each, with room for 60 to wait, and
// scales them to four beside that.
const demanding = `
  fleet:
    leaseDuration: 0s
    podStartup: {distribution: fixed, value: 100ms}
    pools: [{name: serving, nodeType: m6i.2xlarge, count: 2}]
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
            spec: {containers: [{name: main, image: fake}]}
  services:
    - {name: web, workload: web, capacity: 50, cpu: {idle: 20m, perUnit: 10m}, queue: 60, noise: 0.1}
  phases:
    - name: up
      actions: [{nodes: {pool: serving}}, {create: {workload: web}}, {wait: {workload: web}}]
    - name: run
      actions:
        - demand: {service: web, rate: 160, duration: 12s}
          background: true
        - hold: {duration: 4s}
        - scale: {workload: web, replicas: 4}
        - wait: {workload: web}
`

// TestDemand holds what a run with demand records against the model: whatever the machine does to
// the pods' times, the books balance and nothing is served beyond the capacity.
func TestDemand(t *testing.T) {
	t.Parallel()
	sink := &recording{}
	o := options(t, shared, planOf(t, demanding), sink)
	if err := run(t, t.Context(), o); err != nil {
		t.Fatal(err)
	}
	sink.checkNesting(t)
	web := sample.Labels{"service": "web", "phase": "run"}
	series := func(metric string) []float64 { return sink.values(metric, web) }
	ready, capacity, served := series(sample.ServiceReady), series(sample.ServiceCapacity), series(sample.ServiceServed)
	queue, lost := series(sample.ServiceQueue), series(sample.ServiceLost)[1:] // Its first point is before the first step.
	if len(ready) < 2 || len(ready) != len(lost) || ready[0] != 2 || ready[len(ready)-1] != 4 {
		t.Fatalf("Ready pods %v and lost units %v, want 2 to 4 pods", ready, lost)
	}
	for i := range ready {
		if want := 50 * ready[i]; capacity[i] > want+0.1 || i > 0 && ready[i] == ready[i-1] && capacity[i] < want-0.1 {
			t.Errorf("step %d: %v pods have a capacity of %v", i, ready[i], capacity[i])
		}
		if served[i] > capacity[i]+0.1 || queue[i] > 60 {
			t.Errorf("step %d: %v/s of %v/s are served, %v wait", i, served[i], capacity[i], queue[i])
		}
		if i > 0 && capacity[i] >= 160 && lost[i] > lost[i-1] {
			t.Errorf("step %d: work is lost though the capacity is %v/s", i, capacity[i])
		}
	}
	// Two pods are 60 a second short, so in at least 3 s before the scaling 180 find no pod, of which 60 wait.
	end := len(lost) - 1
	if lost[end] < 120 {
		t.Errorf("%v units are lost, want 120 or more", lost[end])
	}
	answered := sink.distribution(sample.ServiceResponse, web) // With those that still waited at the end.
	const offered = 160 * 12
	if all := float64(answered.Count()) + lost[end]; math.Abs(all-offered) > 2 {
		t.Errorf("%d units have a response time and %v are lost, want %d in all", answered.Count(), lost[end], offered)
	}
	// A pod takes 20 ms for a unit; whoever waits for 60 others, at 100 a second, waits 600 ms.
	if answered.Min() < 0.019 || answered.Max() < 0.5 || answered.Max() > 0.7 {
		t.Errorf("response times go from %v to %v s, want 0.02 to 0.62", answered.Min(), answered.Max())
	}
	if n := sink.distribution(sample.ServiceTickLag, web).Count(); int(n) != len(ready) {
		t.Errorf("%d steps of %d have a lag", n, len(ready))
	}
}
