package chart

import (
	"strings"
	"testing"

	"github.com/kubedyno/kubedyno/reporter/view"
)

// A mark is two lines in every panel, also where it goes beyond the axis, and its name stands once,
// unless there is no room.
func TestOutages(t *testing.T) {
	figure := view.Figure{ID: "f", Title: "t", Alt: "a", Axis: view.TimeAxis, End: 100,
		Outages: []view.Band{{Name: "etcd away", From: 40, To: 130}, {Name: "scheduler away", From: 41, To: 50},
			{Name: strings.Repeat("very long ", 30), From: 42, To: 50}}}
	for range 2 {
		figure.Panels = append(figure.Panels, view.Panel{Label: "CPU", Series: []view.Series{{Name: "s", Parts: [][]view.Point{{{X: 0, Y: 1}, {X: 100, Y: 2}}}}}})
	}
	got := drawn(t, figure)
	wellFormed(t, got)
	for text, want := range map[string]int{"<title>etcd away</title>": 2, "etcd away": 3, "scheduler away": 3, "very long ": 60} {
		if n := strings.Count(got, text); n != want {
			t.Errorf("%q is there %d times, want %d", text, n, want)
		}
	}
	figure.Outages = nil
	without := drawn(t, figure)
	if lines := strings.Count(got, "<path") - strings.Count(without, "<path"); lines != 2*3*2 {
		t.Errorf("three marks in two panels are %d lines more, want 12", lines)
	}
	if strings.Contains(without, "away") {
		t.Error("there is a mark that nobody asked for")
	}
}
