package model

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func rules(refusals []Refusal) []Rule {
	var all []Rule
	for _, r := range refusals {
		all = append(all, r.Rule)
	}
	return all
}

var quick = Options{Seed: 5, Replicates: 99}

// TestExactDataGivesTheLaw: without scatter the parameters are those of the law.
func TestExactDataGivesTheLaw(t *testing.T) {
	sizes := []float64{1, 2, 5, 10, 20, 40, 80}
	for _, test := range []struct {
		form Form
		law  func(x float64) float64
		want []float64
	}{
		{Constant, func(float64) float64 { return 3 }, []float64{3}},
		{Linear, func(x float64) float64 { return 2 + 0.5*x }, []float64{2, 0.5}},
		{Linear, func(x float64) float64 { return 0.5 * x }, []float64{0, 0.5}},
		{Power, func(x float64) float64 { return 1 + 0.1*math.Pow(x, 1.5) }, []float64{1, 0.1, 1.5}},
		{Power, func(x float64) float64 { return 100 / math.Sqrt(x) }, []float64{0, 100, -0.5}},
		{Queueing, func(x float64) float64 { return 0.02 / (1 - x/100) }, []float64{0.02, 100}},
		{USL, func(x float64) float64 { return 9 * x / (1 + 0.1*(x-1) + 0.002*x*(x-1)) }, []float64{9, 0.1, 0.002}},
		{USL, func(x float64) float64 { return 9 * x / (1 + 0.1*(x-1)) }, []float64{9, 0.1, 0}},
		{USLLatency, func(x float64) float64 { return 0.1 * (1 + 0.2*(x-1) + 0.01*x*(x-1)) }, []float64{0.1, 0.02, 0.001}},
	} {
		c := Of(made(rand.New(rand.NewPCG(1, 1)), sizes, 0, test.law), []Form{test.form}, quick)
		if len(c.Fits) != 1 {
			t.Errorf("%s: no fit: %v", test.form, c.Refusals)
			continue
		}
		for i, p := range c.Fits[0].Parameters {
			if math.Abs(p.Value-test.want[i]) > 0.01*math.Abs(test.want[i])+1e-5 {
				t.Errorf("%s: %s is %v, want %v", test.form, p.Name, p.Value, test.want[i])
			}
		}
		if c.Fits[0].R2 < 0.999 && test.form != Constant {
			t.Errorf("%s: R² is %v", test.form, c.Fits[0].R2)
		}
	}
}

// TestChoice: the form is found that the points were drawn from, and of forms that describe them as
// well the simpler one comes first.
func TestChoice(t *testing.T) {
	sizes := []float64{50, 100, 200, 400, 800, 1200, 1600, 2400, 3200, 5000}
	for _, test := range []struct {
		want Form
		law  func(x float64) float64
	}{
		{Constant, func(float64) float64 { return 4 }},
		{Linear, func(x float64) float64 { return 0.3 + 0.001*x }},
		{Power, func(x float64) float64 { return 0.3 + 0.0001*math.Pow(x, 1.8) }},
	} {
		c := Of(made(rand.New(rand.NewPCG(2, 8)), sizes, 0.02, test.law), CostForms(), quick)
		if len(c.Fits) == 0 || c.Fits[0].Form != test.want {
			t.Errorf("the form of a %s law: %v", test.want, c.Scores)
		}
	}
}

// TestEnvelope: where two forms describe the points, a prediction covers both.
func TestEnvelope(t *testing.T) {
	sizes := []float64{100, 200, 300, 400, 500, 600, 800, 900, 1000, 1200, 1400, 1600}
	for seed := range uint64(40) {
		c := Of(made(rand.New(rand.NewPCG(seed, 1)), sizes, 0.1, func(x float64) float64 { return 0.1 + 0.0001*math.Pow(x, 1.2) }), LatencyForms(), quick)
		if len(c.Fits) < 2 {
			continue
		}
		got := c.envelope(3000)
		for _, fit := range c.Fits {
			if p := fit.Predict(3000); p.Low < got.Low || p.High > got.High {
				t.Errorf("%v of %s is not in %v", p, fit.Form, got)
			}
		}
		return
	}
	t.Error("no set of points left two forms to choose from")
}

