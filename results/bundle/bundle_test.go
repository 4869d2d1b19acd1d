package bundle

import (
	"bytes"
	"iter"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

var manifest = Manifest{
	ID: "r1", Scenario: "pods", Seed: 7, Command: []string{"kubedyno", "run"},
	Started:    time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	Phases:     []Phase{{Name: "ramp"}},
	Objectives: []slo.Objective{{Metric: sample.PodStartup, Statistic: "p99"}},
}

func newWriter(t *testing.T) *Writer {
	t.Helper()
	w, err := Create(filepath.Join(t.TempDir(), "runs", "r1"), manifest, []byte("kind: Scenario\n"))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func all[T any](t *testing.T, records iter.Seq2[T, error]) []T {
	t.Helper()
	var got []T
	for value, err := range records {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, value)
	}
	return got
}

func offset(d time.Duration) *sample.Offset { return (*sample.Offset)(&d) }

func TestRoundTrip(t *testing.T) {
	w := newWriter(t)
	event := sample.Event{At: sample.Offset(time.Second), Kind: sample.PhaseStarted, Phase: "ramp",
		Fields: map[string]string{"a": "b"}}
	point := sample.Point{Metric: sample.ComponentCPU, Labels: sample.Labels{"component": "etcd"}, Value: 0.5}
	pod := sample.Pod{Namespace: "n", Name: "p", UID: "u", Phase: "ramp", Ready: offset(3 * time.Second),
		APICreated: manifest.Started}
	var histogram sample.Histogram
	histogram.Record(time.Second)
	w.Event(event)
	w.Point(point)
	w.Pod(pod)
	w.Window(sample.Window{Metric: sample.WatchLag, Histogram: histogram})
	histogram.Reset() // The Writer has read it.
	if err := w.WriteFile(SummaryFile, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(Complete, "", 5*time.Second); err != nil {
		t.Fatal(err)
	}

	run, err := Open(w.Dir())
	if err != nil {
		t.Fatal(err)
	}
	want := manifest
	want.FormatVersion, want.Status = sample.FormatVersion, Complete
	want.Duration = sample.Offset(5 * time.Second)
	if n := len(run.Manifest.Files); n != len(files)+1 {
		t.Errorf("the manifest says what %d files held, want every file of records and the scenario", n)
	}
	want.Files = run.Manifest.Files
	if diff := cmp.Diff(want, run.Manifest); diff != "" {
		t.Error(diff)
	}
	if string(run.Scenario) != "kind: Scenario\n" || run.Incomplete() {
		t.Errorf("scenario %q, incomplete %v", run.Scenario, run.Incomplete())
	}
	if diff := cmp.Diff([]sample.Event{event}, all(t, run.Events())); diff != "" {
		t.Error(diff)
	}
	final := sample.Point{At: want.Duration, Metric: sample.HarnessDropped}
	if diff := cmp.Diff([]sample.Point{point, final}, all(t, run.Points())); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]sample.Pod{pod}, all(t, run.Pods())); diff != "" {
		t.Error(diff)
	}
	windows := all(t, run.Windows())
	if len(windows) != 1 || windows[0].Histogram.Count() != 1 {
		t.Errorf("windows are %v", windows)
	}
	if run.CutLines() != 0 {
		t.Errorf("%d cut lines", run.CutLines())
	}
}

func TestFilesArePrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("windows has no modes")
	}
	w := newWriter(t)
	if err := w.Finish(Complete, "", 0); err != nil {
		t.Fatal(err)
	}
	modes := map[string]os.FileMode{".": 0o700, ManifestFile: 0o600, ScenarioFile: 0o600, EventsFile: 0o600,
		SamplesFile: 0o600, HistogramsFile: 0o600, BucketsFile: 0o600, PodsFile: 0o600}
	for name, want := range modes {
		info, err := os.Stat(filepath.Join(w.Dir(), name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, want %v", name, info.Mode().Perm(), want)
		}
	}
	entries, err := os.ReadDir(w.Dir())
	if err != nil || len(entries) != len(modes)-1 {
		t.Errorf("the folder holds %v (%v), want %d files", entries, err, len(modes)-1)
	}
}

