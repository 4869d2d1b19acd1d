package chart

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/reporter/internal/example"
	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/sample"
)

// TestVolumeFigures holds the figures of volumes.
func TestVolumeFigures(t *testing.T) {
	for _, section := range example.Volumes().Report().Sections {
		if section.ID != "volumes" {
			continue
		}
		for _, figure := range section.Figures {
			got := drawn(t, figure)
			wellFormed(t, got)
			golden := filepath.Join("testdata", figure.ID+".svg")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("figure differs from %s; run with -update if that is meant:\n%s", golden, diff)
			}
		}
	}
}

// TestParts: every piece of a bar has the colour of its name above, and the whole stands beside it.
func TestParts(t *testing.T) {
	piece := func(name string, slot int, from, to float64) view.Series {
		return view.Series{Name: name, Slot: slot, Parts: [][]view.Point{{{X: from}, {X: to}}}}
	}
	text := drawn(t, view.Figure{ID: "parts", Axis: view.PartsAxis, XUnit: sample.Seconds, Along: "time", Panels: []view.Panel{
		{Label: "a & b", Unit: sample.Seconds, Series: []view.Series{piece("first", 0, 0, 4), piece("second", 1, 4, 5)}, Marks: []view.Mark{{Name: "5 s in all"}}},
		{Label: "c", Unit: sample.Seconds, Series: []view.Series{piece("second", 1, 0, 2)}, Marks: []view.Mark{{Name: "≥ 2 s"}}},
	}})
	wellFormed(t, text)
	for _, want := range []string{"a &amp; b", ">first<", ">second<", "5 s in all", "≥ 2 s", ">time<", "first 4 s", "second 1 s", "second 2 s"} {
		if !strings.Contains(text, want) {
			t.Errorf("the figure does not say %q", want)
		}
	}
	for ink, n := range map[string]int{"f-series-0": 2, "f-series-1": 3} { // One each in the key.
		if got := strings.Count(text, ink); got != n {
			t.Errorf("%d boxes of %s, want %d", got, ink, n)
		}
	}
	wellFormed(t, drawn(t, view.Figure{ID: "none", Axis: view.PartsAxis})) // Nothing to draw is no fault.
}
