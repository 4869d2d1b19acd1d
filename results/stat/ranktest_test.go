package stat

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"testing"
)

// counted is the p-value of the rank test by trying every way to deal the values out.
func counted(base, other []float64) float64 {
	ranks := doubledRanks(base, other)
	mean, seen := len(base)*(len(ranks)+1), 0
	for _, rank := range ranks[:len(base)] {
		seen += rank
	}
	all, far := 0, 0
	for chosen := range uint(1) << len(ranks) {
		if bits.OnesCount(chosen) != len(base) {
			continue
		}
		sum := 0
		for i, rank := range ranks {
			sum += rank * int(chosen>>i&1)
		}
		all++
		if apart(sum, mean) >= apart(seen, mean) {
			far++
		}
	}
	return float64(far) / float64(all)
}

func TestRankTestCountsEveryWay(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		base, other := make([]float64, 1+random.IntN(6)), make([]float64, 1+random.IntN(6))
		kinds := 1 + random.IntN(12) // Few kinds of values make many ties.
		for _, side := range [][]float64{base, other} {
			for i := range side {
				side[i] = float64(random.IntN(kinds))
			}
		}
		p, least := RankTest(base, other)
		if want := counted(base, other); math.Abs(p-want) > 1e-12 {
			t.Errorf("RankTest(%v, %v) = %v, want %v", base, other, p, want)
		}
		if least > p+1e-12 {
			t.Errorf("RankTest(%v, %v): least p %v is above p %v", base, other, least, p)
		}
	}
}

func TestRankTestKnownValues(t *testing.T) {
	tests := []struct {
		name        string
		base, other []float64
		p, least    float64
	}{
		{"apart", []float64{1, 2, 3, 4}, []float64{5, 6, 7, 8}, 2.0 / 70, 2.0 / 70},
		{"apart, the other way", []float64{5, 6, 7, 8}, []float64{1, 2, 3, 4}, 2.0 / 70, 2.0 / 70},
		{"one each", []float64{1}, []float64{2}, 1, 1},
		{"ties of unequal sides", []float64{1, 1, 2}, []float64{1, 2, 2, 2}, 17.0 / 35, 1.0 / 35},
		{"all equal", []float64{0, 0, 0}, []float64{0, 0, 0}, 1, 1},
		// R: wilcox.test(c(0.80,0.83,1.89,1.04,1.45,1.38,1.91,1.64,0.73,1.46), c(1.15,0.88,0.90,0.74,1.21)), Hollander and Wolfe's example.
		{"Hollander and Wolfe", []float64{0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46},
			[]float64{1.15, 0.88, 0.90, 0.74, 1.21}, 0.2544, 2.0 / 3003},
	}
	for _, test := range tests {
		p, least := RankTest(test.base, test.other)
		if math.Abs(p-test.p) > 5e-5 || math.Abs(least-test.least) > 1e-9 {
			t.Errorf("%s: p %v, least %v, want %v and %v", test.name, p, least, test.p, test.least)
		}
	}
}

// TestRankTestApproximation holds the normal approximation to the exact count where one gives way
// to the other.
func TestRankTestApproximation(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		base, other := normals(random, 30, 0), normals(random, 30, 0.5)
		exact, _ := RankTest(base, other)
		ranks, sum := doubledRanks(base, other), 0
		for _, rank := range ranks[:30] {
			sum += rank
		}
		near := normalRankTest(ranks, 30, apart(sum, 30*61))
		if math.Abs(near-exact) > 0.003 {
			t.Errorf("normal approximation %v, exact %v", near, exact)
		}
	}
	if p, least := RankTest(normals(random, 40, 0), normals(random, 40, 3)); p > 1e-9 || least > p {
		t.Errorf("sides that are far apart: p %v, least %v", p, least)
	}
}

func normals(random *rand.Rand, n int, mean float64) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = mean + random.NormFloat64()
	}
	return values
}

func TestRunsNeeded(t *testing.T) {
	for alpha, want := range map[float64]int{0.05: 4, 0.05 / 9: 6, 0.05 / 13: 6, 0.5: 2, 1e-60: exactRuns} {
		if got := RunsNeeded(alpha); got != want {
			t.Errorf("RunsNeeded(%v) = %d, want %d", alpha, got, want)
		}
	}
	if got := LeastP(0, 5); got != 1 {
		t.Errorf("LeastP(0, 5) = %v, want 1", got)
	}
}

func TestFalseDiscovery(t *testing.T) {
	tests := []struct{ p, want []float64 }{
		{nil, []float64{}},
		{[]float64{0.03}, []float64{0.03}},
		// R: p.adjust(c(0.01, 0.04, 0.03, 0.5), "BH")
		{[]float64{0.01, 0.04, 0.03, 0.5}, []float64{0.04, 0.16 / 3, 0.16 / 3, 0.5}},
		{[]float64{0.008, 0.9, 0.008}, []float64{0.012, 0.9, 0.012}},
	}
	for _, test := range tests {
		got := FalseDiscovery(test.p)
		for i := range test.want {
			if math.Abs(got[i]-test.want[i]) > 1e-12 {
				t.Errorf("FalseDiscovery(%v) = %v, want %v", test.p, got, test.want)
				break
			}
		}
	}
}