func TestCreateRefusesAUsedFolder(t *testing.T) {
	w := newWriter(t)
	defer w.Finish(Complete, "", 0)
	_, err := Create(w.Dir(), manifest, nil)
	if err == nil || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("got %v", err)
	}
}

func TestCreateTakesAnEmptyFolder(t *testing.T) {
	w, err := Create(t.TempDir(), manifest, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(Complete, "", 0); err != nil {
		t.Error(err)
	}
}

func TestFinishTwice(t *testing.T) {
	w := newWriter(t)
	if err := w.Finish(Interrupted, "Ctrl-C", time.Second); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(Complete, "", 0); err == nil {
		t.Error("a second Finish was taken")
	}
	w.Point(sample.Point{})
	if w.Dropped() != 1 {
		t.Errorf("a record after the end: %d dropped, want 1", w.Dropped())
	}
	run, err := Open(w.Dir())
	if err != nil {
		t.Fatal(err)
	}
	if run.Manifest.Status != Interrupted || run.Manifest.Failure != "Ctrl-C" || !run.Incomplete() {
		t.Errorf("status %s, failure %q", run.Manifest.Status, run.Manifest.Failure)
	}
}

func TestFlushesByItself(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "r1")
	synctest.Test(t, func(t *testing.T) {
		w, err := Create(dir, manifest, nil)
		if err != nil {
			t.Fatal(err)
		}
		w.Point(sample.Point{Metric: "m"})
		synctest.Wait()
		if n := len(read(t, dir, SamplesFile)); n != 0 {
			t.Errorf("%d bytes were written at once, want a buffer", n)
		}
		time.Sleep(FlushInterval + time.Nanosecond)
		synctest.Wait()
		if !bytes.Contains(read(t, dir, SamplesFile), []byte(`"metric":"m"`)) {
			t.Error("the point is not in its file after the flush interval")
		}
		w.Pod(sample.Pod{Name: "p"})
		w.Event(sample.Event{Kind: sample.Warning})
		synctest.Wait()
		if len(read(t, dir, EventsFile)) == 0 || len(read(t, dir, PodsFile)) == 0 {
			t.Error("an event did not flush what came before it")
		}
		if err := w.Finish(Complete, "", 0); err != nil {
			t.Error(err)
		}
	})
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestWaitingIsTheMostSinceTheLastLook(t *testing.T) {
	w := &Writer{queue: make(chan record, QueueLimit)} // Nobody empties it.
	for range 5 {
		w.Event(sample.Event{})
	}
	for range 3 {
		<-w.queue
	}
	if most := w.Waiting(); most != 5 {
		t.Errorf("%d records waited at most, want 5", most)
	}
	if most := w.Waiting(); most != 2 {
		t.Errorf("%d records waited at most since, want the 2 that still do", most)
	}
	for range QueueLimit {
		w.Event(sample.Event{})
	}
	if most := w.Waiting(); most != QueueLimit || w.Dropped() != 2 {
		t.Errorf("%d records waited in a full queue and %d were dropped, want %d and 2", most, w.Dropped(), QueueLimit)
	}
}

func TestFullQueueIsCountedAndReported(t *testing.T) {
	w := newWriter(t)
	if !w.stop() { // Without the goroutine nothing empties the queue.
		t.Fatal("the writer was stopped already")
	}
	w.finished, w.queue, w.done = false, make(chan record, 2), make(chan struct{})
	for range 5 {
		w.Point(sample.Point{})
	}
	w.Pod(sample.Pod{})
	want := map[string]int64{SamplesFile: 3, PodsFile: 1}
	if diff := cmp.Diff(want, w.DroppedByFile()); diff != "" || w.Dropped() != 4 {
		t.Errorf("dropped %d: %s", w.Dropped(), diff)
	}
	go w.run()
	if err := w.Finish(Complete, "", time.Second); err != nil {
		t.Fatal(err)
	}
	run, err := Open(w.Dir())
	if err != nil {
		t.Fatal(err)
	}
	points := all(t, run.Points())
	if last := points[len(points)-1]; last.Metric != sample.HarnessDropped || last.Value != 4 {
		t.Errorf("the last point is %+v, want 4 dropped records", last)
	}
	events := all(t, run.Events())
	if len(events) != 1 || !strings.HasSuffix(events[0].Message, ": 1 of pods.jsonl, 3 of samples.jsonl") {
		t.Errorf("events are %+v", events)
	}
}

func TestConcurrentUse(t *testing.T) {
	w := newWriter(t)
	const writers, each = 8, 200
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for range each {
				w.Point(sample.Point{Metric: "m"})
				w.Event(sample.Event{Kind: sample.Progress})
			}
		})
	}
	group.Wait()
	if err := w.Finish(Complete, "", 0); err != nil {
		t.Fatal(err)
	}
	run, err := Open(w.Dir())
	if err != nil {
		t.Fatal(err)
	}
	got := len(all(t, run.Points())) - 1 + len(all(t, run.Events()))
	if int64(got)+w.Dropped() != 2*writers*each || w.Dropped() != 0 {
		t.Errorf("%d records, %d dropped, want %d and 0", got, w.Dropped(), 2*writers*each)
	}
}

