package volumes

import (
	"slices"

	"github.com/kubedyno/kubedyno/results/sample"
)

// Pod takes a pod of the run with claims, which is new or has changed.
func (l *Ledger) Pod(seen Pod, now Moment) {
	p, known := l.pods[seen.UID]
	if !known {
		p = &pod{phase: l.options.Phase(), created: now, late: now.Late}
		l.pods[seen.UID] = p
		l.adopt(seen.Claims)
	}
	p.Pod = seen
	if p.written {
		return
	}
	if seen.Ended {
		p.written = true // It did not become Ready and never will: no startup failed.
		return
	}
	for _, step := range []struct {
		at      *Moment
		reached bool
	}{{&p.scheduled, seen.Node != ""}, {&p.running, seen.Running}, {&p.ready, seen.Ready}} {
		if step.reached && !step.at.seen() {
			*step.at = now
			p.late = p.late || now.Late
		}
	}
}

// PodGone takes the end of a pod.
func (l *Ledger) PodGone(uid string, now Moment) {
	if p := l.pods[uid]; p != nil {
		p.late = p.late || now.Late && !p.ready.seen()
		l.write(p, now.At)
		delete(l.pods, uid)
	}
}

// adopt makes claims the run's.
func (l *Ledger) adopt(names []string) {
	for _, name := range names {
		l.used[name] = true
		if c := l.named[name]; c != nil && !c.Own {
			c.Own = true
			l.settleClaim(c)
		}
	}
}

// span is how long a pod was in a stage.
type span struct {
	stage string
	took  sample.Offset
	open  bool // It had not ended.
}

// write records the stages of a pod whose start has ended, or at until as far as it has come.
func (l *Ledger) write(p *pod, until sample.Offset) {
	if p.written {
		return
	}
	p.written = true
	spans, late := l.spans(p, until)
	if p.late || late {
		l.omitted++ // Of transitions that were seen late, nobody knows how far they were apart.
		return
	}
	for _, s := range spans {
		l.record(seriesKey{metric: sample.PodVolumeStage, first: p.Workload, second: s.stage, phase: p.phase, censored: s.open}, s.took)
	}
}

// spans are the stages of a pod up to Ready, or as far as it has come by until. They add up to the time
// from its creation until then.
func (l *Ledger) spans(p *pod, until sample.Offset) (all []span, late bool) {
	scheduled := p.scheduled.At
	if scheduled == 0 {
		return l.unscheduled(p, until)
	}
	provision, late := l.provisioning(p, scheduled)
	all = []span{{stage: "schedule", took: scheduled - p.created.At - provision.took}, {stage: "provision", took: provision.took}}
	attach := l.attachment(p, max(scheduled, p.running.At))
	late = late || attach.late
	if p.running.At == 0 {
		if attach.open {
			return append(all, span{"attach", until - scheduled, true}), late
		}
		return append(all, span{stage: "attach", took: attach.end - scheduled}, span{"start", until - attach.end, true}), late
	}
	all = append(all, span{stage: "attach", took: attach.end - scheduled}, span{stage: "start", took: p.running.At - attach.end})
	if p.ready.At == 0 {
		return append(all, span{"ready", until - p.running.At, true}), late
	}
	return append(all, span{stage: "ready", took: p.ready.At - p.running.At}), late
}

// unscheduled are the stages of a pod without a node: it waits for a volume that was asked for, or else
// for the scheduler.
func (l *Ledger) unscheduled(p *pod, until sample.Offset) ([]span, bool) {
	provision, late := l.provisioning(p, until)
	if !provision.open {
		return []span{{"schedule", until - p.created.At - provision.took, true}, {stage: "provision", took: provision.took}}, late
	}
	all := []span{{"provision", provision.took, true}}
	if decided := until - p.created.At - provision.took; decided > 0 {
		all = append(all, span{"schedule", decided, true}) // It binds the pod after that.
	}
	return all, late
}

// provisioning is the part of the time from a pod's creation until limit in which it waited for the last
// of its volumes to be bound; open if one is not.
func (l *Ledger) provisioning(p *pod, limit sample.Offset) (s span, late bool) {
	var from, to sample.Offset
	for _, name := range p.Claims {
		c := l.named[name]
		if c == nil {
			continue
		}
		asked, bound := l.asked(c), c.bound
		if !asked.seen() {
			continue
		}
		end := bound.At
		if !bound.seen() {
			end, s.open = limit, true
		}
		late = late || asked.Late && asked.At > p.created.At || bound.Late && bound.At > p.created.At
		if to == 0 || end > to {
			from, to = asked.At, end
		}
	}
	from, to = between(from, p.created.At, limit), between(to, p.created.At, limit)
	s.took = max(to-from, 0)
	return s, late
}

// attached says when the last volume of a pod was attached to its node.
type attached struct {
	end        sample.Offset
	open, late bool
}

// attachment is when the last of a pod's volumes was attached, not before the pod had a node and not after
// limit; open if one is not that is to be. A class whose volumes are never attached has no attachments.
func (l *Ledger) attachment(p *pod, limit sample.Offset) attached {
	of := attached{end: p.scheduled.At}
	for _, name := range p.Claims {
		c := l.named[name]
		if c == nil || c.Volume == "" {
			continue
		}
		var a *attachment
		if v := l.volumes[c.Volume]; v != nil {
			a = v.on[p.Node]
		}
		switch {
		case a == nil:
			of.open = of.open || l.attaches[c.Class]
		case !a.attached.seen():
			of.open = true
		default:
			of.end = max(of.end, a.attached.At)
			of.late = of.late || a.attached.Late && a.attached.At > p.scheduled.At
		}
	}
	if p.running.seen() {
		of.end = min(of.end, limit)
	}
	return of
}

func between(at, low, high sample.Offset) sample.Offset { return min(max(at, low), max(low, high)) }

// settled returns the pods whose start ended at least settle before now, the oldest first.
func (l *Ledger) settled(now sample.Offset) []*pod {
	var all []*pod
	for _, p := range l.pods {
		if !p.written && p.ready.seen() && now-p.ready.At >= settle {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b *pod) int { return int(a.created.At - b.created.At) })
	return all
}
