package measure

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kubedyno/kubedyno/results/sample"
)

const (
	// closeBatch is how many records Close hands over at a time, and closePause how long it then
	// gives the Sink to write them. A Sink drops what comes faster than its disk.
	closeBatch = 2000
	closePause = 20 * time.Millisecond
)

// Close stops watching and writes every pod whose life is not all on record: those that were
// never seen Ready as censored now, and those that are being deleted. Only the first call has
// an effect.
func (p *Pods) Close() {
	p.following.stop()
	p.finish()
}

// finish writes what is left. Nothing changes any more, so the pauses hold nobody up.
func (p *Pods) finish() {
	now := p.options.Clock.Now()
	for i, uid := range p.unfinished() {
		if i > 0 && i%closeBatch == 0 {
			time.Sleep(closePause)
		}
		p.mu.Lock()
		known := p.pods[uid]
		p.write(uid, known, now, nil)
		if known.leaving != 0 {
			p.gone(known, now, false) // It takes at least that long.
			delete(p.pods, uid)       // A second Close must not write it again.
		}
		p.mu.Unlock()
	}
	p.mu.Lock()
	unmeasured := p.unmeasured
	p.unmeasured = 0
	p.censorLosses(now)
	p.mu.Unlock()
	if unmeasured > 0 {
		p.options.warn(fmt.Sprintf("a watch was interrupted for long, or had to list anew, when the deletion of %d pods began; "+
			"how long they took to go is not known and not counted", unmeasured))
	}
	p.writeDeletions(now)
}

// unfinished returns the pods that were never Ready or are being deleted, in the order in which
// they were seen.
func (p *Pods) unfinished() []types.UID {
	p.mu.Lock()
	defer p.mu.Unlock()
	var left []types.UID
	for uid, pod := range p.pods {
		if !pod.written || pod.leaving != 0 {
			left = append(left, uid)
		}
	}
	slices.SortFunc(left, func(a, b types.UID) int {
		return int(p.pods[a].created - p.pods[b].created)
	})
	return left
}

// gone records how long a pod took to go. One that was never seen to be on its way went at once,
// unless that may have been missed: then nobody knows.
func (p *Pods) gone(known *pod, now sample.Offset, late bool) {
	if known.leavingLate || known.leaving == 0 && late {
		p.unmeasured++
		return
	}
	began := known.leaving
	if began == 0 {
		began = now
	}
	h, ok := p.deletions[known.workload]
	if !ok {
		h = &sample.Histogram{}
		p.deletions[known.workload] = h
	}
	h.Record(duration(began, now))
}

// writeDeletions writes how long the pods took that have gone since the last call.
func (p *Pods) writeDeletions(now sample.Offset) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writeLosses(now)
	for _, workload := range slices.Sorted(maps.Keys(p.deletions)) {
		h := p.deletions[workload]
		if h.Count() == 0 {
			continue
		}
		p.options.Sink.Window(sample.Window{From: p.windowFrom, To: now, Metric: sample.PodDeletion,
			Labels: sample.Labels{"workload": workload, "phase": p.options.phase()}, Histogram: *h})
		h.Reset()
	}
	p.windowFrom = now
}
