package elasticity

import (
	"math"
	"slices"
	"time"

	"github.com/kubedyno/kubedyno/results/autoscaler"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/series"
)

// oracleStep is the longest time between two looks of the oracle: windows and policies run out
// while nothing else changes.
const oracleStep = sample.Offset(time.Second)

// Oracle returns what an HPA of this rule should have asked for at every moment, had it known what
// its pods really used at that moment: the recommendation follows from the work that is served, in
// units a second, and the Ready pods (autoscaler.Rule), and passes through the rule's tolerance,
// windows, policies and bounds (autoscaler.Oracle). It starts from the replicas that were really
// asked for then, and the policies count the changes that were really made, so that it is an answer
// to the situation as it was and not to one that an oracle would have brought about.
//
// It looks whenever something changes and not only once every sync period, so that the wait for the
// next sync, and that for fresh metrics, are a lateness of the HPA. Without a Ready pod there is no
// metric, and it keeps what there is. It is known where served, ready and desired are.
func Oracle(rule autoscaler.Rule, served, ready, desired series.Steps) series.Steps {
	var asked series.Steps
	o := autoscaler.New(rule.Spec)
	last := math.NaN()
	for _, at := range moments(served, ready, desired) {
		work, pods, current := served.At(at), ready.At(at), desired.At(at)
		if math.IsNaN(work + pods + current) {
			asked = asked.With(at, math.NaN())
			continue
		}
		if !math.IsNaN(last) && current != last {
			o.Changed(time.Duration(at), int(last), int(current))
		}
		last = current
		should := current
		if recommended, ok := rule.Recommend(work, int(pods), int(current)); ok {
			should = float64(o.Decide(time.Duration(at), int(current), recommended))
		}
		asked = asked.With(at, should)
	}
	return asked
}

// moments are those at which one of the series changes, and between them one every oracleStep.
func moments(all ...series.Steps) []sample.Offset {
	var found []sample.Offset
	for _, s := range all {
		for _, step := range s {
			found = append(found, step.At)
		}
	}
	slices.Sort(found)
	found = slices.Compact(found)
	var filled []sample.Offset
	for i, at := range found {
		if i > 0 {
			for between := found[i-1] + oracleStep; between < at; between += oracleStep {
				filled = append(filled, between)
			}
		}
		filled = append(filled, at)
	}
	return filled
}

// A Shortage splits the pod-seconds that were lacking three ways. Their sum is the
// under-provisioning of the time in which all four series are known, and the first two are
// Lag.Decided of that time.
type Shortage struct {
	// Rule is the integral of max(needed - max(oracle, desired, ready), 0): pods that were needed
	// and that not even the oracle would have asked for.
	Rule float64 `json:"rulePodSeconds"`
	// Decided is the integral of max(min(needed, oracle) - max(desired, ready), 0): pods that were
	// needed and that the oracle would have asked for, and the HPA had not yet.
	Decided float64 `json:"decidedLatePodSeconds"`
	// Acted is the integral of max(min(needed, desired) - ready, 0): pods that were needed and
	// asked for, and not yet Ready.
	Acted float64 `json:"actedLatePodSeconds"`
}

// Apportion splits the pods that lacked over [from, to] by what they lacked for. It is not ok if
// there is no time in which all series are known.
func Apportion(needed, oracle, desired, ready series.Steps, from, to sample.Offset) (s Shortage, ok bool) {
	series.Over(from, to, func(_ sample.Offset, seconds float64, v []float64) {
		needed, oracle, desired, ready := v[0], v[1], v[2], v[3]
		s.Rule += max(needed-max(oracle, desired, ready), 0) * seconds
		s.Decided += max(min(needed, oracle)-max(desired, ready), 0) * seconds
		s.Acted += max(min(needed, desired)-ready, 0) * seconds
		ok = true
	}, needed, oracle, desired, ready)
	return s, ok
}