// TestWidened: within what was measured an interval stays, and beyond it grows on both sides.
func TestWidened(t *testing.T) {
	nothing := math.Inf(1)
	for _, test := range []struct {
		p     Prediction
		times float64
		want  Prediction
	}{
		{Prediction{10, 8, 13}, 0.5, Prediction{10, 8, 13}},
		{Prediction{10, 8, 13}, 2, Prediction{10, 6, 16}},
		{Prediction{10, 8, 13}, 9, Prediction{10, 0, 37}},
		{Prediction{10, 8, nothing}, 2, Prediction{10, 6, nothing}},
		{Prediction{nothing, 8, nothing}, 2, Prediction{nothing, 8, nothing}},
	} {
		if got := test.p.widened(test.times); got != test.want {
			t.Errorf("%v, %v times as wide, is %v, want %v", test.p, test.times, got, test.want)
		}
	}
	sizes := []float64{100, 200, 400, 800, 1600}
	c := fitted(made(rand.New(rand.NewPCG(3, 1)), sizes, 0.1, func(x float64) float64 { return 1 + 0.01*x }), []Form{Linear}, quick)
	if c = fitted(append(c.Points, Point{X: 1200, Y: 13.5}), []Form{Linear}, quick); len(c.Fits) == 0 {
		t.Fatal(c.Refusals)
	}
	if raw, got := c.Fits[0].Predict(3200), c.envelope(3200); math.Abs((got.High-got.Value)-math.Sqrt2*(raw.High-raw.Value)) > 1e-9 {
		t.Errorf("at twice the largest size %v became %v", raw, got)
	}
	if raw, got := c.Fits[0].Predict(1000), c.envelope(1000); raw != got {
		t.Errorf("within what was measured %v became %v", raw, got)
	}
}

func TestRefusals(t *testing.T) {
	straight := func(x float64) float64 { return 1 + x }
	usl := func(x float64) float64 { return 9 * x / (1 + 0.02*(x-1) + 0.002*x*(x-1)) }
	amdahl := func(x float64) float64 { return 9 * x / (1 + 0.02*(x-1)) }
	far := func(x float64) float64 { return 9 * x / (1 + 0.02*(x-1) + 0.00002*x*(x-1)) }
	bent := func(x float64) float64 { return 1 + 3*x + 40*math.Abs(x-20) }
	jump := func(x float64) float64 {
		if x == 40 {
			return 400
		}
		return 1 + x
	}
	seven := []float64{1, 2, 5, 10, 20, 30, 40}
	twelve := []float64{1, 2, 4, 6, 9, 12, 15, 18, 22, 26, 33, 40}
	for name, test := range map[string]struct {
		sizes []float64
		form  Form
		law   func(x float64) float64
		at    float64
		want  []Rule
	}{
		"inside":                   {seven, Linear, straight, 30, nil},
		"as far as predictions go": {seven, Linear, straight, 80, nil},
		"too far":                  {seven, Linear, straight, 101, []Rule{BeyondReach}},
		"too small":                {seven, Linear, straight, 0.39, []Rule{BelowReach}},
		"no number":                {seven, Linear, straight, math.NaN(), []Rule{BeyondReach}},
		"five points":              {seven[:5], Linear, straight, 10, []Rule{FewPoints}},
		"three sizes":              {[]float64{1, 1, 1, 5, 5, 5, 9, 9}, Linear, straight, 5, []Rule{FewSizes}},
		"no low load":              {[]float64{20, 25, 30, 35, 40, 45}, Linear, straight, 60, []Rule{NoLowLoad}},
		"no low load, but within":  {[]float64{20, 25, 30, 35, 40, 45}, Linear, straight, 33, nil},
		"a bend":                   {twelve, Linear, bent, 30, []Rule{Trend}},
		"a peak":                   {seven, USL, usl, 60, nil},
		"no peak":                  {seven, USL, amdahl, 60, []Rule{FarPeak}},
		"no peak, but within":      {seven, USL, amdahl, 30, nil},
		"a peak out of sight":      {seven, USL, far, 60, []Rule{FarPeak}},
		"a jump at the end":        {twelve, Linear, jump, 60, []Rule{HeldOutMiss}},
	} {
		t.Run(name, func(t *testing.T) {
			c := Of(made(rand.New(rand.NewPCG(1, 3)), test.sizes, 0.001, test.law), []Form{test.form}, quick)
			_, refused := c.Predict(test.at)
			if !slices.Equal(rules(refused), test.want) {
				t.Errorf("at %v: %v, want %v", test.at, refused, test.want)
			}
		})
	}
}

// TestHeldOut: the runs up to half the size predict the largest, which was not among them.
func TestHeldOut(t *testing.T) {
	sizes := []float64{100, 200, 400, 800, 1200, 1600, 2000, 4000}
	held, inside := 0, 0
	const tries = 60
	for seed := range uint64(tries) {
		c := Of(made(rand.New(rand.NewPCG(seed, 4)), sizes, 0.04, func(x float64) float64 { return 0.2 + 0.0004*x }), CostForms(), quick)
		if c.HeldOut != nil {
			held++
			if c.HeldOut.Inside {
				inside++
			}
		}
	}
	if least := fewestHits(tries); held != tries || inside < least {
		t.Errorf("of %d tests by the largest size, %d could be made and %d hit, less than %d", tries, held, inside, least)
	}
}

