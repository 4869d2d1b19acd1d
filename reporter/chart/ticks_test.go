package chart

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/reporter/view"
)

// TestTicksAtTheFoot has three moments apart, one that cannot be told from the one before, and one beyond
// the end.
func TestTicksAtTheFoot(t *testing.T) {
	panel := view.Panel{Label: "Pods of web", Series: []view.Series{{Name: "available", Parts: [][]view.Point{{{X: 0, Y: 40}, {X: 100, Y: 30}}}}}}
	figure := view.Figure{ID: "ticks", Title: "Refused attempts", Alt: "a", Axis: view.TimeAxis, End: 100, Panels: []view.Panel{panel, panel}}
	without := drawn(t, figure)
	figure.Panels[0].Ticks = view.Ticks{Name: "attempts refused", At: []float64{10, 40, 40.01, 60, 130}}
	got := drawn(t, figure)
	wellFormed(t, got)
	if strings.Contains(without, "attempts refused") || strings.Count(got, "<title>attempts refused</title>") != 1 {
		t.Error("the ticks are not in one panel alone")
	}
	if lines := strings.Count(got, "<path") - strings.Count(without, "<path"); lines != 2 {
		t.Errorf("%d paths more, want the ticks and the piece beside their name", lines)
	}
	golden := filepath.Join("testdata", "ticks.svg")
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
