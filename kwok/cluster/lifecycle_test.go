//go:build unix

package cluster_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kubedyno/kubedyno/kwok/cluster"
)

// processesIn returns the processes whose command line names a directory.
func processesIn(t *testing.T, directory string) []int {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil || len(files) == 0 {
		t.Skip("there is no /proc to find processes in")
	}
	var found []int
	for _, file := range files {
		line, err := os.ReadFile(file)
		if err == nil && bytes.Contains(line, []byte(directory+"/")) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			found = append(found, pid)
		}
	}
	return found
}

func checkNothingLeft(t *testing.T, directory string) {
	t.Helper()
	if _, err := os.Lstat(directory); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", directory, err)
	}
	if left := processesIn(t, directory); len(left) > 0 {
		t.Errorf("processes %v are still there", left)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Skip("there is no /dev/fd to count descriptors in")
	}
	return len(entries)
}

func TestFailedStartLeavesNothing(t *testing.T) {
	for _, component := range []cluster.Component{cluster.Etcd, cluster.APIServer, cluster.ControllerManager, cluster.Scheduler} {
		t.Run(string(component), func(t *testing.T) {
			directory := filepath.Join(t.TempDir(), "run")
			before := descriptors(t)
			_, err := cluster.Start(t.Context(), fakes(t, directory, map[cluster.Component]string{component: "exit"}))
			if want := "the fake " + string(component) + " ends"; err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want the log's %q", err, want)
			}
			if loss := (cluster.Loss{}); !errors.As(err, &loss) || loss.Head != "the fake "+string(component)+" ends" {
				t.Errorf("got the loss %+v", loss)
			}
			checkNothingLeft(t, directory)
			// The connections of a prober that is gone close by themselves; a start that leaked
			// would keep its lifeline, lock and log.
			awaitDescriptors(t, before)
		})
	}
}

func awaitDescriptors(t *testing.T, want int) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for descriptors(t) > want {
		if time.Now().After(deadline) {
			t.Fatalf("%d descriptors are open, %d were before", descriptors(t), want)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestInterruptedStartLeavesNothing(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "run")
	interrupted := errors.New("ctrl-c")
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		for len(processesIn(t, directory)) < 2 {
			time.Sleep(time.Millisecond)
		}
		cancel(interrupted)
	}()
	_, err := cluster.Start(ctx, fakes(t, directory, map[cluster.Component]string{cluster.APIServer: "never"}))
	if !errors.Is(err, interrupted) || strings.Contains(err.Error(), "within") {
		t.Errorf("got %v, want the interruption", err)
	}
	checkNothingLeft(t, directory)
}

func TestTakenPortIsReplaced(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "run")
	c, err := cluster.Start(t.Context(), fakes(t, directory, map[cluster.Component]string{cluster.Scheduler: "taken-once"}))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.StartKwok(t.Context(), nil, fakeSettings(directory+".kwok", "taken-once")); err != nil {
		t.Errorf("kwok: %v", err)
	}
	if err := errors.Join(c.Stop(t.Context()), c.Stop(t.Context()), c.Remove()); err != nil {
		t.Errorf("stop twice: %v", err)
	}
	checkNothingLeft(t, directory)
	_, err = cluster.Start(t.Context(), fakes(t, directory, map[cluster.Component]string{cluster.Etcd: "taken"}))
	if err == nil || !strings.Contains(err.Error(), "tried 3 sets of ports") {
		t.Errorf("got %v, want an end of the attempts", err)
	}
	checkNothingLeft(t, directory)
}

func TestStubbornComponentIsKilled(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "run")
	c, err := cluster.Start(t.Context(), fakes(t, directory, map[cluster.Component]string{cluster.APIServer: "stubborn"}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := errors.Join(c.Stop(ctx), c.Remove()); err != nil {
		t.Error(err)
	}
	checkNothingLeft(t, directory)
	select {
	case loss := <-c.Lost():
		t.Errorf("an end that was wanted was reported as a loss: %v", loss)
	default:
	}
}

func TestStopEndsAStartOfKwok(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "run")
	c, err := cluster.Start(t.Context(), fakes(t, directory, nil))
	if err != nil {
		t.Fatal(err)
	}
	before := len(processesIn(t, directory))
	started := make(chan error, 1)
	go func() { started <- c.StartKwok(t.Context(), nil, fakeSettings(directory, "never")) }()
	for len(processesIn(t, directory)) == before {
		time.Sleep(time.Millisecond)
	}
	if err := c.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-started; err == nil {
		t.Error("kwok started in a cluster that was stopped")
	}
	if err := c.StartKwok(t.Context(), nil, fakeSettings(directory, "")); err == nil {
		t.Error("kwok started after the stop")
	}
	if err := c.Remove(); err != nil {
		t.Error(err)
	}
	checkNothingLeft(t, directory)
}

