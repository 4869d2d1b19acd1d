package autoscaler

import "math"

// A Rule is everything that decides how many replicas an HPA with one CPU metric asks for, and
// what the pods that it scales use. Durations are in nanoseconds where a Rule is written as JSON.
type Rule struct {
	Spec       Spec       `json:"spec"`
	Target     Target     `json:"target"`
	Tolerances Tolerances `json:"tolerances"`

	IdleCores    float64 `json:"idleCores"`    // Of a pod at rest.
	CoresPerUnit float64 `json:"coresPerUnit"` // Of a pod, for each unit of work a second that it serves.
}

// Recommend returns how many replicas the metric recommends while Ready pods serve so many units
// of work a second together, and current replicas are asked for: the usage of each pod is
//
//	idle + perUnit * served / ready
//
// in thousandths of a core. Replicas that are asked for and not Ready count as pods that are not,
// which is what they are once the workload's controller has created them; Ready pods beyond those
// asked for are being deleted and do not count. It is not ok if no pod is Ready: then there is no
// metric.
func (r Rule) Recommend(served float64, ready, current int) (replicas int, ok bool) {
	if ready < 1 {
		return 0, false
	}
	each := int64(math.Round(1000 * (r.IdleCores + r.CoresPerUnit*served/float64(ready))))
	pods := Pods{Usage: make([]int64, min(ready, max(current, 1))), Unready: max(0, current-ready)}
	for i := range pods.Usage {
		pods.Usage[i] = each
	}
	return Resource(r.Target, pods, current, r.Tolerances)
}
