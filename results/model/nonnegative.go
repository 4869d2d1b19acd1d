package model

import "math"

// maxCoefficients is how many coefficients a form has at most.
const maxCoefficients = 3

// nonNegative finds the coefficients of at least 0 for which the sum of squares of y - rows·c is
// least. With so few coefficients every set of those that are not 0 can be tried, which is exact;
// Lawson and Hanson (Solving Least Squares Problems, 1974, chapter 23) search among the same sets. It
// is not ok if no set can be solved, or if a number is not finite.
func nonNegative(rows [][maxCoefficients]float64, y []float64, count int) (best [maxCoefficients]float64, squares float64, ok bool) {
	var gram [maxCoefficients][maxCoefficients]float64
	var right, scale [maxCoefficients]float64
	for i, row := range rows {
		for a := range count {
			right[a] += row[a] * y[i]
			for b := range count {
				gram[a][b] += row[a] * row[b]
			}
		}
	}
	for a := range count {
		scale[a] = math.Sqrt(gram[a][a])
	}
	squares = math.Inf(1)
	for set := range 1 << count {
		c, solved := solveSet(gram, right, scale, count, set)
		if !solved {
			continue
		}
		sum := 0.0
		for i, row := range rows {
			left := y[i]
			for a := range count {
				if c[a] != 0 { // A row may be infinite where the coefficient is 0.
					left -= row[a] * c[a]
				}
			}
			sum += left * left
		}
		if sum < squares {
			best, squares, ok = c, sum, true
		}
	}
	return best, squares, ok
}

// solveSet solves the normal equations of the coefficients in the set, the others being 0, with each
// column divided by its length. It fails where they depend on one another, or one would be below 0.
func solveSet(gram [maxCoefficients][maxCoefficients]float64, right, scale [maxCoefficients]float64, count, set int) (c [maxCoefficients]float64, ok bool) {
	var in [maxCoefficients]int
	n := 0
	for a := range count {
		if set&(1<<a) == 0 {
			continue
		}
		if !(scale[a] > 0) || math.IsInf(scale[a], 1) {
			return c, false
		}
		in[n] = a
		n++
	}
	var m [maxCoefficients][maxCoefficients + 1]float64
	for i := range n {
		for j := range n {
			m[i][j] = gram[in[i]][in[j]] / scale[in[i]] / scale[in[j]]
		}
		m[i][n] = right[in[i]] / scale[in[i]]
	}
	const dependent = 1e-10
	for i := range n { // The matrix is positive definite, so no rows need be exchanged.
		if !(m[i][i] > dependent) {
			return c, false
		}
		for j := i + 1; j < n; j++ {
			factor := m[j][i] / m[i][i]
			for k := i; k <= n; k++ {
				m[j][k] -= factor * m[i][k]
			}
		}
	}
	for i := n - 1; i >= 0; i-- {
		value := m[i][n]
		for j := i + 1; j < n; j++ {
			value -= m[i][j] * m[j][n]
		}
		m[i][n] = value / m[i][i]
		if !(m[i][n] >= 0) {
			return c, false
		}
		c[in[i]] = m[i][n] / scale[in[i]]
	}
	return c, true
}
