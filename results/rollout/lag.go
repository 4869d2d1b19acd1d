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
	// Beyond is the most by which used was above hard; 0 if it never was.
	Beyond float64 `json:"beyondHard"`
}

// Lagged compares what a quota counts as used with the pods that are present, over [from, to]. They
// have to be all the pods that the quota counts. A pod that is made is counted a moment before any
// status has it, so that the lag is an upper bound.
func Lagged(used, hard, present series.Steps, from, to sample.Offset) Lag {
	var lag Lag
	series.Over(from, to, func(_ sample.Offset, seconds float64, v []float64) {
		lag.Over += max(v[0]-v[2], 0) * seconds
		lag.Beyond = max(lag.Beyond, v[0]-v[1])
	}, used, hard, present)
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
