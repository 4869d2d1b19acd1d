package measure

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubedyno/kubedyno/results/sample"
)

// A Rollout measures how long updates of objects take, each from its acknowledgement until the
// object is first seen complete at the generation that was acknowledged, or a later one.
type Rollout struct {
	objects *Objects
	began   sample.Offset
	pending map[string]completion // What was acknowledged; guarded by objects.mu.
	done    sample.Histogram
	count   int
}

// NewRollout begins to measure a rollout; Finish ends it.
func (o *Objects) NewRollout() *Rollout {
	o.mu.Lock()
	defer o.mu.Unlock()
	r := &Rollout{objects: o, began: o.options.Clock.Now(), pending: map[string]completion{}}
	o.rollouts[r] = struct{}{}
	return r
}

// Acked says that the server acknowledged the update of an object then, with that generation.
// The watch may have seen the rollout complete before this call, and even before the
// acknowledgement; such a rollout took no time.
func (r *Rollout) Acked(name string, generation int64, at sample.Offset) {
	r.objects.mu.Lock()
	defer r.objects.mu.Unlock()
	defer r.objects.waiters.wake()
	r.pending[name] = completion{generation, at}
	r.objects.writeRollouts(r.objects.options.Clock.Now())
	r.settle(name)
}

// settle records an object's rollout if it is acknowledged and complete; objects.mu is held.
func (r *Rollout) settle(name string) {
	acked, ok := r.pending[name]
	if !ok {
		return
	}
	complete, ok := r.objects.complete[name]
	if !ok || complete.generation < acked.generation {
		return
	}
	delete(r.pending, name)
	r.done.Record(duration(acked.at, complete.at))
	r.count++
	r.objects.writeRollouts(r.objects.options.Clock.Now())
}

// Wait waits until total objects have been acknowledged and are complete.
func (r *Rollout) Wait(ctx context.Context, total int, progress Progress) error {
	check := func() (int, int, bool) {
		r.objects.mu.Lock()
		defer r.objects.mu.Unlock()
		return r.count, total, r.count >= total
	}
	if err := r.objects.waiters.wait(ctx, check, progress); err != nil {
		done, _, _ := check()
		return fmt.Errorf("wait for the rollout of %d %s, %d are complete: %w",
			total, r.objects.options.Resource.GroupResource(), done, err)
	}
	return nil
}

// Finish writes the durations of a workload's rollout and returns how many objects completed
// and how many did not. The latter are censored: they take at least as long as they have waited.
func (r *Rollout) Finish(workload, phase string) (complete, censored int) {
	r.objects.mu.Lock()
	defer r.objects.mu.Unlock()
	now := r.objects.options.Clock.Now()
	var waited sample.Histogram
	for _, acked := range r.pending {
		waited.Record(duration(acked.at, now))
		censored++
	}
	r.objects.writeRollouts(now) // Before they are forgotten.
	delete(r.objects.rollouts, r)
	clear(r.pending)
	for _, h := range []*sample.Histogram{&r.done, &waited} {
		if h.Count() > 0 {
			r.objects.options.Sink.Window(sample.Window{
				From: r.began, To: now, Metric: sample.RolloutDuration,
				Labels:    sample.Labels{"workload": workload, "phase": phase},
				Histogram: *h, Censored: h == &waited,
			})
		}
	}
	r.done.Reset() // The Sink has read it.
	return r.count, censored
}

