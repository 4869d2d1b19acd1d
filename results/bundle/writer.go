package bundle

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
)

// Limits of a Writer.
const (
	// QueueLimit is how many records wait for the disk at most; what comes on top is dropped
	// and counted.
	QueueLimit = 16384
	// FlushInterval is the longest that a written record stays in this process, and so the
	// most that a kill can lose.
	FlushInterval = 250 * time.Millisecond
)

// A kind is a kind of record; each has a file of its own.
type kind int

const (
	events kind = iota
	points
	windows
	buckets
	pods
	kinds // How many there are.
)

var files = [kinds]string{EventsFile, SamplesFile, HistogramsFile, BucketsFile, PodsFile}

// A record is one line to be written.
type record struct {
	kind  kind
	value any
}

// A Writer records a run in a folder. It is a sample.Sink; its one goroutine starts with
// Create and ends with Finish.
type Writer struct {
	dir      string
	manifest Manifest
	scenario Contents

	mu       sync.RWMutex // Guards finished against records that are still being handed over.
	finished bool
	queue    chan record
	done     chan struct{} // Closed when the goroutine has ended.

	out     [kinds]*stream // Only the goroutine touches it until done.
	dropped [kinds]atomic.Int64
	peak    atomic.Int64 // The most records that waited at once since Waiting was called.
	flushed atomic.Int64 // Records that the operating system has taken.
	pending int64        // Records written since the last flush; of the goroutine.

	failOnce sync.Once
	failed   chan struct{}
	err      error // Set before failed is closed, never changed after.
}

var _ sample.Sink = (*Writer)(nil)

// Create makes the run folder dir, which must not exist yet or be empty, and starts writing.
// The manifest's FormatVersion, Status, Duration and Files are set by the Writer. Finish must be
// called.
func Create(dir string, manifest Manifest, scenario []byte) (*Writer, error) {
	return create(dir, manifest, scenario, openNew)
}

// An opener opens a file of records; tests put a full disk in its place.
type opener func(path string) (*os.File, error)

func openNew(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
}

func create(dir string, manifest Manifest, scenario []byte, open opener) (*Writer, error) {
	if err := makeFolder(dir); err != nil {
		return nil, err
	}
	manifest.FormatVersion, manifest.Status, manifest.Duration, manifest.Files = sample.FormatVersion, Running, 0, nil
	w := &Writer{
		dir: dir, manifest: manifest, scenario: contentsOf(scenario),
		queue: make(chan record, QueueLimit), done: make(chan struct{}), failed: make(chan struct{}),
	}
	for kind, name := range files {
		file, err := open(filepath.Join(dir, name))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("create run folder: %w", err), w.closeFiles())
		}
		w.out[kind] = newStream(file)
	}
	// The manifest comes last: a folder that has one has every other file.
	err := writeAtomically(filepath.Join(dir, ScenarioFile), scenario)
	if err == nil {
		err = w.writeManifest()
	}
	if err != nil {
		return nil, errors.Join(err, w.closeFiles())
	}
	go w.run()
	return w, nil
}

func makeFolder(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("create run folder: %w", err)
	}
	err := os.Mkdir(dir, 0o700)
	if err == nil {
		return nil
	}
	if !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("create run folder: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("create run folder: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("create run folder: %s is not empty; give a folder that does not exist yet", dir)
	}
	return nil
}

// Dir returns the run folder.
func (w *Writer) Dir() string { return w.dir }

// Event records an event. All that was recorded before it reaches the operating system with it.
func (w *Writer) Event(e sample.Event) { w.enqueue(record{events, e}) }

// Point records a value.
func (w *Writer) Point(p sample.Point) { w.enqueue(record{points, p}) }

// Buckets records what a server's histogram grew by.
func (w *Writer) Buckets(b sample.Buckets) { w.enqueue(record{buckets, b}) }

// Pod records the life of a pod.
func (w *Writer) Pod(p sample.Pod) { w.enqueue(record{pods, p}) }

// Window records a distribution. It is encoded at once, so that the histogram may be used
// again and the queue holds no histograms of 188 KB.
func (w *Writer) Window(window sample.Window) {
	line, err := json.Marshal(window)
	if err != nil {
		w.dropped[windows].Add(1)
		return
	}
	w.enqueue(record{windows, json.RawMessage(line)})
}

func (w *Writer) enqueue(r record) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.finished {
		w.dropped[r.kind].Add(1)
		return
	}
	select {
	case w.queue <- r:
		w.waited(int64(len(w.queue)))
	default:
		w.waited(QueueLimit)
		w.dropped[r.kind].Add(1)
	}
}

// waited keeps the highest of the numbers of records that waited.
func (w *Writer) waited(now int64) {
	for {
		peak := w.peak.Load()
		if now <= peak || w.peak.CompareAndSwap(peak, now) {
			return
		}
	}
}

// Waiting returns the most records that waited for the disk at once since it was last called;
// QueueLimit means that the queue was full.
func (w *Writer) Waiting() int64 { return w.peak.Swap(int64(len(w.queue))) }

