package rollout

import (
	"math"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/series"
)

// A Constraint is one resource of a ResourceQuota and what a pod of the workload takes of it.
type Constraint struct {
	Used, Hard series.Steps
	Need       float64 // Above 0.
}

// A Stall is the time in which a quota had room for at least one pod of a workload, and pods of it
// were missing all the same.
type Stall struct {
	Seconds float64 `json:"seconds"` // In all.
	// Longest is the longest stretch of it without an end: from the moment when there was room
	// until the next pod was made, or the room was gone.
	Longest *Gap `json:"longest,omitempty"`
	// Known is for how many seconds all that this rests on is known.
	Known float64 `json:"known"`
}

// A Gap is one stretch of a stall.
type Gap struct {
	From sample.Offset `json:"from"`
	To   sample.Offset `json:"to"`
	Room float64       `json:"room"` // The most pods for which there was room.
	// Missing is the most pods that were desired and not there.
	Missing float64 `json:"missing"`
}

// Seconds is how long it lasted.
func (g Gap) Seconds() float64 { return (g.To - g.From).Seconds() }

// Stalled finds the stalls of a workload in [from, to]. Every pod that is made ends a stretch, and
// another one begins if there is still room and pods are still missing.
func Stalled(desired, current series.Steps, constraints []Constraint, from, to sample.Offset) Stall {
	if len(constraints) == 0 {
		return Stall{} // No quota, no stall.
	}
	all := []series.Steps{desired, current}
	for _, c := range constraints {
		all = append(all, c.Used, c.Hard)
	}
	var stall Stall
	var now *Gap
	made := math.NaN() // Pods that there were in the stretch before.
	series.Over(from, to, func(at sample.Offset, seconds float64, v []float64) {
		stall.Known += seconds
		gap := Gap{From: at, To: at + sample.Offset(math.Round(seconds*1e9)), Room: room(constraints, v[2:]), Missing: v[0] - v[1]}
		if gap.Room < 1 || gap.Missing <= 0 {
			now = nil
			return
		}
		stall.Seconds += seconds
		if now != nil && now.To == gap.From && v[1] <= made {
			gap.From, gap.Room, gap.Missing = now.From, max(now.Room, gap.Room), max(now.Missing, gap.Missing)
		}
		made = v[1]
		now = &gap
		if stall.Longest == nil || gap.Seconds() > stall.Longest.Seconds() {
			stall.Longest = &gap
		}
	}, all...)
	return stall
}

// room is for how many more pods all constraints have room. Used and hard
// take turns in values.
func room(constraints []Constraint, values []float64) float64 {
	least := math.Inf(1)
	for i, c := range constraints {
		const rounding = 1e-9 // Amounts such as 0.1 cores are not exact.
		least = min(least, math.Floor((values[2*i+1]-values[2*i])/c.Need+rounding))
	}
	return least
}
