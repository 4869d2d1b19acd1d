//go:build unix

package cluster_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/kubedyno/kubedyno/kwok/cluster"
)

// TestMetrics reads the metrics of every component of the real control plane.
func TestMetrics(t *testing.T) { checkMetrics(t, shared) }

func checkMetrics(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	endpoints, err := c.Metrics()
	if err != nil {
		t.Fatal(err)
	}
	pages := map[cluster.Component]string{}
	for _, endpoint := range endpoints {
		response, err := endpoint.Client.Get(endpoint.URL)
		if err != nil {
			t.Errorf("%s: %v", endpoint.Component, err)
			continue
		}
		page, err := io.ReadAll(response.Body)
		response.Body.Close()
		endpoint.Client.CloseIdleConnections()
		if err != nil || response.StatusCode != http.StatusOK {
			t.Errorf("%s answered %s, %v", endpoint.Component, response.Status, err)
		}
		pages[endpoint.Component] = string(page)
	}
	for component, families := range map[cluster.Component][]string{
		cluster.APIServer: {"apiserver_request_sli_duration_seconds", "apiserver_flowcontrol_request_wait_duration_seconds",
			"apiserver_flowcontrol_current_executing_seats", "apiserver_flowcontrol_current_inqueue_requests",
			"apiserver_longrunning_requests", "apiserver_resource_objects", "etcd_request_duration_seconds"},
		cluster.Etcd: {"etcd_disk_wal_fsync_duration_seconds", "etcd_disk_backend_commit_duration_seconds",
			"etcd_mvcc_db_total_size_in_bytes"},
		cluster.Scheduler:         {"scheduler_pending_pods", "workqueue_queue_duration_seconds"},
		cluster.ControllerManager: {"workqueue_depth", "workqueue_queue_duration_seconds"},
	} {
		for _, family := range append(families, "process_start_time_seconds") {
			if !strings.Contains(pages[component], "\n# TYPE "+family+" ") {
				t.Errorf("%s has no %s", component, family)
			}
		}
	}
}

// TestAttachedMetrics finds the API server's metrics alone where nothing else can be reached.
func TestAttachedMetrics(t *testing.T) {
	c, err := cluster.Attach(t.Context(), cluster.AttachOptions{Kubeconfig: shared.Kubeconfig(), Directory: t.TempDir() + "/run"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Stop(t.Context()) })
	endpoints, err := c.Metrics()
	if err != nil || len(endpoints) != 1 || endpoints[0].Component != cluster.APIServer {
		t.Fatalf("got %+v, %v", endpoints, err)
	}
	response, err := endpoints[0].Client.Get(endpoints[0].URL)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("the API server answered %s", response.Status)
	}
}
