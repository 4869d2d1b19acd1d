package view_test

import (
	"math"
	"strings"
	"testing"

	"github.com/kubedyno/kubedyno/reporter/internal/example"
	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/search"
)

// TestSearchShowsTheBounds compares what is shown of a search with what the example says by hand.
func TestSearchShowsTheBounds(t *testing.T) {
	v := view.BuildSearch(example.Searched())
	want := []string{"all objectives", "1,630", "3 of 3 trials passed; with 95% confidence at least 36.8% of all trials would pass",
		"1,750", "1 of 2 trials missed; with 95% confidence at least 2.53% of all trials would miss", "6.9%", "narrow enough, lower bound confirmed"}
	if got := strings.Join(v.Bounds.Rows[0], "|"); got != strings.Join(want, "|") {
		t.Errorf("bounds %q", got)
	}
	words := map[string]string{}
	for _, fact := range v.Head {
		words[fact.Name] = fact.Value
	}
	if words["Bounds"] != "1,630 to 1,750" || words["Headroom at 1,000"] != "+63%" || words["Trials"] != "11" {
		t.Errorf("head %v", words)
	}
	if knee := v.Variants[0].Knee; !strings.Contains(knee, "rate=1,500") {
		t.Errorf("knee: %s", knee)
	}
}

// TestSearchFigureStepsToTheBounds follows the lower bound, which a repeat took back once.
func TestSearchFigureStepsToTheBounds(t *testing.T) {
	f := view.BuildSearch(example.Searched()).Variants[0].Closing[0]
	var lower view.Series
	dots := map[string]int{}
	for _, series := range f.Panels[0].Series {
		if series.Name == "lower bound" {
			lower = series
		}
		if series.Dots {
			dots[series.Name] = len(series.Parts)
		}
	}
	values := map[float64]float64{}
	for _, point := range lower.Parts[0] {
		values[point.X] = point.Y // The last one at each place is the bound then.
	}
	for trial, want := range map[float64]float64{1: 250, 4: 1000, 7: 1750, 8: 1500, 11: 1630} {
		if values[trial] != want {
			t.Errorf("after trial %v the lower bound is %v, want %v", trial, values[trial], want)
		}
	}
	if dots["passed"] != 8 || dots["missed"] != 3 || dots["inconclusive"] != 0 {
		t.Errorf("dots %v", dots)
	}
}

// TestSearchWithoutAnEnd has trials that say nothing, and no upper bound: none is drawn.
func TestSearchWithoutAnEnd(t *testing.T) {
	v := view.BuildSearch(example.Limited())
	for _, series := range v.Variants[0].Closing[0].Panels[0].Series {
		if series.Name != "upper bound" {
			continue
		}
		for _, point := range series.Parts[0] {
			if !math.IsNaN(point.Y) {
				t.Errorf("an upper bound of %v is drawn", point.Y)
			}
		}
	}
	if trials := v.Variants[0].Trials; trials[1].Word != "INCONCLUSIVE" || trials[2].Word != "did not end" || trials[2].Link != "" {
		t.Errorf("trials %+v", trials[1:])
	}
	if len(v.Warnings) != 3 || !strings.HasPrefix(v.Warnings[0], "In 1 of 3 trials other processes") {
		t.Errorf("warnings %q", v.Warnings)
	}
}

// TestTrialLine is what a live view says of a trial.
func TestTrialLine(t *testing.T) {
	s := example.Searched()
	s.Variants[0].Trials = s.Variants[0].Trials[:4]
	line := view.TrialLine(s, s.Variants[0], s.Variants[0].Trials[3])
	for _, want := range []string{"Trial 4, rate=2,000: MISS after 40 s.", "sentence of trial 4", "So far: 1,630 to 1,750.", "Left of the budget: 7m20s."} {
		if !strings.Contains(line, want) {
			t.Errorf("%q does not say %q", line, want)
		}
	}
}

// TestSearchSaysHowTrialsAreKeptApart reads it among the method's sentences.
func TestSearchSaysHowTrialsAreKeptApart(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*search.Search)
		want   string
	}{
		{"each new", func(*search.Search) {}, "Every trial has a new control plane and its own seed. Bounds"},
		{"in turns", func(s *search.Search) { s.Interleaved = true }, "Variants take turns"},
		{"not in turns", func(s *search.Search) { s.Variants = append(s.Variants, s.Variants[0]) }, "one after another, not in turns"},
		{"shared", func(s *search.Search) {
			s.Reset = search.ResetCompact
			s.Variants[0].Trials = s.Variants[0].Trials[:4]
			s.Variants[0].Trials[1].Compacted = &search.Compacted{Before: 9 << 20, After: 1 << 20}
			s.Variants[0].Trials[3].Compacted = &search.Compacted{Before: 9 << 20, After: 3 << 20}
		}, "compacted and defragmented. It was new for trial 1, 3. When the others began, etcd's database had 1 MiB to 3 MiB."},
		{"shared, one size", func(s *search.Search) {
			s.Reset = search.ResetCompact
			s.Variants[0].Trials = s.Variants[0].Trials[:2]
			s.Variants[0].Trials[1].Compacted = &search.Compacted{Before: 9 << 20, After: 1 << 20}
		}, "It was new for trial 1. When the others began, etcd's database had 1 MiB."},
	} {
		s := example.Searched()
		test.change(s)
		if got := strings.Join(view.BuildSearch(s).Method, " "); !strings.Contains(got, test.want) {
			t.Errorf("%s: %s", test.name, got)
		}
	}
}

// TestSearchSaysWhatBroke: an end of the harness is a doubt about its trial alone, one of the control plane
// is what gave.
func TestSearchSaysWhatBroke(t *testing.T) {
	v := view.BuildSearch(example.BrokenAt())
	words := []string{"INCONCLUSIVE|This says nothing of the load: kwok ended (exit status 2) 9 s into the run, in phase load.",
		"PASS|PASS: sentence of trial 2.",
		"MISS|Control plane broke: kube-apiserver ended (signal: killed) 12 s into the run, in phase load, where it had used up to 1.96 cores and 3 GiB."}
	for i, row := range v.Variants[0].Trials {
		if got := row.Word + "|" + row.Sentence; got != words[i] || row.BrokeOff != (i != 1) {
			t.Errorf("trial %s: %q, broke off %t", row.Number, got, row.BrokeOff)
		}
	}
	if len(v.Warnings) != 2 || !strings.HasPrefix(v.Warnings[1], "Trial 1 proves nothing about its load: kwok ended") {
		t.Errorf("warnings %q", v.Warnings)
	}
	if gave := v.Variants[0].Gave[0]; !strings.HasPrefix(gave.Words, "At 500 the control plane broke: kube-apiserver ended") || gave.Trial != "3" {
		t.Errorf("%+v", gave)
	}
	if timed := view.BuildSearch(example.Broken()).Variants[0].Gave[0]; !strings.HasPrefix(timed.Words, "At 375 broke: the run did not end in time: phase load timed out") {
		t.Errorf("%+v", timed)
	}
}
