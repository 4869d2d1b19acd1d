package measure

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubedyno/kubedyno/results/sample"
)

// The limits of what is known of revisions.
const (
	maxRevised   = 1000 // Objects of a workload whose revisions are followed.
	maxRevisions = 100  // Templates of an object that are known again.
)

// revisions are the pod templates that an object has had.
type revisions struct {
	generation int64
	last       [sha256.Size]byte
	known      [][sha256.Size]byte // Of the first maxRevisions, in their order.
	newest     int                 // The number of the last one, from 1 on.
	restored   int                 // The first revision with the same template; 0 if it is new.
}

// revise notes a pod template that is another than the one before; o.mu is held. A template that was
// there earlier brings that revision back, which is what a rollback does.
func (o *Objects) revise(name string, seen *unstructured.Unstructured) {
	if o.options.Workload == "" {
		return
	}
	if _, ok := replicasOf(seen); !ok {
		return
	}
	r := o.revised[name]
	if r == nil {
		if len(o.revised) == maxRevised {
			return
		}
		r = &revisions{}
		o.revised[name] = r
	}
	if r.generation == seen.GetGeneration() {
		return // Its spec is as it was.
	}
	r.generation = seen.GetGeneration()
	template, _, _ := unstructured.NestedFieldNoCopy(seen.Object, "spec", "template")
	written, err := json.Marshal(template)
	if err != nil {
		return // The server does not send what cannot be written as JSON.
	}
	r.add(sha256.Sum256(written))
}

// add takes the template of a new generation.
func (r *revisions) add(template [sha256.Size]byte) {
	if r.newest > 0 && template == r.last {
		return // Something else was changed.
	}
	r.last = template
	r.newest++
	r.restored = slices.Index(r.known, template) + 1
	if len(r.known) < maxRevisions {
		r.known = append(r.known, template)
	}
}

// writeRevisions writes the highest revision of all objects, and which one it brings back; o.mu is held.
func (o *Objects) writeRevisions(now sample.Offset) {
	newest, restored := 0, 0
	for _, r := range o.revised {
		newest, restored = max(newest, r.newest), max(restored, r.restored)
	}
	if newest == 0 {
		return
	}
	for metric, n := range map[string]int{sample.WorkloadRevision: newest, sample.RestoredRevision: restored} {
		o.options.point(now, metric, sample.Labels{"workload": o.options.Workload}, float64(n))
	}
}

// overdue tells when a Deployment has not got on for spec.progressDeadlineSeconds, which its
// controller says and does nothing about; o.mu is held.
func (o *Objects) overdue(name string, seen *unstructured.Unstructured) {
	late := o.options.Workload != "" && status{seen.Object}.reason("Progressing") == "ProgressDeadlineExceeded"
	if late && !o.late[name] {
		o.options.warn(fmt.Sprintf("%s %s has exceeded its progress deadline: Kubernetes leaves the rollout as it is",
			seen.GetKind(), name))
		o.deadlines++
		o.options.point(o.options.Clock.Now(), sample.ProgressDeadlines, sample.Labels{"workload": o.options.Workload}, float64(o.deadlines))
	}
	o.late[name] = late
}
