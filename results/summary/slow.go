package summary

import (
	"cmp"
	"slices"

	"github.com/kubedyno/kubedyno/results/sample"
)

// MaxSlow is how many of the slowest pods of a series are kept by name.
const MaxSlow = 5

// A Slow holds the slowest pods of one series of a metric of pods, the slowest first.
type Slow struct {
	Metric string
	Labels sample.Labels
	Pods   []SlowPod
}

// A SlowPod is a pod and what the metric says of it. One that is not Ready had not got there yet.
type SlowPod struct {
	Took sample.Offset
	Pod  sample.Pod
}

// Begin is when the pod's startup began.
func (s SlowPod) Begin() sample.Offset { return s.Pod.Began() }

// End is when the pod was Ready, or when it was last seen.
func (s SlowPod) End() sample.Offset {
	if s.Pod.Ready != nil {
		return *s.Pod.Ready
	}
	return waitedUntil(s.Pod)
}

// slowPod keeps the pod if it is among the slowest of its series.
func (c *collector) slowPod(metric string, labels sample.Labels, took sample.Offset, p sample.Pod) {
	k := key(metric, labels)
	s := c.slow[k]
	if s == nil {
		if len(c.slow) >= maxSeries {
			return // So is the distribution left out, and said to be.
		}
		s = &Slow{Metric: metric, Labels: labels}
		c.slow[k] = s
	}
	if len(s.Pods) == MaxSlow && took <= s.Pods[MaxSlow-1].Took {
		return
	}
	at, _ := slices.BinarySearchFunc(s.Pods, took, func(x SlowPod, t sample.Offset) int { return cmp.Compare(t, x.Took) })
	s.Pods = slices.Insert(s.Pods, at, SlowPod{Took: took, Pod: p})
	s.Pods = s.Pods[:min(len(s.Pods), MaxSlow)]
}
