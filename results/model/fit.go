package model

import (
	"math"

	"gonum.org/v1/gonum/optimize"
)

// A Fit is a form with the parameters that describe the points best.
type Fit struct {
	Form       Form        `json:"form"`
	Parameters []Parameter `json:"parameters"`
	AICc       float64     `json:"aicc"`
	// R2 is the share of the variation of the values, relative to the fit, that it explains; 0 for
	// a constant.
	R2 float64 `json:"r2"`
	// Residuals are by how much each point lies above the fit, as a share of it.
	Residuals []float64 `json:"residuals"`
	// TrendP is the chance that the residuals change sign along the sizes as seldom by accident.
	TrendP float64 `json:"trendP"`
	Peak   *Peak   `json:"peak,omitempty"` // Of a throughput that has one.

	form       form
	solution   solution
	frame      frame
	scatter    []float64 // Residuals that the bootstrap draws from.
	replicates []replicate
}

// A Parameter is a parameter of a fit with its interval at Confidence.
type Parameter struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// A Peak is the size at which a throughput is largest: the square root of (1-σ)/κ.
type Peak struct {
	X float64 `json:"x"`
	Y float64 `json:"y"` // The throughput there.
}

// A frame is by what sizes and values are divided, and from which value on scatter is in
// proportion; see form.
type frame struct{ width, height, floor float64 }

// floorShare of the median value is the least for which scatter is in proportion to the value.
// Without a floor, one value near 0 would outweigh all others.
const floorShare = 0.05

// scale is what residuals are divided by at a fitted value.
func (f frame) scale(value float64) float64 { return max(value, f.floor) }

// A solution is a form's parameters in its frame.
type solution struct {
	at           []float64 // Where the search ended.
	shapes       []float64
	coefficients [maxCoefficients]float64
	squares      float64
}

// The limits of a search for the shapes of a form.
const (
	maxEvaluations = 400 // From one start.
	stalled        = 25  // Steps without a gain, after which it ends.
	gain           = 1e-9
	firstStep      = 0.25
	refits         = 2 // With the weights of the fit before.
)

// A solver fits forms to the same points.
type solver struct {
	points  []Point // In the frame.
	frame   frame
	rows    [][maxCoefficients]float64
	values  []float64
	weights []float64
	scaled  []float64 // Values times weights.
}

func newSolver(points []Point) *solver {
	n := len(points)
	s := &solver{rows: make([][maxCoefficients]float64, n), values: make([]float64, n), weights: make([]float64, n), scaled: make([]float64, n)}
	var values []float64
	for _, p := range points {
		s.frame.width, s.frame.height = max(s.frame.width, p.X), max(s.frame.height, p.Y)
		values = append(values, p.Y)
	}
	if s.frame.height == 0 {
		s.frame.height = 1
	}
	for _, p := range points {
		s.points = append(s.points, Point{X: p.X / s.frame.width, Y: p.Y / s.frame.height})
	}
	s.frame.floor = floorShare * median(values) / s.frame.height
	if s.frame.floor == 0 {
		s.frame.floor = floorShare
	}
	return s
}

// fit fits a form by least squares of residuals relative to the fitted values: first relative to the
// measured ones, then to those of the fit before.
func (s *solver) fit(f form) (Fit, bool) {
	n, k := len(s.points), len(f.names)+1 // The error is a parameter, too.
	if f.row == nil || n < k+2 {
		return Fit{}, false
	}
	for i, p := range s.points {
		s.values[i], s.weights[i] = p.Y, 1/s.frame.scale(p.Y)
	}
	best, ok := s.search(f, starts(f.shapes))
	for range refits {
		if !ok {
			return Fit{}, false
		}
		s.weigh(f, best)
		best, ok = s.search(f, append(starts(f.shapes), best.at))
	}
	if !ok {
		return Fit{}, false
	}
	fit := Fit{Form: f.name, form: f, solution: best, frame: s.frame}
	logs, around, total := 0.0, 0.0, 0.0
	for i, p := range s.points {
		logs -= 2 * math.Log(s.weights[i])
		around += s.weights[i] * s.weights[i] * p.Y
		total += s.weights[i] * s.weights[i]
	}
	mean, variation := around/total, 0.0
	for i, p := range s.points {
		residual := p.Y - fit.inFrame(p.X)
		fit.Residuals = append(fit.Residuals, residual*s.weights[i])
		variation += (p.Y - mean) * (p.Y - mean) * s.weights[i] * s.weights[i]
	}
	if variation > 0 {
		fit.R2 = max(0, 1-best.squares/variation)
	}
	const least = 1e-18 // Of a mean square, for fits without any error.
	fit.AICc = float64(n)*math.Log(max(best.squares/float64(n), least)) + logs + 2*float64(k) + 2*float64(k*(k+1))/float64(n-k-1)
	fit.TrendP = trendP(s.points, fit.Residuals)
	return fit, true
}

