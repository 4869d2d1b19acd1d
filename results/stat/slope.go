package stat

// Slope returns by how much y grows with x: the slope of the line through the points with the
// least sum of squared vertical distances (ordinary least squares). It is not ok with fewer
// than two different x. Both have the same length.
func Slope(x, y []float64) (slope float64, ok bool) {
	if len(x) < 2 {
		return 0, false
	}
	var meanX, meanY float64
	for i := range x {
		meanX += x[i] / float64(len(x))
		meanY += y[i] / float64(len(x))
	}
	var together, spread float64
	for i := range x {
		together += (x[i] - meanX) * (y[i] - meanY)
		spread += (x[i] - meanX) * (x[i] - meanX)
	}
	if spread == 0 {
		return 0, false
	}
	return together / spread, true
}
