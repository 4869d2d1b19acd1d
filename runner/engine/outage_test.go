package engine_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"k8s.io/client-go/kubernetes"

	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/kwok/cluster/clustertest"
	"github.com/kubedyno/kubedyno/results/exitcode"
	"github.com/kubedyno/kubedyno/results/sample"
)

// breaking loses one component after another and shows that each does its work again.
const breaking = `
  cluster:
    metricsServer: {resolution: 10s}
  fleet:
    podStartup: {distribution: fixed, value: 100ms}
    pools: [{name: broken, nodeType: m6i.large, count: 2}]
  workloads:
    - name: web
      manifest:
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 1
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: main, image: fake}]}
  phases:
    - name: fill
      actions: [{nodes: {pool: broken}}, {create: {workload: web}}, {wait: {workload: web}}]
    - name: metrics
      actions: [{outage: {component: metrics-server, duration: 3s}}]
    - name: both
      actions:
        - {background: true, outage: {component: kube-scheduler, duration: 2s}}
        - outage: {component: kube-controller-manager, duration: 2s}
        - scale: {workload: web, replicas: 3}
        - wait: {workload: web}
`

// ownCluster starts a control plane that ends with the test.
func ownCluster(t *testing.T) *cluster.Cluster {
	t.Helper()
	binary, err := clustertest.Binary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c, err := cluster.Start(t.Context(), cluster.Options{Name: "own", Directory: t.TempDir(), Binary: binary})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestOutages(t *testing.T) {
	t.Parallel()
	c := ownCluster(t)
	config, err := c.RESTConfig()
	if err != nil {
		t.Fatal(err)
	}
	client := kubernetes.NewForConfigOrDie(config)
	served := map[sample.EventKind]error{}
	sink := &recording{on: func(e sample.Event) {
		if e.Fields["component"] == "metrics-server" {
			served[e.Kind] = client.RESTClient().Get().AbsPath("/apis/metrics.k8s.io/v1beta1").MaxRetries(0).Do(t.Context()).Error()
		}
	}}
	o := options(t, c, planOf(t, breaking), sink)
	if err := run(t, t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if served[sample.ComponentKilled] == nil || served[sample.ComponentBack] != nil {
		t.Errorf("the metrics API answered %v after the kill and %v when it was back", served[sample.ComponentKilled], served[sample.ComponentBack])
	}
	back := map[string]bool{}
	for _, e := range sink.events {
		switch e.Kind {
		case sample.ComponentBack:
			back[e.Fields["component"]] = true
		case sample.ComponentLost, sample.Warning:
			t.Errorf("%s: %s", e.Kind, e.Message)
		}
	}
	for _, component := range []string{"metrics-server", "kube-scheduler", "kube-controller-manager"} {
		labels := sample.Labels{"component": component}
		if !back[component] {
			t.Errorf("%s did not come back", component)
		}
		if cores := sink.values(sample.ComponentCPU, labels); len(cores) == 0 {
			t.Errorf("the CPU of %s is not known", component)
		}
		scraped := false
		for _, p := range sink.points {
			scraped = scraped || p.Metric == sample.ScrapeDuration && p.Labels["component"] == component && p.Labels["phase"] == "both"
		}
		if !scraped {
			t.Errorf("%s was not read after its outage", component)
		}
	}
}

// An interruption during an outage is the cause, and leaves nothing of the component.
func TestInterruptedOutage(t *testing.T) {
	t.Parallel()
	c := ownCluster(t)
	interrupted := errors.New("ctrl-c")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	sink := &recording{on: func(e sample.Event) {
		if e.Kind == sample.ComponentKilled {
			cancel(interrupted)
		}
	}}
	o := options(t, c, planOf(t, strings.Replace(breaking, "duration: 3s", "duration: 5m", 1)), sink)
	if err := run(t, ctx, o); !errors.Is(err, interrupted) {
		t.Errorf("got %v, want the interruption", err)
	}
	for _, p := range c.Processes() {
		if p.Component == cluster.MetricsServer {
			t.Errorf("metrics-server runs as process %d", p.PID)
		}
	}
}

// Where a component belongs to another, the run is refused before it does anything.
func TestOutageIsRefused(t *testing.T) {
	t.Parallel()
	c, _ := attach(t)
	sink := &recording{}
	without := strings.Replace(breaking, "  cluster:\n    metricsServer: {resolution: 10s}\n", "", 1)
	without = strings.Replace(without, "    - name: metrics\n      actions: [{outage: {component: metrics-server, duration: 3s}}]\n", "", 1)
	err := run(t, t.Context(), options(t, c, planOf(t, without), sink))
	if exitcode.Of(err) != exitcode.InvalidInput || !strings.Contains(err.Error(), "is not kubedyno's") {
		t.Errorf("got %v with exit code %d", err, exitcode.Of(err))
	}
	for _, e := range sink.events {
		if e.Kind == sample.PhaseStarted {
			t.Error("a phase began")
		}
	}
}
