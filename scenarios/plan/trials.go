package plan

import (
	"cmp"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// An Experiment is the variants of a scenario and the order in which they are tried.
type Experiment struct {
	Name      string        `json:"name"`
	Title     string        `json:"title"`
	Axes      spec.Matrix   `json:"axes"`
	Repeat    int           `json:"repeat"`
	StopAfter string        `json:"stopAfter"` // "miss", or "" if every variant is run.
	Tradeoff  spec.Tradeoff `json:"tradeoff"`  // Names of figures; empty if there is none.
	Seed      uint64        `json:"seed"`
	Variants  []Variant     `json:"variants"`
	Trials    []Trial       `json:"trials"`   // In the order of the run.
	Expected  time.Duration `json:"expected"` // Of the phases of all trials together.
	Versus    *Versus       `json:"versus"`   // How the two variants are compared; nil unless that is what the trials are for.
}

// A Variant is one combination of the axes' values.
type Variant struct {
	Label  string       `json:"label"` // "constraint=plain, nodes=200"; "" without axes.
	Values []spec.Value `json:"values"`
	Plan   *Plan        `json:"plan"` // With the seed of the first round.
}

// A Trial is one run of a variant. The trials of a round have the same seed, so that they
// differ in nothing but the variant; those of different rounds have different ones.
type Trial struct {
	Number  int    `json:"number"`  // From 1.
	Round   int    `json:"round"`   // From 1.
	Variant int    `json:"variant"` // Its index.
	Seed    uint64 `json:"seed"`
}

// BuildTrials makes the experiment of what spec.DecodeVariants has returned. The first round has the given seed, each further one the next.
func BuildTrials(base *spec.Scenario, variants []spec.Variant, seed uint64) (*Experiment, error) {
	trials := base.Spec.Trials
	e := &Experiment{Name: base.Metadata.Name, Title: base.Metadata.Title, Seed: seed,
		Axes: trials.Matrix, Repeat: trials.Repeat, StopAfter: trials.StopAfter, Tradeoff: trials.Tradeoff}
	for _, v := range variants {
		p, err := Build(v.Scenario, seed)
		if err != nil {
			return nil, err
		}
		e.Variants = append(e.Variants, Variant{Label: v.Label(), Values: v.Values, Plan: p})
	}
	e.line(seed)
	return e, nil
}

// line puts the trials of the variants in their order. The first round has the given seed, each further one the next.
func (e *Experiment) line(seed uint64) {
	for _, place := range order(len(e.Variants), e.Repeat, e.StopAfter != "") {
		e.Trials = append(e.Trials, Trial{Number: len(e.Trials) + 1, Round: place.round, Variant: place.variant,
			Seed: seed + uint64(place.round-1)})
		e.Expected += e.Variants[place.variant].Plan.Estimate.Duration
	}
}

// Single reports whether there is nothing to compare: one variant, tried once.
func (e *Experiment) Single() bool { return len(e.Trials) == 1 }

// Plan returns the plan of a trial, with its seed.
func (e *Experiment) Plan(t Trial) *Plan {
	p := *e.Variants[t.Variant].Plan
	p.Seed = t.Seed
	return &p
}

// A place is a trial's place in the experiment.
type place struct{ round, variant int }

// order returns the trials' order. A round tries every variant once. Every second round is the
// one before it in reverse, so that a steady drift of the machine adds as much to one variant
// as to any other (the counterbalanced order ABC CBA); every further pair of rounds begins with
// the next variant, so that none is always first. One by one, a variant has all its rounds
// before the next begins.
func order(variants, repeat int, oneByOne bool) []place {
	var all []place
	for round := 1; round <= repeat; round++ {
		for i := range variants {
			at := i
			if round%2 == 0 {
				at = variants - 1 - i
			}
			all = append(all, place{round, (at + (round-1)/2) % variants})
		}
	}
	if oneByOne {
		slices.SortStableFunc(all, func(a, b place) int { return cmp.Compare(a.variant, b.variant) })
	}
	return all
}

// figure converts a figure to an objective without a limit.
func figure(f spec.Figure) slo.Objective {
	o := f.Objective()
	name := f.Name
	if name == "" {
		name = promise(o.Metric, string(o.Judged()), "", o.Where)
	}
	return slo.Objective{Name: name, Metric: o.Metric, Statistic: o.Judged(), Where: sample.Labels(maps.Clone(o.Where))}
}

// MarshalJSON writes the experiment in the words of the scenario language, as a Plan.
func (e *Experiment) MarshalJSON() ([]byte, error) {
	return json.Marshal(plain(reflect.ValueOf(*e)))
}
