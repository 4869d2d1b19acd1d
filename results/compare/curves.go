package compare

import (
	"math"
	"slices"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/stat"
	"github.com/kubedyno/kubedyno/results/summary"
)

// A Curve is a whole distribution on both sides: where it differs, not only by how much at one
// percentile.
type Curve struct {
	Metric string        `json:"metric"`
	Where  sample.Labels `json:"where,omitempty"`
	Unit   sample.Unit   `json:"unit"`
	Points []CurvePoint  `json:"points"` // By P. They end where a run has fewer than 10 samples beyond.
}

// A CurvePoint is the quantile P (0..1) of a distribution on both sides. Percentiles of runs are
// never averaged into one: Base and New are the medians over the runs, and Shift compares the runs.
type CurvePoint struct {
	P     float64    `json:"p"`
	Base  float64    `json:"base"`
	New   float64    `json:"new"`
	Shift stat.Shift `json:"shift"`
}

// curveSteps is how many points a curve has for every nine; maxNines is where it ends.
const (
	curveSteps = 10
	maxNines   = 5
)

// curves draws up the distribution behind every deciding figure, each once.
func (c *Comparison) curves(base, other []Run) {
	seen := map[string]bool{}
	for _, change := range c.Deciding {
		metric, _ := sample.Lookup(change.Metric)
		k := change.Metric + "|" + change.Where.String()
		if metric.Shape != sample.Distribution || seen[k] {
			continue
		}
		seen[k] = true
		curve := Curve{Metric: change.Metric, Where: change.Where, Unit: metric.Unit}
		left, right := curve.valuesOf(base), curve.valuesOf(other)
		if left == nil || right == nil {
			continue
		}
		for _, p := range shares() {
			point, ok := pointOf(left, right, p)
			if !ok {
				break
			}
			curve.Points = append(curve.Points, point)
		}
		if len(curve.Points) > 1 {
			c.Curves = append(c.Curves, curve)
		}
	}
}

// shares are the quantiles of a curve: even steps in nines, and the usual ones between them.
func shares() []float64 {
	all := []float64{0.5, 0.95}
	for step := 1; step <= curveSteps*maxNines; step++ {
		all = append(all, 1-math.Pow(10, -float64(step)/curveSteps))
	}
	slices.Sort(all)
	return all
}

// valuesOf returns the distribution of each run; nil if one has none.
func (c *Curve) valuesOf(runs []Run) []summary.Values {
	var all []summary.Values
	for _, run := range runs {
		if run.Detail == nil {
			return nil
		}
		values := run.Detail.Merged(c.Metric, c.Where)
		if values.Histogram.Count() == 0 {
			return nil
		}
		all = append(all, values)
	}
	return all
}

// pointOf compares one quantile; it is not ok where a run has too few samples, or where one that
// never got there could lie.
func pointOf(base, other []summary.Values, p float64) (CurvePoint, bool) {
	var quantiles [2][]float64
	for side, runs := range [][]summary.Values{base, other} {
		for i := range runs {
			q := runs[i].Histogram.Quantile(p)
			if !stat.Printable(runs[i].Histogram.Count(), p) || runs[i].Censored > 0 && q >= runs[i].CensoredFrom {
				return CurvePoint{}, false
			}
			quantiles[side] = append(quantiles[side], q)
		}
	}
	return CurvePoint{P: p, Base: stat.CentreOf(quantiles[0]).Median, New: stat.CentreOf(quantiles[1]).Median,
		Shift: stat.ShiftOf(quantiles[0], quantiles[1])}, true
}
