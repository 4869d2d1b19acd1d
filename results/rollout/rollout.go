// Package rollout says how a rolling update went, from step series of the pods that a workload
// wanted, had, and had available. It is pure and knows no cluster.
//
// All series are of all objects of a workload together. So is what may be unavailable: an object
// that has more than its share unavailable can hide behind another one that has less.
package rollout

import (
	"math"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/series"
)

// Limits are what the update strategies of a workload's objects allow together, in pods.
type Limits struct {
	Unavailable float64 `json:"unavailable"` // maxUnavailable, or all for Recreate.
	Surge       float64 `json:"surge"`       // maxSurge.
	// UnavailablePercent and SurgePercent are of the pods that are wanted at each moment, in place of
	// the numbers: of one Deployment whose strategy states percentages. 0 if the number stands.
	UnavailablePercent int `json:"unavailablePercent,omitempty"`
	SurgePercent       int `json:"surgePercent,omitempty"`
}

// SurgeOf is how many pods there may be too many while so many are wanted, rounded up as the
// Deployment's controller does (pkg/controller/deployment/util, ResolveFenceposts).
func (l Limits) SurgeOf(desired float64) float64 {
	if l.SurgePercent == 0 {
		return l.Surge
	}
	return math.Ceil(desired * float64(l.SurgePercent) / 100)
}

// UnavailableOf is how many pods may lack while so many are wanted, rounded down, but at least one if
// none may be too many.
func (l Limits) UnavailableOf(desired float64) float64 {
	if l.UnavailablePercent == 0 {
		return l.Unavailable
	}
	unavailable := math.Floor(desired * float64(l.UnavailablePercent) / 100)
	if unavailable == 0 && l.SurgeOf(desired) == 0 {
		return 1
	}
	return unavailable
}

// Series are the pods of a workload over time, as the statuses of its objects count them.
type Series struct {
	Desired     series.Steps // Wanted: spec.replicas, or the nodes that a DaemonSet is for.
	Current     series.Steps // That exist and are not being deleted.
	Updated     series.Steps // Of the newest revision.
	Available   series.Steps // Ready for minReadySeconds.
	Terminating series.Steps // Being deleted; nil where no status tells.
}

// A Result holds the figures of one update, over the window in which it was under way.
type Result struct {
	From sample.Offset `json:"from"`
	To   sample.Offset `json:"to"`

	// Seconds of the window in which the desired and the available pods are known. The three
	// pod-seconds below are of that time.
	Seconds float64 `json:"seconds"`
	// Unavailable is the integral of max(desired-available, 0).
	Unavailable float64 `json:"unavailablePodSeconds"`
	// Beyond is the part of Unavailable below the band that maxUnavailable allows: the
	// integral of max(desired-maxUnavailable-available, 0).
	Beyond float64 `json:"beyondPodSeconds"`
	// Surge is the integral of max(current+terminating-desired, 0): pods that are paid for twice.
	Surge float64 `json:"surgePodSeconds"`

	LeastAvailable *float64 `json:"leastAvailable,omitempty"` // Pods; nil if never known.
	MostPods       *float64 `json:"mostPods,omitempty"`       // Current and terminating together.
	// Still is the longest time in which none of the counts changed; nil if none is known.
	Still *Still `json:"still,omitempty"`
}

// A Still is a stretch of an update in which nothing moved.
type Still struct {
	From    sample.Offset `json:"from"`
	To      sample.Offset `json:"to"`
	Desired float64       `json:"desired"` // Pods, as are the following.
	Current float64       `json:"current"`
	Updated float64       `json:"updated"`
	// Available pods meanwhile.
	Available float64 `json:"available"`
	// Terminating pods meanwhile; 0 where no status tells.
	Terminating float64 `json:"terminating"`
}

// Seconds is how long it lasted.
func (s Still) Seconds() float64 { return (s.To - s.From).Seconds() }

// Judge finds the figures of an update that was under way in [from, to].
func Judge(s Series, limits Limits, from, to sample.Offset) Result {
	r := Result{From: from, To: to}
	series.Over(from, to, func(_ sample.Offset, seconds float64, v []float64) {
		desired, available := v[0], v[1]
		r.Seconds += seconds
		r.Unavailable += max(desired-available, 0) * seconds
		r.Beyond += max(desired-limits.UnavailableOf(desired)-available, 0) * seconds
		r.LeastAvailable = least(r.LeastAvailable, available)
	}, s.Desired, s.Available)
	terminating := s.terminating(from)
	series.Over(from, to, func(_ sample.Offset, seconds float64, v []float64) {
		pods := v[1] + v[2]
		r.Surge += max(pods-v[0], 0) * seconds
		r.MostPods = most(r.MostPods, pods)
	}, s.Desired, s.Current, terminating)
	r.Still = s.still(from, to, terminating)
	return r
}

// terminating is the series of that name, or 0 throughout where no status tells.
func (s Series) terminating(from sample.Offset) series.Steps {
	if s.Terminating != nil {
		return s.Terminating
	}
	return series.Steps{{At: from, Value: 0}}
}

// still finds the longest stretch without a change. What is not known ends a stretch.
func (s Series) still(from, to sample.Offset, terminating series.Steps) *Still {
	var longest, now *Still
	series.Over(from, to, func(at sample.Offset, seconds float64, v []float64) {
		next := Still{From: at, To: at + sample.Offset(math.Round(seconds*1e9)),
			Desired: v[0], Current: v[1], Updated: v[2], Available: v[3], Terminating: v[4]}
		if now != nil && now.To == next.From && now.same(next) {
			now.To = next.To
		} else {
			now = &next
		}
		if longest == nil || now.Seconds() > longest.Seconds() {
			held := *now
			longest = &held
		}
	}, s.Desired, s.Current, s.Updated, s.Available, terminating)
	return longest
}

func (s Still) same(other Still) bool {
	return s.Desired == other.Desired && s.Current == other.Current && s.Updated == other.Updated &&
		s.Available == other.Available && s.Terminating == other.Terminating
}

func least(known *float64, value float64) *float64 {
	if known == nil || value < *known {
		return &value
	}
	return known
}

func most(known *float64, value float64) *float64 {
	if known == nil || value > *known {
		return &value
	}
	return known
}