func TestDegeneratePoints(t *testing.T) {
	sizes := []float64{1, 2, 4, 8, 16, 32, 64}
	outlier := func(x float64) float64 {
		if x == 8 {
			return 100
		}
		return 1 + x
	}
	for name, law := range map[string]func(x float64) float64{
		"all equal":   func(float64) float64 { return 5 },
		"all zero":    func(float64) float64 { return 0 },
		"decreasing":  func(x float64) float64 { return 100 / x },
		"one outlier": outlier,
		"tiny":        func(x float64) float64 { return 1e-300 * x },
		"huge":        func(x float64) float64 { return 1e97 * x },
	} {
		t.Run(name, func(t *testing.T) {
			points := made(rand.New(rand.NewPCG(1, 3)), sizes, 0, law)
			for _, forms := range [][]Form{CostForms(), LatencyForms(), LoadLatencyForms(), ThroughputForms()} {
				c := Of(points, forms, quick)
				if len(c.Fits) == 0 {
					t.Fatalf("%v: no fit: %v", forms, c.Refusals)
				}
				if p, refused := c.Predict(10); len(refused) == 0 && !(p.Low <= p.Value*(1+1e-9) && p.Value <= p.High*(1+1e-9)) && len(c.Fits) > 1 {
					t.Errorf("%v: %v is out of order", forms, p)
				}
				if _, err := json.Marshal(c); err != nil {
					t.Error(err)
				}
			}
		})
	}
	flat := Of(made(rand.New(rand.NewPCG(1, 3)), sizes, 0, func(float64) float64 { return 5 }), CostForms(), quick)
	if p, _ := flat.Predict(100); p.Value != 5 || p.Low != 5 || p.High != 5 {
		t.Errorf("what never changes is predicted to be %v", p)
	}
}

func TestUnusablePointsAreCounted(t *testing.T) {
	points := []Point{{X: 1, Y: math.NaN()}, {X: math.Inf(1), Y: 1}, {X: -1, Y: 1}, {X: 1, Y: -1}, {X: 3, Y: 1}}
	c := Of(points, CostForms(), quick)
	if c.Dropped != 4 || len(c.Points) != 1 || c.Largest() != 3 {
		t.Errorf("dropped %d of 5, kept %v", c.Dropped, c.Points)
	}
}

// TestSameSeedSameCurve: a result can be made again.
func TestSameSeedSameCurve(t *testing.T) {
	points := made(rand.New(rand.NewPCG(1, 3)), []float64{1, 2, 4, 8, 16, 32}, 0.1, func(x float64) float64 { return 1 + x })
	a, _ := Of(points, CostForms(), quick).Predict(40)
	b, _ := Of(points, CostForms(), quick).Predict(40)
	if a != b {
		t.Errorf("%v, then %v", a, b)
	}
}

// TestFewRuns holds the runs test against counts by hand: of the 6 orders of two and two things, 2
// have two runs, 2 three and 2 four.
func TestFewRuns(t *testing.T) {
	for runs, want := range map[int]float64{1: 0, 2: 2.0 / 6, 3: 4.0 / 6, 4: 1} {
		if got := fewRuns(2, 2, runs); math.Abs(got-want) > 1e-9 {
			t.Errorf("at most %d runs: %v, want %v", runs, got, want)
		}
	}
	if got := fewRuns(5, 0, 1); got != 1 {
		t.Errorf("residuals of one sign: %v", got)
	}
}

// FuzzOf: no points make it panic or give a prediction that is out of order.
func FuzzOf(f *testing.F) {
	f.Add(uint64(1), 1.0, 2.0, 5.0, 10.0, 1e9, math.NaN(), 3.0)
	f.Add(uint64(2), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
	f.Add(uint64(3), 1e-320, 1e308, math.Inf(1), -1.0, 1e99, 1e-99, 1.0)
	f.Add(uint64(4), 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 1e100)
	f.Fuzz(func(t *testing.T, seed uint64, a, b, c, d, e, g, at float64) {
		random := rand.New(rand.NewPCG(seed, 1))
		var points []Point
		for _, x := range []float64{a, b, c, d, e, g} {
			points = append(points, Point{X: x, Y: []float64{a, b, c, d, e, g, 1, x}[random.IntN(8)]})
		}
		for _, forms := range [][]Form{LatencyForms(), LoadLatencyForms(), ThroughputForms(), {"none"}} {
			curve := Of(points, forms, Options{Seed: seed, Replicates: 19})
			if p, refused := curve.Predict(at); len(refused) == 0 && (math.IsNaN(p.Low) || math.IsNaN(p.High) || p.Low > p.High) {
				t.Errorf("%v gives %v at %v", points, p, at)
			}
			if _, err := json.Marshal(curve); err != nil {
				t.Errorf("%v: %v", points, err)
			}
		}
	})
}
