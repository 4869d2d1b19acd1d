package measure

import (
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kubedyno/kubedyno/results/sample"
)

// awaited are the HPAs of a service, each of which is to rescale for the first time since a demand
// on the service began. The clock of all of them begins with the demand and not with the phase,
// which may do other things before. What changes after the demand's end answers that end.
type awaited struct {
	service, phase string
	began          sample.Offset
	// before has the replicas that each HPA asked for at the beginning; nil until they are known.
	before map[types.UID]*float64
	took   sample.Histogram // Of those that rescaled.
	never  sample.Histogram // Of those that did not: for how long.
}

// Await measures from now on how long each of the named HPAs takes until it first asks for another
// number of replicas, also of those that have no series of their own. The function that it returns
// ends that: the HPAs that have not done so by then have taken at least that long. It records one
// value for each HPA that existed at the beginning, in the phase that ran then.
func (h *HPAs) Await(service string, names map[string]bool) (end func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := &awaited{service: service, phase: h.options.phase(), began: h.options.Clock.Now(), before: map[types.UID]*float64{}}
	for uid, known := range h.hpas {
		if names[known.name] {
			a.before[uid] = asked(known.state)
		}
	}
	h.awaited[a] = true
	return func() { h.end(a) }
}

// asked is what an HPA asks for; before its first decision it is content with what is there.
func asked(state hpaState) *float64 {
	if state.desired != nil {
		return state.desired
	}
	return state.current
}

// observe takes the state of an HPA, which may have rescaled.
func (a *awaited) observe(uid types.UID, state hpaState, now sample.Offset) {
	before, waits := a.before[uid]
	if !waits {
		return
	}
	if before == nil {
		before = state.current // What was there when it was first looked at.
		a.before[uid] = before
	}
	if before != nil && state.desired != nil && *state.desired != *before {
		a.took.Record(time.Duration(now - a.began))
		delete(a.before, uid)
	}
}

// gone takes that an HPA was deleted.
func (a *awaited) gone(uid types.UID, now sample.Offset) {
	if _, waits := a.before[uid]; waits {
		a.never.Record(time.Duration(now - a.began))
		delete(a.before, uid)
	}
}

// end records what became of the HPAs. Only the first call has an effect.
func (h *HPAs) end(a *awaited) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.awaited[a] {
		return
	}
	delete(h.awaited, a)
	now := h.options.Clock.Now()
	for uid := range a.before {
		a.gone(uid, now)
	}
	for censored, histogram := range map[bool]*sample.Histogram{false: &a.took, true: &a.never} {
		if histogram.Count() == 0 {
			continue
		}
		labels := sample.Labels{"service": a.service}
		if a.phase != "" {
			labels["phase"] = a.phase
		}
		h.options.Sink.Window(sample.Window{From: a.began, To: now, Metric: sample.HPAFirstRescale, Labels: labels,
			Histogram: *histogram, Censored: censored})
	}
}
