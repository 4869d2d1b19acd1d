package bundle

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/kubedyno/kubedyno/results/sample"
)

// maxLine is the longest line in bytes that a reader takes; a histogram with every bucket in
// use stays far below it.
const maxLine = 4 << 20

// A Run is a run folder opened for reading. It holds no records in memory.
type Run struct {
	Dir      string
	Manifest Manifest
	Scenario []byte // The scenario with every parameter replaced, in YAML.

	mu    sync.Mutex
	cut   map[string]bool // Files whose last line was cut short.
	short map[string]bool // Files that hold less than the run wrote.
}

// Open opens a run folder, finished or not.
func Open(dir string) (*Run, error) {
	manifest, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	scenario, err := os.ReadFile(filepath.Join(dir, ScenarioFile))
	if err != nil {
		return nil, fmt.Errorf("open run: %w; was the folder copied whole?", err)
	}
	run := &Run{Dir: dir, Manifest: manifest, Scenario: scenario, cut: map[string]bool{}, short: map[string]bool{}}
	if err := run.compare(ScenarioFile, contentsOf(scenario)); err != nil {
		return nil, err
	}
	return run, nil
}

func readManifest(dir string) (Manifest, error) {
	var manifest Manifest
	path := filepath.Join(dir, ManifestFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		if _, statErr := os.Stat(dir); statErr != nil {
			return manifest, fmt.Errorf("open run: there is no folder %s", dir)
		}
		return manifest, fmt.Errorf("open run: %s is not a kubedyno run (it has no %s)", dir, ManifestFile)
	}
	if err != nil {
		return manifest, fmt.Errorf("open run: %w", err)
	}
	// The version is read alone first: a later one may have changed everything else.
	var version struct {
		FormatVersion int `json:"formatVersion"`
	}
	if err := json.Unmarshal(data, &version); err != nil {
		return manifest, fmt.Errorf("open run: read %s: %w", path, err)
	}
	if version.FormatVersion != sample.FormatVersion {
		return manifest, fmt.Errorf("open run: %s has format version %d and this kubedyno reads version %d; use the kubedyno that wrote it",
			path, version.FormatVersion, sample.FormatVersion)
	}
	if err := json.Unmarshal(data, &manifest); err != nil {
		return manifest, fmt.Errorf("open run: read %s: %w", path, err)
	}
	return manifest, nil
}

// Incomplete reports whether the run did not end by itself, as it was killed, interrupted, has
// failed or is still going on, or whether records are missing from what has been read so far.
func (r *Run) Incomplete() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Manifest.Status != Complete || len(r.cut) > 0 || len(r.short) > 0
}

// CutLines returns how many files ended in a line cut short by a kill, among those that have
// been read to their end so far.
func (r *Run) CutLines() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return int64(len(r.cut))
}

// Events returns the events in the order they were recorded. Like all record iterators it
// reads as it goes, ends after the first error, leaves a last line that was cut short out and
// counts it.
func (r *Run) Events() iter.Seq2[sample.Event, error] { return records[sample.Event](r, EventsFile) }

// Points returns the values of gauges and scalars.
func (r *Run) Points() iter.Seq2[sample.Point, error] { return records[sample.Point](r, SamplesFile) }

// Windows returns the distributions.
func (r *Run) Windows() iter.Seq2[sample.Window, error] {
	return records[sample.Window](r, HistogramsFile)
}

// PackedWindows returns the distributions for those who add them up, which is several times
// faster than with Windows.
func (r *Run) PackedWindows() iter.Seq2[sample.PackedWindow, error] {
	return records[sample.PackedWindow](r, HistogramsFile)
}

// Buckets returns the distributions that servers keep themselves.
func (r *Run) Buckets() iter.Seq2[sample.Buckets, error] {
	return records[sample.Buckets](r, BucketsFile)
}

// Pods returns the lives of the pods.
func (r *Run) Pods() iter.Seq2[sample.Pod, error] { return records[sample.Pod](r, PodsFile) }

func records[T any](r *Run, name string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		path := filepath.Join(r.Dir, name)
		file, err := os.Open(path)
		if err != nil {
			var none T
			yield(none, fmt.Errorf("read run: %w; was the folder copied whole?", err))
			return
		}
		defer file.Close()
		input := &countingReader{from: file, sum: newSum()}
		cut, end := decodeLines(input, path, yield)
		if cut {
			r.mu.Lock()
			r.cut[name] = true
			r.mu.Unlock()
		}
		if !end {
			return
		}
		if err := r.compare(name, Contents{input.bytes, input.sum.Sum32()}); err != nil {
			var none T
			yield(none, err)
		}
	}
}

// decodeLines yields one record a line. It reports whether the last line was cut short, as it has
// no end and is no JSON, and whether the end was reached without an error.
func decodeLines[T any](input io.Reader, path string, yield func(T, error) bool) (cut, end bool) {
	reader := bufio.NewReaderSize(input, streamBuffer)
	for number := 1; ; number++ {
		var value T
		line, err := readLine(reader)
		whole := err == nil
		if err != nil && !errors.Is(err, io.EOF) {
			yield(value, fmt.Errorf("read %s:%d: %w", path, number, err))
			return false, false
		}
		if !whole && len(line) == 0 {
			return false, true
		}
		err = json.Unmarshal(line, &value)
		if err != nil && !whole {
			return true, true
		}
		if err == nil {
			err = valid(&value)
		}
		if err != nil {
			var none T
			yield(none, fmt.Errorf("read %s:%d: %w; the file is damaged there", path, number, err))
			return false, false
		}
		if !yield(value, nil) {
			return false, false
		}
		if !whole {
			return false, true
		}
	}
}

// readLine returns the next line without its end; io.EOF with what follows the last line end.
func readLine(reader *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := reader.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxLine {
			return nil, fmt.Errorf("the line is longer than %d bytes", maxLine)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		return bytes.TrimSuffix(line, []byte{'\n'}), err
	}
}

// An Entry is a run folder found by List.
type Entry struct {
	Dir      string
	Manifest Manifest
	Err      error // Why the manifest cannot be read; nil if it can.
}

// List returns the run folders in a directory, the newest first and those that cannot be read
// last. Folders that are no runs are left out; a directory that does not exist holds no runs.
func List(dir string) ([]Entry, error) {
	found, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	var entries []Entry
	for _, item := range found {
		path := filepath.Join(dir, item.Name())
		if _, err := os.Stat(filepath.Join(path, ManifestFile)); err != nil {
			continue
		}
		manifest, err := readManifest(path)
		entries = append(entries, Entry{Dir: path, Manifest: manifest, Err: err})
	}
	slices.SortStableFunc(entries, func(a, b Entry) int {
		if (a.Err == nil) != (b.Err == nil) {
			if a.Err == nil {
				return -1
			}
			return 1
		}
		return b.Manifest.Started.Compare(a.Manifest.Started)
	})
	return entries, nil
}
