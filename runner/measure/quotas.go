package measure

import (
	"context"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kubedyno/kubedyno/results/sample"
)

// maxQuotas is how many ResourceQuotas have series of their own.
const maxQuotas = 50

// QuotasOptions say which ResourceQuotas to measure.
type QuotasOptions struct {
	Run
	Config *rest.Config
	// Namespace is the run's own: quotas in it go by their name alone, others by namespace/name.
	Namespace string
	Selector  string // A label selector, such as that of the run's label.
}

// Quotas measures ResourceQuotas by their status: a point at every change and every second, for
// every resource that is constrained. Amounts are in base units: pods, cores, bytes.
type Quotas struct {
	options   QuotasOptions
	following *following

	mu     sync.Mutex
	quotas map[string]corev1.ResourceQuotaStatus // By name.
}

// StartQuotas begins to watch and returns when the quotas that exist are known. The watch ends
// with ctx; Close must be called all the same.
func StartQuotas(ctx context.Context, options QuotasOptions) (*Quotas, error) {
	client, err := kubernetes.NewForConfig(typedConfig(options.Config))
	if err != nil {
		return nil, fmt.Errorf("make a client to watch ResourceQuotas: %w", err)
	}
	q := newQuotas(options)
	lw := listWatch(client.CoreV1().ResourceQuotas(metav1.NamespaceAll), labelled(options.Selector))
	q.following = follow(ctx, options.Run, "resourcequotas", lw, &corev1.ResourceQuota{}, q)
	if err := q.following.waitSynced(ctx, "ResourceQuotas"); err != nil {
		return nil, err
	}
	q.following.also(ctx, func(ctx context.Context) { every(ctx, q.gauge) })
	return q, nil
}

func newQuotas(options QuotasOptions) *Quotas {
	return &Quotas{options: options, quotas: map[string]corev1.ResourceQuotaStatus{}}
}

// Close stops watching. Only the first call has an effect.
func (q *Quotas) Close() { q.following.stop() }

// Add takes a quota that is new, or new to this watch.
func (q *Quotas) Add(object any) error { return q.change(object, q.options.Clock.Now()) }

// Update takes a quota that has changed.
func (q *Quotas) Update(object any) error { return q.change(object, q.options.Clock.Now()) }

func (q *Quotas) change(object any, now sample.Offset) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.observe(object.(*corev1.ResourceQuota), now)
	return nil
}

// Delete takes a quota that is gone; its series end.
func (q *Quotas) Delete(object any) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.quotas, q.name(object.(*corev1.ResourceQuota)))
	return nil
}

// Replace takes the state of everything.
func (q *Quotas) Replace(list []any, _ string) error {
	now := q.options.Clock.Now()
	q.mu.Lock()
	defer q.mu.Unlock()
	clear(q.quotas)
	for _, object := range list {
		q.observe(object.(*corev1.ResourceQuota), now)
	}
	return nil
}

func (q *Quotas) name(quota *corev1.ResourceQuota) string {
	return quotaName(q.options.Namespace, quota)
}

// quotaName is what a quota goes by in a run with a namespace of its own.
func quotaName(own string, quota *corev1.ResourceQuota) string {
	if quota.Namespace == own {
		return quota.Name
	}
	return quota.Namespace + "/" + quota.Name
}

func (q *Quotas) observe(seen *corev1.ResourceQuota, now sample.Offset) {
	name := q.name(seen)
	if _, known := q.quotas[name]; !known && len(q.quotas) == maxQuotas {
		q.options.warn(fmt.Sprintf("there are more than %d ResourceQuotas; only the first ones have series", maxQuotas))
		return
	}
	q.quotas[name] = seen.Status
	q.write(name, seen.Status, now)
}

func (q *Quotas) gauge() {
	now := q.options.Clock.Now()
	q.mu.Lock()
	defer q.mu.Unlock()
	for name, status := range q.quotas {
		q.write(name, status, now)
	}
}

// write records what a quota's status says; before its controller has computed it, that is nothing.
func (q *Quotas) write(name string, status corev1.ResourceQuotaStatus, now sample.Offset) {
	for metric, amounts := range map[string]corev1.ResourceList{sample.QuotaUsed: status.Used, sample.QuotaHard: status.Hard} {
		for resource, amount := range amounts {
			q.options.point(now, metric, sample.Labels{"quota": name, "resource": string(resource)}, amount.AsApproximateFloat64())
		}
	}
}
