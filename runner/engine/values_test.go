package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/kwok/cluster/clustertest"
	"github.com/kubedyno/kubedyno/kwok/usage"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/engine"
)

// What the control loops of the test below are made of.
const (
	syncPeriod  = 2 * time.Second
	sampling    = 10 * time.Second // Of metrics-server and of the adapter.
	downWindow  = 4 * time.Second
	machineSlow = 6 * time.Second // What a busy machine may add: pods that start, late syncs and looks.
)

// twoWays scales two equal Deployments that get the same demand, one by CPU and one by requests per
// second. A pod takes 20m at rest and 10m for each request a second of the core that it requests, so
// 60 requests a second are 62%. No pod is ever at its limit, as a queue would tell the two apart.
const twoWays = `
  cluster: {metricsServer: {resolution: 10s}, metricsAdapter: {resolution: 10s}}
  fleet:
    podStartup: {distribution: fixed, value: 100ms}
    pools: [{name: both, nodeType: m6i.2xlarge, count: 4}]
  workloads:
    - name: cpu
      manifest:
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: cpu}
        spec:
          replicas: 2
          selector: {matchLabels: {app: cpu}}
          template:
            metadata: {labels: {app: cpu}}
            spec:
              terminationGracePeriodSeconds: 1
              containers: [{name: main, image: fake, resources: {requests: {cpu: "1"}}}]
    - name: requests
      manifest:
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: requests}
        spec:
          replicas: 2
          selector: {matchLabels: {app: requests}}
          template:
            metadata: {labels: {app: requests}}
            spec:
              terminationGracePeriodSeconds: 1
              containers: [{name: main, image: fake, resources: {requests: {cpu: "1"}}}]
    - name: cpu-scaler
      manifest:
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: cpu}
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: cpu}
          minReplicas: 2
          maxReplicas: 20
          metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 62}}}]
    - name: requests-scaler
      manifest:
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: requests}
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: requests}
          minReplicas: 2
          maxReplicas: 20
          metrics: [{type: Pods, pods: {metric: {name: requests_per_second}, target: {type: AverageValue, averageValue: 60}}}]
  services:
    - {name: cpu, workload: cpu, capacity: 1000, cpu: {idle: 20m, perUnit: 10m}}
    - {name: requests, workload: requests, capacity: 1000, cpu: {idle: 20m, perUnit: 10m}}
  phases:
    - name: deploy
      actions:
        - nodes: {pool: both}
        - create: {workload: cpu}
        - create: {workload: requests}
        - wait: {workload: cpu}
        - wait: {workload: requests}
        - create: {workload: cpu-scaler}
        - create: {workload: requests-scaler}
    - name: calm
      actions:
        - demand: {service: cpu, rate: 100, duration: 32s}
          background: true
        - demand: {service: requests, rate: 100, duration: 32s}
    - name: rise
      actions:
        - demand: {service: cpu, rate: 300, duration: 50s}
          background: true
        - demand: {service: requests, rate: 300, duration: 50s}
    - name: fall
      actions:
        - demand: {service: cpu, rate: 100, duration: 40s}
          background: true
        - demand: {service: requests, rate: 100, duration: 40s}
`

// TestBothMetricsScaleAlike holds the two ways by which a demand reaches the real HPA controller
// against each other: the same demand leads to the same number of replicas, and neither asks for more
// on the way. The first decisions are at most a housekeeping of the kubelet, a look of metrics-server
// or of the adapter, and a sync apart. The last ones are at most twice that apart: a step is a ramp
// over two looks, and a new pod counts as idle until it was looked at twice, which holds back
// whichever way has made the smaller first step. Before that, the API serves what the demand is.
func TestBothMetricsScaleAlike(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a control plane and takes more than two minutes")
	}
	t.Parallel()
	c, client := scalingCluster(t)
	var o engine.Options
	sink := &recording{}
	sink.on = func(e sample.Event) {
		if e.Kind == sample.PhaseFinished && e.Phase == "calm" {
			checkServed(t, client, "kubedyno-"+o.Run)
			checkAdapterRefused(t, c)
		}
	}
	o = options(t, c, planOf(t, twoWays), sink)
	ctx, cancel := context.WithTimeout(t.Context(), 2*limit)
	defer cancel()
	if err := engine.Run(ctx, o); err != nil {
		t.Fatal(err)
	}
	const apart = usage.DefaultHousekeeping + sampling + syncPeriod + machineSlow
	for phase, want := range map[string]float64{"calm": 2, "rise": 5, "fall": 2} {
		cpu, requests := sink.path(phase, "cpu"), sink.path(phase, "requests")
		t.Logf("%s: by CPU %v, by requests %v", phase, cpu, requests)
		if cpu.last() != want || requests.last() != want {
			t.Errorf("%s: by CPU %v replicas, by requests %v, want %v", phase, cpu.last(), requests.last(), want)
		}
		if phase == "calm" {
			continue
		}
		if most := max(cpu.most(), requests.most()); most > 5 {
			t.Errorf("%s: up to %v replicas were asked for, want 5 at most", phase, most)
		}
		if len(cpu) < 2 || len(requests) < 2 {
			continue // Reported above.
		}
		if gap := (cpu[1].at - requests[1].at).Abs(); gap > apart {
			t.Errorf("%s: the first decisions are %s apart, want %s at most", phase, gap, apart)
		}
		if gap := (cpu[len(cpu)-1].at - requests[len(requests)-1].at).Abs(); gap > 2*apart {
			t.Errorf("%s: the last decisions are %s apart, want %s at most", phase, gap, 2*apart)
		}
	}
	checkAdapterGone(t, client)
}

