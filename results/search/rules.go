package search

import (
	"errors"
	"fmt"
	"math"
)

// Rules say how loads are chosen, and when one counts as held.
//
// A load is broken once more of its trials have missed than may miss, and held once so many have
// passed that those left could not break it. That is how MLRsearch classifies loads: by a share of
// bad trials that is allowed, its goal exceed ratio (RFC 9971, Multiple Loss Ratio Search).
type Rules struct {
	From    float64 `json:"from"`  // The first load.
	Until   float64 `json:"until"` // No load is higher.
	Least   float64 `json:"least"` // No load is lower; it is tried if From breaks.
	Integer bool    `json:"integer"`
	Factor  float64 `json:"factor"` // From one load to the next while none has broken.
	// Width ends the search of a goal: the difference of its bounds over the upper one.
	Width float64 `json:"width"`
	// Confirm is how many trials the lower bound has, those that were inconclusive not counted.
	Confirm int `json:"confirm"`
	// Allowed is the share of these trials that may miss, from 0 to below 1.
	Allowed float64 `json:"allowedMisses"`
	// Unjudged is how many inconclusive trials make a load one that the harness cannot judge.
	Unjudged int `json:"unjudged"`
}

// The limits of rules.
const (
	MaxConfirm = 20
	// DefaultUnjudged is how often a load is tried that the harness may not be able to judge.
	DefaultUnjudged = 3
	MaxUnjudged     = 20
	MaxFactor       = 10
	minFactor       = 1.1
	// MinWidth is as close as loads of three significant digits can come.
	MinWidth = 0.01
	MaxWidth = 0.9
)

// Misses is how many trials of a load may miss.
func (r Rules) Misses() int {
	const rounding = 1e-9 // A third of three is one.
	return int(math.Floor(r.Allowed*float64(r.Confirm) + rounding))
}

// Check returns everything that is wrong with the rules, joined.
func (r Rules) Check() error {
	var all []error
	wrong := func(bad bool, format string, arguments ...any) {
		if bad {
			all = append(all, fmt.Errorf(format, arguments...))
		}
	}
	wrong(!(r.Least > 0), "the least load must be above 0, not %v", r.Least)
	wrong(!(r.From >= r.Least), "the search begins at %v, below the least load of %v", r.From, r.Least)
	wrong(!(r.Until > r.From && r.Until <= math.MaxInt32), "the search must end at a load above %v and at most %d, not %v", r.From, math.MaxInt32, r.Until)
	wrong(!(r.Factor >= minFactor && r.Factor <= MaxFactor), "the factor must be from %v to %d, not %v", minFactor, MaxFactor, r.Factor)
	wrong(!(r.Width >= MinWidth && r.Width <= MaxWidth), "the width must be from %v to %v, not %v", MinWidth, MaxWidth, r.Width)
	wrong(r.Confirm < 1 || r.Confirm > MaxConfirm, "the lower bound must have 1 to %d trials, not %d", MaxConfirm, r.Confirm)
	wrong(!(r.Allowed >= 0 && r.Allowed < 1), "the share of trials that may miss must be from 0 to below 1, not %v", r.Allowed)
	wrong(r.Unjudged < 1 || r.Unjudged > MaxUnjudged, "a load must have 1 to %d inconclusive trials to be given up, not %d", MaxUnjudged, r.Unjudged)
	for _, load := range []float64{r.From, r.Until, r.Least} {
		wrong(r.Integer && load != math.Trunc(load), "%v is not a whole number, as the parameter's values are", load)
	}
	return errors.Join(all...)
}

// A State is how far the search of a goal is.
type State string

// The states. All but Going are ends.
const (
	Going    State = "going"    // More trials are wanted.
	Closed   State = "closed"   // Both bounds are known, and close enough.
	AtLeast  State = "at least" // The highest load of the search was held.
	Below    State = "below"    // The least load of the search was broken.
	Harness  State = "harness"  // Beyond the lower bound the harness could not judge.
	Unjudged State = "unjudged" // No load could be judged.
)

// An Interval is what is known of a goal: it holds at the lower bound, and breaks at the upper.
type Interval struct {
	Goal  string  `json:"goal"`
	State State   `json:"state"`
	Lower *Bound  `json:"lower,omitempty"` // nil if no load below the upper bound has passed.
	Upper *Bound  `json:"upper,omitempty"` // nil if no load has broken; see Bound.Harness.
	Width float64 `json:"width,omitempty"` // The bounds' difference over the upper one; 0 unless there are both.
}

// A Bound is a load and how its trials came out for one goal.
type Bound struct {
	Load         float64 `json:"load"`
	Passed       int     `json:"passed"`
	Missed       int     `json:"missed"`
	Inconclusive int     `json:"inconclusive"`
	// Confirmed says of a lower bound that it has the trials that the rules ask for.
	Confirmed bool `json:"confirmed,omitempty"`
	// Harness says of an upper bound that the system did not break there: the harness could not judge.
	Harness bool `json:"harness,omitempty"`
}
