package query

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/prometheus/common/model"

	"github.com/kubedyno/kubedyno/results/sample"
)

// Settle is how old a moment must be before it is read: a sample is stamped when its scrape begins
// and stored when it ends, and 10 s is how long a scrape may take if Prometheus is not told
// otherwise.
const Settle = 10 * time.Second

// Limits of the reading beside a run.
const (
	phaseLimit  = 5 * time.Second // For all queries at the end of a phase, which holds up the next.
	finishLimit = time.Minute     // For all that is left at the end of the run.
	burst       = 1000            // Points that are handed over at once …
	burstPause  = 20 * time.Millisecond
	maxSeries   = 120 // Characters of a series' name.
)

// Options say what to read and for whom. All are required but for Settle.
type Options struct {
	Server  *Server
	Queries []Query
	Clock   sample.Clock
	Sink    sample.Sink
	Settle  time.Duration // 0 is Settle.
}

// A Reader reads the queries of one run. Its methods are for one goroutine; those of a nil Reader
// do nothing.
type Reader struct {
	Options
	names     []map[string]bool // Of the series that are kept, by query.
	stretches []*stretch
	burst     int // Points handed over since the last pause.
	warned    map[string]bool
}

// A stretch is a phase and how far it was read.
type stretch struct {
	phase   string
	to      sample.Offset
	start   time.Time // Of the run, on Prometheus' clock; zero until Prometheus has answered.
	tallies []*tally  // By query.
}

// A tally counts what a query gave in a phase.
type tally struct {
	moments []sample.Offset // When there should be a value, ascending.
	next    int             // The first moment that was not read yet.
	found   map[string]int  // Values that are numbers, infinite ones included, by series.
	lost    int
}

// NewReader returns a reader that hands Points and Warnings to a sink.
func NewReader(o Options) *Reader {
	if o.Settle == 0 {
		o.Settle = Settle
	}
	r := &Reader{Options: o, warned: map[string]bool{}}
	for range o.Queries {
		r.names = append(r.names, map[string]bool{})
	}
	return r
}

// Phase reads what Prometheus has of the phases so far, the last of which has just ended, but for
// the last seconds, which may not be stored yet; what cannot be read now is read by Finish. It
// takes phaseLimit at most. Points of a series are recorded in the order of their times.
func (r *Reader) Phase(ctx context.Context, phase string, from, to sample.Offset) {
	if r == nil {
		return
	}
	s := &stretch{phase: phase, to: to}
	for _, q := range r.Queries {
		s.tallies = append(s.tallies, &tally{moments: moments(from, to, q.Step), found: map[string]int{}})
	}
	r.stretches = append(r.stretches, s)
	ctx, cancel := context.WithTimeout(ctx, phaseLimit)
	defer cancel()
	settled := r.Clock.Now() - sample.Offset(r.Settle)
	for i := range r.Queries {
		for _, s := range r.stretches {
			if r.read(ctx, s, i, settled) != nil {
				break // Finish tries again and says what is wrong.
			}
		}
	}
}

// Finish waits until the last phase is stored, reads what is left of all and records how much is
// missing. It waits no longer than Settle and ends early with ctx; what was not read then is lost.
func (r *Reader) Finish(ctx context.Context) {
	if r == nil {
		return
	}
	ctx, cancel := context.WithTimeoutCause(ctx, max(r.Settle, 0)+finishLimit, errors.New("there was no time left for it"))
	defer cancel()
	if last := len(r.stretches) - 1; last >= 0 {
		pause(ctx, time.Duration(r.stretches[last].to-r.Clock.Now())+r.Settle)
	}
	for _, s := range r.stretches {
		for i := range r.Queries {
			if err := r.read(ctx, s, i, s.to); err != nil {
				r.warn("unread", r.Queries[i].Name, s.phase, fmt.Sprintf("query %s: Prometheus was not read: %v", r.Queries[i].Name, err))
			}
		}
		r.settleAccounts(s)
	}
}

// moments are the times at which a phase is looked at: its end, and every step back from there
// that lies after its beginning.
func moments(from, to sample.Offset, step time.Duration) []sample.Offset {
	var all []sample.Offset
	for at := to; at > from; at -= sample.Offset(step) {
		all = append(all, at)
	}
	slices.Reverse(all)
	return all
}

// read reads a query over what is left of a phase, up to a time.
func (r *Reader) read(ctx context.Context, s *stretch, query int, until sample.Offset) error {
	q, t := r.Queries[query], s.tallies[query]
	end := t.next
	for end < len(t.moments) && t.moments[end] <= until {
		end++
	}
	if end == t.next {
		return nil
	}
	if err := r.place(ctx, s); err != nil {
		return err
	}
	first := s.on(t.moments[t.next])
	answer, err := r.Server.rangeOf(ctx, q, first, first.Add(time.Duration(end-t.next-1)*q.Step))
	if err != nil {
		return err
	}
	for _, warning := range answer.warnings {
		r.warn("said", q.Name, s.phase, fmt.Sprintf("query %s: Prometheus warns: %s", q.Name, short(warning, maxReason)))
	}
	return r.keep(ctx, s, query, answer.value, end)
}

