package elasticity

import (
	"math"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/series"
)

// A Balance compares supply s with demand d over a window, both in pods. It is of the time in
// which both are known, Seconds in all. The metrics are those of SPEC RG (Herbst et al. 2018),
// as shares and not as percentages.
type Balance struct {
	Seconds float64 `json:"seconds"` // In which demand and supply are known.

	UnderPodSeconds float64 `json:"underPodSeconds"` // Integral of max(d-s, 0).
	OverPodSeconds  float64 `json:"overPodSeconds"`  // Integral of max(s-d, 0).

	// UnderAccuracy and OverAccuracy are theta_U and theta_O: the mean of max(d-s, 0)/d and of
	// max(s-d, 0)/d. Time without demand has no part in them; they are nil if there is no other.
	UnderAccuracy *float64 `json:"underAccuracy,omitempty"`
	OverAccuracy  *float64 `json:"overAccuracy,omitempty"`
	// UnderTime and OverTime are tau_U and tau_O: the shares of the time with s < d and s > d.
	UnderTime *float64 `json:"underTime,omitempty"`
	OverTime  *float64 `json:"overTime,omitempty"`
	// Jitter is how many changes of supply there are a minute beyond those of demand; negative
	// if supply changes less often.
	Jitter *float64 `json:"jitterPerMinute,omitempty"`
}

// Weigh compares supply with demand over [from, to].
func Weigh(demand, supply series.Steps, from, to sample.Offset) Balance {
	var b Balance
	var loaded, under, above, underRatio, overRatio float64
	series.Over(from, to, func(_ sample.Offset, seconds float64, v []float64) {
		d, s := v[0], v[1]
		lack, excess := max(d-s, 0), max(s-d, 0)
		b.Seconds += seconds
		b.UnderPodSeconds += lack * seconds
		b.OverPodSeconds += excess * seconds
		if lack > 0 {
			under += seconds
		}
		if excess > 0 {
			above += seconds
		}
		if d > 0 {
			loaded += seconds
			underRatio += lack / d * seconds
			overRatio += excess / d * seconds
		}
	}, demand, supply)
	b.UnderAccuracy, b.OverAccuracy = share(underRatio, loaded), share(overRatio, loaded)
	b.UnderTime, b.OverTime = share(under, b.Seconds), share(above, b.Seconds)
	if b.Seconds > 0 {
		b.Jitter = share(60*float64(count(supply, from, to)-count(demand, from, to)), b.Seconds)
	}
	return b
}

// share is part/whole; nil if there is no whole.
func share(part, whole float64) *float64 {
	if whole <= 0 {
		return nil
	}
	ratio := part / whole
	return &ratio
}

// count is how many changes a series has in (from, to].
func count(s series.Steps, from, to sample.Offset) int {
	n := 0
	s.Changes(from, to, func(sample.Offset, float64, float64) bool { n++; return true })
	return n
}

// A Lag splits the pod-seconds that were lacking by who was late. Their sum is the
// under-provisioning of the time in which all three series are known.
type Lag struct {
	// Decided is the integral of max(needed - max(desired, ready), 0): pods that were needed
	// and that the autoscaler had not asked for.
	Decided float64 `json:"decidedLatePodSeconds"`
	// Acted is the integral of max(min(needed, desired) - ready, 0): pods that were needed and
	// asked for, and not yet Ready.
	Acted float64 `json:"actedLatePodSeconds"`
}

// Split tells pods that were asked for late from pods that were Ready late, over [from, to].
func Split(needed, desired, ready series.Steps, from, to sample.Offset) Lag {
	var lag Lag
	series.Over(from, to, func(_ sample.Offset, seconds float64, v []float64) {
		lag.Decided += max(v[0]-max(v[1], v[2]), 0) * seconds
		lag.Acted += max(math.Min(v[0], v[1])-v[2], 0) * seconds
	}, needed, desired, ready)
	return lag
}