// TestUpTwiceAtOnce has two starts compete for one directory.
func TestUpTwiceAtOnce(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "lab")
	options := fakes(t, directory, nil)
	options.Detached = true
	results := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := cluster.Start(t.Context(), options)
			results <- err
		}()
	}
	first, second := <-results, <-results
	if (first == nil) == (second == nil) {
		t.Errorf("got %v and %v, want one success", first, second)
	}
	status, err := cluster.Inspect(directory)
	if err != nil || !status.Running() {
		t.Errorf("the cluster is not running: %+v, %v", status, err)
	}
	if err := cluster.Down(t.Context(), directory); err != nil {
		t.Fatal(err)
	}
	checkNothingLeft(t, directory)
}

func TestDownOfAHalfDeadCluster(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "lab")
	options := fakes(t, directory, map[cluster.Component]string{cluster.Scheduler: "stubborn"})
	options.Detached = true
	c, err := cluster.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(c.Processes()[0].PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-c.Lost()
	if status, err := cluster.Inspect(directory); err != nil || status.Running() || status.Components[0].Alive {
		t.Errorf("got %+v, %v, want etcd to be dead", status, err)
	}
	if _, err := cluster.Start(t.Context(), options); err == nil || !strings.Contains(err.Error(), "already runs") {
		t.Errorf("a start over a half-dead cluster: got %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := cluster.Down(ctx, directory); err != nil {
		t.Fatal(err)
	}
	checkNothingLeft(t, directory)
	if err := cluster.Down(t.Context(), directory); !errors.Is(err, cluster.ErrNoCluster) {
		t.Errorf("a second down: got %v", err)
	}
}

// TestSweepRemovesOnlyWhatIsDead has one directory of every kind below one parent.
func TestSweepRemovesOnlyWhatIsDead(t *testing.T) {
	parent := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	starting := make(chan error, 1)
	go func() {
		_, err := cluster.Start(ctx, fakes(t, filepath.Join(parent, "starting"), map[cluster.Component]string{cluster.Etcd: "never"}))
		starting <- err
	}()
	for len(processesIn(t, filepath.Join(parent, "starting"))) == 0 {
		time.Sleep(time.Millisecond)
	}
	detached := fakes(t, filepath.Join(parent, "detached"), nil)
	detached.Detached = true
	c, err := cluster.Start(t.Context(), detached)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(parent, "killed", "owner.lock"), "")
	write(t, filepath.Join(parent, "killed", "kwok.yaml"), "")
	write(t, filepath.Join(parent, "bundle", "manifest.json"), "{}")
	write(t, filepath.Join(parent, "a-file"), "")
	write(t, filepath.Join(parent, "empty", "x"), "")
	if err := os.Remove(filepath.Join(parent, "empty", "x")); err != nil {
		t.Fatal(err)
	}
	if err := cluster.Sweep(parent); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]bool{
		"starting": true, "detached": true, "bundle/manifest.json": true, "a-file": true, "killed": false, "empty": false,
	} {
		if _, err := os.Lstat(filepath.Join(parent, name)); (err == nil) != want {
			t.Errorf("%s: %v, want it there: %v", name, err, want)
		}
	}
	cancel()
	if err := <-starting; !errors.Is(err, context.Canceled) {
		t.Errorf("the start: %v", err)
	}
}

func TestForeignFolderIsRefused(t *testing.T) {
	directory := t.TempDir()
	write(t, filepath.Join(directory, "thesis.tex"), "ten years of work")
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{directory, link} {
		if _, err := cluster.Start(t.Context(), fakes(t, folder, nil)); err == nil {
			t.Errorf("a cluster started in %s", folder)
		}
		if err := cluster.Down(t.Context(), folder); !errors.Is(err, cluster.ErrNoCluster) {
			t.Errorf("down of %s: %v", folder, err)
		}
	}
	if _, err := os.Stat(filepath.Join(directory, "thesis.tex")); err != nil {
		t.Error(err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
