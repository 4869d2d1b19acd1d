package measure

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kubedyno/kubedyno/results/sample"
)

// maxHPASeries is how many HPAs have series of their own. The rest is watched and counted, but
// thousands of series a second would be a load on the disk, and no reader could tell them apart.
const maxHPASeries = 40

// HPAsOptions say which HorizontalPodAutoscalers to measure.
type HPAsOptions struct {
	Run
	Config *rest.Config
	// Namespace is the run's own: HPAs in it go by their name alone, others by namespace/name.
	Namespace string
	Selector  string // A label selector, such as that of the run's label.
}

// HPAs measures HorizontalPodAutoscalers by what their controller writes into their status: a
// point at every change and every second. What the status does not say is a gap in the series:
// before the controller has decided for the first time there is no desired number, and while it
// has no metrics there is no ratio.
type HPAs struct {
	options   HPAsOptions
	following *following

	mu       sync.Mutex
	hpas     map[types.UID]*hpa
	created  map[types.UID]bool // By the harness; true once the watch has shown it.
	observed int                // Of these.
	series   int                // HPAs that were given series of their own.
	warnings int
	unsaid   int               // Warnings beyond maxWarnings.
	awaited  map[*awaited]bool // Demands under way.
}

// hpa is what is known of one HPA.
type hpa struct {
	name     string
	recorded bool // It has series of its own.
	state    hpaState
	rescales int
	scaledAt time.Time // Its lastScaleTime.
	trouble  string    // Why it cannot scale; empty if it can.
	since    sample.Offset
}

// hpaState is what an HPA's status says; nil is what it does not.
type hpaState struct{ desired, current, ratio *float64 }

// StartHPAs begins to watch and returns when the HPAs that exist are known. The watch ends with
// ctx; Close must be called all the same.
func StartHPAs(ctx context.Context, options HPAsOptions) (*HPAs, error) {
	client, err := kubernetes.NewForConfig(typedConfig(options.Config))
	if err != nil {
		return nil, fmt.Errorf("make a client to watch HPAs: %w", err)
	}
	h := newHPAs(options)
	api := client.AutoscalingV2().HorizontalPodAutoscalers(metav1.NamespaceAll)
	lw := listWatch(api, labelled(options.Selector))
	h.following = follow(ctx, options.Run, "horizontalpodautoscalers", lw, &autoscalingv2.HorizontalPodAutoscaler{}, h)
	if err := h.following.waitSynced(ctx, "HPAs"); err != nil {
		return nil, err
	}
	h.following.also(ctx, func(ctx context.Context) { every(ctx, h.gauge) })
	return h, nil
}

func newHPAs(options HPAsOptions) *HPAs {
	return &HPAs{options: options, hpas: map[types.UID]*hpa{}, created: map[types.UID]bool{}, awaited: map[*awaited]bool{}}
}

// Close stops watching and says what never came right. Only the first call has an effect.
func (h *HPAs) Close() {
	h.following.stop()
	h.finish()
}

// finish tells of the HPAs that still cannot scale and of those that were never seen.
func (h *HPAs) finish() {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.options.Clock.Now()
	for _, known := range h.hpas {
		h.recovers(known, now, "until the end")
	}
	if missing := len(h.created) - h.observed; missing > 0 {
		h.options.warn(fmt.Sprintf("%d of %d HPAs that were created were never seen by their watch", missing, len(h.created)))
	}
	if h.unsaid > 0 {
		h.options.warn(fmt.Sprintf("there were %d more troubles of HPAs", h.unsaid))
	}
	h.unsaid = 0
	clear(h.created)
	h.observed = 0
}

// Created says that the harness has created an HPA, which the watch may have shown already.
func (h *HPAs) Created(uid types.UID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, seen := h.hpas[uid]
	h.created[uid] = seen
	if seen {
		h.observed++
	}
}

// Add takes an HPA that is new, or new to this watch.
func (h *HPAs) Add(object any) error { return h.change(object, h.options.Clock.Now()) }

// Update takes an HPA that has changed.
func (h *HPAs) Update(object any) error { return h.change(object, h.options.Clock.Now()) }

func (h *HPAs) change(object any, now sample.Offset) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.observe(object.(*autoscalingv2.HorizontalPodAutoscaler), now)
	return nil
}

