package search_test

import (
	"math"
	"os"
	"testing"

	"github.com/kubedyno/kubedyno/results/search"
)

// TestAgreement evaluates searches that were made for it: of one scenario, on one machine. Of all pairs of
// them, how often do the lower bounds differ by no more than the width that the search was to reach, and
// how often do the intervals overlap? It prints the shares; "make search-agreement" makes the searches.
func TestAgreement(t *testing.T) {
	folder := os.Getenv("KUBEDYNO_SEARCHES")
	if folder == "" {
		t.Skip("KUBEDYNO_SEARCHES names no folder with searches of one scenario")
	}
	entries, err := search.List(folder)
	if err != nil {
		t.Fatal(err)
	}
	var all []search.Interval
	width := 0.0
	for _, entry := range entries {
		s, err := search.Open(entry.Dir)
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Variants) != 1 || len(s.Variants[0].Intervals) != 1 || s.Incomplete() {
			t.Fatalf("%s: it is no finished search of one goal", entry.Dir)
		}
		interval, spent := s.Variants[0].Intervals[0], s.Variants[0].Spent()
		t.Logf("%s: %s, after %d trials in %.0f s", entry.Dir, interval.Words(s.Parameter), len(s.Variants[0].Trials), spent.Seconds())
		if interval.Lower == nil || interval.Upper == nil || interval.Upper.Harness {
			t.Logf("%s: it has no bounds, so it is in no pair", entry.Dir)
			continue
		}
		all, width = append(all, interval), s.Rules.Width
	}
	if len(all) < 2 {
		t.Fatalf("%s has %d searches with bounds; it takes two", folder, len(all))
	}
	pairs, alike, overlap := 0, 0, 0
	for i, a := range all {
		for _, b := range all[:i] {
			pairs++
			if math.Abs(a.Lower.Load-b.Lower.Load) <= width*max(a.Lower.Load, b.Lower.Load) {
				alike++
			}
			if a.Lower.Load <= b.Upper.Load && b.Lower.Load <= a.Upper.Load {
				overlap++
			}
		}
	}
	t.Logf("of %d pairs, lower bounds within the width of %.0f%%: %d; intervals that overlap: %d", pairs, 100*width, alike, overlap)
}
