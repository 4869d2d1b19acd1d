package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/stat"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// The labels of the two variants of an experiment that compares them.
const (
	BaseLabel    = "base"
	VariantLabel = "variant"
)

// A Versus says how a scenario is compared with a variant of it.
type Versus struct {
	Base    string   `json:"base"`    // What is run as the base, in words.
	Variant string   `json:"variant"` // What is run as the variant, in words.
	Alpha   float64  `json:"alpha"`   // The accepted chance of a false alarm, above 0 and below 1.
	Metrics []string `json:"metrics"` // Metrics that decide beside the objectives.

	Figures int `json:"figures"` // How many figures decide at least: the objectives, and one of each metric.
	Needed  int `json:"needed"`  // The fewest runs of each side with which a change in one of them can be told from chance.
}

// BuildVersus makes the experiment that compares a scenario with a variant of it: in each round
// both are run, with the same seed. A repeat of 0 stands for the fewest rounds that can be
// evidence, or what the scenarios say themselves if that is more. The error is spec.Faults if the
// two cannot be compared: an objective is on one side alone, or a side is not one variant.
func BuildVersus(base, variant *spec.Scenario, how Versus, repeat int, seed uint64) (*Experiment, error) {
	left, err := Build(base, seed)
	if err != nil {
		return nil, err
	}
	right, err := Build(variant, seed)
	if err != nil {
		return nil, err
	}
	if faults := incomparable(base, variant, left, right); len(faults) > 0 {
		return nil, faults
	}
	how.Figures = len(objectiveKeys(left.Objectives)) + len(how.Metrics)
	if how.Figures == 0 {
		return nil, spec.Faults{base.Fault("spec.objectives", "give the scenario objectives, or name a metric with --metric",
			"there are no objectives, so nothing would decide how the two compare")}
	}
	how.Needed = stat.RunsNeeded(how.Alpha / float64(how.Figures))
	if repeat == 0 {
		repeat = max(how.Needed, base.Spec.Trials.Repeat, variant.Spec.Trials.Repeat)
	}
	if 2*repeat > spec.MaxTrials {
		return nil, fmt.Errorf("two sides of %d runs are more than the %d trials allowed", repeat, spec.MaxTrials)
	}
	e := &Experiment{Name: left.Name, Title: left.Title, Repeat: repeat, Seed: seed, Versus: &how,
		Variants: []Variant{{Label: BaseLabel, Plan: left}, {Label: VariantLabel, Plan: right}}}
	e.line(seed)
	return e, nil
}

// incomparable returns every reason why the two cannot be compared, each where it stands.
func incomparable(base, variant *spec.Scenario, left, right *Plan) spec.Faults {
	var faults spec.Faults
	for _, side := range []struct {
		name       string
		scenario   *spec.Scenario
		own, other *Plan
	}{{BaseLabel, base, left, right}, {VariantLabel, variant, right, left}} {
		if axes := side.scenario.Spec.Trials.Matrix; len(axes) > 0 {
			fault := side.scenario.Fault("spec.trials.matrix",
				fmt.Sprintf("--set keeps a parameter to one value, such as --set %s=%s", axes[0].Parameter, axes[0].Values[0]),
				"a side of a comparison is one variant, and this matrix makes several")
			if !slices.Contains(faults, fault) { // Both sides may be of one file.
				faults = append(faults, fault)
			}
		}
		faults = append(faults, lonely(side.scenario, side.name, side.own, objectiveKeys(side.other.Objectives))...)
	}
	return faults
}

// lonely returns faults of the objectives of a side that the other does not have: one of each that
// the scenario writes out, and one of all that its sets make.
func lonely(s *spec.Scenario, side string, own *Plan, there map[string]bool) (faults spec.Faults) {
	var ofSets []string
	for i, o := range own.Objectives {
		switch {
		case there[objectiveKey(o)]:
		case i < len(s.Spec.Objectives):
			faults = append(faults, s.Fault(fmt.Sprintf("spec.objectives[%d]", i), "both sides need the same metrics, statistics and labels; limits may differ",
				fmt.Sprintf("only the %s has the objective %q, so it cannot be compared", side, o.Name)))
		default: // Those of the sets follow those that are written out.
			ofSets = append(ofSets, fmt.Sprintf("%q", o.Name))
		}
	}
	if len(ofSets) > 0 {
		faults = append(faults, s.Fault("spec.objectiveSets", "a set judges what the scenario does, and by its maximum what happens fewer than 1,000 times; both sides need the same",
			fmt.Sprintf("of the objectives of the sets only the %s has %s, which cannot be compared", side, strings.Join(ofSets, ", "))))
	}
	return faults
}

// objectiveKey tells objectives apart: those of the same key can be compared, whatever their limits.
func objectiveKey(o slo.Objective) string {
	return o.Metric + "|" + string(o.Statistic) + "|" + o.Where.String()
}

func objectiveKeys(all []slo.Objective) map[string]bool {
	keys := map[string]bool{}
	for _, o := range all {
		keys[objectiveKey(o)] = true
	}
	return keys
}

// Words says how the two are run and how many runs can decide.
func (v *Versus) Words(repeat int) string {
	decide := fmt.Sprintf("%d figures decide", v.Figures)
	if v.Figures == 1 {
		decide = "1 figure decides"
	}
	return fmt.Sprintf("Base and variant take turns, and who goes first changes, so that a steady drift of the machine "+
		"adds as much to one side as to the other. Both of a round have the same seed. %s; it takes %d runs of each side "+
		"to tell a change in one from chance (alpha %v), and there are %d.", decide, v.Needed, v.Alpha, repeat)
}

// doubts are what is to be said against so few runs.
func (v *Versus) doubts(repeat int) []string {
	if repeat >= v.Needed {
		return nil
	}
	return []string{fmt.Sprintf("No change can be told from chance with %d %s of each side: it takes %d.", repeat, plural("run", repeat), v.Needed)}
}
