//go:build unix

package cluster_test

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/kwok/cluster/clustertest"
	"github.com/kubedyno/kubedyno/kwok/stages"
)

// TestUpRunDown follows a detached cluster through its life: the process that started it
// ends, a run uses it with a kwok of its own, a component is lost, and it is ended.
func TestUpRunDown(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "lab")
	command, output := inChild(t, upDirectory, directory)
	awaitStarted(t, output)
	if err := command.Wait(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cluster.Down(t.Context(), directory) })
	useWithKwok(t, directory)
	status, err := cluster.Inspect(directory)
	if err != nil || !status.Running() || len(status.Components) != 4 {
		t.Fatalf("after the run: %+v, %v", status, err)
	}
	scheduler := status.Components[3]
	if err := syscall.Kill(scheduler.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	awaitGone(t, scheduler.PID)
	status, err = cluster.Inspect(directory)
	if err != nil || status.Running() || strings.TrimSpace(status.Components[3].Tail) == "" {
		t.Errorf("after the kill: %+v, %v, want the scheduler's log", status, err)
	}
	_, err = cluster.Open(directory, filepath.Join(t.TempDir(), "run"), "")
	if err == nil || !strings.Contains(err.Error(), "kube-scheduler ended") {
		t.Errorf("open after the kill: got %v", err)
	}
	if err := cluster.Down(t.Context(), directory); err != nil {
		t.Fatal(err)
	}
	for _, p := range status.Components {
		awaitGone(t, p.PID)
	}
	checkNothingLeft(t, directory)
}

// useWithKwok opens a cluster, brings up fake nodes and leaves.
func useWithKwok(t *testing.T, directory string) {
	t.Helper()
	binary, err := clustertest.Binary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	run := filepath.Join(t.TempDir(), "run")
	c, err := cluster.Open(directory, run, binary)
	if err != nil {
		t.Fatal(err)
	}
	config, err := stages.Render(stages.Config{NodeSelector: "test=run", NodeLease: 40 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.StartKwok(t.Context(), config, cluster.Settings{}); err != nil {
		t.Fatal(err)
	}
	if got := len(c.Processes()); got != 5 {
		t.Errorf("%d processes are known, want the cluster's four and kwok", got)
	}
	access, err := c.RESTConfig()
	if err != nil {
		t.Fatal(err)
	}
	awaitFakeNodes(t, clientOf(t, access), 3)
	checkMetrics(t, c)
	checkAdapter(t, c, clientOf(t, access), directory)
	if err := c.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if err := c.Remove(); err != nil {
		t.Error(err)
	}
	checkNothingLeft(t, run)
}

func awaitFakeNodes(t *testing.T, client kubernetes.Interface, count int) {
	t.Helper()
	for i := range count {
		node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("fake-%d", i), Labels: map[string]string{"test": "run"}}}
		if _, err := client.CoreV1().Nodes().Create(t.Context(), node, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	deadline := time.Now().Add(30 * time.Second)
	for {
		nodes, err := client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		ready := 0
		for _, node := range nodes.Items {
			for _, condition := range node.Status.Conditions {
				if condition.Type == corev1.NodeReady && condition.Status == corev1.ConditionTrue {
					ready++
				}
			}
		}
		if ready == count {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d nodes are ready", ready, count)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// TestKilledUpLeavesNothingRunning kills the process that starts a detached cluster before the
// cluster is up.
func TestKilledUpLeavesNothingRunning(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "lab")
	command, output := inChild(t, upDirectory, directory)
	var started []int
	for len(started) < 2 { // etcd and the API server.
		started = processesIn(t, directory)
		time.Sleep(time.Millisecond)
	}
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	said, _ := io.ReadAll(output)
	_ = command.Wait()
	if len(said) > 0 {
		t.Fatalf("the child said %q before it was killed", said)
	}
	awaitGone(t, started...)
	if err := cluster.Down(t.Context(), directory); err != nil {
		t.Errorf("down of what is left: %v", err)
	}
	checkNothingLeft(t, directory)
}
