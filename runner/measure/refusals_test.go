package measure

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubedyno/kubedyno/results/sample"
)

// TestReasonOf has the words of Kubernetes 1.37.
func TestReasonOf(t *testing.T) {
	for message, want := range map[string]string{
		`pods "a" is forbidden: exceeded quota: pods, requested: pods=1, used: pods=2, limited: pods=2`:            ByQuota,
		`pods "a" is forbidden: failed quota: cpu: must specify requests.cpu for: main`:                            ByUnstated,
		`pods "a" is forbidden: status unknown for quota: q, resources: pods`:                                      ByUnstated,
		`pods "a" is forbidden: maximum cpu usage per Container is 100m, but limit is 200m`:                        ByLimitRange,
		`pods "a" is forbidden: minimum memory usage per Pod is 1Gi. No request is specified`:                      ByLimitRange,
		`pods "a" is forbidden: cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000`: ByLimitRange,
		`pods "a" is forbidden: violates PodSecurity "restricted:latest"`:                                          ByOther,
	} {
		if got := ReasonOf(message); got != want {
			t.Errorf("%s: %s, want %s", message, got, want)
		}
	}
}

// refusedEvent is what the controller of a ReplicaSet says of a pod.
func refusedEvent(name, set, words string, times int32) *corev1.Event {
	return &corev1.Event{ObjectMeta: metav1.ObjectMeta{Namespace: "bench", Name: name}, Reason: "FailedCreate", Count: times,
		InvolvedObject: corev1.ObjectReference{Kind: "ReplicaSet", Namespace: "bench", Name: set},
		Message:        `Error creating: pods "x" is forbidden: ` + words}
}

func TestRefusals(t *testing.T) {
	sink := &recording{}
	r := newRefusals(RefusalsOptions{Run: Run{Clock: sample.StartClock(), Sink: sink}, Workloads: []string{"quiet", "web"},
		Workload: func(_, _, name string) string { return map[string]string{"web-1": "web", "job-1": "jobs"}[name] }})
	r.gauge()
	check := func(when, workload, reason string, want float64) {
		t.Helper()
		if got := sink.last(sample.RefusedAttempts, sample.Labels{"workload": workload, "reason": reason}); got != want {
			t.Errorf("%s: %v refused of %s (%s), want %v", when, got, workload, reason, want)
		}
	}
	check("at first", "quiet", ByQuota, 0)
	const full = "exceeded quota: pods, requested: pods=1, used: pods=2, limited: pods=2"
	_ = r.Add(refusedEvent("a", "web-1", full, 1))
	_ = r.Add(refusedEvent("b", "web-1", full, 0)) // It says no number, and happened.
	check("two events", "web", ByQuota, 2)
	_ = r.Update(refusedEvent("a", "web-1", full, 4))
	check("one repeated", "web", ByQuota, 5)
	_ = r.Replace([]any{refusedEvent("a", "web-1", full, 4), refusedEvent("b", "web-1", full, 2)}, "")
	check("listed anew", "web", ByQuota, 6)
	_ = r.Update(refusedEvent("a", "web-1", full, 3))
	check("an older one", "web", ByQuota, 6)
	series := refusedEvent("c", "web-1", "maximum cpu usage per Container is 1, but limit is 2", 0)
	series.Series = &corev1.EventSeries{Count: 3}
	_ = r.Add(series)
	check("a series", "web", ByLimitRange, 3)
	_ = r.Delete(series)
	check("forgotten", "web", ByLimitRange, 3)

	before := len(sink.points)
	exists := refusedEvent("d", "web-1", "", 1)
	exists.Message = `Error creating: pods "x" already exists`
	_ = r.Add(exists)
	_ = r.Add(refusedEvent("e", "other-1", full, 1))
	if len(sink.points) != before {
		t.Error("what admission did not refuse, or not to the run, was counted")
	}
	_ = r.Add(refusedEvent("f", "job-1", full, 1))
	check("another workload", "jobs", ByQuota, 1)
}

// TestRevisions has a template, another one, a change of something else, the first one again, and a
// third one.
func TestRevisions(t *testing.T) {
	sink := &recording{}
	o := newObjects(ObjectsOptions{Run: Run{Clock: sample.StartClock(), Sink: sink}, Resource: deployments, Workload: "web"})
	generation := int64(0)
	for _, step := range []struct {
		image            string
		newest, restored float64
	}{{"a", 1, 0}, {"b", 2, 0}, {"b", 2, 0}, {"a", 3, 1}, {"a", 3, 1}, {"c", 4, 0}, {"a", 5, 1}, {"c", 6, 4}} {
		generation++
		seen := pods("web", object{})
		seen.Object["spec"].(object)["template"] = object{"image": step.image}
		seen.SetGeneration(generation)
		_ = o.Update(seen)
		_ = o.Update(seen)
		o.gauge()
		labels := sample.Labels{"workload": "web"}
		if newest, restored := sink.last(sample.WorkloadRevision, labels), sink.last(sample.RestoredRevision, labels); newest != step.newest || restored != step.restored {
			t.Errorf("generation %d, image %s: revision %v restores %v, want %v and %v", generation, step.image, newest, restored, step.newest, step.restored)
		}
	}
}
