package stat

import (
	"math"
	"slices"
)

// exactRuns is up to how many values of both sides together the rank test counts every way to
// deal them out; beyond it the normal distribution stands in for the count.
const exactRuns = 60

// RankTest returns the two-sided p-value of the Mann-Whitney test (Wilcoxon's rank sum test): how
// likely the values of the two sides would lie at least this far apart if it were chance alone
// which value came up on which side. least is the smallest p-value that any order of these very
// values could have given; with all of them equal both are 1. Both sides must have values.
//
// Up to 60 values together it is exact, ties included: of all ways to deal the values out to two
// sides of these sizes it counts those whose rank sum is at least as far from its mean. Beyond
// that it is the normal approximation with the corrections for ties and for continuity.
//
// It does not use golang.org/x/perf/benchmath, which doubles one tail of a distribution that is
// not symmetric when there are ties: it says 1.29 for {0,0,0,0,1} and {0,0,1}, and 0.74 for
// {1,1,2} and {1,2,2,2}, where a count gives 0.49.
//
// Source: Mann and Whitney, On a test of whether one of two random variables is stochastically
// larger than the other (Annals of Mathematical Statistics 18, 1947); Lehmann, Nonparametrics
// (Springer, 2006), sections 1.4 (ties) and 1.3 (approximation).
func RankTest(base, other []float64) (p, least float64) {
	ranks := doubledRanks(base, other)
	mean := len(base) * (len(ranks) + 1)
	sum := 0
	for _, rank := range ranks[:len(base)] {
		sum += rank
	}
	lowest, highest := extremeSums(ranks, len(base))
	distance, furthest := apart(sum, mean), max(mean-lowest, highest-mean)
	if furthest == 0 {
		return 1, 1
	}
	if len(ranks) > exactRuns {
		return normalRankTest(ranks, len(base), distance), normalRankTest(ranks, len(base), furthest)
	}
	for total, probability := range rankSums(ranks, len(base)) {
		if off := apart(total, mean); probability > 0 && off >= distance {
			p += probability
			if off >= furthest {
				least += probability
			}
		}
	}
	return min(p, 1), min(least, 1)
}

func apart(a, b int) int { return max(a-b, b-a) }

// doubledRanks returns twice the rank of every value among all, those of base first; values that
// are equal share the mean of their ranks.
func doubledRanks(base, other []float64) []int {
	all := slices.Concat(base, other)
	ranks := make([]int, len(all))
	for i, value := range all {
		ranks[i] = 1
		for _, against := range all {
			if against < value {
				ranks[i] += 2
			} else if against == value {
				ranks[i]++
			}
		}
	}
	return ranks
}

// extremeSums are the lowest and the highest sum that n of the ranks can have.
func extremeSums(ranks []int, n int) (lowest, highest int) {
	sorted := slices.Sorted(slices.Values(ranks))
	for i := range n {
		lowest, highest = lowest+sorted[i], highest+sorted[len(sorted)-1-i]
	}
	return lowest, highest
}

// rankSums returns how likely each sum is of n ranks drawn without looking: a count of all such
// choices, one rank after another.
func rankSums(ranks []int, n int) []float64 {
	_, highest := extremeSums(ranks, n)
	ways := make([][]float64, n+1) // By how many were drawn, then by their sum.
	for i := range ways {
		ways[i] = make([]float64, highest+1)
	}
	ways[0][0] = 1
	for _, rank := range ranks {
		for drawn := n; drawn > 0; drawn-- {
			for sum := highest; sum >= rank; sum-- {
				ways[drawn][sum] += ways[drawn-1][sum-rank]
			}
		}
	}
	all := choose(len(ranks), n)
	for sum := range ways[n] {
		ways[n][sum] /= all
	}
	return ways[n]
}

// normalRankTest is the two-sided p-value of a sum of n doubled ranks that far from its mean.
func normalRankTest(ranks []int, n, distance int) float64 {
	size, mean, squares := float64(len(ranks)), float64(len(ranks)+1), 0.0
	for _, rank := range ranks {
		squares += (float64(rank) - mean) * (float64(rank) - mean)
	}
	// The variance of a sum drawn without replacement; with the ranks themselves it allows for ties.
	variance := float64(n) * (size - float64(n)) / (size * (size - 1)) * squares
	const half = 1 // Of a rank, doubled: the correction for continuity.
	return math.Erfc(max(float64(distance)-half, 0) / math.Sqrt(2*variance))
}

// choose is the number of ways to choose k of n.
func choose(n, k int) float64 {
	ways := 1.0
	for i := 1; i <= k; i++ {
		ways = ways * float64(n-k+i) / float64(i)
	}
	return math.Round(ways)
}

// LeastP returns the smallest two-sided p-value that the rank test can give for sides of these
// sizes without ties: 2 of all ways to deal the values out separate the sides completely.
func LeastP(base, other int) float64 {
	if base < 1 || other < 1 {
		return 1
	}
	return min(1, 2/choose(base+other, base))
}

// RunsNeeded returns how many values each side takes at least before the rank test can give a
// p-value of at most alpha (0..1, without 0): 4 for 0.05, 6 for 0.005.
func RunsNeeded(alpha float64) int {
	for n := 1; n < exactRuns; n++ {
		if LeastP(n, n) <= alpha {
			return n
		}
	}
	return exactRuns
}

// FalseDiscovery returns the p-values adjusted for there being so many of them, in their order, by
// the method of Benjamini and Hochberg: those of at most alpha are, on average, false alarms in
// at most a share alpha. Where nothing has changed at all, the chance of any alarm is at most alpha.
//
// It is taken rather than Holm's method because a slower control plane moves many figures at once,
// and Holm's asks as much of the second as if the first had not moved. It holds for figures that
// are independent or rise and fall together, as latencies of one run do.
//
// Source: Benjamini and Hochberg, Controlling the false discovery rate (Journal of the Royal
// Statistical Society B 57, 1995); Benjamini and Yekutieli (Annals of Statistics 29, 2001) for
// figures that depend on each other.
func FalseDiscovery(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if p[a] < p[b] {
			return -1
		}
		if p[a] > p[b] {
			return 1
		}
		return 0
	})
	adjusted := make([]float64, len(p))
	lowest := 1.0
	for place := len(order) - 1; place >= 0; place-- {
		lowest = min(lowest, p[order[place]]*float64(len(p))/float64(place+1))
		adjusted[order[place]] = lowest
	}
	return adjusted
}
