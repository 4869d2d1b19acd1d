package measure

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/scenarios/evaluator"
)

// The limits of a recount. The controller of quotas counts anew a moment after objects have gone, so
// that a difference is one only when it stays.
const (
	recountLimit    = 10 * time.Second       // After the end of a phase; what differs then is a difference.
	recountInterval = 500 * time.Millisecond // Between two looks.
	recountReads    = 30 * time.Second       // How much longer the last look may take.
	recountPage     = 500                    // Objects that are read at once.
	recountMost     = 200_000                // Objects of one resource in a namespace.
)

// Why a resource of a quota is not recounted, beside evaluator.Unknown.
const (
	unread  = "unread"
	tooMany = "many"
	unset   = "unset"
)

// RecountOptions say which ResourceQuotas to recount.
type RecountOptions struct {
	Run
	Config    *rest.Config
	Mapper    meta.RESTMapperWithContext
	Namespace string // The run's own: see QuotasOptions.
	Selector  string // A label selector of the quotas; of the objects in their namespaces all count.
}

// A Recount holds the status of ResourceQuotas against the objects of their namespaces, which it lists
// page by page. It only reads, and only between phases.
type Recount struct {
	options RecountOptions
	typed   kubernetes.Interface
	objects metadata.Interface
}

// NewRecount makes the clients of a Recount.
func NewRecount(options RecountOptions) (*Recount, error) {
	config := typedConfig(options.Config)
	typed, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make a client to recount quotas: %w", err)
	}
	objects, err := metadata.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make a client to recount quotas: %w", err)
	}
	return &Recount{options, typed, objects}, nil
}

// A counted is a quota with the count of what its objects take.
type counted struct {
	quota corev1.ResourceQuota
	tally *evaluator.Tally
}

// After recounts the quotas after a phase that has ended: once, and those that differ again until they
// agree or the limit has passed. It records what it finds; a trouble becomes a warning.
func (r *Recount) After(ctx context.Context, phase string, ended sample.Offset) {
	run := ctx
	ctx, cancel := context.WithTimeout(ctx, recountLimit+recountReads)
	defer cancel()
	var pending map[string]*counted // nil before the first look: all.
	var trouble error
	for {
		var seen map[string]*counted
		if seen, trouble = r.look(ctx, pending); trouble == nil {
			pending = seen
			r.settle(pending, phase, ended)
		}
		done := trouble == nil && len(pending) == 0
		if done || duration(ended, r.options.Clock.Now()) >= recountLimit || pause(ctx, recountInterval) != nil {
			break
		}
	}
	if run.Err() != nil {
		return // The run has ended early; what differed so far could still have settled.
	}
	if trouble != nil {
		r.options.warn(fmt.Sprintf("quotas could not be recounted after phase %s: %v", phase, trouble))
	}
	now := r.options.Clock.Now()
	for name, c := range pending {
		r.record(name, phase, c)
		r.window(name, phase, ended, now, true)
	}
	r.options.point(now, sample.RecountDuration, sample.Labels{"phase": phase}, duration(ended, now).Seconds())
}

// settle records the quotas that agree, and leaves the others.
func (r *Recount) settle(pending map[string]*counted, phase string, ended sample.Offset) {
	now := r.options.Clock.Now()
	for name, c := range pending {
		if !c.agrees() {
			continue
		}
		delete(pending, name)
		r.record(name, phase, c)
		if len(c.tally.Used()) > 0 {
			r.window(name, phase, ended, now, false)
		}
	}
}

// agrees reports whether the status says what was counted of every resource.
func (c *counted) agrees() bool {
	for resource, amount := range c.tally.Used() {
		if said, there := c.quota.Status.Used[resource]; !there || said.Cmp(amount) != 0 {
			return false
		}
	}
	return true
}

// record writes what was counted of a quota's resources, and which were not.
func (r *Recount) record(name, phase string, c *counted) {
	now := r.options.Clock.Now()
	missing := maps.Clone(c.tally.Uncounted())
	for resource, amount := range c.tally.Used() {
		said, there := c.quota.Status.Used[resource]
		if !there {
			missing[resource] = unset
			continue
		}
		difference := said.DeepCopy()
		difference.Sub(amount)
		if difference.Sign() < 0 {
			difference.Neg()
		}
		labels := sample.Labels{"quota": name, "resource": string(resource), "phase": phase}
		r.options.point(now, sample.QuotaRecounted, labels, amount.AsApproximateFloat64())
		r.options.point(now, sample.QuotaSaid, labels, said.AsApproximateFloat64())
		r.options.point(now, sample.QuotaDifference, labels, difference.AsApproximateFloat64())
	}
	for resource, reason := range missing {
		labels := sample.Labels{"quota": name, "resource": string(resource), "phase": phase, "reason": reason}
		r.options.point(now, sample.QuotaUncounted, labels, 1)
	}
}

// window writes how long a quota took to agree, or how long it has differed.
func (r *Recount) window(name, phase string, ended, now sample.Offset, censored bool) {
	var took sample.Histogram
	took.Record(duration(ended, now))
	r.options.Sink.Window(sample.Window{From: ended, To: now, Metric: sample.QuotaSettle,
		Labels: sample.Labels{"quota": name, "phase": phase}, Histogram: took, Censored: censored})
}

// look reads the quotas, all of them or those that are pending, and counts what is in their namespaces.
func (r *Recount) look(ctx context.Context, pending map[string]*counted) (map[string]*counted, error) {
	list, err := r.typed.CoreV1().ResourceQuotas(metav1.NamespaceAll).List(ctx, metav1.ListOptions{LabelSelector: r.options.Selector})
	if err != nil {
		return nil, fmt.Errorf("list ResourceQuotas: %w", err)
	}
	seen, spaces := map[string]*counted{}, map[string][]*evaluator.Tally{}
	now := time.Now()
	for _, quota := range list.Items {
		name := quotaName(r.options.Namespace, &quota)
		if _, open := pending[name]; !open && pending != nil {
			continue
		}
		if len(seen) == maxQuotas {
			r.options.warn(fmt.Sprintf("there are more than %d ResourceQuotas; only the first ones are recounted", maxQuotas))
			break
		}
		seen[name] = &counted{quota, evaluator.NewTally(quota.Spec, now)}
		spaces[quota.Namespace] = append(spaces[quota.Namespace], seen[name].tally)
	}
	for _, namespace := range slices.Sorted(maps.Keys(spaces)) {
		if err := r.countNamespace(ctx, namespace, spaces[namespace]); err != nil {
			return nil, err
		}
	}
	return seen, nil
}
