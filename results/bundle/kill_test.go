//go:build unix

package bundle

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
)

// childFolder, if set, makes this test binary the process that is killed.
const childFolder = "KUBEDYNO_BUNDLE_TEST_FOLDER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		os.Exit(writeUntilKilled(dir))
	}
	os.Exit(m.Run())
}

// writeUntilKilled writes numbered points, with an event now and then, and says on stdout how
// many records have been handed to the operating system.
func writeUntilKilled(dir string) int {
	w, err := Create(dir, manifest, []byte("kind: Scenario\n"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	const ahead, lifetime = QueueLimit / 2, time.Minute
	deadline := time.Now().Add(lifetime) // Should the parent die first.
	for i := int64(0); time.Now().Before(deadline); i++ {
		w.Point(sample.Point{Metric: "number", Value: float64(i)})
		if i%1000 == 999 {
			w.Event(sample.Event{Kind: sample.Progress})
			fmt.Println(w.flushed.Load())
		}
		for i-w.flushed.Load() > ahead && time.Now().Before(deadline) {
			time.Sleep(time.Millisecond)
		}
	}
	return 1
}

func TestKillLosesNothingThatWasFlushed(t *testing.T) {
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for round := range 5 {
		t.Run(strconv.Itoa(round), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "r1")
			flushed := killAfter(t, executable, dir, 20+7*round)
			run, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			if !run.Incomplete() || run.Manifest.Status != Running {
				t.Errorf("a killed run has the status %s", run.Manifest.Status)
			}
			points, events := all(t, run.Points()), all(t, run.Events())
			if total := int64(len(points) + len(events)); total < flushed || flushed == 0 {
				t.Errorf("%d records can be read, %d had been flushed", total, flushed)
			}
			for i, point := range points {
				if point.Value != float64(i) {
					t.Fatalf("point %d has the number %v", i, point.Value)
				}
			}
		})
	}
}

// killAfter kills the child, without any warning, when it has printed that many lines, and
// returns the last number it printed.
func killAfter(t *testing.T, executable, dir string, lines int) (flushed int64) {
	t.Helper()
	child := exec.Command(executable)
	child.Env = append(os.Environ(), childFolder+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	scanner := bufio.NewScanner(out)
	for read := 0; read < lines && scanner.Scan(); read++ {
		if flushed, err = strconv.ParseInt(scanner.Text(), 10, 64); err != nil {
			t.Errorf("the child printed %q", scanner.Text())
		}
	}
	if err := child.Process.Kill(); err != nil {
		t.Error(err)
	}
	if err := child.Wait(); err == nil {
		t.Error("the child ended by itself")
	}
	return flushed
}
