package cluster_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"k8s.io/client-go/kubernetes"

	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/kwok/cluster/clustertest"
)

// orphanDirectory makes the test binary start a cluster there, say so and wait to be killed.
const orphanDirectory = "KUBEDYNO_TEST_ORPHAN"

var shared *cluster.Cluster

func TestMain(m *testing.M) {
	if directory := os.Getenv(orphanDirectory); directory != "" {
		startAndWait(directory)
	}
	os.Exit(clustertest.Main(m, func(c *cluster.Cluster) { shared = c }))
}

func startAndWait(directory string) {
	binary, err := clustertest.Binary(context.Background())
	if err == nil {
		_, err = cluster.Start(context.Background(), cluster.Options{Name: "orphan", Directory: directory, Binary: binary})
	}
	fmt.Println("started:", err)
	select {}
}

func start(t *testing.T, options cluster.Options) *cluster.Cluster {
	t.Helper()
	binary, err := clustertest.Binary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	options.Binary, options.Directory = binary, t.TempDir()
	c, err := cluster.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestAPIServerHasTheVersionAsked(t *testing.T) {
	config, err := shared.RESTConfig()
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	version, err := client.Discovery().ServerVersion()
	if err != nil {
		t.Fatal(err)
	}
	if version.GitVersion != "v1.37.2" {
		t.Errorf("the API server calls itself %s, want v1.37.2", version.GitVersion)
	}
}

func TestSecretsAreReadableByTheUserOnly(t *testing.T) {
	root := filepath.Dir(filepath.Dir(shared.Kubeconfig()))
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) == ".db" || strings.Contains(path, "/etcd/") {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %s", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestLostComponentIsReportedWithItsLog(t *testing.T) {
	c := start(t, cluster.Options{Name: "second"}) // Beside the shared one.
	for _, p := range c.Processes() {
		if p.Component == cluster.Scheduler {
			if err := syscall.Kill(p.PID, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
	}
	loss := <-c.Lost()
	if loss.Component != cluster.Scheduler || !strings.Contains(loss.Error(), "signal: killed") || loss.Tail == "" {
		t.Errorf("got %v", loss)
	}
}

func TestBadFlagIsReportedWithTheComponentsOwnWords(t *testing.T) {
	binary, err := clustertest.Binary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = cluster.Start(t.Context(), cluster.Options{
		Name: "bad", Directory: t.TempDir(), Binary: binary,
		Settings: map[cluster.Component]cluster.Settings{
			cluster.APIServer: {Flags: map[string]string{"max-request-inflight": "7"}},
		},
	})
	if err == nil || !strings.Contains(err.Error(), "unknown flag: --max-request-inflight") {
		t.Errorf("got %v", err)
	}
}

func TestReservedFlagIsRefused(t *testing.T) {
	faults := cluster.CheckSettings(map[cluster.Component]cluster.Settings{
		cluster.APIServer: {Flags: map[string]string{"bind-address": "0.0.0.0", "v": "2"}},
		"kubelet":         {},
	})
	if len(faults) != 2 {
		t.Errorf("got %d faults, want one for bind-address and one for kubelet: %v", len(faults), faults)
	}
}

// TestNoOrphanAfterKill kills a process that runs a cluster with SIGKILL and waits until all
// of its components are gone.
func TestNoOrphanAfterKill(t *testing.T) {
	directory := t.TempDir()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), orphanDirectory+"="+directory)
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil || !strings.Contains(line, "started: <nil>") {
		t.Fatalf("the child said %q, %v", line, err)
	}
	status, err := cluster.Inspect(directory)
	if err != nil || !status.Running() || len(status.Components) != 4 {
		t.Fatalf("before the kill: %+v, %v", status, err)
	}
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, output)
	_ = command.Wait()
	deadline := time.Now().Add(30 * time.Second)
	for _, p := range status.Components {
		for syscall.Kill(p.PID, 0) == nil {
			if time.Now().After(deadline) {
				t.Fatalf("%s (process %d) outlived its supervisor", p.Component, p.PID)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}
