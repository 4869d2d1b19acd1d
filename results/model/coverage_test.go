package model

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// The size of the tests of coverage: so many sets of made-up runs, each with so many replicates.
const (
	sets       = 80
	replicates = 199
)

// fewestHits is the least number of hits that a rate of Confidence allows: fewer come in less than
// one of 10,000 such tests.
func fewestHits(n int) int {
	const accident = 1e-4
	below, probability := 0.0, math.Pow(1-Confidence, float64(n))
	for k := 0; ; k++ {
		if below += probability; below > accident {
			return k
		}
		probability *= float64(n-k) / float64(k+1) * Confidence / (1 - Confidence)
	}
}

func TestFewestHits(t *testing.T) {
	// At 95%, 13 of 20 hits or fewer have a chance of 3.4e-5, 14 or fewer one of 3.3e-4.
	if got := fewestHits(20); got != 14 {
		t.Errorf("of 20, at least %d must hit", got)
	}
}

// made are runs at sizes whose values scatter about a law by the given share.
func made(random *rand.Rand, sizes []float64, share float64, law func(x float64) float64) []Point {
	var points []Point
	for _, x := range sizes {
		points = append(points, Point{X: x, Y: law(x) * (1 + share*random.NormFloat64())})
	}
	return points
}

// TestIntervalsCover draws runs from known laws and counts how often the intervals of the parameters,
// and that of a further run beyond the measured sizes, hold the truth.
func TestIntervalsCover(t *testing.T) {
	loads := []float64{1, 2, 4, 8, 16, 24, 32, 48, 64}
	nodes := []float64{50, 100, 200, 500, 1000, 1500, 2000, 3000, 4000, 5000}
	tests := []struct {
		form  Form
		sizes []float64
		share float64
		truth []float64
		law   func(x float64) float64
	}{
		{USL, loads, 0.03, []float64{50, 0.05, 0.0008}, func(x float64) float64 { return 50 * x / (1 + 0.05*(x-1) + 0.0008*x*(x-1)) }},
		{Linear, nodes, 0.05, []float64{0.2, 0.0003}, func(x float64) float64 { return 0.2 + 0.0003*x }},
		{Power, nodes, 0.05, []float64{0.2, 0.00001, 1.4}, func(x float64) float64 { return 0.2 + 0.00001*math.Pow(x, 1.4) }},
		{Queueing, []float64{100, 200, 400, 600, 800, 1000, 1200, 1400}, 0.1, []float64{0.01, 1800}, func(x float64) float64 { return 0.01 / (1 - x/1800) }},
		{Constant, nodes, 0.1, []float64{7}, func(float64) float64 { return 7 }},
	}
	for _, test := range tests {
		t.Run(string(test.form), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(7, 9))
			hits, ahead := make([]int, len(test.truth)), 0
			further := 1.1 * test.sizes[len(test.sizes)-1]
			for set := range sets {
				c := fitted(made(random, test.sizes, test.share, test.law), []Form{test.form}, Options{Seed: uint64(set), Replicates: replicates})
				if len(c.Fits) != 1 {
					t.Fatalf("there is no fit: %v", c.Refusals)
				}
				for i, p := range c.Fits[0].Parameters {
					if p.Low <= test.truth[i] && test.truth[i] <= p.High {
						hits[i]++
					}
				}
				measured := made(random, []float64{further}, test.share, test.law)[0].Y
				if p := c.Fits[0].Predict(further); p.Low <= measured && measured <= p.High {
					ahead++
				}
			}
			least := fewestHits(sets)
			for i, n := range hits {
				t.Logf("parameter %d: %d of %d", i, n, sets)
				if n < least {
					t.Errorf("the interval of parameter %d holds the truth in %d of %d sets, less than %d", i, n, sets, least)
				}
			}
			t.Logf("ahead: %d of %d", ahead, sets)
			if ahead < least {
				t.Errorf("the interval of a further run at %v holds it in %d of %d sets, less than %d", further, ahead, sets, least)
			}
		})
	}
}

// TestIntervalsNarrow: an interval that always covers because it is endless is none.
func TestIntervalsNarrow(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 5))
	sizes := []float64{100, 200, 500, 1000, 2000, 3000, 4000, 5000}
	c := Of(made(random, sizes, 0.03, func(x float64) float64 { return 0.2 + 0.0003*x }), []Form{Linear}, Options{Seed: 1})
	p, refused := c.Predict(6000)
	if len(refused) > 0 {
		t.Fatal(refused)
	}
	if !(p.Low > 0.8*2 && p.High < 1.2*2) {
		t.Errorf("3%% of scatter about 2 became %s", fmt.Sprint(p))
	}
}
