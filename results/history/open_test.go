package history

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/experiment"
	"github.com/kubedyno/kubedyno/results/sample"
)

// writeRun writes a run folder without records.
func writeRun(t *testing.T, folder, scenario string) {
	t.Helper()
	manifest, err := json.Marshal(bundle.Manifest{FormatVersion: sample.FormatVersion, ID: filepath.ToSlash(folder), Scenario: scenario,
		Status: bundle.Complete, Started: time.Unix(5, 0)})
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

// writeExperiment writes an experiment of two rounds, of which the last trial was not begun.
func writeExperiment(t *testing.T, folder string, variants ...string) {
	t.Helper()
	e := &experiment.Experiment{FormatVersion: sample.FormatVersion, ID: folder, Scenario: "tiny", Repeat: 2, Started: time.Unix(9, 0)}
	for _, label := range variants {
		e.Variants = append(e.Variants, experiment.Variant{Label: label, Values: []string{}})
	}
	for i := range 2 * len(variants) {
		trial := experiment.Trial{Number: i + 1, Variant: i % len(variants), Folder: experiment.FolderOf(i+1, 2*len(variants), ""), Ended: true}
		e.Trials = append(e.Trials, trial)
		if i < 2*len(variants)-1 {
			writeRun(t, filepath.Join(folder, filepath.FromSlash(trial.Folder)), "tiny")
		}
	}
	if err := e.Write(folder); err != nil {
		t.Fatal(err)
	}
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	writeRun(t, filepath.Join(dir, "one"), "tiny")
	writeRun(t, filepath.Join(dir, "large"), "huge")
	writeExperiment(t, filepath.Join(dir, "repeated"), "")
	writeExperiment(t, filepath.Join(dir, "matrix"), "a=1", "a=2")
	if err := os.MkdirAll(filepath.Join(dir, "broken"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "broken", bundle.ManifestFile), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		path, scenario string
		want           []string
		notes          []string
		err            string
	}{
		{"", "tiny", []string{"one", "repeated/trials/01"}, []string{"broken cannot be read", "matrix is an experiment with 2 variants"}, ""},
		{"", "huge", []string{"large"}, []string{"broken", "matrix"}, ""},
		{"", "", nil, nil, "there are runs of 2 scenarios: huge, tiny"},
		{"", "none", nil, nil, `no run of scenario "none"`},
		{"one", "", []string{"*one"}, nil, ""},
		{"matrix@a=1", "", []string{"*matrix/trials/01", "*matrix/trials/03"}, nil, ""},
		{"matrix@a=9", "", nil, nil, "has no variant"},
		{"matrix", "", nil, nil, "has 2 variants, which are no repetitions of one another"},
		{"nope", "", nil, nil, "there is no folder"},
		{"broken", "", nil, nil, "manifest.json"},
	}
	for _, test := range tests {
		found, err := Open([]string{filepath.Join(dir, test.path)}, test.scenario)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%q: error %v, want %q", test.path, err, test.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", test.path, err)
			continue
		}
		var names []string
		for _, run := range found.Runs {
			names = append(names, strings.ReplaceAll(run.Name, filepath.ToSlash(dir)+"/", "*"))
			if run.Detail != nil {
				t.Errorf("%s is kept with its samples", run.Name)
			}
		}
		slices.Sort(names)
		if diff := cmp.Diff(test.want, names); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.path, diff)
		}
		for i, note := range test.notes {
			if i >= len(found.Notes) || !strings.Contains(found.Notes[i], note) {
				t.Errorf("%q: notes %q, want %q", test.path, found.Notes, test.notes)
			}
		}
	}
}