// scalingCluster starts a control plane whose HPA controller looks often.
func scalingCluster(t *testing.T) (*cluster.Cluster, *kubernetes.Clientset) {
	t.Helper()
	binary, err := clustertest.Binary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c, err := cluster.Start(t.Context(), cluster.Options{Name: "scaling", Directory: t.TempDir(), Binary: binary,
		Settings: map[cluster.Component]cluster.Settings{cluster.ControllerManager: {Flags: map[string]string{
			"horizontal-pod-autoscaler-sync-period":               syncPeriod.String(),
			"horizontal-pod-autoscaler-downscale-stabilization":   downWindow.String(),
			"horizontal-pod-autoscaler-initial-readiness-delay":   "1s",
			"horizontal-pod-autoscaler-cpu-initialization-period": "1s",
		}}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	config, err := c.RESTConfig()
	if err != nil {
		t.Fatal(err)
	}
	return c, kubernetes.NewForConfigOrDie(config)
}

// A replicaPath is what was asked for in a phase: at its beginning and at every change.
type replicaPath []decision

type decision struct {
	at       time.Duration
	replicas float64
}

func (p replicaPath) last() float64 {
	if len(p) == 0 {
		return -1
	}
	return p[len(p)-1].replicas
}

func (p replicaPath) most() float64 {
	most := 0.0
	for _, d := range p {
		most = max(most, d.replicas)
	}
	return most
}

// path returns what an HPA asked for in a phase.
func (r *recording) path(phase, hpa string) replicaPath {
	var from, to sample.Offset
	for _, e := range r.events {
		switch {
		case e.Phase == phase && e.Kind == sample.PhaseStarted:
			from = e.At
		case e.Phase == phase && e.Kind == sample.PhaseFinished:
			to = e.At
		}
	}
	var p replicaPath
	for _, point := range r.points {
		if point.Metric == sample.HPADesired && point.Labels["hpa"] == hpa && point.At >= from && point.At <= to && point.Value != p.last() {
			p = append(p, decision{time.Duration(point.At - from).Round(time.Millisecond), point.Value})
		}
	}
	return p
}

// checkServed asks the API server for every kind of metric of the service requests, which gets 100 a
// second and has two pods.
func checkServed(t *testing.T, client *kubernetes.Clientset, namespace string) {
	const custom, external = "/apis/custom.metrics.k8s.io/%s/namespaces/%s/%s", "/apis/external.metrics.k8s.io/v1beta1/namespaces/%s/%s"
	for path, want := range map[string][]int64{
		fmt.Sprintf(custom, "v1beta2", namespace, "pods/*/requests_per_second?labelSelector=app%3Drequests"): {50_000, 50_000},
		fmt.Sprintf(custom, "v1beta1", namespace, "pods/*/requests_per_second?labelSelector=app%3Drequests"): {50_000, 50_000},
		fmt.Sprintf(custom, "v1beta2", namespace, "pods/*/requests_per_second?labelSelector=app%3Dnone"):     {},
		fmt.Sprintf(custom, "v1beta2", namespace, "deployments.apps/requests/requests_per_second"):           {100_000},
		fmt.Sprintf(external, namespace, "requests_per_second?labelSelector=service%3Drequests"):             {100_000},
		fmt.Sprintf(external, namespace, "requests_waiting?labelSelector=service%3Drequests"):                {0},
	} {
		got, err := servedAt(t, client, path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		near := func(got, want int64) bool { return got >= want-want/50 && got <= want+want/50 }
		if !slices.EqualFunc(got, want, near) {
			t.Errorf("%s: got %d thousandths, want %d", path, got, want)
		}
	}
}

// servedAt returns the values at a path in thousandths. It fails the test if they are old.
func servedAt(t *testing.T, client *kubernetes.Clientset, path string) ([]int64, error) {
	data, err := client.RESTClient().Get().RequestURI(path).DoRaw(t.Context())
	if err != nil {
		return nil, err
	}
	var list struct {
		Items []struct {
			Value     resource.Quantity
			Timestamp metav1.Time
		}
	}
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, err
	}
	values := []int64{}
	for _, item := range list.Items {
		values = append(values, item.Value.MilliValue())
		if age := time.Since(item.Timestamp.Time); age < 0 || age > sampling+machineSlow {
			t.Errorf("%s: a value is %s old", path, age)
		}
	}
	return values, nil
}

// checkAdapterRefused looks whether a second run, on the same cluster, is refused its adapter.
func checkAdapterRefused(t *testing.T, c *cluster.Cluster) {
	err := c.StartMetricsAdapter(t.Context(), cluster.MetricsAdapterOptions{Labels: map[string]string{"kubedyno.dev/run": "another"}})
	if err == nil {
		t.Error("the adapter of a run was replaced by another's")
	}
}

// checkAdapterGone finds nothing left by which the API server would look for the adapter.
func checkAdapterGone(t *testing.T, client *kubernetes.Clientset) {
	t.Helper()
	for _, name := range []string{"v1beta1.custom.metrics.k8s.io", "v1beta2.custom.metrics.k8s.io", "v1beta1.external.metrics.k8s.io"} {
		err := client.RESTClient().Get().AbsPath("/apis/apiregistration.k8s.io/v1/apiservices/" + name).Do(t.Context()).Error()
		if !apierrors.IsNotFound(err) {
			t.Errorf("the APIService %s is left: %v", name, err)
		}
	}
	if _, err := client.CoreV1().Services("kube-system").Get(t.Context(), "metrics-adapter", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("the Service is left: %v", err)
	}
}
