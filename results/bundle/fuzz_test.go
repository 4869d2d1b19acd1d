package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubedyno/kubedyno/results/bundle/bundletest"
	"github.com/kubedyno/kubedyno/results/sample"
)

// written is a run folder with a few records of each kind.
func written(t testing.TB) bundletest.Folder {
	t.Helper()
	w, err := Create(filepath.Join(t.TempDir(), "run"), manifest, []byte("kind: Scenario\n"))
	if err != nil {
		t.Fatal(err)
	}
	var histogram sample.Histogram
	histogram.Record(time.Millisecond)
	for i := range 3 {
		at := sample.Offset(i) * sample.Offset(time.Second)
		w.Event(sample.Event{At: at, Kind: sample.PhaseStarted, Phase: fmt.Sprint(i)})
		w.Point(sample.Point{At: at, Metric: sample.ComponentCPU, Value: 0.5})
		w.Window(sample.Window{From: at, To: at, Metric: sample.WatchLag, Histogram: histogram})
		w.Buckets(sample.Buckets{From: at, To: at, Metric: sample.ServerRequest, Bounds: []float64{1}, Counts: []uint64{1, 2}, Sum: 4})
		w.Pod(sample.Pod{Name: fmt.Sprint(i), Created: at, Ready: &at})
	}
	if err := w.Finish(Complete, "", 5*time.Second); err != nil {
		t.Fatal(err)
	}
	return bundletest.Read(t, w.Dir())
}

// outcome is what a reader makes of a folder.
type outcome struct {
	records    int
	incomplete bool
}

func readAll(dir string) (outcome, error) {
	run, err := Open(dir)
	if err != nil {
		return outcome{}, err
	}
	var o outcome
	err = errors.Join(drain(run.Events(), &o), drain(run.Points(), &o), drain(run.Windows(), &o),
		drain(run.Buckets(), &o), drain(run.Pods(), &o))
	o.incomplete = run.Incomplete()
	return o, err
}

func drain[T any](records iter.Seq2[T, error], o *outcome) error {
	for _, err := range records {
		if err != nil {
			return err
		}
		o.records++
	}
	return nil
}

// TestCutAnywhere cuts every file at every byte: the reader fails, or has fewer records and knows.
func TestCutAnywhere(t *testing.T) {
	files := written(t)
	whole, err := readAll(files.Write(t))
	if err != nil || whole.incomplete {
		t.Fatalf("the whole run gave %+v, %v", whole, err)
	}
	for name, data := range files {
		dir := files.Write(t)
		for at := range data {
			if err := os.WriteFile(filepath.Join(dir, name), data[:at], 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := readAll(dir)
			if name == ManifestFile && string(bytes.TrimSpace(data[:at])) == string(bytes.TrimSpace(data)) {
				continue // Only the line end is gone.
			}
			if err == nil && (!got.incomplete || got.records > whole.records) {
				t.Fatalf("%s cut at byte %d of %d gave %+v, the whole %+v", name, at, len(data), got, whole)
			}
		}
	}
}

// TestFlippedAnywhere changes every byte of every file of records: no change goes unnoticed.
func TestFlippedAnywhere(t *testing.T) {
	files := written(t)
	for name, data := range files {
		if name == ManifestFile { // Nothing says what it was.
			continue
		}
		dir := files.Write(t)
		for at := range data {
			flipped := slices.Clone(data)
			flipped[at] ^= 1
			if err := os.WriteFile(filepath.Join(dir, name), flipped, 0o600); err != nil {
				t.Fatal(err)
			}
			if got, err := readAll(dir); err == nil {
				t.Fatalf("%s with another byte %d gave %+v", name, at, got)
			} else if !strings.Contains(err.Error(), name) {
				t.Fatalf("%s with another byte %d: the error does not name the file: %v", name, at, err)
			}
		}
	}
}

func TestImpossibleRecords(t *testing.T) {
	tests := []struct{ file, line, want string }{
		{SamplesFile, `{"t":1e300,"metric":"m","value":1}`, "more than a year from the start"},
		{SamplesFile, `{"t":1,"metric":"m","value":1e300}`, "the value 1e+300 is out of range"},
		{SamplesFile, `{"t":1,"metric":"m","value":"NaN"}`, "cannot unmarshal string"},
		{SamplesFile, `{"t":1,"metric":"m","value":NaN}`, "invalid character 'N'"},
		{HistogramsFile, `{"from":2,"to":1}`, "ends before it begins"},
		{HistogramsFile, `{"hdr":"AAAA"}`, "decode HDR histogram"},
		{BucketsFile, `{"bounds":[2,1],"counts":[1,1,1]}`, "do not ascend"},
		{BucketsFile, `{"bounds":[1],"counts":[1,18446744073709551615]}`, "the count 18446744073709551615 is out of range"},
		{PodsFile, `{"configuredStart":-1}`, "configuredStart -1 is out of range"},
	}
	for _, test := range tests {
		files := written(t)
		files[test.file] = append([]byte(test.line+"\n"), files[test.file]...)
		_, err := readAll(files.Write(t))
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), test.file+":1: ") {
			t.Errorf("%s in %s: got %v, want %q", test.line, test.file, err, test.want)
		}
	}
}

func TestMissingFile(t *testing.T) {
	for name := range written(t) {
		files := written(t)
		delete(files, name)
		if _, err := readAll(files.Write(t)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: got %v", name, err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	files := written(f)
	for way := range uint8(bundletest.Damages) {
		for which := range uint8(len(files)) {
			f.Add(way, which, uint32(40), []byte("1e300,"))
		}
	}
	whole, err := readAll(files.Write(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, way, which uint8, at uint32, data []byte) {
		damaged, name := files.Damaged(way, which, at, data)
		got, err := readAll(damaged.Write(t))
		if name == ManifestFile || err != nil || bytes.Equal(damaged[name], files[name]) {
			return
		}
		if !got.incomplete || got.records > whole.records {
			t.Errorf("%s damaged as %d at %d gave %+v, the whole %+v", name, way%bundletest.Damages, at, got, whole)
		}
	})
}
