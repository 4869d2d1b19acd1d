package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubedyno/kubedyno/kwok/builder"
	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/reporter/page"
	"github.com/kubedyno/kubedyno/reporter/text"
	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/compare"
	"github.com/kubedyno/kubedyno/results/exitcode"
	"github.com/kubedyno/kubedyno/results/experiment"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/scenarios/plan"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// versusFlags are the flags by which a scenario is compared with a variant of it.
type versusFlags struct {
	with       string   // The variant's scenario; "" for the same one.
	set        []string // Parameters of the variant alone.
	kubernetes string   // Of the variant alone; "" for that of the base.
	judging    compareFlags
	flags      *pflag.FlagSet
}

// versusNames are the flags that mean something for the comparison alone, not for one run of a side.
var versusNames = []string{"compare-with", "compare-set", "compare-kubernetes", "alpha", "min-effect", "metric", "fail-on"}

func (f *versusFlags) register(command *cobra.Command) {
	f.flags = command.Flags()
	f.judging.minEffect = defaultMinEffect
	f.flags.StringVar(&f.with, "compare-with", "", "compare with this scenario, taking turns: a file, or a built-in one's name")
	f.flags.StringArrayVar(&f.set, "compare-set", nil, "compare with a variant that has this parameter, name=value; may be repeated")
	f.judging.registerFigures(f.flags)
}

// registerRun adds the flags of a comparison that is not only planned.
func (f *versusFlags) registerRun(command *cobra.Command) {
	f.register(command)
	f.flags.StringVar(&f.kubernetes, "compare-kubernetes", "", "compare with a variant on this Kubernetes version: "+strings.Join(builder.Versions(), " or "))
	f.judging.registerGate(f.flags)
}

// wanted reports whether there is to be a comparison.
func (f *versusFlags) wanted() bool { return f.with != "" || len(f.set) > 0 || f.kubernetes != "" }

func (f *versusFlags) check(t target) error {
	if !f.wanted() {
		for _, name := range versusNames {
			if f.flags.Changed(name) {
				return hinted(invalid(fmt.Errorf("--%s says how a comparison is made, and there is none", name)),
					"give --compare-with or --compare-set, too; 'kubedyno compare' compares runs that were made before")
			}
		}
		return nil
	}
	if f.kubernetes != "" && t.given() {
		return hinted(invalid(errors.New("--compare-kubernetes cannot change a cluster that exists")), "leave --cluster and --kubeconfig out")
	}
	if f.kubernetes != "" && !slices.Contains(builder.Versions(), f.kubernetes) {
		return invalid(fmt.Errorf("--compare-kubernetes %q: kubedyno can build %s", f.kubernetes, strings.Join(builder.Versions(), " or ")))
	}
	_, err := f.judging.options()
	return invalid(err)
}

// record is what an experiment keeps of how its sides are compared.
func (f *versusFlags) record(v *plan.Versus) (*experiment.Versus, error) {
	if v == nil {
		return nil, nil
	}
	options, err := f.judging.options()
	return &experiment.Versus{Base: v.Base, Variant: v.Variant, Alpha: options.Alpha, MinEffect: options.MinEffect, Metrics: options.Metrics}, err
}

// side returns the flags of the runs of one side.
func (f runFlags) side(label string) runFlags {
	if label == plan.VariantLabel && f.versus.kubernetes != "" {
		f.cluster.kubernetes = f.versus.kubernetes
	}
	return f
}

// alone returns the arguments that run one side by itself, given those that compare both.
func (f *versusFlags) alone(arguments []string, label string) []string {
	var kept []string
	named, variant := 0, label == plan.VariantLabel // The first name is that of the command.
	for i := 0; i < len(arguments); i++ {
		word := arguments[i]
		if !strings.HasPrefix(word, "-") || word == "-" {
			if named++; named == 2 && variant {
				word = cmp.Or(f.with, word)
			}
			kept = append(kept, word)
			continue
		}
		own := arguments[i : i+1]
		name, _, whole := strings.Cut(strings.TrimLeft(word, "-"), "=")
		short := !strings.HasPrefix(word, "--")
		if !whole && (!short || len(name) == 1) && i+1 < len(arguments) { // Every flag of run has a value.
			i++
			own = arguments[i-1 : i+1]
		}
		if short || !slices.Contains(versusNames, name) {
			kept = append(kept, own...)
		}
	}
	if !variant {
		return kept
	}
	for _, pair := range f.set {
		kept = append(kept, "--set", pair)
	}
	if f.kubernetes != "" {
		kept = append(kept, "--kubernetes", f.kubernetes)
	}
	return kept
}