func TestDiskFull(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("this system has no /dev/full")
	}
	dir := filepath.Join(t.TempDir(), "r1")
	w, err := create(dir, manifest, nil, func(path string) (*os.File, error) {
		if filepath.Base(path) == PodsFile {
			return os.OpenFile("/dev/full", os.O_WRONLY, 0)
		}
		return openNew(path)
	})
	if err != nil {
		t.Fatal(err)
	}
	if w.Err() != nil {
		t.Fatalf("an error before the first record: %v", w.Err())
	}
	w.Pod(sample.Pod{Name: "p"})
	w.Event(sample.Event{Kind: sample.Progress})
	<-w.Failed()
	if err := w.Err(); err == nil || !strings.Contains(err.Error(), PodsFile) ||
		!strings.Contains(err.Error(), "no space left on device; free space on that disk") {
		t.Errorf("got %v", err)
	}
	w.Point(sample.Point{})
	if err := w.Finish(Complete, "", 0); err == nil {
		t.Error("Finish hides that the disk was full")
	}
	if w.Dropped() == 0 {
		t.Error("what came after the failure is not counted")
	}
	run, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if run.Manifest.Status != Failed || !strings.Contains(run.Manifest.Failure, "no space left") {
		t.Errorf("status %s: %q", run.Manifest.Status, run.Manifest.Failure)
	}
}

func TestWriteFileTakesNoPath(t *testing.T) {
	for _, name := range []string{"../x", "a/b", ".", ""} {
		if err := WriteFile(t.TempDir(), name, nil); err == nil {
			t.Errorf("%q was taken for the name of a file", name)
		}
	}
}

func TestAValueThatIsNoNumberIsDroppedAndCounted(t *testing.T) {
	w := newWriter(t)
	w.Point(sample.Point{Value: math.Inf(1)})
	w.Point(sample.Point{Metric: "m", Value: 1})
	if err := w.Finish(Complete, "", 0); err != nil {
		t.Fatal(err)
	}
	run, err := Open(w.Dir())
	if err != nil {
		t.Fatal(err)
	}
	points := all(t, run.Points())
	if len(points) != 2 || points[0].Metric != "m" || points[1].Value != 1 {
		t.Errorf("points are %+v, want m and the count of one dropped record", points)
	}
}