// Dropped returns how many records were not written: the queue was full, a value was not a
// number, the disk had failed or the run was already finished.
func (w *Writer) Dropped() int64 {
	var total int64
	for kind := range w.dropped {
		total += w.dropped[kind].Load()
	}
	return total
}

// DroppedByFile returns Dropped by the name of the file that lacks them.
func (w *Writer) DroppedByFile() map[string]int64 {
	byFile := map[string]int64{}
	for kind := range w.dropped {
		if n := w.dropped[kind].Load(); n > 0 {
			byFile[files[kind]] = n
		}
	}
	return byFile
}

// Failed is closed when a write has failed; nothing is written after that.
func (w *Writer) Failed() <-chan struct{} { return w.failed }

// Err returns the first error of writing, or nil.
func (w *Writer) Err() error {
	select {
	case <-w.failed:
		return w.err
	default:
		return nil
	}
}

func (w *Writer) fail(err error) {
	w.failOnce.Do(func() {
		w.err = err
		close(w.failed)
	})
}

// Finish writes what still waits, syncs every file to the disk and replaces the manifest by
// one with the outcome. A run whose records could not all be written is Failed, whatever
// status says. Records that come later are dropped.
func (w *Writer) Finish(status Status, failure string, duration time.Duration) error {
	if !w.stop() {
		return fmt.Errorf("finish run %s: it is already finished", w.dir)
	}
	w.recordDropped(duration)
	for kind := range w.out {
		w.check(kind, w.out[kind].sync())
	}
	closing := w.closeFiles()
	if err := w.Err(); err != nil && status == Complete {
		status, failure = Failed, err.Error()
	}
	if w.Err() == nil {
		w.manifest.Files = map[string]Contents{ScenarioFile: w.scenario}
		for kind, name := range files {
			w.manifest.Files[name] = w.out[kind].contents()
		}
	}
	w.manifest.Status, w.manifest.Failure = status, failure
	w.manifest.Duration = sample.Offset(duration)
	return errors.Join(w.Err(), closing, w.writeManifest())
}

// stop ends the goroutine after it has emptied the queue; false if it was stopped before.
func (w *Writer) stop() bool {
	w.mu.Lock()
	first := !w.finished
	w.finished = true
	w.mu.Unlock()
	if first {
		close(w.queue)
	}
	<-w.done
	return first
}

// recordDropped writes the final count of dropped records, after the goroutine has ended: the
// queue that dropped them cannot be trusted with it.
func (w *Writer) recordDropped(duration time.Duration) {
	at, total := sample.Offset(duration), w.Dropped()
	w.write(record{points, sample.Point{At: at, Metric: sample.HarnessDropped, Value: float64(total)}})
	if total == 0 {
		return
	}
	var parts []string
	byFile := w.DroppedByFile()
	for _, name := range slices.Sorted(maps.Keys(byFile)) {
		parts = append(parts, fmt.Sprintf("%s of %s", sample.FormatCount(byFile[name]), name))
	}
	w.write(record{events, sample.Event{At: at, Kind: sample.Warning,
		Message: "records were dropped, because the queue was full or a value was no number: " + strings.Join(parts, ", ")}})
}

// run is the goroutine of a Writer: it writes until the queue is closed and empty.
func (w *Writer) run() {
	defer close(w.done)
	ticker := time.NewTicker(FlushInterval)
	defer ticker.Stop()
	for {
		select {
		case r, ok := <-w.queue:
			if !ok {
				w.flush()
				return
			}
			w.write(r)
			if r.kind == events {
				w.flush()
			}
		case <-ticker.C:
			w.flush()
		}
	}
}

func (w *Writer) write(r record) {
	if w.Err() != nil {
		w.dropped[r.kind].Add(1)
		return
	}
	line, err := json.Marshal(r.value) // Refuses a value that is not a number.
	if err == nil {
		err = w.out[r.kind].line(line)
		w.check(int(r.kind), err)
	}
	if err != nil {
		w.dropped[r.kind].Add(1)
		return
	}
	w.pending++
}

func (w *Writer) flush() {
	for kind := range w.out {
		w.check(kind, w.out[kind].flush())
	}
	if w.Err() == nil {
		w.flushed.Add(w.pending)
	}
	w.pending = 0
}

// check keeps an error of a file, with what to do about it.
func (w *Writer) check(kind int, err error) {
	if err == nil {
		return
	}
	if named, ok := errors.AsType[*os.PathError](err); ok {
		err = named.Err // Its path is said here.
	}
	w.fail(fmt.Errorf("write %s: %w; free space on that disk or write the run to another folder",
		filepath.Join(w.dir, files[kind]), err))
}

func (w *Writer) closeFiles() error {
	var all []error
	for _, out := range w.out {
		if out != nil {
			all = append(all, out.close())
		}
	}
	return errors.Join(all...)
}

func (w *Writer) writeManifest() error {
	data, err := json.MarshalIndent(w.manifest, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", ManifestFile, err)
	}
	return writeAtomically(filepath.Join(w.dir, ManifestFile), append(data, '\n'))
}

// WriteFile puts a file into the run folder, whole or not at all; it replaces an older one.
func (w *Writer) WriteFile(name string, data []byte) error { return WriteFile(w.dir, name, data) }
