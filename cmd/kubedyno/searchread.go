package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/sample"
	record "github.com/kubedyno/kubedyno/results/search"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/scenarios/plan"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// A searching is a search on its way.
type searching struct {
	*app
	flags    searchFlags
	scenario string // As the user names it.
	folder   folder
	record   *record.Search
	first    []*plan.Plan // Of the first load, by variant.
	varied   varied       // What the variants differ in.
	along    []alongside
	kept     *cluster.Cluster // The control plane that trials share; nil if each has its own.
}

// alongside is a parameter that grows with the load.
type alongside struct {
	spec.Along
	parameter spec.Parameter
}

// readAlong finds the parameters that grow with the load. One that is set or varied keeps that value.
func (x *searching) readAlong(base *spec.Scenario, all []spec.Along) error {
	for _, a := range all {
		p, _, err := base.Axis(a.Parameter)
		if err != nil {
			return invalid(err)
		}
		fixed := strings.HasPrefix(x.flags.vary, p.Name+"=") ||
			slices.ContainsFunc(x.flags.run.scenario.set, func(pair string) bool { return strings.HasPrefix(pair, p.Name+"=") })
		if fixed {
			continue
		}
		x.along = append(x.along, alongside{a, p})
		x.record.Along = append(x.record.Along, record.Along{Parameter: a.Parameter, Times: a.Times})
	}
	return nil
}

// readSearch reads a scenario and finds out what is to be searched. It plans the loads at both ends for
// every variant, so that what is wrong is said before the first trial.
func (a *app) readSearch(scenario string, flags searchFlags) (*searching, error) {
	if scenario == "-" {
		return nil, hinted(invalid(errors.New("standard input can be read once, and a search reads the scenario for every trial")), "name a file")
	}
	base, digest, err := a.searchScenario(scenario, flags)
	if err != nil {
		return nil, err
	}
	wanted, p, err := wantedSearch(base, flags)
	if err != nil {
		return nil, err
	}
	for _, axis := range base.Spec.Trials.Matrix {
		if axis.Parameter != p.Name {
			return nil, hinted(invalid(fmt.Errorf("%s has a matrix of variants, one axis of which is %s, and a search has one load", scenario, axis.Parameter)),
				"--set each of the matrix's parameters but the load")
		}
	}
	x := &searching{app: a, flags: flags, scenario: scenario}
	x.record = &record.Search{FormatVersion: sample.FormatVersion, Scenario: base.Metadata.Name, Title: base.Metadata.Title,
		Description: base.Metadata.Description, Command: append([]string{"kubedyno"}, a.arguments[1:]...), Digest: digest,
		Seed: flags.run.scenario.seed, Parameter: p.Name, Reset: flags.reset, At: flags.at, Tool: tool(), CPUs: machine().CPUs,
		Rules: record.Rules{From: wanted.From, Until: wanted.Until, Least: wanted.Least, Integer: p.Type == "integer", Factor: wanted.Factor,
			Width: wanted.Width, Confirm: wanted.Confirm, Allowed: wanted.Misses, Unjudged: record.DefaultUnjudged},
		Budget: record.Budget{Time: sample.Offset(wanted.Budget), Trials: wanted.Trials}}
	if err := x.record.Rules.Check(); err != nil {
		return nil, invalid(err)
	}
	if flags.at > wanted.Until {
		return nil, hinted(invalid(fmt.Errorf("--at %v is above %v, the highest load of the search", flags.at, wanted.Until)), "--until names a higher one")
	}
	for _, goal := range wanted.Goals {
		x.record.Goals = append(x.record.Goals, record.Goal{Name: goal.Name, Metric: goal.Metric, Where: sample.Labels(maps.Clone(goal.Where))})
	}
	if len(wanted.Goals) == 0 {
		x.record.Goals = []record.Goal{{Name: record.AllObjectives}}
	}
	if err := x.readAlong(base, wanted.Along); err != nil {
		return nil, err
	}
	if err := x.readVariants(base); err != nil {
		return nil, err
	}
	return x, x.planEnds()
}

// searchScenario reads the scenario as it is without a load, and the digest of its text.
func (a *app) searchScenario(scenario string, flags searchFlags) (*spec.Scenario, string, error) {
	file, text, directory, err := a.readScenario(scenario)
	if err != nil {
		return nil, "", invalid(err)
	}
	options, err := specOptions(flags.run.scenario, directory)
	if err != nil {
		return nil, "", err
	}
	base, err := spec.Decode(file, text, options)
	sum := sha256.Sum256(text)
	return base, hex.EncodeToString(sum[:]), invalid(err)
}

