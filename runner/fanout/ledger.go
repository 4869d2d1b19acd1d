package fanout

import (
	"sync"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/load"
)

// A ledger keeps the books of a fan-out: for each write, which watchers have its event. It is safe
// for concurrent use; a watcher takes its clock before it waits for the lock.
type ledger struct {
	watchers int
	objects  int

	mu     sync.Mutex
	born   []set             // By object: the watchers that have seen its creation.
	writes map[uint64]*write // By revision.
	most   uint64            // The highest revision there can be.

	acknowledged, delivered, missing, duplicate, unacknowledged int64
	finished                                                    bool

	delivery, staleness, last          series
	lostDelivery, lostStaleness, noEnd sample.Histogram // Censored.
}

// A write is one update of a probe object.
type write struct {
	seen     set
	got      int             // How many are in seen.
	early    []sample.Offset // When events came, as long as there is no answer.
	latest   sample.Offset   // When the last event came.
	answered bool
	failed   bool
	intended sample.Offset
	done     sample.Offset
}

// A set is a set of watchers.
type set []uint64

// add reports whether the watcher was not in the set.
func (s set) add(watcher int) bool {
	word, bit := &s[watcher/64], uint64(1)<<(watcher%64)
	fresh := *word&bit == 0
	*word |= bit
	return fresh
}

func (s set) has(watcher int) bool { return s[watcher/64]&(1<<(watcher%64)) != 0 }

func newSet(watchers int) set { return make(set, (watchers+63)/64) }

func newLedger(watchers, objects int, most uint64) *ledger {
	l := &ledger{watchers: watchers, objects: objects, most: most, writes: map[uint64]*write{}}
	for range objects {
		l.born = append(l.born, newSet(watchers))
	}
	return l
}

// write returns the write of a revision; nil if there is no such write. The lock is held.
func (l *ledger) write(revision uint64) *write {
	if revision < 1 || revision > l.most {
		return nil
	}
	w := l.writes[revision]
	if w == nil {
		w = &write{seen: newSet(l.watchers)}
		l.writes[revision] = w
	}
	return w
}

// arrived books an event: a watcher has seen a revision of an object. Revision 0 is the creation,
// the others belong to the objects in turn.
func (l *ledger) arrived(watcher, object int, revision uint64, at sample.Offset) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if revision == 0 {
		l.born[object].add(watcher)
		return
	}
	w := l.write(revision)
	switch {
	case l.finished || w == nil || int((revision-1)%uint64(l.objects)) != object:
		return
	case !w.seen.add(watcher):
		l.duplicate++
		return
	}
	w.got++
	w.latest = max(w.latest, at)
	switch {
	case !w.answered:
		w.early = append(w.early, at)
	case w.failed:
		l.unacknowledged++
	default:
		l.deliver(w, at)
		l.complete(w)
	}
}

// answered books the answer to a write.
func (l *ledger) answered(a load.Answer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.write(a.Revision)
	if w == nil || w.answered {
		return
	}
	w.answered, w.failed, w.intended, w.done = true, a.Failure != "", a.Intended, a.Done
	if w.failed {
		l.unacknowledged += int64(len(w.early))
	} else {
		l.acknowledged++
		for _, at := range w.early {
			l.deliver(w, at)
		}
		l.complete(w)
	}
	w.early = nil
}

// deliver records the delays of one event.
func (l *ledger) deliver(w *write, at sample.Offset) {
	l.delivered++
	l.delivery.live.Record(time.Duration(max(at-w.done, 0)))
	l.staleness.live.Record(time.Duration(max(at-w.intended, 0)))
}

// complete records the delay of a write that every watcher has seen.
func (l *ledger) complete(w *write) {
	if w.got == l.watchers {
		l.last.live.Record(time.Duration(max(w.latest-w.done, 0)))
	}
}

// ready reports whether every watcher has seen the creation of every object.
func (l *ledger) ready() bool { return l.readyWatchers() == l.watchers }

func (l *ledger) readyWatchers() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	ready := 0
	for watcher := range l.watchers {
		all := true
		for _, born := range l.born {
			all = all && born.has(watcher)
		}
		if all {
			ready++
		}
	}
	return ready
}

// settled reports whether nothing is expected any more.
func (l *ledger) settled() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.delivered == l.acknowledged*int64(l.watchers)
}

// finish closes the books: whatever has not come is missing, and took at least until now.
func (l *ledger) finish(now sample.Offset) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.finished = true
	for _, w := range l.writes {
		switch {
		case !w.answered:
			l.unacknowledged += int64(len(w.early))
		case w.failed || w.got == l.watchers:
		default:
			for range l.watchers - w.got {
				l.missing++
				l.lostDelivery.Record(time.Duration(now - w.done))
				l.lostStaleness.Record(time.Duration(now - w.intended))
			}
			l.noEnd.Record(time.Duration(now - w.done))
		}
	}
}

// result returns the counts so far.
func (l *ledger) result() Result {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Result{
		Writes: l.acknowledged, Expected: l.acknowledged * int64(l.watchers), Delivered: l.delivered,
		Missing: l.missing, Duplicate: l.duplicate, Unacknowledged: l.unacknowledged,
	}
}

// A series is a distribution that is written window by window: while one is written, the other
// takes what happens.
type series struct{ live, spare sample.Histogram }

// take returns what was recorded since the last call, which may be used until the next one.
func (s *series) take() *sample.Histogram {
	s.live, s.spare = s.spare, s.live
	s.live.Reset()
	return &s.spare
}

// windows hands out the distributions since the last call.
func (l *ledger) windows() (delivery, staleness, last *sample.Histogram) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.delivery.take(), l.staleness.take(), l.last.take()
}