// RolloutComplete reports whether an object is as its spec wants it, by the rules of kubectl
// rollout status: the controller has seen the newest generation, all replicas are of the
// newest revision and available, and none of an older one is left. A Job is complete when it
// has succeeded, and a ResourceQuota when its status says what it allows: before that nothing is
// admitted. An object of any other kind is complete when it exists.
func RolloutComplete(object *unstructured.Unstructured) bool {
	s := status{object.Object}
	observed := s.number("status", "observedGeneration") >= object.GetGeneration()
	switch group := object.GroupVersionKind().GroupKind(); group.String() {
	case "Deployment.apps":
		return observed && s.replicas("replicas", "updatedReplicas", "availableReplicas")
	case "StatefulSet.apps":
		return observed && s.statefulSetComplete()
	case "DaemonSet.apps":
		desired := s.number("status", "desiredNumberScheduled")
		return observed && s.number("status", "updatedNumberScheduled") >= desired &&
			s.number("status", "numberAvailable") >= desired
	case "ReplicaSet.apps", "ReplicationController":
		return observed && s.replicas("replicas", "availableReplicas")
	case "Job.batch":
		return s.condition("Complete")
	case "ResourceQuota":
		return s.quotaKnown()
	case "PersistentVolumeClaim":
		return claimBound(object)
	}
	return true
}

// podsWanted returns how many pods an object asks for; 0 if they end by themselves.
func podsWanted(object *unstructured.Unstructured) int64 {
	switch object.GroupVersionKind().GroupKind().String() {
	case "Pod":
		return 1
	case "Deployment.apps", "StatefulSet.apps", "ReplicaSet.apps":
		return status{object.Object}.wanted()
	case "DaemonSet.apps":
		return status{object.Object}.number("status", "desiredNumberScheduled")
	}
	return 0
}

// status reads fields of an object that may be missing.
type status struct{ object map[string]any }

// number returns a whole number; 0 if it is missing.
func (s status) number(path ...string) int64 {
	n, _, _ := unstructured.NestedInt64(s.object, path...)
	return n
}

// wanted is spec.replicas, 1 if it is missing.
func (s status) wanted() int64 {
	if _, found, _ := unstructured.NestedFieldNoCopy(s.object, "spec", "replicas"); !found {
		return 1
	}
	return s.number("spec", "replicas")
}

// replicas reports whether each of these counts of the status is what the spec wants.
func (s status) replicas(counts ...string) bool {
	for _, count := range counts {
		if s.number("status", count) != s.wanted() {
			return false
		}
	}
	return true
}

// statefulSetComplete also takes a partition into account: pods below it keep their revision.
// With the OnDelete strategy nothing is updated until pods are deleted, so it is not waited for.
func (s status) statefulSetComplete() bool {
	if !s.replicas("replicas", "availableReplicas") {
		return false
	}
	strategy, _, _ := unstructured.NestedString(s.object, "spec", "updateStrategy", "type")
	if strategy == "OnDelete" {
		return true
	}
	partition := s.number("spec", "updateStrategy", "rollingUpdate", "partition")
	if s.number("status", "updatedReplicas") < s.wanted()-partition {
		return false
	}
	if partition > 0 {
		return true
	}
	current, _, _ := unstructured.NestedString(s.object, "status", "currentRevision")
	update, _, _ := unstructured.NestedString(s.object, "status", "updateRevision")
	return current == update
}

// quotaKnown reports whether a quota's status has all resources that its spec constrains.
func (s status) quotaKnown() bool {
	wanted, _, _ := unstructured.NestedMap(s.object, "spec", "hard")
	for resource, amount := range wanted {
		known, found, _ := unstructured.NestedFieldNoCopy(s.object, "status", "hard", resource)
		if !found || fmt.Sprint(known) != fmt.Sprint(amount) {
			return false
		}
	}
	return true
}

// reason is that of a condition of the status; empty if there is none.
func (s status) reason(name string) string {
	reason, _ := s.conditionOf(name)["reason"].(string)
	return reason
}

// condition reports whether a condition of the status is True.
func (s status) condition(name string) bool { return s.conditionOf(name)["status"] == "True" }

// conditionOf returns a condition of the status; nil if there is none.
func (s status) conditionOf(name string) map[string]any {
	conditions, _, _ := unstructured.NestedSlice(s.object, "status", "conditions")
	for _, one := range conditions {
		if c, ok := one.(map[string]any); ok && c["type"] == name {
			return c
		}
	}
	return nil
}
