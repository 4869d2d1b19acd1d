package bundle

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
)

// followBatch is how many records Read hands over at most, so that its caller can stop in between.
const followBatch = 10_000

// A Follower reads a run folder while another process writes it. It only reads, keeps at most one
// record of each file in memory, and hands records over in the order of their time as far as
// that is known: what has not been written yet may be older. The distributions that servers keep
// themselves (BucketsFile) it leaves out: they say little before the run is over.
type Follower struct {
	dir    string
	wanted func(metric string) bool
	tails  [kinds]*tail
	latest sample.Offset
}

// Follow opens a run folder from its beginning. wanted says which metrics' distributions are of
// use, as decoding one takes a while; nil means all. Close must be called.
func Follow(dir string, wanted func(metric string) bool) (*Follower, error) {
	f := &Follower{dir: dir, wanted: wanted}
	for kind, name := range files {
		if name == BucketsFile {
			continue
		}
		path := filepath.Join(dir, name)
		file, err := os.Open(path)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("follow run: %w; was the folder copied whole?", err), f.Close())
		}
		f.tails[kind] = &tail{file: file, path: path, reader: bufio.NewReaderSize(file, streamBuffer)}
	}
	return f, nil
}

// Close closes the files.
func (f *Follower) Close() error {
	var all []error
	for _, t := range f.tails {
		if t != nil {
			all = append(all, t.file.Close())
		}
	}
	return errors.Join(all...)
}

// Manifest reads the manifest anew: its Status changes when the run ends.
func (f *Follower) Manifest() (Manifest, error) { return readManifest(f.dir) }

// Changed returns when a file was last written, by the clock of the file system.
func (f *Follower) Changed() time.Time {
	var newest time.Time
	for _, t := range f.tails {
		if t == nil {
			continue
		}
		if info, err := t.file.Stat(); err == nil && info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	return newest
}

// Latest returns the time of the newest record that was handed over.
func (f *Follower) Latest() sample.Offset { return f.latest }

// Read hands over the records that were appended since the last call, at most some thousands of
// them, and returns how many; 0 says that there are none for now.
func (f *Follower) Read(sink sample.Sink) (int, error) {
	for n := range followBatch {
		first := -1
		for kind, t := range f.tails {
			if t == nil {
				continue
			}
			if err := f.fill(t, kind); err != nil {
				return n, err
			}
			if t.next != nil && (first < 0 || t.at < f.tails[first].at) {
				first = kind
			}
		}
		if first < 0 {
			return n, nil
		}
		t := f.tails[first]
		f.latest = max(f.latest, t.at)
		t.next(sink)
		t.next = nil
	}
	return followBatch, nil
}

// A tail is the end of a file that grows.
type tail struct {
	file   *os.File
	path   string
	reader *bufio.Reader
	part   []byte // The beginning of a line whose end is not there yet.
	number int    // Of the line.
	at     sample.Offset
	next   func(sample.Sink) // Hands the next record over; nil if there is none.
}

// line returns the next whole line; nil if there is none yet.
func (t *tail) line() ([]byte, error) {
	for {
		piece, err := t.reader.ReadSlice('\n')
		t.part = append(t.part, piece...)
		switch {
		case len(t.part) > maxLine:
			return nil, fmt.Errorf("read %s:%d: the line is longer than %d bytes", t.path, t.number+1, maxLine)
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF):
			return nil, nil
		case err != nil:
			return nil, fmt.Errorf("read %s:%d: %w", t.path, t.number+1, err)
		}
		line := t.part
		t.part = nil
		t.number++
		return line, nil
	}
}

// fill makes the next record of a file ready, if there is one.
func (f *Follower) fill(t *tail, kind int) error {
	for t.next == nil {
		line, err := t.line()
		if line == nil || err != nil {
			return err
		}
		if err := f.decode(t, files[kind], line); err != nil {
			return fmt.Errorf("read %s:%d: %w; the file is damaged there", t.path, t.number, err)
		}
	}
	return nil
}

// decode reads one line. It leaves t.next nil for a distribution that nobody wants.
func (f *Follower) decode(t *tail, name string, line []byte) error {
	switch name {
	case EventsFile:
		return ready(t, line, func(e sample.Event) sample.Offset { return e.At }, sample.Sink.Event)
	case SamplesFile:
		return ready(t, line, func(p sample.Point) sample.Offset { return p.At }, sample.Sink.Point)
	case HistogramsFile:
		var head struct{ Metric string }
		if err := json.Unmarshal(line, &head); err != nil {
			return err
		}
		if f.wanted != nil && !f.wanted(head.Metric) {
			return nil
		}
		return ready(t, line, func(w sample.Window) sample.Offset { return w.To }, sample.Sink.Window)
	default:
		return ready(t, line, func(p sample.Pod) sample.Offset { return p.Until }, sample.Sink.Pod)
	}
}

// ready decodes a record and keeps it until its turn has come.
func ready[T any](t *tail, line []byte, at func(T) sample.Offset, give func(sample.Sink, T)) error {
	var value T
	if err := json.Unmarshal(line, &value); err != nil {
		return err
	}
	t.at = at(value)
	t.next = func(sink sample.Sink) { give(sink, value) }
	return nil
}
