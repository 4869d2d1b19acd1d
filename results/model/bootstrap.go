package model

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// DefaultReplicates is how many times a fit is repeated with drawn residuals: with 399 the bounds at
// 95% are the 10th from either end.
const DefaultReplicates = 399

// A replicate is the fit to one set of drawn residuals, and the residual of a further run.
type replicate struct {
	solution solution
	further  float64
}

// bootstrap finds the intervals of a fit. It draws residuals, not points: the sizes were chosen by
// who ran the runs, and of few points a draw would often lack the largest or the smallest.
//
// Residuals of a fit with p parameters to n points are too small by the square root of (n-p)/n, and
// the normal interval of few points is too narrow; both are made up for, so that for a straight line
// with normal errors the interval is that of Student's t. Source: Davison and Hinkley, Bootstrap
// Methods and their Application (Cambridge, 1997), sections 6.2.3 and 7.3.
func (f *Fit) bootstrap(s *solver, options Options) {
	n, p := len(s.points), len(f.form.names)
	count := options.Replicates
	if count <= 0 {
		count = DefaultReplicates
	}
	const tail = (1 + Confidence) / 2
	widen := math.Sqrt(float64(n)/float64(n-p)) *
		distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(n - p)}.Quantile(tail) / distuv.UnitNormal.Quantile(tail)
	mean := 0.0
	for _, r := range f.Residuals {
		mean += r / float64(n)
	}
	f.scatter = make([]float64, n)
	for i, r := range f.Residuals {
		f.scatter[i] = (r - mean) * widen
	}
	s.weigh(f.form, f.solution)
	fitted := make([]float64, n)
	for i, point := range s.points {
		fitted[i] = f.inFrame(point.X)
	}
	random := rand.New(rand.NewPCG(options.Seed, uint64(len(f.Form))))
	for range count {
		for i := range s.values {
			s.values[i] = max(0, fitted[i]+f.scatter[random.IntN(n)]*s.frame.scale(fitted[i]))
		}
		further := f.scatter[random.IntN(n)]
		if found, ok := s.search(f.form, restarts(f.solution)); ok {
			f.replicates = append(f.replicates, replicate{found, further})
		}
	}
	f.intervals()
}

// restarts are where the search of a replicate begins: where that of the fit ended.
func restarts(at solution) [][]float64 { return [][]float64{at.at} }

// intervals sets the parameters and their intervals.
func (f *Fit) intervals() {
	of := func(s solution) []float64 {
		return f.form.parameters(s.coefficients[:], s.shapes, f.frame.width, f.frame.height)
	}
	drawn := make([][]float64, len(f.form.names))
	for _, r := range f.replicates {
		for i, v := range of(r.solution) {
			drawn[i] = append(drawn[i], v)
		}
	}
	for i, v := range of(f.solution) {
		low, high := bounds(drawn[i], v)
		f.Parameters = append(f.Parameters, Parameter{Name: f.form.names[i], Value: v, Low: low, High: high})
	}
	if f.Form != USL {
		return
	}
	if sigma, kappa := f.Parameters[1].Value, f.Parameters[2].Value; kappa > 0 && sigma < 1 {
		peak := math.Sqrt((1 - sigma) / kappa)
		f.Peak = &Peak{X: peak, Y: f.At(peak)}
	}
}

// Predict is what a further run would measure at size x, if the form holds.
func (f *Fit) Predict(x float64) Prediction {
	value := f.At(x)
	if math.IsInf(value, 1) {
		return Prediction{value, f.leastBound(x), value}
	}
	spread := f.frame.scale(value/f.frame.height) * f.frame.height
	var all []float64
	for _, r := range f.replicates {
		all = append(all, max(0, f.form.value(x/f.frame.width, f.frame, r.solution)*f.frame.height+r.further*spread))
	}
	low, high := bounds(all, value)
	return Prediction{value, low, high}
}

// leastBound is the lower bound where the fit itself has no finite value.
func (f *Fit) leastBound(x float64) float64 {
	var all []float64
	for _, r := range f.replicates {
		all = append(all, f.form.value(x/f.frame.width, f.frame, r.solution)*f.frame.height)
	}
	low, _ := bounds(all, f.At(f.frame.width))
	return low
}

// bounds are the values that enclose the middle Confidence of all; twice the value without any.
func bounds(all []float64, value float64) (low, high float64) {
	if len(all) == 0 {
		return value, value
	}
	slices.Sort(all)
	beyond := max(1, int(float64(len(all)+1)*(1-Confidence)/2))
	return all[beyond-1], all[len(all)-beyond]
}
