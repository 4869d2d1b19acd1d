package compare

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/experiment"
	"github.com/kubedyno/kubedyno/results/sample"
)

// writeRun writes a run folder without records.
func writeRun(t *testing.T, folder string, status bundle.Status) {
	t.Helper()
	manifest, err := json.Marshal(bundle.Manifest{FormatVersion: sample.FormatVersion, ID: filepath.Base(folder), Scenario: "tiny", Status: status})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{bundle.ScenarioFile, bundle.EventsFile, bundle.SamplesFile, bundle.HistogramsFile, bundle.BucketsFile, bundle.PodsFile} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, bundle.ManifestFile), manifest, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	e := &experiment.Experiment{FormatVersion: sample.FormatVersion, ID: "x", Repeat: 3, Axes: []experiment.Axis{{Parameter: "rate", Values: []string{"1", "2"}}},
		Variants: []experiment.Variant{{Label: "rate=1", Values: []string{"1"}}, {Label: "rate=2", Values: []string{"2"}}}}
	for i := range 6 {
		trial := experiment.Trial{Number: i + 1, Variant: i % 2, Folder: experiment.FolderOf(i+1, 6, ""), Ended: i != 4}
		e.Trials = append(e.Trials, trial)
		if i != 2 { // The records of the third are gone.
			writeRun(t, filepath.Join(dir, "x", filepath.FromSlash(trial.Folder)), bundle.Complete)
		}
	}
	if err := e.Write(filepath.Join(dir, "x")); err != nil {
		t.Fatal(err)
	}
	writeRun(t, filepath.Join(dir, "done"), bundle.Complete)
	writeRun(t, filepath.Join(dir, "killed@night"), bundle.Running)
	tests := []struct {
		path string
		want []string // The ends of the names, with "!" for those that are left out.
		err  string
	}{
		{"done", []string{"done"}, ""},
		{"killed@night", []string{"killed@night!"}, ""},
		{"x@rate=1", []string{"01", "03!", "05!"}, ""},
		{"x@rate=2", []string{"02", "04", "06"}, ""},
		{"x", nil, "has 2 variants, which are no repetitions of one another; name one of '"},
		{"x@rate=3", nil, `has no variant "rate=3"; name one of '`},
		{"done@rate=1", nil, "is not the folder of an experiment"},
		{"nope", nil, "there is no folder"},
	}
	for _, test := range tests {
		runs, err := Open(filepath.Join(dir, test.path))
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s: error %v, want %q", test.path, err, test.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.path, err)
		}
		var got []string
		for _, run := range runs {
			name := filepath.Base(run.Name)
			if run.LeftOut != "" {
				name += "!"
			}
			got = append(got, name)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.path, diff)
		}
	}
}
