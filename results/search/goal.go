package search

import (
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// AllObjectives is the name of the one goal of a scenario that names none.
const AllObjectives = "all objectives"

// A Goal is some of a scenario's objectives, whose capacity is searched for.
type Goal struct {
	Name   string        `json:"name"`
	Metric string        `json:"metric,omitempty"` // "" is any.
	Where  sample.Labels `json:"where,omitempty"`  // Only objectives that have these labels.
}

// Has reports whether an objective belongs to the goal.
func (g Goal) Has(o slo.Objective) bool {
	return (g.Metric == "" || o.Metric == g.Metric) && o.Where.Match(g.Where)
}

// Of returns the objectives of a trial that belong to the goal.
func (g Goal) Of(t Trial) (all []summary.Objective) {
	for _, o := range t.Objectives {
		if g.Has(o.Objective) {
			all = append(all, o)
		}
	}
	return all
}

// Judge returns the verdict of a trial for the goal. It is a miss if one of its objectives missed, or
// if the run did not end in time or the control plane broke: then the system has not carried the load.
// It is a pass only if all passed and the harness sent what it was to send. Everything else says nothing
// about the system, least of all what missed after the harness broke.
func (g Goal) Judge(t Trial) slo.Verdict {
	if t.Breakdown != nil && t.Breakdown.Harness {
		return slo.Inconclusive
	}
	verdict, seen := slo.Pass, 0
	for _, o := range g.Of(t) {
		seen++
		if o.Verdict == slo.Miss {
			return slo.Miss
		}
		if o.Verdict != slo.Pass {
			verdict = slo.Inconclusive
		}
	}
	switch {
	case t.TimedOut || t.breaks():
		return slo.Miss
	case seen == 0 || t.Limited != "":
		return slo.Inconclusive
	}
	return verdict
}
