package example

import (
	"github.com/kubedyno/kubedyno/results/search"
	"github.com/kubedyno/kubedyno/results/slo"
)

// Broken is a search in which something gave up by itself: kwok, which is the harness's; the API server,
// which is the bound; and time, in a trial below that.
func Broken() *search.Search {
	s := newSearch()
	v := &s.Variants[0]
	end := func(change func(*search.Trial)) {
		t := &v.Trials[len(v.Trials)-1]
		change(t)
		t.Verdicts = []slo.Verdict{s.Goals[0].Judge(*t)}
	}
	cores, bytes := 1.96, float64(3<<30)
	searched(v, 250, 0.01, 0.3, true, 0, 0)
	end(func(t *search.Trial) {
		t.Breakdown = &search.Breakdown{Component: "kwok", How: "ended (exit status 2)", Phase: "load", At: at(9), Harness: true}
	})
	searched(v, 250, 0.01, 0.3, true, 250, 0)
	searched(v, 500, 0.5, 1.96, true, 250, 500)
	end(func(t *search.Trial) {
		t.Breakdown = &search.Breakdown{Component: "kube-apiserver", How: "ended (signal: killed)", Phase: "load", At: at(12), Cores: &cores, Bytes: &bytes}
	})
	searched(v, 375, 0.01, 0.3, true, 250, 375)
	end(func(t *search.Trial) {
		t.TimedOut, t.Unfinished, t.Failure = true, "load", "phase load timed out: it took longer than 10m0s"
	})
	v.Intervals = []search.Interval{{Goal: search.AllObjectives, State: search.Going, Width: 125.0 / 375,
		Lower: &search.Bound{Load: 250, Passed: 1, Inconclusive: 1}, Upper: &search.Bound{Load: 375, Missed: 1}}}
	v.Stopped = "its budget of 4 trials is used up"
	s.At = 500
	s.Judge()
	return s
}

// BrokenAt is the same search as it was when the API server had ended.
func BrokenAt() *search.Search {
	s := Broken()
	v := &s.Variants[0]
	v.Trials = v.Trials[:3]
	v.Intervals = []search.Interval{{Goal: search.AllObjectives, State: search.Going, Width: 0.5,
		Lower: &search.Bound{Load: 250, Passed: 1, Inconclusive: 1}, Upper: &search.Bound{Load: 500, Missed: 1}}}
	v.Stopped = "its budget of 3 trials is used up"
	s.Judge()
	return s
}
