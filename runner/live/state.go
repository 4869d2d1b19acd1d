package live

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

// A Run is what is known of a run before it begins. All of it may be empty.
type Run struct {
	Phases     []Phase // In their order.
	Objectives []slo.Objective
	CPUs       int // Of the machine; 0 if not known.
}

// A Phase is a phase as planned. Expected is how long the plan expects it to take; 0 if it does
// not say.
type Phase struct {
	Name     string
	Expected time.Duration
}

// Limits of what a view keeps; what comes on top is not shown.
const (
	maxClasses    = 32 // Classes of requests in a phase, each with a histogram.
	maxObjectives = 32 // Objectives that are followed, each with a histogram.
	maxSeries     = 200
	maxSteps      = 100 // Steps that run at once.
)

// state is what the view knows of the run.
type state struct {
	run        Run
	phase      string
	phaseStart sample.Offset
	steps      []*step
	pods       map[string]float64 // By state.
	ready      history            // Pods that became Ready a second.
	readyAt    sample.Offset      // When their number was last given.
	api        api
	objectives []*objective
	left       int // Objectives that are judged at the end only.
	harness    harness
}

// A step is one that runs. Total is 0 if it does not count what it does.
type step struct {
	name        string
	start       sample.Offset
	done, total int
}

func newState(run Run) *state {
	s := &state{run: run, pods: map[string]float64{}, harness: newHarness(run)}
	s.api.begin()
	for _, o := range run.Objectives {
		if followed(o) && len(s.objectives) < maxObjectives {
			s.objectives = append(s.objectives, &objective{Objective: o, series: map[string]*slo.Series{}})
			continue
		}
		s.left++
	}
	return s
}

func (s *state) event(e sample.Event) {
	switch e.Kind {
	case sample.PhaseStarted:
		s.phase, s.phaseStart, s.steps = e.Phase, e.At, nil
		s.api.begin() // The loads of the phase before are over.
		s.harness.begin()
	case sample.StepStarted:
		if len(s.steps) < maxSteps {
			s.steps = append(s.steps, &step{name: e.Step, start: e.At})
		}
	case sample.Progress:
		if found := s.step(e.Step); found != nil {
			found.done, _ = strconv.Atoi(e.Fields["done"])
			found.total, _ = strconv.Atoi(e.Fields["total"])
		}
	case sample.StepFinished, sample.StepFailed:
		s.steps = slices.DeleteFunc(s.steps, func(known *step) bool { return known.name == e.Step })
	case sample.PhaseFinished:
		s.phase, s.steps = "", nil
	}
}

func (s *state) step(name string) *step {
	for _, known := range s.steps {
		if known.name == name {
			return known
		}
	}
	return nil
}

func (s *state) point(p sample.Point) {
	switch p.Metric {
	case sample.PodsByState:
		s.podsPoint(p)
	case sample.APIOffered, sample.APIAchieved, sample.APIErrors:
		s.api.point(p)
	}
	s.harness.point(p)
	if !s.follows(p.Metric) {
		return
	}
	labels := s.labelled(p.Labels)
	for _, o := range s.objectives {
		o.point(p, labels)
	}
}

// podsPoint also keeps how many pods became Ready in each second.
func (s *state) podsPoint(p sample.Point) {
	name := p.Labels["state"]
	if before, known := s.pods[name]; name == "ready" && known && p.At > s.readyAt {
		s.ready.add(p.At, max(p.Value-before, 0)/(p.At-s.readyAt).Seconds())
	}
	if name == "ready" {
		s.readyAt = p.At
	}
	s.pods[name] = p.Value
}

func (s *state) window(w sample.Window) {
	if w.Histogram.Count() == 0 {
		return
	}
	if w.Metric == sample.APIRequest {
		s.api.window(w)
	}
	s.harness.window(w)
	if !s.follows(w.Metric) {
		return
	}
	labels := s.labelled(w.Labels)
	for _, o := range s.objectives {
		o.window(w, labels)
	}
}

// follows reports whether an objective is about a metric.
func (s *state) follows(metric string) bool {
	return slices.ContainsFunc(s.objectives, func(o *objective) bool { return o.Metric == metric })
}

// pod adds the startup of a pod that became Ready. Those that have not are no news yet; those
// whose times are upper bounds are left to the report.
func (s *state) pod(p sample.Pod) {
	if p.Ready == nil || p.Uncertain || p.Amends() {
		return
	}
	labels := sample.Labels{"workload": p.Workload, "phase": p.Phase}
	for _, o := range s.objectives {
		o.startup(time.Duration(*p.Ready-p.Began()), labels)
	}
}

// labelled returns the labels with the phase that runs, unless they name one.
func (s *state) labelled(labels sample.Labels) sample.Labels {
	if _, ok := labels["phase"]; ok || s.phase == "" {
		return labels
	}
	all := sample.Labels{"phase": s.phase}
	maps.Copy(all, labels)
	return all
}

// Wanted returns which distributions a view of a run makes use of, by metric; a reader of
// records need not decode the others.
func Wanted(run Run) func(metric string) bool {
	wanted := map[string]bool{sample.APIRequest: true, sample.APISendLag: true, sample.WatchLag: true}
	for _, o := range run.Objectives {
		wanted[o.Metric] = true
	}
	return func(metric string) bool { return wanted[metric] }
}
