package elasticity

import (
	"math"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/series"
)

// A Result holds all figures of one window.
type Result struct {
	From    sample.Offset `json:"from"`
	To      sample.Offset `json:"to"`
	Balance Balance       `json:"balance"`
	Lag     Lag           `json:"lag"`
	// Shortage splits Lag further; nil if it is not known what the HPA should have asked for.
	Shortage  *Shortage  `json:"shortage,omitempty"`
	Responses []Response `json:"responses,omitempty"` // One for each edge of demand.
	// Reversals are those of desired between two edges of demand; nil if desired is not known.
	Reversals *int `json:"reversals,omitempty"`
}

// Judge finds the figures of the window [from, to], of the pods that were needed, asked for and
// Ready. An edge right at the beginning of the window belongs to it.
func Judge(needed, desired, ready series.Steps, from, to sample.Offset, bounds Bounds) Result {
	r := Result{From: from, To: to,
		Balance: Weigh(needed, ready, from, to),
		Lag:     Split(needed, desired, ready, from, to),
	}
	edges := Edges(needed, from-1, to)
	for i, edge := range edges {
		until := to
		if i+1 < len(edges) {
			until = edges[i+1].At - 1
		}
		r.Responses = append(r.Responses, Respond(edge, desired, ready, until, bounds))
	}
	if !math.IsNaN(desired.Known(from, to)) {
		turns := r.turns(desired)
		r.Reversals = &turns
	}
	return r
}

// turns adds up the reversals before the first edge and after each reaction to one.
func (r Result) turns(desired series.Steps) int {
	until := r.To
	if len(r.Responses) > 0 {
		until = r.Responses[0].At - 1
	}
	turns := Reversals(desired, r.From, until)
	for _, response := range r.Responses {
		turns += response.Reversals
	}
	return turns
}

// Worst returns the longest of a span over the responses to rises, or to falls, as get chooses
// it; nil if there is none. One that is censored and as long counts as longer.
func (r Result) Worst(up bool, get func(Response) *Span) *Span {
	var worst *Span
	for _, response := range r.Responses {
		span := get(response)
		if response.Up() != up || span == nil {
			continue
		}
		if worst == nil || span.Seconds > worst.Seconds || span.Seconds == worst.Seconds && span.Censored {
			worst = span
		}
	}
	return worst
}
