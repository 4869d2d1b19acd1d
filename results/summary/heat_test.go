package summary

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/sample"
)

func requested(t *testing.T, from time.Duration, latencies ...time.Duration) sample.PackedWindow {
	t.Helper()
	var h sample.Histogram
	for _, latency := range latencies {
		h.Record(latency)
	}
	w := sample.PackedWindow{From: sample.Offset(from), To: sample.Offset(from + time.Second), Metric: sample.APIRequest}
	data, err := json.Marshal(h)
	if err == nil {
		err = json.Unmarshal(data, &w.Histogram)
	}
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestHeatCountsEveryRequestOnce spreads requests over more seconds than there are slots.
func TestHeatCountsEveryRequestOnce(t *testing.T) {
	h := &Heat{Slot: firstSlot}
	for second := range 300 {
		h.add(requested(t, time.Duration(second)*time.Second, 2*time.Millisecond, 300*time.Millisecond))
	}
	h.add(requested(t, 7*time.Second, 40*time.Second))
	if h.Slot != 4*firstSlot || len(h.Slots) != 75 {
		t.Fatalf("%d slots of %v, want 75 of 4s", len(h.Slots), h.Slot)
	}
	for i, slot := range h.Slots {
		want := map[int]int64{heatRow(0.002): 4, heatRow(0.3): 4}
		if i == 1 {
			want[heatRow(40)] = 1
		}
		if diff := cmp.Diff(want, slot.Rows); diff != "" {
			t.Errorf("slot %d (-want +got):\n%s", i, diff)
		}
	}
	if longest := h.Slots[1].Max; longest < 40 || longest > 40.1 {
		t.Errorf("the longest of slot 1 took %v s, want 40", longest)
	}
}

// TestHeatRowsHoldTheirValues looks at the edges of the rows.
func TestHeatRowsHoldTheirValues(t *testing.T) {
	for _, seconds := range []float64{1e-6, 1e-5, 0.00123, 0.1, 1, 1.5, 59.9, 3600} {
		row := heatRow(seconds)
		if low, high := HeatFloor(row), HeatFloor(row+1); seconds < low*(1-1e-6) || seconds >= high {
			t.Errorf("%v s is in row %d, from %v to %v s", seconds, row, low, high)
		}
	}
}
