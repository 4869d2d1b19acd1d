package measure

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
)

// A loss is one failure of nodes, shared by the pods that were on them.
type loss struct {
	at    sample.Offset // When the failure began.
	phase string
}

// owed are the pods that a workload has lost and that nothing has made up for yet.
type owed struct {
	losses []*loss // One for each pod, oldest first.
	ready  int     // The Ready pods beyond which a further one makes up for a lost one.
}

// lossSeries tells the distributions apart.
type lossSeries struct{ metric, workload, phase string }

// NodesFailed says that these nodes fail now. Their pods no longer count as Ready. How long
// each takes to be evicted is measured from here on, and for those that were Ready how long
// until another Ready pod of the workload makes up for each. What does not come about enters
// the distributions at Close with the time until then.
func (p *Pods) NodesFailed(names []string) {
	now := p.options.Clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.waiters.wake()
	p.silence(names, true)
	for _, name := range names {
		p.dead[name] = true
	}
	lost := &loss{now, intern(p.options.phase())}
	missing := map[string]int{}
	for _, pod := range p.pods {
		if pod.leaving != 0 || !p.dead[pod.node] || pod.loss != nil {
			continue
		}
		pod.loss = lost
		if pod.level == levelReady {
			missing[pod.workload]++
		}
		p.count(pod, now)
	}
	for workload, n := range missing { // Now that all are counted, so that none seems to be replaced.
		debts := p.debts(workload)
		debts.losses = append(debts.losses, slices.Repeat([]*loss{lost}, n)...)
		debts.ready = p.tally(workload).at[levelReady]
	}
}

// NodesRecovered says that these nodes live again. Pods on them that were not evicted are not
// lost any more.
func (p *Pods) NodesRecovered(names []string) {
	now := p.options.Clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.waiters.wake()
	p.silence(names, false)
	for _, name := range names {
		delete(p.dead, name)
	}
	for _, pod := range p.pods {
		if !p.dead[pod.node] {
			pod.loss = nil
			p.count(pod, now)
		}
	}
}

func (p *Pods) debts(workload string) *owed {
	debts, ok := p.owed[workload]
	if !ok {
		debts = &owed{}
		p.owed[workload] = debts
	}
	return debts
}

// count brings the books up to date with what a pod's status says and whether its node lives.
func (p *Pods) count(known *pod, now sample.Offset) {
	level := known.seen
	if level == levelReady && p.dead[known.node] {
		level = levelRunning
	}
	counts := p.tally(known.workload)
	counts.at[known.level]--
	counts.at[level]++
	known.level = level
	if level == levelReady {
		counts.ready[known] = struct{}{}
	} else {
		delete(counts.ready, known)
	}
	debts := p.owed[known.workload]
	for debts != nil && len(debts.losses) > 0 && counts.at[levelReady] > debts.ready {
		p.lost(sample.PodReplacement, known.workload, debts.losses[0], now)
		debts.losses = debts.losses[1:]
		debts.ready++
	}
}

// evicted records how long it took until a pod of a failed node was deleted.
func (p *Pods) evicted(known *pod, now sample.Offset) {
	if known.loss != nil {
		p.lost(sample.PodEviction, known.workload, known.loss, now)
		known.loss = nil
	}
}

// lost records one duration since a loss.
func (p *Pods) lost(metric, workload string, since *loss, now sample.Offset) {
	key := lossSeries{metric, workload, since.phase}
	if p.losses[key] == nil {
		p.losses[key] = &sample.Histogram{}
	}
	p.losses[key].Record(time.Duration(now - since.at))
}

// writeLosses writes what was recorded since windowFrom; p.mu is held.
func (p *Pods) writeLosses(now sample.Offset) {
	keys := slices.SortedFunc(maps.Keys(p.losses), func(a, b lossSeries) int {
		return cmp.Or(cmp.Compare(a.metric, b.metric), cmp.Compare(a.workload, b.workload), cmp.Compare(a.phase, b.phase))
	})
	for _, key := range keys {
		p.options.Sink.Window(sample.Window{From: p.windowFrom, To: now, Metric: key.metric,
			Labels: sample.Labels{"workload": key.workload, "phase": key.phase}, Histogram: *p.losses[key]})
		delete(p.losses, key)
	}
}

// censorLosses records the pods that were not evicted, and those that nothing made up for;
// p.mu is held.
func (p *Pods) censorLosses(now sample.Offset) {
	left, missing := 0, 0
	for _, pod := range p.pods {
		if pod.loss != nil {
			left++
			p.evicted(pod, now)
		}
	}
	for workload, debts := range p.owed {
		for _, since := range debts.losses {
			p.lost(sample.PodReplacement, workload, since, now)
			missing++
		}
		debts.losses = nil
	}
	p.writeLosses(now)
	if left > 0 {
		p.options.warn(fmt.Sprintf("%d pods of failed nodes were not deleted at the end; they count with the time they waited", left))
	}
	if missing > 0 {
		p.options.warn(fmt.Sprintf("%d lost pods were not replaced at the end; they count with the time they waited", missing))
	}
}
