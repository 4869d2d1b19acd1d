package experiment

import (
	"math"
	"slices"
	"strconv"

	"github.com/kubedyno/kubedyno/results/sample"
)

// A Tradeoff weighs two figures against each other. A variant beats another one if it is at least as
// good on both and better on one; those that no other beats are the front, after V. Pareto. Compared
// are the medians of the variants' trials, so variants that differ by less than their trials do may
// trade places in another experiment.
type Tradeoff struct {
	X string `json:"x"` // Names of figures.
	Y string `json:"y"`

	Front   []int    `json:"front"`   // Computed: the variants that no other beats.
	Beaten  []Beaten `json:"beaten"`  // Computed: those that another one beats.
	Missing []int    `json:"missing"` // Computed: those without both figures.
}

// Beaten is a variant and the first one of the front that beats it.
type Beaten struct {
	Variant int `json:"variant"`
	By      int `json:"by"`
}

// Figure returns what the trials of a variant have shown for a figure of that name; false if they
// have shown none.
func (v Variant) Figure(name string) (Result, bool) {
	for _, r := range v.Results {
		if r.Figure && r.Name == name && r.N > 0 && finite(*r.Median) {
			return r, true
		}
	}
	return Result{}, false
}

func finite(value float64) bool { return !math.IsNaN(value) && !math.IsInf(value, 0) }

// judgeTradeoff computes what is marked so in Tradeoff.
func (e *Experiment) judgeTradeoff() {
	t := e.Tradeoff
	if t == nil {
		return
	}
	t.Front, t.Beaten, t.Missing = []int{}, []Beaten{}, []int{}
	places := map[int]place{} // By variant.
	for i, v := range e.Variants {
		x, hasX := v.Figure(t.X)
		y, hasY := v.Figure(t.Y)
		if !hasX || !hasY {
			t.Missing = append(t.Missing, i)
			continue
		}
		places[i] = place{exact(cost(x)), exact(cost(y))}
	}
	for i := range e.Variants {
		if p, known := places[i]; known && len(beating(p, places)) == 0 {
			t.Front = append(t.Front, i)
		}
	}
	for i := range e.Variants {
		by := beating(places[i], places)
		if _, known := places[i]; !known || len(by) == 0 {
			continue
		}
		// Whatever beats it is on the front, or is beaten by one that is and that beats this one, too.
		first := slices.IndexFunc(t.Front, func(front int) bool { return slices.Contains(by, front) })
		t.Beaten = append(t.Beaten, Beaten{i, t.Front[first]})
	}
}

// A place is where a variant stands, both figures turned so that less is better.
type place struct{ x, y float64 }

// cost is a result's median, turned so that less is better.
func cost(r Result) float64 {
	if metric, _ := sample.Lookup(r.Metric); metric.Better == sample.HigherIsBetter {
		return -*r.Median
	}
	return *r.Median
}

// exact drops the digits that are but errors of floating-point sums: 12 nodes of $0.192 and 6 of $0.384 an
// hour cost the same.
func exact(value float64) float64 {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(value, 'e', 11, 64), 64)
	if err != nil { // Only beyond the range of a float64.
		return value
	}
	return rounded
}

// beating returns the variants that beat one at a place, in no order.
func beating(p place, places map[int]place) []int {
	var all []int
	for i, other := range places {
		if other.x <= p.x && other.y <= p.y && other != p {
			all = append(all, i)
		}
	}
	return all
}
