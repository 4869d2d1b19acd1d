package elasticity

import (
	"math"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/series"
)

// The rules by which edges and settling are found.
const (
	// EdgePause is how far apart two changes of demand in one direction may be and still be
	// parts of one edge, so that a ramp is one edge from where it began.
	EdgePause = sample.Offset(10 * time.Second)
	// EdgeShare is the least change of demand, as a share of the level before, that is an edge;
	// a whole pod is the other bound.
	EdgeShare = 0.1
	// Tolerance is how far supply may be from its final value and count as settled.
	Tolerance = 0.1
	// SettledFor is how long supply must stay there before the window's end to count as settled.
	SettledFor = sample.Offset(15 * time.Second)
)

// An Edge is a rise or fall of demand: from the level Before at the moment At to the level
// After. It has all further changes in the same direction that follow within EdgePause. Changes
// of less than a pod, or of less than EdgeShare of the level before, are no edges. The beginning
// of the series is none either, as nobody knows what was before.
type Edge struct {
	At     sample.Offset `json:"at"`
	Done   sample.Offset `json:"done"` // Of the last change that belongs to it.
	Before float64       `json:"before"`
	After  float64       `json:"after"`
}

// Up reports whether demand rose.
func (e Edge) Up() bool { return e.After > e.Before }

// Edges finds the edges of demand in (from, to].
func Edges(demand series.Steps, from, to sample.Offset) []Edge {
	var all []Edge
	demand.Changes(from, to, func(at sample.Offset, before, after float64) bool {
		next := Edge{At: at, Done: at, Before: before, After: after}
		if n := len(all); n > 0 && all[n-1].Up() == next.Up() && at-all[n-1].Done <= EdgePause {
			all[n-1].Done, all[n-1].After = at, after
			return true
		}
		all = append(all, next)
		return true
	})
	kept := all[:0]
	for _, edge := range all {
		if change := math.Abs(edge.After - edge.Before); change >= max(1, EdgeShare*edge.Before) {
			kept = append(kept, edge)
		}
	}
	return kept
}

// A Span is a time in seconds that something took. If it is Censored, it had not come to its
// end when the window ended, and took at least that long.
type Span struct {
	Seconds  float64 `json:"seconds"`
	Censored bool    `json:"censored,omitempty"`
}

func since(edge, until sample.Offset, censored bool) *Span {
	return &Span{(until - edge).Seconds(), censored}
}

// A Response is how an autoscaler and its pods answered an edge, until the next edge or the end
// of the window. A figure that has no meaning is nil.
type Response struct {
	Edge
	Until sample.Offset `json:"until"`

	// Reaction is from the edge to the first change of desired in its direction; censored if
	// there was none. It is nil if desired was already at the bound in that direction.
	Reaction *Span `json:"reaction,omitempty"`
	// FirstReady is from a rise to the first increase of Ready pods after the reaction, those
	// before being answers to an earlier load; nil for a fall, and where Reaction is.
	FirstReady *Span `json:"firstReady,omitempty"`
	// Rise is the time in which supply went from 10% to 90% of its way to its final value
	// (Ogata); nil if it did not settle at another value.
	Rise *Span `json:"rise,omitempty"`
	// Settling is from the edge until supply was within Tolerance of its final value for the
	// rest of the window (Ogata: settling time); censored if that was not so for SettledFor.
	// It is nil if the edge called for no reaction.
	Settling *Span `json:"settling,omitempty"`
	// Final is the value at which supply settled; nil if it did not.
	Final *float64 `json:"final,omitempty"`
	// Overshoot is by how much supply passed its final value in the direction of the edge, as a
	// share of the change of demand; nil if supply did not settle.
	Overshoot *float64 `json:"overshoot,omitempty"`
	// Reversals is how often desired turned after its reaction, while demand did not: a loop
	// that oscillates by itself.
	Reversals int `json:"reversals"`
}

