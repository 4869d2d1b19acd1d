package chart

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/sample"
)

func TestCountTicks(t *testing.T) {
	for high, want := range map[float64][]string{
		5000: {"0", "1,000", "2,000", "3,000", "4,000", "5,000"},
		7:    {"0", "1", "2", "3", "4", "5", "6", "7"},
		1:    {"0", "1"},
	} {
		var got []string
		for _, tick := range countTicks(0, high) {
			got = append(got, tick.Label)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("up to %v (-want +got):\n%s", high, diff)
		}
	}
}

// TestCountAxis draws costs against nodes and against pods.
func TestCountAxis(t *testing.T) {
	for _, axis := range []view.Axis{view.NodesAxis, view.PodsAxis, view.HPAsAxis} {
		text := drawn(t, view.Figure{ID: "f", Title: "t", Alt: "a", Axis: axis, End: 2000, Panels: []view.Panel{{
			Label: "CPU", Unit: sample.Cores,
			Series: []view.Series{{Name: "etcd", Parts: [][]view.Point{{{X: 100, Y: 0.1}, {X: 2000, Y: 1}}}}},
		}}})
		wellFormed(t, text)
		if !strings.Contains(text, ">"+string(axis)+"<") || !strings.Contains(text, ">2,000<") {
			t.Errorf("the axis of %s does not say so", axis)
		}
	}
}
