package stat

import "math"

// ProportionLow returns the lower end of the one-sided interval of a proportion of which k of n
// independent trials are a sample, at a confidence above 0 and below 1: 0.37 for 3 of 3 at 95%. It is 0 without successes.
//
// Source: C. Clopper and E. Pearson, "The use of confidence or fiducial limits illustrated in the
// case of the binomial", Biometrika 26 (1934), 404-413. The interval is exact, so it is rather too
// wide than too narrow.
func ProportionLow(k, n int, confidence float64) float64 {
	if k <= 0 || n < k {
		return 0
	}
	low, high := 0.0, 1.0
	for range 60 { // Halved so often, the error is below 1e-17.
		p := (low + high) / 2
		if atLeast(k, n, p) < 1-confidence {
			low = p
		} else {
			high = p
		}
	}
	return low
}

// atLeast is the probability of k or more successes in n trials.
func atLeast(k, n int, p float64) (sum float64) {
	for i := k; i <= n; i++ {
		if p > 0 && p < 1 {
			sum += math.Exp(logBinomial(int64(n), int64(i), p))
		}
	}
	return sum
}
