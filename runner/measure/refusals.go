package measure

import (
	"context"
	"fmt"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kubedyno/kubedyno/results/sample"
)

// The reasons for which admission refuses an object.
const (
	ByQuota      = "quota"       // It would be more than a ResourceQuota allows.
	ByUnstated   = "unstated"    // A ResourceQuota needs to know what it requests or is limited to.
	ByLimitRange = "limit-range" // It is outside of what a LimitRange allows.
	ByOther      = "other"
)

// ReasonOf returns the reason for a refusal by the words of the admission plugins
// (k8s.io/apiserver/pkg/admission/plugin/resourcequota and plugin/pkg/admission/limitranger).
func ReasonOf(words string) string {
	for _, known := range []struct{ words, reason string }{
		{"exceeded quota", ByQuota},
		{"must specify", ByUnstated}, {"status unknown for quota", ByUnstated},
		{" usage per ", ByLimitRange}, {"limit to request ratio", ByLimitRange},
	} {
		if strings.Contains(words, known.words) {
			return known.reason
		}
	}
	return ByOther
}

// failedCreate is the reason of the events that controllers write of a pod that they could not make
// (k8s.io/kubernetes/pkg/controller, FailedCreatePodReason).
const failedCreate = "FailedCreate"

// maxRefusalEvents is how many events are told apart. The server forgets them after an hour; beyond
// that many at a time, more are not counted, and the run has a warning.
const maxRefusalEvents = 50_000

// RefusalsOptions say whose refused attempts to count.
type RefusalsOptions struct {
	Run
	Config *rest.Config
	// Workloads have a series from the beginning, so that none refused is a count, too.
	Workloads []string
	// Workload returns the workload whose pods an object of a namespace makes, "" for those that are
	// not the run's.
	Workload func(namespace, kind, name string) string
}

// Refusals counts the pods that controllers tried to make and admission refused, by the events that
// they write of it. A repeated event counts as often as it says. It is a lower bound: the controllers'
// client drops events beyond 25 for an object, and one more every 5 minutes
// (k8s.io/client-go/tools/record, EventCorrelator). The API server's own count is exact, and has no
// workloads.
type Refusals struct {
	options   RefusalsOptions
	following *following

	mu     sync.Mutex
	seen   map[types.NamespacedName]int32 // How often each event said that it had happened.
	counts map[refusal]float64
	full   bool
}

// refusal is what is counted apart.
type refusal struct{ workload, reason string }

// StartRefusals begins to watch and returns when the events that exist are known, which count. The
// watch ends with ctx; Close must be called all the same.
func StartRefusals(ctx context.Context, options RefusalsOptions) (*Refusals, error) {
	client, err := kubernetes.NewForConfig(typedConfig(options.Config))
	if err != nil {
		return nil, fmt.Errorf("make a client to watch events: %w", err)
	}
	r := newRefusals(options)
	lw := listWatch(client.CoreV1().Events(metav1.NamespaceAll), func(o *metav1.ListOptions) { o.FieldSelector = "reason=" + failedCreate })
	r.following = follow(ctx, options.Run, "events", lw, &corev1.Event{}, r)
	if err := r.following.waitSynced(ctx, "events"); err != nil {
		return nil, err
	}
	r.following.also(ctx, func(ctx context.Context) { every(ctx, r.gauge) })
	return r, nil
}

func newRefusals(options RefusalsOptions) *Refusals {
	r := &Refusals{options: options, seen: map[types.NamespacedName]int32{}, counts: map[refusal]float64{}}
	for _, name := range options.Workloads {
		r.counts[refusal{name, ByQuota}] = 0
	}
	return r
}

// Close stops watching. Only the first call has an effect.
func (r *Refusals) Close() { r.following.stop() }

// Add takes an event that is new, or new to this watch.
func (r *Refusals) Add(object any) error { return r.change(object, r.options.Clock.Now()) }

// Update takes an event that happened again.
func (r *Refusals) Update(object any) error { return r.change(object, r.options.Clock.Now()) }

func (r *Refusals) change(object any, now sample.Offset) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.observe(object.(*corev1.Event), now)
	return nil
}

// Delete takes an event that the server has forgotten; what it counted stays.
func (r *Refusals) Delete(object any) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	event := object.(*corev1.Event)
	delete(r.seen, types.NamespacedName{Namespace: event.Namespace, Name: event.Name})
	return nil
}

// Replace takes the state of everything.
func (r *Refusals) Replace(list []any, _ string) error {
	now := r.options.Clock.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, object := range list {
		r.observe(object.(*corev1.Event), now)
	}
	return nil
}

// observe counts what an event says beyond what it said before; r.mu is held. Only what was forbidden
// was refused by admission: a name that exists already, say, was not.
func (r *Refusals) observe(event *corev1.Event, now sample.Offset) {
	if event.Reason != failedCreate || !strings.Contains(event.Message, "is forbidden") {
		return
	}
	of := event.InvolvedObject
	workload := r.options.Workload(of.Namespace, of.Kind, of.Name)
	if workload == "" {
		return
	}
	key := types.NamespacedName{Namespace: event.Namespace, Name: event.Name}
	before, known := r.seen[key]
	if !known && len(r.seen) == maxRefusalEvents {
		if !r.full {
			r.full = true
			r.options.warn(fmt.Sprintf("there are more than %d events of refused pods; not all are counted", maxRefusalEvents))
		}
		return
	}
	times := max(event.Count, 1)
	if event.Series != nil {
		times = max(times, event.Series.Count)
	}
	r.seen[key] = max(times, before)
	if times <= before {
		return
	}
	one := refusal{workload, ReasonOf(event.Message)}
	r.counts[one] += float64(times - before)
	r.write(one, now)
}

// gauge writes all counts, once a second.
func (r *Refusals) gauge() {
	now := r.options.Clock.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for one := range r.counts {
		r.write(one, now)
	}
}

func (r *Refusals) write(one refusal, now sample.Offset) {
	r.options.point(now, sample.RefusedAttempts, sample.Labels{"workload": one.workload, "reason": one.reason}, r.counts[one])
}
