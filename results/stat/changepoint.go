package stat

import (
	"math"
	"math/rand/v2"
	"slices"
)

// MinSegment is how many values lie at least between two change points, and before the first and
// after the last. A single odd value is no segment, so an outlier is no change.
const MinSegment = 3

// The permutation test draws at least leastOrders orders of the values, and as many as it takes for
// the level to be 4 steps of its p-value, but at most mostOrders.
const (
	leastOrders = 999
	mostOrders  = 9999
)

// A ChangePoint is where a series of values changed.
type ChangePoint struct {
	At int     `json:"at"` // The index of the first value after the change.
	P  float64 `json:"p"`  // Of the permutation test.
}

// ChangePoints returns where the values, in the order of time, changed their distribution: by the
// method E-divisive. The stretch between two places that differs most from what follows it, by the
// energy distance of its values, is put to a permutation test: how often the values in a random
// order differ somewhere as much. If that is at most alpha, the series is cut there, and so are
// its parts in turn. Without any change the chance of a false alarm is at most alpha; each change
// found adds a part that may raise one more.
//
// A permutation test is used where Hunter uses Student's t-test, because that takes the place with
// the largest difference as if it had been known beforehand, and an outlier for a change; and the
// whole series where Hunter uses windows, because a series of runs is short. The orders are drawn
// from a fixed seed, so the same values give the same points. The time taken grows with the square
// of the number of values. A steady drift is cut into steps: see DriftOf.
//
// Source: Matteson and James, A nonparametric approach for multiple change point analysis of
// multivariate data (Journal of the American Statistical Association 109, 2014), sections 2 and 3,
// with exponent 1; Fleming and others, Hunter: Using change point detection to hunt for performance
// regressions (ICPE 2023), now Apache Otava; Besag and Clifford, Sequential Monte Carlo p-values
// (Biometrika 78, 1991) for ending a test that cannot be significant any more.
func ChangePoints(values []float64, alpha float64) []ChangePoint {
	random := rand.New(rand.NewPCG(2014, uint64(len(values))))
	points := divide(values, 0, alpha, random)
	slices.SortFunc(points, func(a, b ChangePoint) int { return a.At - b.At })
	return points
}

// divide cuts a part of a series that begins at offset.
func divide(values []float64, offset int, alpha float64, random *rand.Rand) []ChangePoint {
	if len(values) < 2*MinSegment {
		return nil
	}
	e := newEnergy(values)
	at, found := e.best()
	if found <= 0 {
		return nil
	}
	p, ok := e.test(found, alpha, random)
	if !ok {
		return nil
	}
	points := []ChangePoint{{At: offset + at, P: p}}
	points = append(points, divide(values[:at], offset, alpha, random)...)
	return append(points, divide(values[at:], offset+at, alpha, random)...)
}

// An energy looks for the place at which an order of some values differs most.
type energy struct {
	values []float64   // In the order looked at.
	before []float64   // Of one value: the sum of its distances to the first values, by their number.
	total  []float64   // The sum of the distances of all pairs of the first values, by their number.
	within [][]float64 // The same of the values from one to another number.
}

func newEnergy(values []float64) *energy {
	e := &energy{values: slices.Clone(values), before: make([]float64, len(values)+1), total: make([]float64, len(values)+1)}
	e.within = make([][]float64, len(values)+1)
	for i := range e.within {
		e.within[i] = make([]float64, len(values)+1)
	}
	return e
}

// best returns where the values change most, and by how much: the largest of
//
//	m·n/(m+n) · (2·between − within first − within second)
//
// for the first m values and the n that follow, of which some at the end may be left out. The
// three are mean distances of pairs of values.
func (e *energy) best() (at int, found float64) {
	size := len(e.values)
	for end := 1; end <= size; end++ {
		last := e.values[end-1]
		for i := range end - 1 {
			e.before[i+1] = e.before[i] + math.Abs(e.values[i]-last)
		}
		all := e.before[end-1]
		e.total[end] = e.total[end-1] + all
		// within[m][end] is the sum over the pairs of the values from m to end.
		for m := range end {
			e.within[m][end] = e.within[m][end-1] + all - e.before[m]
		}
	}
	for m := MinSegment; m <= size-MinSegment; m++ {
		for end := m + MinSegment; end <= size; end++ {
			first, second := e.total[m], e.within[m][end]
			between := e.total[end] - first - second
			x, y := float64(m), float64(end-m)
			q := x * y / (x + y) * (2*between/(x*y) - 2*first/(x*(x-1)) - 2*second/(y*(y-1)))
			if q > found {
				at, found = m, q
			}
		}
	}
	return at, found
}

// test returns how likely values in a random order differ as much as found, and whether that is at
// most alpha; if it is not, p is a lower bound. It leaves the values in another order.
func (e *energy) test(found, alpha float64, random *rand.Rand) (p float64, ok bool) {
	orders := min(max(leastOrders, int(math.Ceil(4/alpha))), mostOrders)
	const rounding = 1e-9
	asMuch := 1 // The order that was observed is one of them.
	for range orders {
		random.Shuffle(len(e.values), func(i, j int) { e.values[i], e.values[j] = e.values[j], e.values[i] })
		if _, other := e.best(); other >= found*(1-rounding) {
			asMuch++
		}
		if p = float64(asMuch) / float64(orders+1); p > alpha {
			return p, false
		}
	}
	return p, true
}

// ValuesNeeded returns how many values a series takes at least before a change in its middle could
// be found at a level alpha (0..1, without 0): with fewer, too many other orders of the values are as
// clearly apart. It is 8 for 0.05.
func ValuesNeeded(alpha float64) int { return max(2*MinSegment, 2*RunsNeeded(alpha)) }

// DriftOf reports whether a straight line describes the values at least as well as the medians of
// the segments that the change points make: their distances from it are no larger on the whole.
// Then the points are steps of a drift rather than places at which something changed.
func DriftOf(values []float64, points []ChangePoint) bool {
	if len(points) == 0 {
		return false
	}
	steps := 0.0
	for i, start := range starts(points) {
		end := len(values)
		if i < len(points) {
			end = points[i].At
		}
		middle := CentreOf(values[start:end]).Median
		for _, value := range values[start:end] {
			steps += math.Abs(value - middle)
		}
	}
	places, mean := make([]float64, len(values)), 0.0
	for i, value := range values {
		places[i] = float64(i)
		mean += value / float64(len(values))
	}
	slope, ok := Slope(places, values)
	line, centre := 0.0, float64(len(values)-1)/2
	for i, value := range values {
		line += math.Abs(value - mean - slope*(places[i]-centre))
	}
	return ok && line <= steps
}

func starts(points []ChangePoint) []int {
	all := []int{0}
	for _, point := range points {
		all = append(all, point.At)
	}
	return all
}