// wantedSearch is the scenario's search with what the flags say in its place, and its parameter.
func wantedSearch(base *spec.Scenario, flags searchFlags) (spec.Search, spec.Parameter, error) {
	wanted := spec.Search{Parameter: flags.load}
	if own := base.Spec.Search; own != nil && (flags.load == "" || flags.load == own.Parameter) {
		wanted = *own
	}
	if wanted.Parameter == "" {
		return wanted, spec.Parameter{}, hinted(invalid(errors.New("the scenario does not say which parameter is the load")), "--load names it, and --until the highest load to try")
	}
	p, value, err := base.Axis(wanted.Parameter)
	if err != nil {
		return wanted, p, invalid(err)
	}
	for _, pair := range flags.run.scenario.set {
		if name, _, _ := strings.Cut(pair, "="); name == p.Name {
			return wanted, p, hinted(invalid(fmt.Errorf("--set %s: this parameter is the load", pair)), "--from and --until say within which bounds")
		}
	}
	g := flags.given
	wanted.From, wanted.Until, wanted.Least = cmp.Or(g.From, wanted.From), cmp.Or(g.Until, wanted.Until), cmp.Or(g.Least, wanted.Least)
	if g.From > 0 && g.Least == 0 && wanted.Least > g.From {
		wanted.Least = 0 // The scenario's is meant for its own first load.
	}
	wanted.Factor, wanted.Width, wanted.Misses = cmp.Or(g.Factor, wanted.Factor), cmp.Or(g.Width, wanted.Width), cmp.Or(g.Misses, wanted.Misses)
	wanted.Confirm, wanted.Budget, wanted.Trials = cmp.Or(g.Confirm, wanted.Confirm), cmp.Or(g.Budget, wanted.Budget), cmp.Or(g.Trials, wanted.Trials)
	if wanted.Until == 0 {
		return wanted, p, hinted(invalid(errors.New("the search has no end")), "--until is the highest load to try")
	}
	return wanted.Defaults(p, value), p, nil
}

// of returns the flags of the runs of a variant at a load.
func (x *searching) of(v record.Variant, load float64) runFlags {
	flags := x.flags.run
	if v.Value != "" {
		x.varied.apply(&flags, x.record.Vary, v.Value)
	}
	pairs := slices.Clone(flags.scenario.set)
	for _, a := range x.along {
		pairs = append(pairs, a.Parameter+"="+record.Plain(a.Value(a.parameter, load)))
	}
	flags.scenario.set = append(pairs, x.record.Parameter+"="+record.Plain(load))
	flags.scenario.repeat = 1
	return flags
}

// planEnds plans the first and the highest load of every variant, and makes sure that every goal has
// objectives.
func (x *searching) planEnds() error {
	for _, v := range x.record.Variants {
		first, err := x.plan(v, x.record.Rules.From)
		if err != nil {
			return err
		}
		x.first = append(x.first, first)
		last, err := x.plan(v, x.record.Rules.Until)
		if err != nil {
			return err
		}
		flags := x.of(v, x.record.Rules.From)
		if _, err := flags.cluster.settings(&first.Cluster); err != nil {
			return err
		}
		if err := x.checkReset(first, last); err != nil {
			return err
		}
	}
	for _, goal := range x.record.Goals {
		if !slices.ContainsFunc(x.first[0].Objectives, func(o slo.Objective) bool { return goal.Has(o) }) {
			return hinted(invalid(fmt.Errorf("the scenario has no objective for the goal %q, so nothing could break", goal.Name)),
				"spec.objectives and spec.objectiveSets say what must hold")
		}
	}
	return nil
}

// plan plans the run of one load.
func (x *searching) plan(v record.Variant, load float64) (*plan.Plan, error) {
	e, err := x.experiment(x.scenario, x.of(v, load).scenario)
	if err != nil {
		return nil, err
	}
	return e.Plan(e.Trials[0]), nil
}

// dryRun shows the rules, and the plan of the first load.
func (x *searching) dryRun() error {
	expected, err := x.estimate(x.record.Variants[0])
	if err != nil {
		return err
	}
	if x.flags.run.output == "json" {
		return x.printJSON(struct {
			Parameter string         `json:"parameter"`
			Rules     record.Rules   `json:"rules"`
			Goals     []record.Goal  `json:"goals"`
			Budget    record.Budget  `json:"budget"`
			Reset     string         `json:"reset"`
			Estimate  searchEstimate `json:"estimate"` // Of the first variant.
			First     *plan.Plan     `json:"first"`
		}{x.record.Parameter, x.record.Rules, x.record.Goals, x.record.Budget, x.record.Reset, expected, x.first[0]})
	}
	for _, line := range view.SearchMethod(x.record) {
		fmt.Fprintln(x.stdout, x.lines(line))
	}
	x.writeEstimate(x.stdout, expected)
	fmt.Fprintf(x.stdout, "\nThe first load, %s=%s:\n\n", x.record.Parameter, record.Number(x.record.Rules.From))
	return x.first[0].WriteText(x.stdout)
}
