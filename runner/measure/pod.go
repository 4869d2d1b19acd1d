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

// A pod is what is kept of a pod that exists: with its startup until that is written, and
// little more than its name after.
type pod struct {
	name, namespace, workload string
	node                      string        // Empty before it is scheduled.
	seen                      level         // What its status says.
	level                     level         // As it is counted: not Ready on a failed node.
	leaving                   sample.Offset // When it was seen to be deleted; 0 if it was not.
	loss                      *loss         // Set while it is on a failed node and not yet deleted.
	startup                   *startup
}

// A startup is what was seen of a pod on its way to Ready; 0 stands for not seen, as no pod
// is seen at the very start of the run's clock.
type startup struct {
	phase                              string
	created, scheduled, running, ready sample.Offset
	apiCreated                         int64 // Seconds since 1970.
	uncertain                          bool
}

func newPod(seen *corev1.Pod, phase string, now sample.Offset, late bool) *pod {
	return &pod{
		name:      seen.Name,
		namespace: intern(seen.Namespace),
		workload:  intern(seen.Labels[WorkloadLabel]),
		startup: &startup{
			phase: intern(phase), created: now, apiCreated: seen.CreationTimestamp.Unix(), uncertain: late,
		},
	}
}

// advance stamps the transitions that are seen for the first time and reports whether there
// were any.
func (s *startup) advance(seen *corev1.Pod, reached level, now sample.Offset) bool {
	before := *s
	if s.scheduled == 0 && seen.Spec.NodeName != "" {
		s.scheduled = now
	}
	if s.running == 0 && reached >= levelRunning {
		s.running = now
	}
	if s.ready == 0 && reached >= levelReady {
		s.ready = now
	}
	return *s != before
}

// record renders what was seen; the caller fills in how it ended.
func (p *pod) record(uid types.UID) sample.Pod {
	s := p.startup
	return sample.Pod{
		Namespace: p.namespace, Name: p.name, UID: string(uid), Workload: p.workload,
		Phase: s.phase, Node: p.node, Created: s.created,
		Scheduled: seenAt(s.scheduled), Running: seenAt(s.running), Ready: seenAt(s.ready),
		Uncertain: s.uncertain, APICreated: time.Unix(s.apiCreated, 0).UTC(),
	}
}

func seenAt(at sample.Offset) *sample.Offset {
	if at == 0 {
		return nil
	}
	return &at
}