// Bounds are the fewest and the most replicas that an autoscaler may ask for; a Most of 0 is unknown.
type Bounds struct{ Least, Most float64 }

// reached reports whether desired cannot go further in a direction.
func (b Bounds) reached(desired float64, up bool) bool {
	if up {
		return b.Most > 0 && desired >= b.Most
	}
	return desired <= b.Least
}

// Respond judges the answer to an edge in the time until the next one, or the window's end.
func Respond(edge Edge, desired, ready series.Steps, until sample.Offset, bounds Bounds) Response {
	r := Response{Edge: edge, Until: until}
	before := desired.At(edge.At - 1)
	if bounds.reached(before, edge.Up()) {
		return r
	}
	if math.IsNaN(before) && math.IsNaN(desired.Known(edge.At, until)) {
		return r // Nobody saw what was desired.
	}
	reacted := first(desired, edge, edge.At, until)
	r.Reaction = spanOf(edge, reacted, until)
	if edge.Up() {
		r.FirstReady = since(edge.At, until, true)
		if reacted > 0 {
			r.FirstReady = spanOf(edge, first(ready, edge, reacted, until), until)
		}
	}
	r.settle(ready)
	if reacted > 0 {
		r.Reversals = Reversals(desired, reacted-1, until)
	}
	return r
}

// first is the first change of a series in the direction of an edge in [from, until]; 0 if
// there is none.
func first(s series.Steps, edge Edge, from, until sample.Offset) (at sample.Offset) {
	s.Changes(from-1, until, func(when sample.Offset, before, after float64) bool {
		if (after > before) != edge.Up() {
			return true
		}
		at = when
		return false
	})
	return at
}

func spanOf(edge Edge, at, until sample.Offset) *Span {
	if at == 0 {
		return since(edge.At, until, true)
	}
	return since(edge.At, at, false)
}

// settle finds when supply came to rest, and what there is to say of its way there.
func (r *Response) settle(supply series.Steps) {
	final := supply.At(r.Until)
	if math.IsNaN(final) { // The window ends in a gap, or right after the last point.
		final = supply.Known(r.At, r.Until)
	}
	if math.IsNaN(final) {
		return
	}
	allowed := Tolerance * final
	at := r.At
	supply.Changes(r.At-1, r.Until, func(when sample.Offset, before, after float64) bool {
		if math.Abs(before-final) > allowed {
			at = when
		}
		if math.Abs(after-final) > allowed {
			at = r.Until
		}
		return true
	})
	if r.Until-at < SettledFor || r.Reaction.Censored {
		r.Settling = since(r.At, r.Until, true)
		return
	}
	r.Settling, r.Final = since(r.At, at, false), &final
	r.shape(supply, final)
}

// shape finds the overshoot and the rise time of a supply that settled.
func (r *Response) shape(supply series.Steps, final float64) {
	sign := 1.0
	if !r.Up() {
		sign = -1
	}
	begin := supply.At(r.At - 1)
	var beyond float64
	var low, high sample.Offset
	supply.Changes(r.At-1, r.Until, func(at sample.Offset, _, after float64) bool {
		beyond = max(beyond, sign*(after-final))
		way := (after - begin) / (final - begin)
		if low == 0 && way >= 0.1 {
			low = at
		}
		if high == 0 && way >= 0.9 {
			high = at
		}
		return true
	})
	r.Overshoot = share(beyond, math.Abs(r.After-r.Before))
	if low > 0 && high > 0 {
		r.Rise = since(low, high, false)
	}
}

// Reversals counts how often a series turned in (from, to]: changes in the direction opposite to
// that of the change before.
func Reversals(s series.Steps, from, to sample.Offset) int {
	turns, last := 0, 0.0
	s.Changes(from, to, func(_ sample.Offset, before, after float64) bool {
		direction := math.Copysign(1, after-before)
		if last != 0 && direction != last {
			turns++
		}
		last = direction
		return true
	})
	return turns
}
