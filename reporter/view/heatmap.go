package view

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// The bounds of what is shown of latencies over time.
const (
	maxHeatPanels = 3 // Classes with a heat map: the slowest.
	maxWorstSlots = 3 // Rows of a class in the table.
	minHeatCount  = 20
)

// heat shows when requests were slow; it has no panels if there were too few.
func (b *builder) heat() (Figure, bool) {
	maps := slices.DeleteFunc(slices.Clone(b.detail.Heats), func(h summary.Heat) bool { return requests(h) < minHeatCount })
	if len(maps) == 0 {
		return Figure{}, false
	}
	slices.SortStableFunc(maps, func(x, y summary.Heat) int { return cmp.Compare(b.tailOf(y.Class), b.tailOf(x.Class)) })
	hidden := len(maps) - maxHeatPanels
	maps = maps[:min(len(maps), maxHeatPanels)]
	figure := Figure{ID: "api-heat", Axis: TimeAxis, End: b.duration().Seconds(), Bands: b.bands(), Outages: b.awayBands(),
		Title: heatFinding(maps),
		Caption: "Every cell is a stretch of time and a range of latencies; the stronger its colour, the more requests were due " +
			"then and took so long. Colours count in powers, so that single slow requests are seen beside thousands of fast ones.",
		Table: worstSlots(maps),
	}
	if hidden > 0 {
		figure.Caption += " The " + plural(hidden, "class", "classes") + " with a lower p99 are left out."
	}
	for _, h := range maps {
		figure.Panels = append(figure.Panels, Panel{Label: h.Class, Unit: sample.Seconds, Log: true, Heat: shades(h),
			Limits: b.limits(sample.APIRequest, sample.Labels{"class": h.Class})})
	}
	figure.Alt = figure.Title + ". The table has the slowest moments of each class."
	return figure, true
}

func requests(h summary.Heat) (n int64) {
	for _, slot := range h.Slots {
		n += slot.Count
	}
	return n
}

// tailOf is the highest p99 of a class in any phase.
func (b *builder) tailOf(class string) (highest float64) {
	for _, d := range b.distributions(sample.APIRequest) {
		if d.Labels["class"] == class {
			highest = max(highest, p99(d))
		}
	}
	return highest
}

// shades turns counts into shades: their logarithms, from 1 to the largest count of the map.
func shades(h summary.Heat) *HeatMap {
	low, high, most := math.MaxInt, 0, int64(1)
	for _, slot := range h.Slots {
		for row, n := range slot.Rows {
			low, high, most = min(low, row), max(high, row), max(most, n)
		}
	}
	heat := &HeatMap{Width: h.Slot.Seconds()}
	for row := low; row <= high+1; row++ {
		heat.Edges = append(heat.Edges, summary.HeatFloor(row))
	}
	for _, slot := range h.Slots {
		column := make([]int, high-low+1)
		for row, n := range slot.Rows {
			share := math.Log(float64(n)) / math.Log(float64(max(most, 2)))
			column[row-low] = 1 + int(math.Round(share*(HeatShades-1)))
		}
		heat.Cells = append(heat.Cells, column)
	}
	return heat
}

// heatFinding names the slowest moment of the classes that are shown.
func heatFinding(maps []summary.Heat) string {
	class, at, longest := "", "", 0.0
	for _, h := range maps {
		for i, slot := range h.Slots {
			if slot.Max > longest {
				class, at, longest = h.Class, slotWords(h, i), slot.Max
			}
		}
	}
	return fmt.Sprintf("The slowest request took %s: %s, %s after the start", format(longest, sample.Seconds), class, at)
}

// slotWords names a slot by when it begins: "2 min 5 s".
func slotWords(h summary.Heat, i int) string { return elapsed(sample.Offset(i) * h.Slot) }

// worstSlots lists the slowest moments of each class.
func worstSlots(maps []summary.Heat) Table {
	table := Table{ID: "api-heat-data", Caption: "The slowest moments of each class", Columns: []Column{
		{Name: "Class"}, {"From", true}, {"For", true}, {"Requests", true}, {"Slowest", true}}}
	for _, h := range maps {
		order := make([]int, len(h.Slots))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(h.Slots[y].Max, h.Slots[x].Max) })
		for _, i := range order[:min(len(order), maxWorstSlots)] {
			if slot := h.Slots[i]; slot.Count > 0 {
				table.Rows = append(table.Rows, []string{h.Class, slotWords(h, i), format(h.Slot.Seconds(), sample.Seconds),
					count(slot.Count), format(slot.Max, sample.Seconds)})
			}
		}
	}
	return table
}
