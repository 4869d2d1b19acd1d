package index

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/search"
	"github.com/kubedyno/kubedyno/results/slo"
)

// TestReadSearches has a search of two variants, one of which is confirmed, and one that is damaged.
func TestReadSearches(t *testing.T) {
	dir := t.TempDir()
	trial := func(number int, ended bool) search.Trial {
		return search.Trial{Number: number, Load: 10, Folder: "trials/01", Ended: ended, Took: sample.Offset(time.Minute),
			Verdicts: []slo.Verdict{slo.Pass}, After: []search.Span{{Lower: 10}}}
	}
	s := search.Search{FormatVersion: sample.FormatVersion, ID: "s", Scenario: "tiny", Started: start, Status: bundle.Interrupted,
		Rules: search.Rules{From: 10, Until: 100, Least: 1, Factor: 2, Width: 0.1, Confirm: 1, Unjudged: 3}, Goals: []search.Goal{{Name: search.AllObjectives}},
		Variants: []search.Variant{
			{Label: "a=1", Trials: []search.Trial{trial(1, true)}, Intervals: []search.Interval{{State: search.AtLeast, Lower: &search.Bound{Load: 10, Passed: 1, Confirmed: true}}}},
			{Label: "a=2", Trials: []search.Trial{trial(2, true), trial(3, false)}, Intervals: []search.Interval{{State: search.Going, Lower: &search.Bound{Load: 10}}}}}}
	run(t, filepath.Join(dir, "found", "trials"), "01", 0, bundle.Complete, slo.Pass)
	if err := s.Write(filepath.Join(dir, "found")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "damaged", search.File), []byte(`{"formatVersion":9}`))
	got, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []Entry{
		{Folder: "found", Kind: Search, ID: "s", Scenario: "tiny", Status: bundle.Interrupted, Started: start, Duration: sample.Offset(3 * time.Minute),
			Kubernetes: []string{"v1.37.2"}, NodesLeast: 500, NodesMost: 500, Verdict: slo.Inconclusive, Sentence: s.Sentence,
			Met: 1, Judged: 2, TrialsEnded: 2, Trials: 3},
		{Folder: "damaged", Kind: Search, Damage: "open search: search.json has format version 9 and this kubedyno reads version 1; use the kubedyno that wrote it"},
	}
	if diff := cmp.Diff(want, got.Entries); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}
