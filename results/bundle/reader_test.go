package bundle

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kubedyno/kubedyno/results/sample"
)

func TestOpenErrors(t *testing.T) {
	folder := func(files map[string]string) string {
		dir := t.TempDir()
		for name, content := range files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	tests := []struct{ name, dir, want string }{
		{"no folder", filepath.Join(t.TempDir(), "gone"), "there is no folder"},
		{"no run", folder(nil), "is not a kubedyno run (it has no manifest.json)"},
		{"no JSON", folder(map[string]string{ManifestFile: "x"}), "invalid character"},
		{"later version", folder(map[string]string{ManifestFile: `{"formatVersion":99,"id":7}`}),
			"has format version 99 and this kubedyno reads version 1; use the kubedyno that wrote it"},
		{"no scenario", folder(map[string]string{ManifestFile: `{"formatVersion":1}`}), "was the folder copied whole?"},
		{"no version", folder(map[string]string{ManifestFile: `{}`}), "has format version 0"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := Open(test.dir); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestDecodeLines(t *testing.T) {
	long := strings.Repeat("x", 3*streamBuffer)
	tests := []struct {
		name, input string
		want        []string
		cut         bool
		err         string
	}{
		{"empty", "", nil, false, ""},
		{"whole", "{\"metric\":\"a\"}\n{\"metric\":\"b\"}\n", []string{"a", "b"}, false, ""},
		{"last line cut", "{\"metric\":\"a\"}\n{\"metr", []string{"a"}, true, ""},
		{"only the line end is cut off", "{\"metric\":\"a\"}", []string{"a"}, false, ""},
		{"corrupt in the middle", "{\"metric\":\"a\"}\n{\"metr\n{\"metric\":\"c\"}\n", []string{"a"}, false, "file:2: "},
		{"corrupt at the end", "{\"metric\":\"a\"}\n{\"metr\n", []string{"a"}, false, "file:2: "},
		{"empty line", "\n", nil, false, "file:1: "},
		{"longer than the buffer", fmt.Sprintf("{\"metric\":%q}\n", long), []string{long}, false, ""},
		{"too long", strings.Repeat("x", maxLine+1), nil, false, "file:1: the line is longer than"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			var failure error
			cut, _ := decodeLines(strings.NewReader(test.input), "file", func(p sample.Point, err error) bool {
				if err != nil {
					failure = err
					return true
				}
				got = append(got, p.Metric)
				return true
			})
			if diff := cmp.Diff(test.want, got, cmpopts.EquateEmpty()); diff != "" || cut != test.cut {
				t.Errorf("cut %v, records differ: %s", cut, diff)
			}
			if (failure == nil) != (test.err == "") ||
				failure != nil && !strings.Contains(failure.Error(), test.err) {
				t.Errorf("got %v, want %q", failure, test.err)
			}
		})
	}
}

func TestCutLineIsCountedOnce(t *testing.T) {
	w := newWriter(t)
	w.Pod(sample.Pod{Name: "a"})
	if err := w.Finish(Complete, "", 0); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.Dir(), PodsFile), []byte(`{"nam`), 0o600); err != nil {
		t.Fatal(err)
	}
	run, err := Open(w.Dir())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if pods := all(t, run.Pods()); len(pods) != 0 {
			t.Errorf("pods are %v", pods)
		}
	}
	if run.CutLines() != 1 {
		t.Errorf("%d cut lines, want 1", run.CutLines())
	}
}

func TestReadingMayStopEarly(t *testing.T) {
	w := newWriter(t)
	w.Event(sample.Event{Message: "one"})
	w.Event(sample.Event{Message: "two"})
	if err := w.Finish(Complete, "", 0); err != nil {
		t.Fatal(err)
	}
	run, err := Open(w.Dir())
	if err != nil {
		t.Fatal(err)
	}
	for event, err := range run.Events() {
		if err != nil || event.Message != "one" {
			t.Errorf("first event is %+v, %v", event, err)
		}
		break
	}
}

func TestList(t *testing.T) {
	dir := t.TempDir()
	for i, id := range []string{"old", "new"} {
		m := manifest
		m.ID, m.Started = id, manifest.Started.AddDate(0, 0, i)
		w, err := Create(filepath.Join(dir, id), m, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Finish(Complete, "", 0); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"broken", "unrelated"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "broken", ManifestFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	entries, err := List(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, entry := range entries {
		got = append(got, filepath.Base(entry.Dir))
	}
	if diff := cmp.Diff([]string{"new", "old", "broken"}, got); diff != "" {
		t.Fatal(diff)
	}
	if entries[2].Err == nil || entries[0].Err != nil {
		t.Errorf("errors are %v and %v", entries[2].Err, entries[0].Err)
	}
	if entries, err := List(filepath.Join(dir, "none")); err != nil || entries != nil {
		t.Errorf("a directory that does not exist gave %v, %v", entries, err)
	}
}

func FuzzRecords(f *testing.F) {
	f.Add([]byte("{\"t\":1,\"metric\":\"m\"}\n{\"t\""))
	f.Add([]byte("{\"hdr\":\"HISTFAAAABl42pNpmSzMwMDAxAABzFCaEUoz\"}\n"))
	f.Add([]byte("\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		checkLines[sample.Event](t, data)
		checkLines[sample.Point](t, data)
		checkLines[sample.Window](t, data)
		checkLines[sample.Pod](t, data)
	})
}

// checkLines checks that no line is lost: each is a record, the cut one or the one in error.
func checkLines[T any](t *testing.T, data []byte) {
	t.Helper()
	var records, failures int
	cut, _ := decodeLines(bytes.NewReader(data), "file", func(_ T, err error) bool {
		if failures > 0 {
			t.Error("reading went on after an error")
		}
		if err != nil {
			failures++
		} else {
			records++
		}
		return true
	})
	lines := bytes.Count(data, []byte{'\n'})
	if len(data) > 0 && data[len(data)-1] != '\n' {
		lines++
	}
	if failures == 0 {
		if cut {
			records++
		}
		if records != lines {
			t.Errorf("%d of %d lines are accounted for", records, lines)
		}
	}
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"formatVersion":1,"status":"complete"}`))
	f.Add([]byte(`{"formatVersion":2}`))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, ManifestFile), data, 0o600); err != nil {
			t.Fatal(err)
		}
		if manifest, err := readManifest(dir); err == nil && manifest.FormatVersion != sample.FormatVersion {
			t.Errorf("version %d was accepted", manifest.FormatVersion)
		}
	})
}
