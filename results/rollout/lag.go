package rollout

import (
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/series"
)

// A Lag says how long a quota counted pods that were gone already.
type Lag struct {
	// Over is the integral of max(used-present, 0) in pod-seconds.
	Over float64 `json:"overPodSeconds"`
	// Freed is how many pods the quota ceased to count.
	Freed float64 `json:"freed"`
	// Mean is how long on average a pod was counted after it had gone, in seconds: Over/Freed, by
	// Little's law (J. D. C. Little, "A Proof for the Queuing Formula L = λW", 1961). Nil if the
	// quota ceased to count none.
	Mean *float64 `json:"meanSeconds,omitempty"`
}

// Lagged compares what a quota counts as used with the pods that are present, over [from, to]. They
// have to be all the pods that the quota counts. A pod that is made is counted a moment before any
// status has it, so that the lag is an upper bound.
func Lagged(used, present series.Steps, from, to sample.Offset) Lag {
	var lag Lag
	series.Over(from, to, func(_ sample.Offset, seconds float64, v []float64) {
		lag.Over += max(v[0]-v[1], 0) * seconds
	}, used, present)
	used.Changes(from, to, func(_ sample.Offset, before, after float64) bool {
		lag.Freed += max(before-after, 0)
		return true
	})
	if lag.Freed > 0 {
		mean := lag.Over / lag.Freed
		lag.Mean = &mean
	}
	return lag
}

// Beyond returns the most by which a quota's used was above its hard in [from, to]; 0 if it never was.
// It is not known if the two were never known together.
func Beyond(used, hard series.Steps, from, to sample.Offset) (most float64, known bool) {
	series.Over(from, to, func(_ sample.Offset, _ float64, v []float64) {
		most, known = max(most, v[0]-v[1]), true
	}, used, hard)
	return most, known
}
