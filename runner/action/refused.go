package action

import (
	"fmt"
	"maps"
	"sync"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/measure"
)

// refusals counts the objects of a workload that admission refused, by reason.
type refusals struct {
	mutex  sync.Mutex
	counts map[string]int
}

func (r *refusals) add(reason string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.counts == nil {
		r.counts = map[string]int{}
	}
	r.counts[reason]++
}

func (r *refusals) byReason() map[string]int {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return maps.Clone(r.counts)
}

func (r *refusals) total() int {
	all := 0
	for _, n := range r.byReason() {
		all += n
	}
	return all
}

// recordRefused records what became of a workload's objects so far, and adds it to the step's words.
func (s Step) recordRefused(t *target, words string) string {
	now, total := s.Clock.Now(), t.refused.total()
	put := func(metric string, labels sample.Labels, n int) {
		labels["workload"], labels["phase"] = t.workload.Name, s.Phase
		s.Sink.Point(sample.Point{At: now, Metric: metric, Labels: labels, Value: float64(n)})
	}
	put(sample.ObjectsAdmitted, sample.Labels{}, s.Plan.Until-total)
	counts := t.refused.byReason()
	for _, reason := range []string{measure.ByQuota, measure.ByUnstated, measure.ByLimitRange, measure.ByOther} {
		put(sample.ObjectsRefused, sample.Labels{"reason": reason}, counts[reason])
	}
	if total == 0 {
		return words + ", none refused"
	}
	for _, reason := range []string{measure.ByQuota, measure.ByUnstated, measure.ByLimitRange, measure.ByOther} {
		if n := counts[reason]; n > 0 {
			words += fmt.Sprintf(", %d of them refused (%s)", n, reason)
		}
	}
	return words
}
