package summary

import (
	"math"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
)

// The bounds of a heat map.
const (
	maxHeats  = 64 // Classes of requests that have one.
	heatSlots = 80 // Slots of time; more are merged by two.
	// heatDecade is how many rows a power of ten has: a row's highest value is 1.47 times its lowest.
	heatDecade = 6
	// firstSlot is the width of a slot while there are few.
	firstSlot = sample.Offset(time.Second)
)

// A Heat counts the requests of a class by when they were due and by how long they took. Its rows are
// as wide as each other on a log scale; see HeatFloor.
type Heat struct {
	Class string
	Slot  sample.Offset // The width of a slot; the first one begins with the run.
	Slots []HeatSlot
}

// A HeatSlot is what was due in a stretch of time.
type HeatSlot struct {
	Rows  map[int]int64 // How many there are in each row.
	Count int64
	Max   float64 // The longest time in seconds.
}

// HeatFloor returns the lowest latency of a row in seconds; its highest is the next row's lowest.
func HeatFloor(row int) float64 {
	return sample.Resolution * math.Pow(10, float64(row)/heatDecade)
}

// heatRow is the row of a latency in seconds.
func heatRow(seconds float64) int {
	return max(0, int(math.Floor(heatDecade*math.Log10(seconds/sample.Resolution)+1e-9)))
}

// heat adds a window of requests to the heat map of its class.
func (c *collector) heat(w sample.PackedWindow) {
	class := w.Labels["class"]
	h, ok := c.heats[class]
	if !ok {
		if len(c.heats) >= maxHeats {
			return // The tables have it.
		}
		h = &Heat{Class: class, Slot: firstSlot}
		c.heats[class] = h
	}
	h.add(w)
}

func (h *Heat) add(w sample.PackedWindow) {
	for int(w.From/h.Slot) >= heatSlots {
		h.halve()
	}
	at := int(max(w.From, 0) / h.Slot)
	for len(h.Slots) <= at {
		h.Slots = append(h.Slots, HeatSlot{})
	}
	slot := &h.Slots[at]
	w.Histogram.Buckets(func(seconds float64, count int64) {
		slot.count(heatRow(seconds), count)
		slot.Max = max(slot.Max, seconds)
	})
}

func (s *HeatSlot) count(row int, count int64) {
	if s.Rows == nil {
		s.Rows = map[int]int64{}
	}
	s.Rows[row] += count
	s.Count += count
}

// halve makes one slot of every two.
func (h *Heat) halve() {
	half := make([]HeatSlot, (len(h.Slots)+1)/2)
	for i, slot := range h.Slots {
		into := &half[i/2]
		for row, count := range slot.Rows {
			into.count(row, count)
		}
		into.Max = max(into.Max, slot.Max)
	}
	h.Slots, h.Slot = half, 2*h.Slot
}

// Between returns the heat map with the slots outside of [from, to], in seconds of the run, empty.
func (h Heat) Between(from, to float64) Heat {
	slots := make([]HeatSlot, len(h.Slots))
	for i, slot := range h.Slots {
		if begin := float64(i) * h.Slot.Seconds(); begin+h.Slot.Seconds() > from && begin < to {
			slots[i] = slot
		}
	}
	h.Slots = slots
	return h
}
