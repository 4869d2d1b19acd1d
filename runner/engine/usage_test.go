package engine_test

import (
	"context"
	"encoding/json"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/kwok/cluster/clustertest"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/engine"
)

const metered = `
  cluster:
    metricsServer: {resolution: 10s}
  fleet:
    podStartup: {distribution: fixed, value: 100ms}
    pools:
      - {name: metered, nodeType: m6i.large, count: 2}
  workloads:
    - name: web
      count: 3
      manifest:
        apiVersion: v1
        kind: Pod
        metadata: {name: "web-${index}"}
        spec: {containers: [{name: main, image: fake}]}
  phases:
    - name: work
      actions:
        - nodes: {pool: metered}
        - create: {workload: web}
        - wait: {workload: web}
        - hold: {duration: 35s}
`

// Of the pods of a scenario with metrics-server the API tells what they use: by default, as an idle
// process. Nothing of it stays in a cluster that goes on, and no other run's is replaced.
func TestMetricsServer(t *testing.T) {
	t.Parallel()
	binary, err := clustertest.Binary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c, err := cluster.Start(t.Context(), cluster.Options{Name: "metered", Directory: t.TempDir(), Binary: binary})
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
	client := kubernetes.NewForConfigOrDie(config)
	o := options(t, c, planOf(t, metered), nil)
	looked := false
	sink := &recording{on: func(e sample.Event) {
		if e.Kind == sample.PhaseFinished {
			looked = true
			checkReported(t, client)
			checkRefused(t, c, o)
		}
	}}
	o.Sink = sink
	if err := run(t, t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if !looked {
		t.Error("the phase did not end")
	}
	if len(sink.values(sample.ComponentCPU, sample.Labels{"component": "metrics-server"})) == 0 {
		t.Error("what metrics-server itself uses was not recorded")
	}
	if len(sink.values(sample.ScrapeDuration, sample.Labels{"component": "metrics-server"})) == 0 {
		t.Error("its own metrics were not read")
	}
	err = client.RESTClient().Get().AbsPath("/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io").Do(t.Context()).Error()
	if !apierrors.IsNotFound(err) {
		t.Errorf("the APIService is left: %v", err)
	}
	if _, err := client.CoreV1().Services("kube-system").Get(t.Context(), "metrics-server", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("the Service is left: %v", err)
	}
}

func checkReported(t *testing.T, client *kubernetes.Clientset) {
	data, err := client.RESTClient().Get().AbsPath("/apis/metrics.k8s.io/v1beta1/pods").DoRaw(t.Context())
	if err != nil {
		t.Error(err)
		return
	}
	var list struct {
		Items []struct {
			Metadata   metav1.ObjectMeta
			Containers []struct{ Usage corev1.ResourceList }
		}
	}
	if err := json.Unmarshal(data, &list); err != nil || len(list.Items) != 3 {
		t.Errorf("%d pods are reported (%v), want 3", len(list.Items), err)
	}
	for _, pod := range list.Items {
		if used := pod.Containers[0].Usage; used.Cpu().MilliValue() != 1 || used.Memory().Value() != 16<<20 {
			t.Errorf("%s is reported to use %v", pod.Metadata.Name, used)
		}
	}
}

// checkRefused looks whether a second run, on the same cluster, is refused its metrics-server.
func checkRefused(t *testing.T, c *cluster.Cluster, first engine.Options) {
	err := c.StartMetricsServer(t.Context(), cluster.MetricsServerOptions{
		Resolution: first.Plan.Cluster.MetricsServer.Resolution, Labels: map[string]string{"kubedyno.dev/run": "another"},
	})
	if err == nil {
		t.Error("the metrics-server of a run was replaced by another's")
	}
}
