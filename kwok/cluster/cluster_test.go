//go:build unix

package cluster_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"k8s.io/client-go/kubernetes"

	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/kwok/cluster/clustertest"
	"github.com/kubedyno/kubedyno/kwok/storage/disk"
)

// These make the test binary start a cluster in a directory and say so. With the first it then
// waits to be killed; with the second it leaves the cluster running, as "kubedyno up" does.
const (
	orphanDirectory = "KUBEDYNO_TEST_ORPHAN"
	upDirectory     = "KUBEDYNO_TEST_UP"
	// orphanDisk names the disk of the first one's etcd.
	orphanDisk = "KUBEDYNO_TEST_DISK"
)

var shared *cluster.Cluster

func TestMain(m *testing.M) {
	if disk.IsShim(os.Args) {
		os.Exit(disk.Shim(os.Args))
	}
	if mode := os.Getenv(fakeMode); mode != "" {
		os.Exit(fake(mode, os.Args[1], os.Args[2:]))
	}
	if directory := os.Getenv(orphanDirectory); directory != "" {
		under, _ := disk.Lookup(os.Getenv(orphanDisk))
		startAndSay(cluster.Options{Name: "orphan", Directory: directory, Disk: under})
		select {}
	}
	if directory := os.Getenv(upDirectory); directory != "" {
		startAndSay(cluster.Options{Name: "lab", Directory: directory, Detached: true})
		os.Exit(0)
	}
	os.Exit(clustertest.Main(m, func(c *cluster.Cluster) { shared = c }))
}

func startAndSay(options cluster.Options) {
	binary, err := clustertest.Binary(context.Background())
	if err == nil {
		options.Binary = binary
		_, err = cluster.Start(context.Background(), options)
	}
	fmt.Println("started:", err)
}

// inChild runs this test binary in another role and returns its command and its output.
func inChild(t *testing.T, variable, value string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), variable+"="+value)
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Process.Kill() })
	return command, bufio.NewReader(output)
}

func awaitStarted(t *testing.T, output *bufio.Reader) {
	t.Helper()
	line, err := output.ReadString('\n')
	if err != nil || !strings.Contains(line, "started: <nil>") {
		t.Fatalf("the child said %q, %v", line, err)
	}
}

// awaitGone waits until a process does not exist any more, not even as a zombie.
func awaitGone(t *testing.T, processes ...int) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for _, pid := range processes {
		for syscall.Kill(pid, 0) == nil {
			if time.Now().After(deadline) {
				t.Fatalf("process %d did not end", pid)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
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

// TestNoOrphanAfterKill kills a process that runs a cluster with SIGKILL and waits until all
// of its components are gone.
func TestNoOrphanAfterKill(t *testing.T) {
	for _, name := range []string{"real", "gp3", "tmpfs"} {
		t.Run(name, func(t *testing.T) {
			if name != "real" && runtime.GOOS != "linux" {
				t.Skip("the disk is always the machine's own")
			}
			t.Setenv(orphanDisk, name)
			checkNoOrphan(t)
		})
	}
}

func checkNoOrphan(t *testing.T) {
	t.Helper()
	directory := filepath.Join(t.TempDir(), "run")
	command, output := inChild(t, orphanDirectory, directory)
	awaitStarted(t, output)
	status, err := cluster.Inspect(directory)
	if err != nil || !status.Running() || len(status.Components) != 4 {
		t.Fatalf("before the kill: %+v, %v", status, err)
	}
	if err := cluster.Sweep(filepath.Dir(directory)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(directory); err != nil {
		t.Fatalf("the files of a live cluster were swept: %v", err)
	}
	memory, _ := os.Readlink(filepath.Join(directory, "etcd")) // "" unless etcd's data is in memory.
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, output)
	_ = command.Wait()
	for _, p := range status.Components {
		awaitGone(t, p.PID)
	}
	if err := cluster.Sweep(filepath.Dir(directory)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(directory); !os.IsNotExist(err) {
		t.Errorf("the files of a killed run are still there: %v", err)
	}
	if _, err := os.Stat(memory); !os.IsNotExist(err) {
		t.Errorf("the data of a killed run is still in memory: %v", err)
	}
}
