package model

import "math"

// A Plane is a quantity that grows with two sizes at once, y = Base + A·a + B·b. None is below 0.
type Plane struct {
	Base float64 `json:"base"`
	A    float64 `json:"a"`
	B    float64 `json:"b"`
	// Off is the largest distance of a point from the plane, over the point's value.
	Off float64 `json:"off"`
}

// A PlanePoint is what was measured at two sizes.
type PlanePoint struct{ A, B, Y float64 }

const (
	// MinPlanePoints is how many points a plane takes: one more than it has parameters, so that
	// its residuals say something, and one for the sizes.
	MinPlanePoints = 5
	// MaxCorrelation is how closely the two sizes may go together for their shares to be told apart.
	MaxCorrelation = 0.97
)

// At is the plane's value.
func (p Plane) At(a, b float64) float64 { return p.Base + p.A*a + p.B*b }

// PlaneOf finds the plane from which the points are off least, by the squares of their relative
// distances. There is none for too few points, for sizes that grow together, or for points that are
// not above 0.
func PlaneOf(points []PlanePoint) (p Plane, ok bool) {
	if len(points) < MinPlanePoints || math.Abs(correlation(points)) > MaxCorrelation {
		return p, false
	}
	var rows [][maxCoefficients]float64
	var ones []float64
	for _, point := range points {
		if !(point.Y > 0) || math.IsInf(point.Y, 1) {
			return p, false
		}
		rows = append(rows, [maxCoefficients]float64{1 / point.Y, point.A / point.Y, point.B / point.Y})
		ones = append(ones, 1)
	}
	best, _, ok := nonNegative(rows, ones, maxCoefficients)
	if !ok {
		return p, false
	}
	p = Plane{Base: best[0], A: best[1], B: best[2]}
	for _, point := range points {
		p.Off = max(p.Off, math.Abs(p.At(point.A, point.B)/point.Y-1))
	}
	return p, true
}

// correlation is Pearson's of the two sizes; 1 if one of them is always the same, as its share
// cannot be told from the base then.
func correlation(points []PlanePoint) float64 {
	n, meanA, meanB := float64(len(points)), 0.0, 0.0
	for _, p := range points {
		meanA, meanB = meanA+p.A/n, meanB+p.B/n
	}
	aa, bb, ab := 0.0, 0.0, 0.0
	for _, p := range points {
		a, b := p.A-meanA, p.B-meanB
		aa, bb, ab = aa+a*a, bb+b*b, ab+a*b
	}
	if !(aa > 0 && bb > 0) {
		return 1
	}
	return ab / math.Sqrt(aa*bb)
}