// weigh sets the weights to those of a solution's fitted values.
func (s *solver) weigh(f form, at solution) {
	for i, p := range s.points {
		s.weights[i] = 1 / s.frame.scale(f.value(p.X, s.frame, at))
	}
}

// starts are all combinations of the shapes' starts.
func starts(shapes []shape) [][]float64 {
	all := [][]float64{nil}
	for _, shape := range shapes {
		var longer [][]float64
		for _, before := range all {
			for _, start := range shape.starts {
				longer = append(longer, append(append([]float64{}, before...), start))
			}
		}
		all = longer
	}
	return all
}

// search finds the least sum of squares over the shapes by the method of Nelder and Mead from each
// start; for given shapes the coefficients are exact.
func (s *solver) search(f form, starts [][]float64) (solution, bool) {
	if len(f.shapes) == 0 {
		return s.solve(f, nil)
	}
	problem := optimize.Problem{Func: func(at []float64) float64 {
		found, ok := s.solve(f, at)
		if !ok {
			return math.MaxFloat64
		}
		return found.squares
	}}
	settings := &optimize.Settings{FuncEvaluations: maxEvaluations,
		Converger: &optimize.FunctionConverge{Relative: gain, Absolute: gain * gain, Iterations: stalled}}
	best, any := solution{squares: math.Inf(1)}, false
	for _, start := range starts {
		result, err := optimize.Minimize(problem, start, settings, &optimize.NelderMead{SimplexSize: firstStep})
		if err != nil || result == nil {
			continue
		}
		if found, ok := s.solve(f, result.X); ok && found.squares < best.squares {
			best, any = found, true
		}
	}
	return best, any
}

// solve finds the coefficients for given shapes.
func (s *solver) solve(f form, at []float64) (solution, bool) {
	found := solution{at: at}
	for i, shape := range f.shapes {
		if math.IsNaN(at[i]) {
			return found, false
		}
		found.shapes = append(found.shapes, shape.value(at[i]))
	}
	one := 1 / s.frame.width
	for i, p := range s.points {
		row := &s.rows[i]
		f.row(p.X, one, found.shapes, row[:])
		for a := range f.coefficients {
			row[a] *= s.weights[i]
		}
	}
	for i, v := range s.values {
		s.scaled[i] = v * s.weights[i]
	}
	ok := false
	found.coefficients, found.squares, ok = nonNegative(s.rows, s.scaled, f.coefficients)
	return found, ok && !math.IsNaN(found.squares) && !math.IsInf(found.squares, 0)
}

// value is the fitted value at x, both in the frame.
func (f form) value(x float64, frame frame, at solution) float64 {
	var row [maxCoefficients]float64
	f.row(x, 1/frame.width, at.shapes, row[:])
	sum := 0.0
	for i := range f.coefficients {
		if at.coefficients[i] != 0 {
			sum += row[i] * at.coefficients[i]
		}
	}
	return sum
}

func (f *Fit) inFrame(x float64) float64 { return f.form.value(x, f.frame, f.solution) }

// At is the fitted value at size x; infinite beyond a queue's capacity.
func (f *Fit) At(x float64) float64 { return f.inFrame(x/f.frame.width) * f.frame.height }
