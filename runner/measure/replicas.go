package measure

import (
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubedyno/kubedyno/results/sample"
)

// The pods of a workload are written once a second, and at every change as long as its objects
// are few; of more objects changes are written this far apart, at least.
const (
	fewObjects = 20
	replicaGap = 100 * time.Millisecond
)

// replicas are the pods of a workload's objects together, as the statuses of these count them.
type replicas struct {
	desired, current, updated, ready, available, terminating int64
	telling                                                  int // Objects whose status has terminating pods.
}

// replicasOf reads an object; not ok for kinds that have no pods.
func replicasOf(object *unstructured.Unstructured) (r replicas, ok bool) {
	s := status{object.Object}
	switch object.GroupVersionKind().GroupKind().String() {
	case "Deployment.apps", "StatefulSet.apps":
		r = replicas{desired: s.wanted(), current: s.number("status", "replicas"), updated: s.number("status", "updatedReplicas"),
			ready: s.number("status", "readyReplicas"), available: s.number("status", "availableReplicas")}
		if n, found, _ := unstructured.NestedInt64(s.object, "status", "terminatingReplicas"); found {
			r.terminating, r.telling = n, 1
		}
		return r, true
	case "DaemonSet.apps":
		return replicas{desired: s.number("status", "desiredNumberScheduled"), current: s.number("status", "currentNumberScheduled"),
			updated: s.number("status", "updatedNumberScheduled"), ready: s.number("status", "numberReady"),
			available: s.number("status", "numberAvailable")}, true
	}
	return replicas{}, false
}

// add changes the sum by the pods of one object, times 1 or -1.
func (r *replicas) add(other replicas, times int64) {
	r.desired += times * other.desired
	r.current += times * other.current
	r.updated += times * other.updated
	r.ready += times * other.ready
	r.available += times * other.available
	r.terminating += times * other.terminating
	r.telling += int(times) * other.telling
}

// count keeps the pods of an object and writes the sum; o.mu is held. What is nil is gone.
func (o *Objects) count(name string, object *unstructured.Unstructured, now sample.Offset) {
	if o.options.Workload == "" {
		return
	}
	before := o.pods
	o.pods.add(o.podsOf[name], -1)
	delete(o.podsOf, name)
	if object != nil {
		if r, ok := replicasOf(object); ok {
			o.podsOf[name] = r
			o.pods.add(r, 1)
		}
	}
	if o.pods != before && (len(o.podsOf) <= fewObjects || duration(o.wrote, now) >= replicaGap) {
		o.writeReplicas(now)
	}
}

// gauge writes the pods and the rollouts under way, once a second.
func (o *Objects) gauge() {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.options.Clock.Now()
	if len(o.podsOf) > 0 {
		o.writeReplicas(now)
		o.writeRevisions(now)
	}
	o.writeRollouts(now)
}

// writeReplicas writes the sum; o.mu is held.
func (o *Objects) writeReplicas(now sample.Offset) {
	o.wrote = now
	states := map[string]int64{"desired": o.pods.desired, "current": o.pods.current, "updated": o.pods.updated,
		"ready": o.pods.ready, "available": o.pods.available}
	if o.pods.telling > 0 {
		states["terminating"] = o.pods.terminating
	}
	for state, n := range states {
		o.options.point(now, sample.WorkloadReplicas, sample.Labels{"workload": o.options.Workload, "state": state}, float64(n))
	}
}

// writeRollouts writes how many rollouts of objects are under way; o.mu is held.
func (o *Objects) writeRollouts(now sample.Offset) {
	if o.options.Workload == "" {
		return
	}
	pending := 0
	for rollout := range o.rollouts {
		pending += len(rollout.pending)
	}
	if pending == 0 && !o.rolling {
		return
	}
	o.rolling = pending > 0
	o.options.point(now, sample.Rollouts, sample.Labels{"workload": o.options.Workload}, float64(pending))
}