// place finds out when the run began on Prometheus' clock.
func (r *Reader) place(ctx context.Context, s *stretch) error {
	if !s.start.IsZero() {
		return nil
	}
	before := r.Clock.Now()
	now, err := r.Server.now(ctx)
	if err != nil {
		return err
	}
	halfway := before + (r.Clock.Now()-before)/2
	s.start = now.Add(-time.Duration(halfway)).Truncate(time.Millisecond)
	return nil
}

// on returns a moment of the run on Prometheus' clock, in its resolution.
func (s *stretch) on(at sample.Offset) time.Time {
	return s.start.Add(time.Duration(at)).Round(time.Millisecond)
}

// keep records the answer to a query on the moments from t.next up to end.
func (r *Reader) keep(ctx context.Context, s *stretch, query int, value model.Value, end int) error {
	matrix, ok := value.(model.Matrix)
	if !ok {
		return fmt.Errorf("it answers with a %s", value.Type())
	}
	q, t := r.Queries[query], s.tallies[query]
	from, first := t.next, model.TimeFromUnixNano(s.on(t.moments[t.next]).UnixNano())
	t.next = end // Whatever follows: what is recorded must not be recorded twice.
	for _, stream := range matrix {
		if lost := len(stream.Histograms); lost > 0 {
			t.lost += lost
			r.warn("histogram", q.Name, s.phase, fmt.Sprintf("query %s: native histograms cannot be kept", q.Name))
		}
		name := seriesName(stream.Metric)
		if !r.names[query][name] && len(r.names[query]) >= MaxSeries {
			t.lost += len(stream.Values)
			r.warn("series", q.Name, s.phase, fmt.Sprintf("query %s: it gives more than %d series, and some were left out", q.Name, MaxSeries))
			continue
		}
		r.names[query][name] = true
		t.found[name] += 0 // A series without a number is one that misses them.
		for _, pair := range stream.Values {
			i := from + int(math.Round(float64(pair.Timestamp-first)/float64(q.Step.Milliseconds())))
			if i < from || i >= end {
				t.lost++
				r.warn("moment", q.Name, s.phase, fmt.Sprintf("query %s: Prometheus answers for a time that was not asked for", q.Name))
				continue
			}
			r.point(ctx, s, query, name, t.moments[i], float64(pair.Value))
		}
	}
	return nil
}

// point records a value. One that is no number is missing; an infinite one, which no record can
// hold, is lost.
func (r *Reader) point(ctx context.Context, s *stretch, query int, series string, at sample.Offset, value float64) {
	q, t := r.Queries[query], s.tallies[query]
	switch {
	case math.IsNaN(value):
		return
	case math.IsInf(value, 0):
		t.found[series]++
		t.lost++
		r.warn("infinite", q.Name, s.phase, fmt.Sprintf("query %s: infinite values cannot be kept", q.Name))
		return
	}
	t.found[series]++
	if r.burst++; r.burst%burst == 0 {
		pause(ctx, burstPause) // For the writer, which drops what comes faster than it can store.
	}
	r.Sink.Point(sample.Point{At: at, Metric: q.Metric, Value: value,
		Labels: sample.Labels{"query": q.Name, "series": series, "phase": s.phase}})
}

// settleAccounts records what is missing and lost of a phase.
func (r *Reader) settleAccounts(s *stretch) {
	for i, q := range r.Queries {
		t := s.tallies[i]
		lost := t.lost + (len(t.moments)-t.next)*max(1, len(t.found))
		missing := 0
		for _, found := range t.found {
			missing += t.next - found
		}
		if len(t.found) == 0 && t.lost == 0 {
			missing = t.next
		}
		r.count(s, sample.QueryMissing, q.Name, missing)
		r.count(s, sample.QueryLost, q.Name, lost)
	}
}

func (r *Reader) count(s *stretch, metric, query string, n int) {
	r.Sink.Point(sample.Point{At: s.to, Metric: metric, Value: float64(n),
		Labels: sample.Labels{"query": query, "phase": s.phase}})
}

// warn says something once per query.
func (r *Reader) warn(what, query, phase, message string) {
	if key := query + " " + what; !r.warned[key] {
		r.warned[key] = true
		r.Sink.Event(sample.Event{At: r.Clock.Now(), Kind: sample.Warning, Phase: phase, Message: message})
	}
}

// seriesName is a label set as Prometheus writes it. A long one is cut and ends in its
// fingerprint, so that two series never share a name.
func seriesName(labels model.Metric) string {
	name := labels.String()
	if cut := short(name, maxSeries); cut != name {
		return cut + labels.Fingerprint().String()
	}
	return name
}

// pause waits, unless ctx ends first.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
