package view

import (
	"math"
	"slices"

	"github.com/kubedyno/kubedyno/results/summary"
)

// The bounds of what a figure draws.
const (
	maxBuckets = 160 // Buckets of a time axis; each keeps its lowest and highest value.
	maxLines   = 12  // Lines in one panel.
	tailPoints = 24  // Points for every further nine of a tail curve.
	// minBeyond is how many samples must lie beyond a percentile for it to be drawn.
	minBeyond = 10
	// gapFactor is how many times longer than usual two points are apart when the line
	// between them is a guess and is not drawn.
	gapFactor = 5
)

// split cuts a line at its gaps and thins every part so that no peak is lost.
func split(points []Point, end float64) [][]Point {
	if len(points) == 0 {
		return nil
	}
	gap := gapFactor * max(usualStep(points), 1)
	var parts [][]Point
	start := 0
	for i := 1; i <= len(points); i++ {
		if i == len(points) || points[i].X-points[i-1].X > gap {
			parts = append(parts, thin(points[start:i], end))
			start = i
		}
	}
	return parts
}

// usualStep is the median distance between points.
func usualStep(points []Point) float64 {
	if len(points) < 2 {
		return 0
	}
	steps := make([]float64, 0, len(points)-1)
	for i := 1; i < len(points); i++ {
		steps = append(steps, points[i].X-points[i-1].X)
	}
	slices.Sort(steps)
	return steps[len(steps)/2]
}

// thin keeps the first, lowest, highest and last point of every bucket of the time axis.
func thin(points []Point, end float64) []Point {
	if len(points) <= 2*maxBuckets || end <= 0 {
		return points
	}
	var kept []Point
	for start := 0; start < len(points); {
		bucket := math.Floor(points[start].X / end * maxBuckets)
		stop := start
		for stop < len(points) && math.Floor(points[stop].X/end*maxBuckets) == bucket {
			stop++
		}
		low, high := start, start
		for i := start; i < stop; i++ {
			if points[i].Y < points[low].Y {
				low = i
			}
			if points[i].Y > points[high].Y {
				high = i
			}
		}
		picked := []int{low, high}
		if start == 0 {
			picked = append(picked, 0)
		}
		if stop == len(points) {
			picked = append(picked, stop-1)
		}
		slices.Sort(picked)
		for _, i := range slices.Compact(picked) {
			kept = append(kept, points[i])
		}
		start = stop
	}
	return kept
}

// tail returns the percentile curve of a distribution, from its lowest value to the percentile
// beyond which fewer than minBeyond samples lie, or to where the first one that never got
// there may lie: beyond that the curve would be a lower bound. It is nil if there are too few
// samples for a median.
func tail(values *summary.Values) []Point {
	h := &values.Histogram
	n := float64(h.Count())
	if n*0.5 < minBeyond {
		return nil
	}
	nines := math.Log10(n / minBeyond)
	steps := int(math.Floor(nines*tailPoints + 1e-9))
	shares := []float64{0.5} // The one percentile of the tables that is not on the grid.
	for i := 0; i <= steps; i++ {
		shares = append(shares, 1-math.Pow(10, -float64(i)/tailPoints))
	}
	slices.Sort(shares)
	var points []Point
	for _, p := range shares {
		y := h.Quantile(p)
		if values.Censored > 0 && y >= values.CensoredFrom {
			break
		}
		points = append(points, Point{X: p, Y: y})
	}
	return points
}

// extremes returns the lowest, highest and last value of a line.
func extremes(points []Point) (low, high, last float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, p := range points {
		low, high, last = min(low, p.Y), max(high, p.Y), p.Y
	}
	return low, high, last
}
