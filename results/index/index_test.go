package index

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/experiment"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// run makes a run folder that began so many hours after start and says with what verdicts its
// objectives ended; with none it has no summary.
func run(t *testing.T, dir, name string, hours int, status bundle.Status, verdicts ...slo.Verdict) {
	t.Helper()
	folder := filepath.Join(dir, name)
	manifest := bundle.Manifest{ID: name, Scenario: "tiny", Title: "A tiny run", Started: start.Add(time.Duration(hours) * time.Hour),
		Objectives: make([]slo.Objective, 2),
		Cluster: bundle.Cluster{Kubernetes: "v1.37.2", Name: "host.example",
			Pools: []bundle.Pool{{Count: 300}, {Count: 200}}}}
	w, err := bundle.Create(folder, manifest, []byte("kind: Scenario\n"))
	if err != nil {
		t.Fatal(err)
	}
	if status != bundle.Running {
		defer func() {
			if err := w.Finish(status, "", time.Minute); err != nil {
				t.Error(err)
			}
		}()
	} else {
		copied := t.TempDir() // The folder as it is while the run goes on.
		if err := os.CopyFS(copied, os.DirFS(folder)); err != nil {
			t.Fatal(err)
		}
		if err := w.Finish(bundle.Failed, "", 0); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(folder, bundle.ManifestFile), read(t, filepath.Join(copied, bundle.ManifestFile)))
	}
	if verdicts == nil {
		return
	}
	s := summary.Summary{FormatVersion: sample.FormatVersion, Run: name, Verdict: slo.Worst(verdicts), Sentence: "What came of it."}
	for _, verdict := range verdicts {
		s.Objectives = append(s.Objectives, summary.Objective{Verdict: verdict})
	}
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, bundle.SummaryFile), data)
	write(t, filepath.Join(folder, bundle.ReportFile), []byte("<!DOCTYPE html>"))
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	run(t, dir, "passed", 1, bundle.Complete, slo.Pass, slo.Pass)
	run(t, dir, "missed", 3, bundle.Complete, slo.Miss, slo.Pass)
	run(t, dir, "killed", 2, bundle.Running)
	run(t, dir, "foreign", 4, bundle.Complete, slo.Pass)
	write(t, filepath.Join(dir, "foreign", bundle.SummaryFile), read(t, filepath.Join(dir, "passed", bundle.SummaryFile)))
	run(t, dir, "cut", 5, bundle.Complete, slo.Pass)
	write(t, filepath.Join(dir, "cut", bundle.SummaryFile), read(t, filepath.Join(dir, "passed", bundle.SummaryFile))[:40])
	run(t, dir, "odd", 6, bundle.Complete, slo.Pass)
	write(t, filepath.Join(dir, "odd", bundle.SummaryFile), []byte(`{"formatVersion":1,"run":"odd","verdict":"GREEN"}`))
	write(t, filepath.Join(dir, "broken", bundle.ManifestFile), []byte("{"))
	write(t, filepath.Join(dir, "unrelated", "file"), nil)
	x := experiment.Experiment{FormatVersion: sample.FormatVersion, ID: "x", Repeat: 2, Scenario: "tiny", Started: start.Add(9 * time.Hour),
		Status: bundle.Interrupted, Variants: []experiment.Variant{{}},
		Trials: []experiment.Trial{{Number: 1, Folder: "trials/01", Ended: true, Verdict: slo.Pass}, {Number: 2, Folder: "trials/02"}}}
	run(t, filepath.Join(dir, "tried", "trials"), "01", 9, bundle.Complete, slo.Pass)
	if err := x.Write(filepath.Join(dir, "tried")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "untried", experiment.File), []byte(`{"formatVersion":1}`))

	got, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	plain := func(name string, hours int, status bundle.Status) Entry {
		e := Entry{Folder: name, Kind: Run, ID: name, Scenario: "tiny", Title: "A tiny run", Status: status,
			Started: start.Add(time.Duration(hours) * time.Hour), Kubernetes: []string{"v1.37.2"}, NodesLeast: 500, NodesMost: 500, Judged: 2}
		if status != bundle.Running {
			e.Duration = sample.Offset(time.Minute)
		}
		return e
	}
	judged := func(e Entry, verdict slo.Verdict, met int) Entry {
		e.Verdict, e.Sentence, e.Met, e.Report = verdict, "What came of it.", met, true
		return e
	}
	damaged := func(e Entry, reason string) Entry {
		e.Report, e.Damage = true, reason
		return e
	}
	want := []Entry{
		{Folder: "tried", Kind: Experiment, ID: "x", Scenario: "tiny", Status: bundle.Interrupted, Started: x.Started,
			Kubernetes: []string{"v1.37.2"}, NodesLeast: 500, NodesMost: 500,
			Verdict: x.Verdict, Sentence: x.Sentence, Judged: 1, TrialsEnded: 1, Trials: 2},
		damaged(plain("odd", 6, bundle.Complete), `read summary.json: it has the verdict "GREEN", which there is not`),
		damaged(plain("cut", 5, bundle.Complete), "read summary.json: unexpected end of JSON input"),
		damaged(plain("foreign", 4, bundle.Complete), "summary.json is of another run, passed"),
		judged(plain("missed", 3, bundle.Complete), slo.Miss, 1),
		plain("killed", 2, bundle.Running),
		judged(plain("passed", 1, bundle.Complete), slo.Pass, 2),
		{Folder: "untried", Kind: Experiment, Damage: "open experiment: read experiment.json: it has no trials"},
		{Folder: "broken", Kind: Run, Damage: "open run: read manifest.json: unexpected end of JSON input"},
	}
	want[0].Met = got.Entries[0].Met // Judge decides that; the page shows it.
	if diff := cmp.Diff(want, got.Entries); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	data, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	for _, private := range []string{dir, "host.example"} {
		if strings.Contains(string(data), private) {
			t.Errorf("the index holds %q, which is nobody's business where it is published", private)
		}
	}
	if _, err := Read(filepath.Join(dir, "none")); err == nil {
		t.Error("a folder that does not exist was listed")
	}
}
