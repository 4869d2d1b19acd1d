package bundle

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/sample"
)

// heard notes the records it is handed, each as a word.
type heard struct{ words []string }

func (h *heard) Event(e sample.Event)   { h.words = append(h.words, "event "+e.Message) }
func (h *heard) Point(p sample.Point)   { h.words = append(h.words, "point "+p.Metric) }
func (h *heard) Window(w sample.Window) { h.words = append(h.words, "window "+w.Metric) }
func (h *heard) Buckets(sample.Buckets) { h.words = append(h.words, "buckets") }
func (h *heard) Pod(p sample.Pod)       { h.words = append(h.words, "pod "+p.Name) }

func (h *heard) take() []string {
	words := h.words
	h.words = nil
	return words
}

func follow(t *testing.T, dir string, wanted func(string) bool) *Follower {
	t.Helper()
	f, err := Follow(dir, wanted)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func takeFrom(t *testing.T, f *Follower, h *heard) []string {
	t.Helper()
	n, err := f.Read(h)
	words := h.take()
	if err != nil || n != len(words) {
		t.Fatalf("read %d records, handed over %q: %v", n, words, err)
	}
	return words
}

func appendTo(t *testing.T, dir, name, text string) {
	t.Helper()
	file, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

func emptyRun(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range files {
		appendTo(t, dir, name, "")
	}
	return dir
}

func TestFollowerReadsWhatIsAppended(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	w, err := Create(dir, Manifest{ID: "a"}, []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	var h heard
	f := follow(t, dir, nil)
	if got := takeFrom(t, f, &h); got != nil {
		t.Errorf("of a run without records: %q", got)
	}
	window := sample.Window{To: sample.Offset(2 * time.Second), Metric: sample.WatchLag}
	window.Histogram.Record(time.Millisecond)
	w.Window(window)
	w.Pod(sample.Pod{Name: "web", Until: sample.Offset(4 * time.Second)})
	w.Point(sample.Point{At: sample.Offset(3 * time.Second), Metric: sample.EtcdSize})
	w.Event(sample.Event{At: sample.Offset(time.Second), Message: "begin"})
	if err := w.Finish(Complete, "", 5*time.Second); err != nil {
		t.Fatal(err)
	}
	want := []string{"event begin", "window " + sample.WatchLag, "point " + sample.EtcdSize, "pod web", "point " + sample.HarnessDropped}
	if diff := cmp.Diff(want, takeFrom(t, f, &h)); diff != "" {
		t.Errorf("records in the order of time (-want +got):\n%s", diff)
	}
	if f.Latest() != sample.Offset(5*time.Second) {
		t.Errorf("the latest is at %v", f.Latest())
	}
	if m, err := f.Manifest(); err != nil || m.Status != Complete {
		t.Errorf("the manifest says %q, %v", m.Status, err)
	}
}

func TestFollowerWaitsForTheEndOfALine(t *testing.T) {
	dir := emptyRun(t)
	var h heard
	f := follow(t, dir, nil)
	appendTo(t, dir, EventsFile, `{"t":1,"kind":"warning","mess`)
	if got := takeFrom(t, f, &h); got != nil {
		t.Errorf("of half a line: %q", got)
	}
	appendTo(t, dir, EventsFile, `age":"hot"}`+"\n")
	if diff := cmp.Diff([]string{"event hot"}, takeFrom(t, f, &h)); diff != "" {
		t.Error(diff)
	}
}

func TestFollowerLeavesOutWhatNobodyWants(t *testing.T) {
	dir := emptyRun(t)
	var h heard
	f := follow(t, dir, func(metric string) bool { return metric == sample.WatchLag })
	// The first cannot be decoded: it must not be tried.
	appendTo(t, dir, HistogramsFile, `{"to":1,"metric":"api_service_seconds","hdr":"?"}`+"\n")
	appendTo(t, dir, EventsFile, `{"t":2,"kind":"warning","message":"later"}`+"\n")
	if diff := cmp.Diff([]string{"event later"}, takeFrom(t, f, &h)); diff != "" {
		t.Error(diff)
	}
}

func TestFollowerBoundsABatch(t *testing.T) {
	dir := emptyRun(t)
	appendTo(t, dir, EventsFile, strings.Repeat(`{"t":1,"kind":"progress"}`+"\n", followBatch+1))
	var h heard
	f := follow(t, dir, nil)
	if first, second := len(takeFrom(t, f, &h)), len(takeFrom(t, f, &h)); first != followBatch || second != 1 {
		t.Errorf("batches of %d and %d", first, second)
	}
}

func TestFollowerSaysWhereAFileIsDamaged(t *testing.T) {
	dir := emptyRun(t)
	appendTo(t, dir, SamplesFile, `{"t":1,"metric":"x","value":1}`+"\n"+`{"t":`+"\n")
	f := follow(t, dir, nil)
	var h heard
	if _, err := f.Read(&h); err == nil || !strings.Contains(err.Error(), SamplesFile+":2: ") {
		t.Errorf("the error is %v", err)
	}
	if _, err := Follow(t.TempDir(), nil); err == nil {
		t.Error("a folder without files can be followed")
	}
}

func FuzzFollower(f *testing.F) {
	f.Add([]byte(`{"t":1,"kind":"warning"}`+"\n"), []byte(`{"to":1,"metric":"x","hdr":""}`+"\n"))
	f.Add([]byte("\n\n"), []byte("{"))
	f.Fuzz(func(t *testing.T, events, windows []byte) {
		dir := emptyRun(t)
		appendTo(t, dir, EventsFile, string(events))
		appendTo(t, dir, HistogramsFile, string(windows))
		follower := follow(t, dir, nil)
		var h heard
		for {
			n, err := follower.Read(&h)
			if n == 0 || err != nil {
				return // Damage is an error, never a panic or an endless loop.
			}
		}
	})
}
