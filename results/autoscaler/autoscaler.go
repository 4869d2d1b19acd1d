// Package autoscaler is an oracle: it says what the HorizontalPodAutoscaler controller of
// Kubernetes 1.37 should ask for at a sync, so that what it did ask for can be held against it.
// It is pure and knows no cluster.
//
// The rules are those of k8s.io/kubernetes v1.37.2, pkg/controller/podautoscaler, in three
// steps: each metric recommends a number of pods (Resource, Value, PerPod); the largest
// recommendation is stabilised over the window; the scaling policies limit the step.
package autoscaler

import (
	"math"
	"time"
)

// The controller's own defaults, as its flags have them.
const (
	DefaultSyncPeriod = 15 * time.Second // --horizontal-pod-autoscaler-sync-period
	DefaultTolerance  = 0.1              // --horizontal-pod-autoscaler-tolerance
	DefaultDownWindow = 5 * time.Minute  // --horizontal-pod-autoscaler-downscale-stabilization
	defaultUpFactor   = 2                // Without behavior: at most twice as many pods per sync,
	defaultUpLeast    = 4                // or this many.
	longestPeriod     = 30 * time.Minute
	longestWindow     = time.Hour // The API allows no longer window, and no longer period than the above.
)

// Tolerances are how far a ratio may be from 1 without a change, downwards and upwards.
type Tolerances struct {
	Down float64 `json:"down"`
	Up   float64 `json:"up"`
}

func (t Tolerances) hold(ratio float64) bool { return 1-t.Down <= ratio && ratio <= 1+t.Up }

// A Target is what a resource metric is held against. With Utilization, Value is a percentage of
// Request, which is the same for all pods; else it is an AverageValue. Request and an
// AverageValue are in thousandths of the unit.
type Target struct {
	Utilization bool  `json:"utilization"`
	Value       int64 `json:"value"`
	Request     int64 `json:"request"`
}

// Pods are the pods that a workload's selector matches, without those that are being deleted or
// have failed. Usage is that of the pods with a usable metric, in thousandths; Missing pods run
// without one; Unready ones are pending, or for CPU not Ready yet.
type Pods struct {
	Usage            []int64
	Missing, Unready int
}

// Resource returns how many replicas a resource metric recommends. It is not ok without any
// usable metric: then the controller recommends nothing.
//
// The mean is taken over the pods with a metric. If that asks for more, missing and unready pods
// count as idle; if it asks for less, missing ones count as using all that they requested (or
// the target, if that is more). If this turns the direction around, nothing changes.
func Resource(target Target, pods Pods, current int, tolerances Tolerances) (replicas int, ok bool) {
	var total int64
	for _, usage := range pods.Usage {
		total += usage
	}
	n := len(pods.Usage)
	if n == 0 || target.Value <= 0 || target.Utilization && target.Request <= 0 {
		return 0, false
	}
	ratio := target.ratio(total, n)
	idle := ratio > 1 && pods.Unready > 0
	if ratio == 1 {
		return current, true
	}
	if !idle && pods.Missing == 0 {
		if tolerances.hold(ratio) {
			return current, true
		}
		return ceil(ratio * float64(n)), true
	}
	if ratio < 1 {
		total += int64(pods.Missing) * target.full()
	}
	n += pods.Missing
	if idle {
		n += pods.Unready
	}
	filled := target.ratio(total, n)
	turned := ratio < 1 && filled > 1 || ratio > 1 && filled < 1
	replicas = ceil(filled * float64(n))
	if tolerances.hold(filled) || turned || filled < 1 && replicas > current || filled > 1 && replicas < current {
		return current, true
	}
	return replicas, true
}

// ratio is usage over target, both as the controller has them: whole percents or thousandths,
// cut off.
func (t Target) ratio(total int64, n int) float64 {
	if t.Utilization {
		return float64(total*100/(t.Request*int64(n))) / float64(t.Value)
	}
	return float64(total/int64(n)) / float64(t.Value)
}

// full is what a pod without a metric counts with when the others ask for fewer replicas.
func (t Target) full() int64 {
	if t.Utilization {
		return t.Request * max(100, t.Value) / 100
	}
	return t.Value
}

// Value returns how many replicas an object's or external metric with a target of type Value
// recommends. A workload of no replicas gets as many as the ratio, without tolerance.
func Value(usage, target float64, ready, current int, tolerances Tolerances) int {
	ratio := usage / target
	switch {
	case current == 0:
		return ceil(ratio)
	case tolerances.hold(ratio):
		return current
	}
	return ceil(ratio * float64(ready))
}

// PerPod returns how many replicas an object's or external metric with a target of type
// AverageValue recommends.
func PerPod(usage, target float64, replicas int, tolerances Tolerances) int {
	if tolerances.hold(usage / (target * float64(replicas))) {
		return replicas
	}
	return ceil(usage / target)
}

func ceil(x float64) int { return int(min(math.Ceil(x), math.MaxInt32)) }
