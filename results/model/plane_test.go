package model_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/kubedyno/kubedyno/results/model"
)

// steps are the sizes of a run that fills a cluster with nodes and pods in three steps.
var steps = [][2]float64{{2500, 0}, {2500, 12500}, {2500, 12500}, {5000, 12500}, {5000, 25000}, {5000, 25000}, {10000, 25000}, {10000, 50000}, {10000, 50000}}

func points(law func(a, b float64) float64) []model.PlanePoint {
	var all []model.PlanePoint
	for _, s := range steps {
		all = append(all, model.PlanePoint{A: s[0], B: s[1], Y: law(s[0], s[1])})
	}
	return all
}

// TestPlane: what the points were made with is found, exactly without scatter, and within a tenth with
// 2% of it; nothing is below 0.
func TestPlane(t *testing.T) {
	law := func(a, b float64) float64 { return 300 + 0.1*a + 0.03*b }
	p, ok := model.PlaneOf(points(law))
	if !ok || math.Abs(p.Base-300) > 1e-6 || math.Abs(p.A-0.1) > 1e-9 || math.Abs(p.B-0.03) > 1e-9 || p.Off > 1e-9 {
		t.Errorf("%+v, %v", p, ok)
	}
	random := rand.New(rand.NewPCG(1, 2))
	p, ok = model.PlaneOf(points(func(a, b float64) float64 { return law(a, b) * (1 + 0.02*random.NormFloat64()) }))
	if !ok || math.Abs(p.At(20000, 100000)/law(20000, 100000)-1) > 0.1 || !(p.Off > 0 && p.Off < 0.1) {
		t.Errorf("with scatter: %+v, %v", p, ok)
	}
	p, ok = model.PlaneOf(points(func(_, b float64) float64 { return 100 + b }))
	if !ok || p.A > 1e-9 || math.Abs(p.B-1) > 1e-9 {
		t.Errorf("of what only pods take: %+v, %v", p, ok)
	}
	p, ok = model.PlaneOf(points(func(a, b float64) float64 { return 1000 + b - 0.02*a }))
	if !ok || p.A != 0 || !(p.Off > 0) {
		t.Errorf("of what falls with nodes: %+v, %v", p, ok)
	}
}

// TestNoPlane: shares that cannot be told apart are not made up.
func TestNoPlane(t *testing.T) {
	law := func(a, b float64) float64 { return 300 + 0.1*a + 0.03*b }
	together, same := points(law), points(law)
	for i := range together {
		together[i].B = 5*together[i].A + float64(i)
		same[i].A = 5000
	}
	for name, all := range map[string][]model.PlanePoint{
		"too few":           points(law)[:4],
		"grow together":     together,
		"one does not grow": same,
		"nothing measured":  points(func(float64, float64) float64 { return 0 }),
		"no number":         points(func(float64, float64) float64 { return math.NaN() }),
	} {
		if p, ok := model.PlaneOf(all); ok {
			t.Errorf("%s: %+v", name, p)
		}
	}
}
