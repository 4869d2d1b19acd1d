package search

import (
	"math"
	"slices"

	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// A Knee is the load from which on an objective's figure rises much faster than before, whatever its
// limit is: beyond it little more load costs much latency.
type Knee struct {
	Objective string  `json:"objective"`
	Load      float64 `json:"load"`
	Value     float64 `json:"value"` // The figure there, in the metric's unit.
	// Distance is how far the curve is below the line from its first to its last point there, 0 to 1.
	Distance float64 `json:"distance"`
}

// A Point is an objective's figure at a load: the median of the trials there that show one.
type Point struct {
	Load   float64
	Value  float64
	Values []float64
}

// The least that a knee needs.
const (
	kneeLoads    = 5   // Different loads.
	kneeDistance = 0.3 // A straight line has 0; a curve that is flat and then a wall has 1.
)

// Curve returns the figures of an objective by load, ascending.
func (v Variant) Curve(o slo.Objective) []Point {
	var points []Point
	for _, t := range v.Trials {
		at := slices.IndexFunc(t.Objectives, func(other summary.Objective) bool { return same(other.Objective, o) })
		if !t.Ended || at < 0 || t.Objectives[at].Observed == nil {
			continue
		}
		i := slices.IndexFunc(points, func(p Point) bool { return p.Load == t.Load })
		if i < 0 {
			i, points = len(points), append(points, Point{Load: t.Load})
		}
		points[i].Values = append(points[i].Values, *t.Objectives[at].Observed)
	}
	for i := range points {
		sorted := slices.Sorted(slices.Values(points[i].Values))
		n := len(sorted)
		points[i].Value = (sorted[(n-1)/2] + sorted[n/2]) / 2
	}
	slices.SortFunc(points, func(a, b Point) int { return int(math.Copysign(1, a.Load-b.Load)) })
	return points
}

func same(a, b slo.Objective) bool {
	return a.Name == b.Name && a.Metric == b.Metric && a.Statistic == b.Statistic && a.Where.String() == b.Where.String()
}

// knee finds the knee of a rising curve: with both axes scaled to 0..1, the point that is furthest
// below the diagonal. The rule is that of Kneedle (Satopää, Albrecht, Irwin and Raghavan, "Finding a
// Kneedle in a Haystack", ICDCSW 2011) without its smoothing, for which there are too few points.
func knee(points []Point) (at Point, distance float64, ok bool) {
	if len(points) < kneeLoads {
		return Point{}, 0, false
	}
	first, last := points[0], points[len(points)-1]
	if !(last.Value > first.Value) {
		return Point{}, 0, false
	}
	for _, p := range points {
		d := (p.Load-first.Load)/(last.Load-first.Load) - (p.Value-first.Value)/(last.Value-first.Value)
		if d > distance {
			at, distance = p, d
		}
	}
	return at, distance, distance >= kneeDistance
}

// Deciding returns the objective that says most about the capacity: of those that missed at the
// lowest load that broke the one that missed by most, or else the one with the least room at the
// highest load. False if no trial has an objective with a figure.
func (v Variant) Deciding(goals []Goal) (slo.Objective, bool) {
	var trial Trial
	var goal Goal
	for g, i := range v.Intervals {
		if i.Upper == nil || i.Upper.Harness || trial.Number > 0 && i.Upper.Load >= trial.Load {
			continue
		}
		if t, ok := v.trial(g, i.Upper.Load, slo.Miss); ok {
			trial, goal = t, goals[g]
		}
	}
	if trial.Number == 0 {
		for _, t := range v.Trials {
			if t.Ended && t.Load > trial.Load {
				trial = t
			}
		}
	}
	best, found := goal.tightest(trial)
	for _, t := range slices.Backward(v.Trials) { // A trial that broke off may have no figure.
		if !found && t.Ended {
			best, found = goal.tightest(t)
		}
	}
	return best.Objective, found
}

// tightest returns the objective of a trial with the least room; false if none has a figure.
func (g Goal) tightest(t Trial) (best summary.Objective, found bool) {
	for _, o := range g.Of(t) {
		if o.Margin != nil && o.Observed != nil && (!found || *o.Margin < *best.Margin) {
			best, found = o, true
		}
	}
	return best, found
}
