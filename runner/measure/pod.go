package measure

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubedyno/kubedyno/results/sample"
)

// A level is how far a pod is.
type level uint8

const (
	levelCreated level = iota
	levelScheduled
	levelRunning
	levelReady
	levels
)

// levelOf says how far a pod is now. One that has finished is past running and counts as
// scheduled only; one that is being deleted is not Ready, whatever its condition says.
func levelOf(pod *corev1.Pod) level {
	switch {
	case pod.Status.Phase == corev1.PodRunning && pod.DeletionTimestamp == nil && podReady(pod):
		return levelReady
	case pod.Status.Phase == corev1.PodRunning:
		return levelRunning
	case pod.Spec.NodeName != "":
		return levelScheduled
	}
	return levelCreated
}

func podReady(pod *corev1.Pod) bool {
	for i := range pod.Status.Conditions {
		if condition := &pod.Status.Conditions[i]; condition.Type == corev1.PodReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

// A pod is what is kept of a pod that exists. Of an offset 0 stands for not seen, as no pod is
// seen at the very start of the run's clock. BenchmarkPodMemory says what it costs.
type pod struct {
	uid                                    types.UID
	name, namespace, workload, phase, node string
	created, scheduled, running, ready     sample.Offset
	leaving                                sample.Offset // When it was seen to be deleted.
	after                                  sample.Offset // If it was first seen late: when it was not there yet.
	apiCreated                             int64         // Seconds since 1970.
	creation                               *Creation     // How the harness created it; nil if it did not.
	seen                                   level         // What its status says.
	level                                  level         // As it is counted: not Ready on a failed node.
	loss                                   *loss         // Set while it is on a failed node and not yet deleted.
	written                                bool          // Its startup has been.
	metered                                bool          // Its usage is: it runs.
	firstLate, leavingLate                 bool          // Whether it was first seen late, or seen to be deleted late.
	uncertain                              bool
}

func newPod(seen *corev1.Pod, phase string, now sample.Offset) *pod {
	return &pod{
		uid:       seen.UID,
		name:      seen.Name,
		namespace: intern(seen.Namespace),
		workload:  intern(seen.Labels[WorkloadLabel]),
		phase:     intern(phase), created: now, apiCreated: seen.CreationTimestamp.Unix(),
	}
}

// advance stamps the transitions to Ready that are seen for the first time and reports whether
// there were any.
func (p *pod) advance(seen *corev1.Pod, now sample.Offset) (changed bool) {
	if p.scheduled == 0 && seen.Spec.NodeName != "" {
		p.scheduled, changed = now, true
	}
	if p.running == 0 && p.seen >= levelRunning {
		p.running, changed = now, true
	}
	if p.ready == 0 && p.seen >= levelReady {
		p.ready, changed = now, true
	}
	return changed
}

// leave stamps when a pod was first seen to be deleted.
func (p *pod) leave(now sample.Offset, late bool) {
	if p.leaving == 0 {
		p.leaving, p.leavingLate = now, late
		p.uncertain = p.uncertain || late
	}
}

// record renders what was seen until now; the caller fills in what others know.
func (p *pod) record(uid types.UID, now sample.Offset) sample.Pod {
	record := sample.Pod{
		Namespace: p.namespace, Name: p.name, UID: string(uid), Workload: p.workload,
		Phase: p.phase, Node: p.node, Created: p.created,
		Scheduled: seenAt(p.scheduled), Running: seenAt(p.running), Ready: seenAt(p.ready),
		Deleting: seenAt(p.leaving), Until: now,
		Uncertain: p.uncertain, APICreated: time.Unix(p.apiCreated, 0).UTC(),
	}
	if p.firstLate {
		after := p.after
		record.CreatedAfter = &after
	}
	if c := p.creation; c != nil {
		intended, sent := c.Intended, c.Sent
		record.Intended, record.Sent, record.Acknowledged = &intended, &sent, seenAt(c.Acknowledged)
	}
	return record
}

func seenAt(at sample.Offset) *sample.Offset {
	if at == 0 {
		return nil
	}
	return &at
}
