package summary

import (
	"cmp"
	"slices"

	"github.com/kubedyno/kubedyno/results/sample"
)

// A Detail holds what figures are drawn from and the Summary is too small for. It is computed
// in the same pass and never stored.
type Detail struct {
	Distributions []Values
	Tracks        []Track
	Heats         []Heat
	Slow          []Slow
	Events        []sample.Event // Without those of kind Progress; at most maxEvents.
}

// Values are all values of a distribution metric with one set of labels, "phase" among them.
type Values struct {
	Metric    string
	Labels    sample.Labels
	Histogram sample.Histogram
	Censored  int64
	// CensoredFrom is the shortest time in seconds that a censored one had waited.
	CensoredFrom float64
}

// A Track is a gauge over the whole run, ordered by time; its labels hold no "phase". It has
// at most trackPoints points: beyond half of that, neighbours are merged and of each group the
// lowest and the highest point are kept, at their own times, so that no extreme is lost.
type Track struct {
	Metric string
	Labels sample.Labels
	Points []sample.Point
}

// Limits of what is held in memory.
const (
	maxSeries   = 2000  // Label sets of distributions, and as many of buckets.
	maxGauges   = 10000 // Label sets of gauges and counters, which need less: a server's resources times the phases.
	maxEvents   = 10000 // Events in a Detail.
	trackPoints = 2000  // Points of a Track.
)

// A track collects the points of a Track.
type track struct {
	cells  []cell
	stride int // Points in a full cell.
	inLast int // Points in the last cell.
}

// A cell is the lowest and the highest of some points that follow one another.
type cell struct{ low, high sample.Point }

func (t *track) add(p sample.Point) {
	if t.stride == 0 {
		t.stride = 1
	}
	if len(t.cells) > 0 && t.inLast < t.stride {
		t.cells[len(t.cells)-1] = merged(t.cells[len(t.cells)-1], cell{p, p})
		t.inLast++
		return
	}
	if len(t.cells) == trackPoints/2 {
		for i := range len(t.cells) / 2 {
			t.cells[i] = merged(t.cells[2*i], t.cells[2*i+1])
		}
		t.cells = t.cells[:len(t.cells)/2]
		t.stride *= 2
	}
	t.cells = append(t.cells, cell{p, p})
	t.inLast = 1
}

func merged(a, b cell) cell {
	if b.low.Value < a.low.Value {
		a.low = b.low
	}
	if b.high.Value > a.high.Value {
		a.high = b.high
	}
	return a
}

func (t *track) points() []sample.Point {
	points := make([]sample.Point, 0, 2*len(t.cells))
	for _, c := range t.cells {
		switch {
		case c.low.At == c.high.At:
			points = append(points, c.high)
		case c.low.At < c.high.At:
			points = append(points, c.low, c.high)
		default:
			points = append(points, c.high, c.low)
		}
	}
	slices.SortStableFunc(points, func(a, b sample.Point) int { return cmp.Compare(a.At, b.At) })
	return points
}
