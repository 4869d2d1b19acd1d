package example

import (
	"fmt"
	"time"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/search"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// newSearch is a search that has begun.
func newSearch() *search.Search {
	return &search.Search{FormatVersion: sample.FormatVersion, ID: "20261123-073000-k3x9", Scenario: "limits-api-rate", Title: "Requests & their rate",
		Command: []string{"kubedyno", "search", "limits/api-rate"}, Digest: "00", Seed: 1, Parameter: "rate", Reset: search.ResetCluster,
		Rules: search.Rules{From: 250, Until: 16_000, Least: 25, Factor: 2, Width: 0.1, Confirm: 3, Unjudged: 3}, Goals: []search.Goal{{Name: search.AllObjectives}},
		Budget: search.Budget{Time: at(600), Trials: 200}, Tool: bundle.Tool{Version: "v0.1.0"}, CPUs: 2, Status: bundle.Complete,
		Started: time.Date(2026, 11, 23, 7, 30, 0, 0, time.UTC), Variants: []search.Variant{{}}}
}

// searched adds a trial that ended, with the p99 of its requests in seconds and the cores that the
// machine used. A load that was not sent is one that the harness could not judge.
func searched(v *search.Variant, load, p99, cores float64, sent bool, lower, upper float64) {
	limit := 1.0
	margin := (limit - p99) / limit
	o := summary.Objective{Objective: slo.Objective{Name: "get <pods> p99", Metric: sample.APIRequest, Statistic: "p99", Most: &limit},
		Unit: sample.Seconds, Verdict: slo.Pass, Observed: &p99, Margin: &margin, N: 5000}
	if p99 > limit {
		o.Verdict = slo.Miss
	}
	phase := sample.Labels{"phase": "load"}
	offered := summary.Gauge{Metric: sample.APIOffered, Labels: phase, Mean: load}
	achieved := summary.Gauge{Metric: sample.APIAchieved, Labels: phase, Mean: load}
	if !sent {
		achieved.Mean = load / 2
	}
	n := len(v.Trials) + 1
	t := search.Trial{Number: n, Load: load, Seed: uint64(n), Folder: fmt.Sprintf("trials/%02d-rate-%v", n, load), Ended: true, Took: at(40)}
	t.Take(&summary.Summary{Status: bundle.Complete, Verdict: o.Verdict, Sentence: fmt.Sprintf("%s: sentence of trial %d.", o.Verdict, n),
		Objectives: []summary.Objective{o}, Gauges: []summary.Gauge{offered, achieved,
			{Metric: sample.ComponentCPU, Labels: sample.Labels{"phase": "load", "component": "kube-apiserver"}, Mean: cores}}},
		bundle.Machine{CPUs: 2, MemoryBytes: 8 << 30}, []search.Goal{{Name: search.AllObjectives}})
	t.After = []search.Span{{Lower: lower, Upper: upper}}
	v.Trials = append(v.Trials, t)
}

// Searched is a search that is at its end: a repeat has lowered the bound once.
func Searched() *search.Search {
	s := newSearch()
	v := &s.Variants[0]
	for _, t := range []struct{ load, p99, cores, lower, upper float64 }{
		{250, 0.01, 0.3, 250, 0}, {500, 0.012, 0.6, 500, 0}, {1000, 0.02, 1.1, 1000, 0}, {2000, 4.1, 1.96, 1000, 2000},
		{1500, 0.2, 1.7, 1500, 2000}, {1750, 0.8, 1.9, 1750, 2000}, {1880, 1.6, 1.93, 1750, 1880}, {1750, 1.1, 1.9, 1500, 1750},
		{1630, 0.5, 1.79, 1630, 1750}, {1630, 0.6, 1.8, 1630, 1750}, {1630, 0.55, 1.78, 1630, 1750}} {
		searched(v, t.load, t.p99, t.cores, true, t.lower, t.upper)
	}
	v.Intervals = []search.Interval{{Goal: search.AllObjectives, State: search.Closed, Width: 120.0 / 1750,
		Lower: &search.Bound{Load: 1630, Passed: 3, Confirmed: true}, Upper: &search.Bound{Load: 1750, Passed: 1, Missed: 1}}}
	s.At = 1000
	s.Judge()
	return s
}

// Limited is a search in which the harness could not send more, and which ran out of its budget.
func Limited() *search.Search {
	s := newSearch()
	v := &s.Variants[0]
	searched(v, 250, 0.01, 0.3, true, 250, 0)
	searched(v, 500, 0.012, 0.6, false, 250, 0)
	v.Trials = append(v.Trials, search.Trial{Number: 3, Load: 500, Seed: 3, Folder: "trials/03-rate-500", Status: bundle.Running})
	v.Intervals = []search.Interval{{Goal: search.AllObjectives, State: search.Going, Lower: &search.Bound{Load: 250, Passed: 1}}}
	v.Stopped = "its budget of 3 trials is used up"
	v.Trials[1].Others = 1.2
	s.Judge()
	return s
}

// Varied searches two variants, one of which broke at once and one of which never did.
func Varied() *search.Search {
	s := newSearch()
	s.Vary, s.Rules.From, s.Rules.Least, s.Rules.Until = "disk", 500, 500, 1000
	s.Variants = []search.Variant{{Label: "disk=slow", Value: "slow"}, {Label: "disk=fast", Value: "fast"}}
	searched(&s.Variants[0], 500, 3, 0.4, true, 0, 500)
	searched(&s.Variants[1], 500, 0.1, 0.4, true, 500, 0)
	for range 3 {
		searched(&s.Variants[1], 1000, 0.1, 0.8, true, 1000, 0)
	}
	for i := range s.Variants[1].Trials {
		t := &s.Variants[1].Trials[i]
		t.Number = i + 2
		t.Folder = fmt.Sprintf("trials/%02d-disk-fast-rate-%v", t.Number, t.Load)
	}
	s.Variants[0].Intervals = []search.Interval{{Goal: search.AllObjectives, State: search.Below, Upper: &search.Bound{Load: 500, Missed: 1}}}
	s.Variants[1].Intervals = []search.Interval{{Goal: search.AllObjectives, State: search.AtLeast, Lower: &search.Bound{Load: 1000, Passed: 3, Confirmed: true}}}
	s.Judge()
	return s
}

// Unsearched is a search of which nothing has happened yet.
func Unsearched() *search.Search {
	s := newSearch()
	s.Status = bundle.Running
	s.Judge()
	return s
}

// Searches are the examples of searches by name.
func Searches() map[string]*search.Search {
	return map[string]*search.Search{"searched": Searched(), "limited": Limited(), "varied": Varied(), "unsearched": Unsearched(),
		"broken": Broken(), "broken-at": BrokenAt()}
}