// Delete takes an HPA that is gone; its series end.
func (h *HPAs) Delete(object any) error {
	now := h.options.Clock.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.remove(object.(*autoscalingv2.HorizontalPodAutoscaler).UID, now)
	return nil
}

// Replace takes the state of everything.
func (h *HPAs) Replace(list []any, _ string) error {
	now := h.options.Clock.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	present := make(map[types.UID]bool, len(list))
	for _, object := range list {
		seen := object.(*autoscalingv2.HorizontalPodAutoscaler)
		present[seen.UID] = true
		h.observe(seen, now)
	}
	for uid := range h.hpas {
		if !present[uid] {
			h.remove(uid, now)
		}
	}
	return nil
}

// observe brings an HPA up to date.
func (h *HPAs) observe(seen *autoscalingv2.HorizontalPodAutoscaler, now sample.Offset) {
	known, ok := h.hpas[seen.UID]
	if !ok {
		known = h.meet(seen)
	}
	before := known.state
	known.state = stateOf(seen)
	rescaled := known.rescaled(seen, before)
	if rescaled || !known.state.equal(before) {
		h.write(known, now)
	}
	for a := range h.awaited {
		a.observe(seen.UID, known.state, now)
	}
	h.judge(known, seen, now)
}

// meet begins to keep an HPA.
func (h *HPAs) meet(seen *autoscalingv2.HorizontalPodAutoscaler) *hpa {
	known := &hpa{name: seen.Name, recorded: h.series < maxHPASeries}
	if seen.Namespace != h.options.Namespace {
		known.name = seen.Namespace + "/" + seen.Name
	}
	h.series++
	if h.series == maxHPASeries+1 {
		h.options.warn(fmt.Sprintf("there are more than %d HPAs; only the first ones have series of their own", maxHPASeries))
	}
	h.hpas[seen.UID] = known
	if was, ours := h.created[seen.UID]; ours && !was {
		h.created[seen.UID] = true
		h.observed++
	}
	return known
}

func (h *HPAs) remove(uid types.UID, now sample.Offset) {
	if known, ok := h.hpas[uid]; ok {
		h.recovers(known, now, "until it was deleted")
		for a := range h.awaited {
			a.gone(uid, now)
		}
		delete(h.hpas, uid)
	}
}

// rescaled counts what the controller did. Its lastScaleTime is in whole seconds, so a change of
// desired under the same time is another rescale.
func (k *hpa) rescaled(seen *autoscalingv2.HorizontalPodAutoscaler, before hpaState) bool {
	last := seen.Status.LastScaleTime
	if last == nil {
		return false
	}
	again := before.desired != nil && k.state.desired != nil && *before.desired != *k.state.desired
	if last.Time.Equal(k.scaledAt) && !again {
		return false
	}
	k.scaledAt = last.Time
	k.rescales++
	return true
}

// stateOf reads a status. The controller writes a desired number of 0 before it has decided
// anything; that is no decision.
func stateOf(seen *autoscalingv2.HorizontalPodAutoscaler) hpaState {
	var state hpaState
	if len(seen.Status.Conditions) == 0 {
		return state // The controller has not looked at it yet.
	}
	current := float64(seen.Status.CurrentReplicas)
	state.current = &current
	active := isTrue(seen, autoscalingv2.ScalingActive)
	if desired := float64(seen.Status.DesiredReplicas); active || desired > 0 || seen.Status.LastScaleTime != nil {
		state.desired = &desired
	}
	if active {
		state.ratio = ratioOf(seen)
	}
	return state
}

func (s hpaState) equal(other hpaState) bool {
	same := func(a, b *float64) bool { return a == b || a != nil && b != nil && *a == *b }
	return same(s.desired, other.desired) && same(s.current, other.current) && same(s.ratio, other.ratio)
}

func condition(seen *autoscalingv2.HorizontalPodAutoscaler, kind autoscalingv2.HorizontalPodAutoscalerConditionType) *autoscalingv2.HorizontalPodAutoscalerCondition {
	i := slices.IndexFunc(seen.Status.Conditions, func(c autoscalingv2.HorizontalPodAutoscalerCondition) bool { return c.Type == kind })
	if i < 0 {
		return nil
	}
	return &seen.Status.Conditions[i]
}

func isTrue(seen *autoscalingv2.HorizontalPodAutoscaler, kind autoscalingv2.HorizontalPodAutoscalerConditionType) bool {
	c := condition(seen, kind)
	return c != nil && c.Status == corev1.ConditionTrue
}
