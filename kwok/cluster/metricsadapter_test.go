//go:build unix

package cluster_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/kubernetes"

	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/kwok/usage/values"
)

// checkAdapter starts the metrics adapter on a cluster that 'kubedyno up' left in a directory, and
// asks for a value through the API server. A cluster that a former kubedyno started is refused with a
// word on what to do.
func checkAdapter(t *testing.T, c *cluster.Cluster, client *kubernetes.Clientset, directory string) {
	t.Helper()
	v := values.New([]values.Service{{Name: "web", Rate: "requests_per_second", Waiting: "requests_waiting"}})
	v.Count("web", time.Now(), values.Work{Waiting: 7})
	v.Read(time.Now(), func(string) []string { return nil })
	server := httptest.NewServer(v)
	t.Cleanup(server.Close)
	o := cluster.MetricsAdapterOptions{URL: server.URL, Labels: map[string]string{"test": "adapter"}}

	kubeconfig := filepath.Join(directory, "kubeconfigs", "metrics-adapter.yaml")
	if err := os.Rename(kubeconfig, kubeconfig+".away"); err != nil {
		t.Fatal(err)
	}
	if err := c.StartMetricsAdapter(t.Context(), o); err == nil || !strings.Contains(err.Error(), "knew no metrics-adapter") {
		t.Errorf("without its kubeconfig: %v", err)
	}
	if err := os.Rename(kubeconfig+".away", kubeconfig); err != nil {
		t.Fatal(err)
	}
	if err := c.StartMetricsAdapter(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	const path = "/apis/external.metrics.k8s.io/v1beta1/namespaces/any/requests_waiting?labelSelector=service%3Dweb"
	data, err := client.RESTClient().Get().RequestURI(path).DoRaw(t.Context())
	for deadline := time.Now().Add(10 * time.Second); apierrors.IsServiceUnavailable(err) && time.Now().Before(deadline); {
		time.Sleep(50 * time.Millisecond) // The aggregator says that an API is available a moment before it forwards to it.
		data, err = client.RESTClient().Get().RequestURI(path).DoRaw(t.Context())
	}
	if err != nil || !strings.Contains(string(data), `"value":"7"`) {
		t.Errorf("the API server answers %s, %v", data, err)
	}
	checkOwnMetrics(t, c)
}

// checkOwnMetrics reads what the adapter says of itself.
func checkOwnMetrics(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	endpoints, err := c.Metrics()
	if err != nil {
		t.Fatal(err)
	}
	for _, endpoint := range endpoints {
		if endpoint.Component != cluster.MetricsAdapter {
			continue
		}
		response, err := endpoint.Client.Get(endpoint.URL)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		endpoint.Client.CloseIdleConnections()
		if response.StatusCode != http.StatusOK {
			t.Errorf("its metrics are answered with %s", response.Status)
		}
		return
	}
	t.Error("the adapter has no endpoint of its own metrics")
}