// planned plans what there is to run: the trials of a scenario, or of it and a variant.
func (a *app) planned(scenario string, flags scenarioFlags, v versusFlags) (*plan.Experiment, error) {
	if !v.wanted() {
		return a.experiment(scenario, flags)
	}
	other := cmp.Or(v.with, scenario)
	if scenario == "-" && other == "-" {
		return nil, hinted(invalid(errors.New("standard input can be read once, and both sides would be read from it")), "name a file")
	}
	base, baseErr := a.side(scenario, flags, nil)
	variant, variantErr := a.side(other, flags, v.set)
	if err := bothFaults(baseErr, variantErr); err != nil {
		return nil, err
	}
	how := plan.Versus{Base: scenario, Variant: other, Alpha: v.judging.alpha, Metrics: v.judging.metrics}
	for _, pair := range v.set {
		how.Variant += ", " + pair
	}
	if v.kubernetes != "" {
		how.Variant += ", Kubernetes " + v.kubernetes
	}
	e, err := plan.BuildVersus(base, variant, how, flags.repeat, flags.seed)
	return e, invalid(err)
}

// side reads the scenario of one side, with parameters that are set for this side alone.
func (a *app) side(given string, flags scenarioFlags, set []string) (*spec.Scenario, error) {
	file, content, directory, err := a.readScenario(given)
	if err != nil {
		return nil, invalid(err)
	}
	options, err := specOptions(flags, directory)
	if err == nil {
		err = addPairs(options.Set, "--compare-set", set)
	}
	if err != nil {
		return nil, err
	}
	options.Repeat = 0 // It is the experiment that is repeated.
	s, err := spec.Decode(file, content, options)
	if err != nil {
		return nil, invalid(err)
	}
	if faults := cluster.CheckSettings(scenarioSettings(&s.Spec.Cluster)); len(faults) > 0 {
		return nil, invalid(fmt.Errorf("%s: %w", file, errors.Join(faults...)))
	}
	return s, nil
}

// bothFaults joins the errors of two sides. A fault that both have is told once.
func bothFaults(base, variant error) error {
	var faults, more spec.Faults
	if !errors.As(base, &faults) || !errors.As(variant, &more) {
		return errors.Join(base, variant)
	}
	faults = slices.Clone(faults)
	for _, fault := range more {
		if !slices.Contains(faults, fault) {
			faults = append(faults, fault)
		}
	}
	return invalid(faults)
}

// prepare builds the control planes of both sides before any run, so that the work for one side
// does not come between the runs of the other.
func (x *trials) prepare(ctx context.Context) error {
	for _, v := range x.plan.Variants {
		flags := x.flags.side(v.Label)
		if _, err := flags.cluster.settings(&v.Plan.Cluster); err != nil {
			return err
		}
		if x.plan.Versus == nil {
			continue
		}
		r := run{app: x.app, flags: flags, plan: v.Plan}
		if _, err := x.controlPlane(ctx, r.kubernetes()); err != nil {
			return err
		}
	}
	return nil
}

// compareTrials compares the sides of an experiment that was made for it, and writes what was found
// into its folder. It is nil if a side has no run that came to its end, which is said on output.
func (a *app) compareTrials(directory string, e *experiment.Experiment, output string) (*compare.Comparison, error) {
	found, err := compare.Versus(directory, e)
	if errors.Is(err, compare.ErrNoRuns) {
		if output == "text" {
			fmt.Fprintf(a.stdout, "\nNo comparison: %v.\n", err)
		}
		return nil, nil
	}
	if err != nil {
		return nil, coded(err)
	}
	shown := view.BuildCompare(found)
	var html bytes.Buffer
	if err := page.WriteCompare(&html, shown); err != nil {
		return nil, err
	}
	if err := errors.Join(found.Write(directory), bundle.WriteFile(directory, compare.PageFile, html.Bytes())); err != nil {
		return nil, environment(err)
	}
	if output == "text" {
		fmt.Fprintf(a.stdout, "\n")
		if err := text.WriteCompare(a.stdout, shown, text.Options{Color: a.color(a.stdout), Width: a.width()}); err != nil {
			return nil, err
		}
		fmt.Fprintf(a.stdout, "\ncompared %s\n", filepath.Join(directory, compare.PageFile))
	}
	return found, nil
}

// errRegressed is the gate's; like errSilent it is in the output already.
var errRegressed = fmt.Errorf("%w: a figure regressed", errSilent)

// gated is the exit code in words, and the error that stands for the verdict of the objectives and
// for what --fail-on names. A 1 goes before a 5: what was found counts, whatever else could not be.
func gated(verdict slo.Verdict, found *compare.Comparison, failOn []string) (words string, err error) {
	missed, fails := judged(verdict), error(nil)
	switch {
	case found != nil:
		fails = gate(found, failOn)
	case len(failOn) > 0: // A side has no run, which is as few as there can be.
		fails = &exitcode.Error{Code: exitcode.Inconclusive, Err: errSilent}
	}
	regressed := errors.Is(fails, errRegressed)
	switch {
	case regressed && verdict == slo.Miss:
		return "an objective was missed, and a figure regressed", fails
	case regressed:
		return "a figure regressed", fails
	case missed != nil:
		return exitcode.Words(exitcode.Of(missed)), missed
	default:
		return exitcode.Words(exitcode.Of(fails)), fails
	}
}
