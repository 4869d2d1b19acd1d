package volumes

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/kubedyno/kubedyno/results/packing"
	"github.com/kubedyno/kubedyno/results/sample"
)

// maxReasons is how many reasons of pending pods have series of their own.
const maxReasons = 20

// seriesKey tells the distributions apart: first is a class or a workload, second a stage.
type seriesKey struct {
	metric, first, second, phase string
	censored                     bool
}

func (k seriesKey) labels() sample.Labels {
	if k.metric == sample.PodVolumeStage {
		return sample.Labels{"workload": k.first, "stage": k.second, "phase": k.phase}
	}
	return sample.Labels{"class": k.first, "phase": k.phase}
}

// took records the time between two moments; an upper bound if one of them was seen late.
func (l *Ledger) took(k seriesKey, from, to Moment) {
	if from.Late || to.Late {
		l.bounds++
	}
	l.record(k, to.At-from.earliest())
}

func (l *Ledger) record(k seriesKey, took sample.Offset) {
	h := l.series[k]
	if h == nil {
		h = &sample.Histogram{}
		l.series[k] = h
	}
	h.Record(time.Duration(max(took, 0)))
}

// Write hands over what was recorded since the last call, and how many volumes there are now.
func (l *Ledger) Write(now sample.Offset) {
	for _, p := range l.settled(now) {
		l.write(p, now)
	}
	l.flush(now)
	l.gauge(now)
}

// Close records what did not get there as censored, and returns what is to be doubted, in sentences. What
// is seen after it is not counted.
func (l *Ledger) Close(now sample.Offset) (doubts []string) {
	if l.closed {
		return nil
	}
	l.closed = true
	for _, p := range l.pods {
		l.write(p, now)
	}
	for _, c := range l.claims {
		l.censorClaim(c, now)
	}
	for _, a := range l.attachments {
		if !a.Deleting {
			l.censorAttach(a, now)
		}
		l.censorDetach(a, now)
	}
	l.flush(now)
	l.gauge(now)
	if l.bounds > 0 {
		doubts = append(doubts, fmt.Sprintf("a watch was interrupted for long, or had to list anew, while volumes were provisioned, attached or detached; %d of these times are upper bounds", l.bounds))
	}
	if l.omitted > 0 {
		doubts = append(doubts, fmt.Sprintf("a watch was interrupted for long, or had to list anew, while %d pods with volumes started; the stages of their start are left out", l.omitted))
	}
	return doubts
}

func (l *Ledger) flush(now sample.Offset) {
	keys := slices.SortedFunc(maps.Keys(l.series), func(a, b seriesKey) int {
		return cmp.Or(cmp.Compare(a.metric, b.metric), cmp.Compare(a.first, b.first), cmp.Compare(a.second, b.second), cmp.Compare(a.phase, b.phase))
	})
	for _, k := range keys {
		if h := l.series[k]; h.Count() > 0 {
			l.options.Sink.Window(sample.Window{From: l.from, To: now, Metric: k.metric, Labels: k.labels(), Histogram: *h, Censored: k.censored})
			h.Reset()
		}
	}
	l.from = now
}

func (l *Ledger) gauge(now sample.Offset) {
	point := func(metric string, labels sample.Labels, value float64) {
		l.options.Sink.Point(sample.Point{At: now, Metric: metric, Labels: labels, Value: value})
	}
	for class, states := range l.states() {
		for state, n := range states {
			point(sample.VolumesByState, sample.Labels{"class": class, "state": state}, float64(n))
		}
	}
	for class := range l.classes { // None is a value, too.
		for _, operation := range []string{attaching, detaching} {
			l.errors[errorKey{class, operation}] += 0
		}
	}
	for k, n := range l.errors {
		point(sample.VolumeErrors, sample.Labels{"class": k.class, "operation": k.operation}, float64(n))
	}
	for reason, n := range l.pending() {
		point(sample.VolumePendingPods, sample.Labels{"reason": reason}, float64(n))
	}
	for driver := range l.drivers {
		of, most, allowed, share := sample.Labels{"driver": driver}, 0, 0, -1.0
		for node, n := range l.perNode(driver) {
			most = max(most, n)
			if limit, limited := l.limits[node][driver]; limited && limit > 0 {
				share = max(share, float64(n)/float64(limit))
			}
		}
		for _, limits := range l.limits {
			if limit, limited := limits[driver]; limited && (allowed == 0 || limit < allowed) {
				allowed = limit
			}
		}
		point(sample.NodeVolumes, of, float64(most))
		if allowed > 0 {
			point(sample.NodeVolumesAllowed, maps.Clone(of), float64(allowed))
		}
		if share >= 0 {
			point(sample.NodeVolumesShare, maps.Clone(of), share)
		}
	}
}

// states counts the run's volumes by class and state.
func (l *Ledger) states() map[string]map[string]int {
	all := map[string]map[string]int{}
	for class := range l.classes { // Also those of which there is nothing any more.
		all[class] = map[string]int{}
		for _, s := range sample.VolumeStates() {
			all[class][s] = 0
		}
	}
	add := func(class, state string) { all[class][state]++ }
	for _, c := range l.claims {
		if !c.Own {
			continue
		}
		if c.bound.seen() || l.asked(c).seen() {
			add(c.Class, "asked")
		}
		if c.bound.seen() {
			add(c.Class, "bound")
		}
	}
	for _, a := range l.attachments {
		c, own := l.owner(a)
		switch {
		case !own:
		case a.Deleting:
			add(c.Class, "detaching")
		case a.Attached:
			add(c.Class, "attached")
		default:
			add(c.Class, "attaching")
		}
	}
	return all
}

// pending counts the pods without a node by what the scheduler says of their volumes. A reason that no pod
// has any more counts none.
func (l *Ledger) pending() map[string]int {
	now := map[string]int{}
	for reason := range l.reasons {
		now[reason] = 0
	}
	for _, p := range l.pods {
		if p.Node != "" {
			continue
		}
		for _, reason := range packing.VolumeReasons(p.Message) {
			if l.reasons[reason] || len(l.reasons) < maxReasons {
				l.reasons[reason] = true
				now[reason]++
			}
		}
	}
	return now
}

// perNode counts the attachments of a driver by node, those of others included.
func (l *Ledger) perNode(driver string) map[string]int {
	all := map[string]int{}
	for _, a := range l.attachments {
		if a.Driver == driver {
			all[a.Node]++
		}
	}
	return all
}
