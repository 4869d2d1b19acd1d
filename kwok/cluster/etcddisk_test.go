//go:build linux

package cluster_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/kwok/cluster/clustertest"
	"github.com/kubedyno/kubedyno/kwok/storage/disk"
)

// inMemory returns the folders in memory that are etcd's.
func inMemory(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob("/dev/shm/kubedyno-etcd-*")
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// dataOf returns where the link in a cluster's directory leads.
func dataOf(t *testing.T, directory string) string {
	t.Helper()
	folder, err := os.Readlink(filepath.Join(directory, "etcd"))
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(folder); err != nil || !info.IsDir() || info.Mode().Perm() != 0o700 {
		t.Fatalf("%s: %v, %v", folder, info, err)
	}
	return folder
}

func TestDiskInMemory(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "run")
	options := fakes(t, directory, nil)
	options.Disk = disk.Disk{Kind: disk.Memory}
	c, err := cluster.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	folder := dataOf(t, directory)
	if err := c.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if err := c.Remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(folder); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", folder, err)
	}
	checkNothingLeft(t, directory)
}

func TestFailedStartInMemoryLeavesNothing(t *testing.T) {
	before := inMemory(t)
	options := fakes(t, filepath.Join(t.TempDir(), "run"), map[cluster.Component]string{cluster.APIServer: "exit"})
	options.Disk = disk.Disk{Kind: disk.Memory}
	if _, err := cluster.Start(t.Context(), options); err == nil {
		t.Fatal("it started")
	}
	for _, folder := range inMemory(t) {
		if !strings.Contains(strings.Join(before, " "), folder) {
			t.Errorf("%s is left", folder)
		}
	}
}

// TestSweepMemory removes what a killed run left in memory, and nothing that a link of another kind
// leads to.
func TestSweepMemory(t *testing.T) {
	parent := t.TempDir()
	elsewhere := t.TempDir()
	folder, err := os.MkdirTemp("/dev/shm", "kubedyno-etcd-")
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	for name, target := range map[string]string{"killed": folder, "other": elsewhere} {
		directory := filepath.Join(parent, name)
		if err := os.Mkdir(directory, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(directory, "owner.lock"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, filepath.Join(directory, "etcd")); err != nil {
			t.Fatal(err)
		}
	}
	if err := cluster.Sweep(parent); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(folder); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", folder, err)
	}
	if _, err := os.Lstat(elsewhere); err != nil {
		t.Errorf("a folder that is not kubedyno's is gone: %v", err)
	}
}

func TestNoSync(t *testing.T) {
	options := fakes(t, filepath.Join(t.TempDir(), "run"), nil)
	options.Disk = disk.Disk{Kind: disk.NoSync}
	c, err := cluster.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Stop(context.Background()) })
	if arguments := strings.Join(c.Processes()[0].Arguments, " "); !strings.Contains(arguments, "--unsafe-no-fsync") {
		t.Errorf("etcd has %s", arguments)
	}
}

func emulated(delay time.Duration) disk.Disk {
	return disk.Disk{Kind: disk.Emulated, Model: disk.Model{Median: delay, P99: delay}}
}

func TestEmulatedDiskCannotOutlive(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "run")
	options := fakes(t, directory, nil)
	options.Disk, options.Detached = emulated(time.Millisecond), true
	if _, err := cluster.Start(t.Context(), options); err == nil || !strings.Contains(err.Error(), "outlives kubedyno") {
		t.Errorf("got %v", err)
	}
	checkNothingLeft(t, directory)
}

// TestEmulatedDisk runs the real etcd and API server: no fsync is faster than the delay, by what
// kubedyno has seen and by etcd's own histogram.
func TestEmulatedDisk(t *testing.T) {
	if _, err := disk.Probe(t.Context()); err != nil {
		t.Skip(err)
	}
	// The delay is a bound of etcd's buckets (1 ms times powers of two), so that none may hold less.
	const delay = 4 * time.Millisecond
	binary, err := clustertest.Binary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	directory := filepath.Join(t.TempDir(), "run")
	c, err := cluster.Start(t.Context(), cluster.Options{Name: "slow", Directory: directory, Binary: binary, Disk: emulated(delay)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		if err := c.Remove(); err != nil {
			t.Error(err)
		}
		checkNothingLeft(t, directory)
	})
	if c.Interception() <= 0 {
		t.Error("it is not known what an interception costs")
	}
	var mutex sync.Mutex
	var calls []disk.Call
	c.ObserveDisk(func(call disk.Call) {
		mutex.Lock()
		defer mutex.Unlock()
		calls = append(calls, call)
	})
	before := fsyncs(t, c) // The start of the cluster, during which the disk is the machine's own.
	writeObjects(t, c)
	checkHistogram(t, before, fsyncs(t, c), delay)
	mutex.Lock()
	defer mutex.Unlock()
	if len(calls) == 0 {
		t.Error("no call was seen")
	}
	for _, call := range calls {
		if call.Asked != delay || call.Given < delay || call.Lost {
			t.Errorf("a call: %+v", call)
		}
	}
}

// writeObjects makes etcd sync its log some times.
func writeObjects(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	config, err := c.RESTConfig()
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("written-", i)}}
		if _, err := client.CoreV1().ConfigMaps("default").Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
}

// fsyncs returns etcd's own histogram of how long it waited for its log.
func fsyncs(t *testing.T, c *cluster.Cluster) *dto.Histogram {
	t.Helper()
	endpoints, err := c.Metrics()
	if err != nil {
		t.Fatal(err)
	}
	for _, endpoint := range endpoints {
		if endpoint.Component != cluster.Etcd {
			continue
		}
		response, err := endpoint.Client.Get(endpoint.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		defer endpoint.Client.CloseIdleConnections()
		parser := expfmt.NewTextParser(model.LegacyValidation)
		families, err := parser.TextToMetricFamilies(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return families["etcd_disk_wal_fsync_duration_seconds"].GetMetric()[0].GetHistogram()
	}
	t.Fatal("etcd has no metrics")
	return nil
}

// checkHistogram compares what etcd's own histogram has grown by with a delay that is one of its bounds.
func checkHistogram(t *testing.T, before, after *dto.Histogram, delay time.Duration) {
	t.Helper()
	const slack = 250 * time.Millisecond // Of the median, on a busy machine.
	n := after.GetSampleCount() - before.GetSampleCount()
	sum := after.GetSampleSum() - before.GetSampleSum()
	var below, median float64
	for i, bucket := range after.GetBucket() {
		count := float64(bucket.GetCumulativeCount() - before.GetBucket()[i].GetCumulativeCount())
		if bucket.GetUpperBound() <= delay.Seconds() {
			below = count
		}
		if count >= float64(n)/2 && median == 0 {
			median = bucket.GetUpperBound()
		}
	}
	if n < 10 || below > 0 || sum < float64(n)*delay.Seconds() || median > (delay+slack).Seconds() {
		t.Errorf("of %d fsyncs %g took less than %s, the mean is %g s, the median's bucket ends at %g s",
			n, below, delay, sum/float64(n), median)
	}
	t.Logf("%d fsyncs, mean %.2f ms", n, 1000*sum/float64(n))
}
