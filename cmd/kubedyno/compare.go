package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubedyno/kubedyno/reporter/page"
	"github.com/kubedyno/kubedyno/reporter/text"
	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/baseline"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/compare"
	"github.com/kubedyno/kubedyno/results/exitcode"
	"github.com/kubedyno/kubedyno/results/sample"
)

// What --fail-on can name.
const (
	failRegressed = "regressed"
	failTooFew    = "too-few"
)

// usualAlpha is the chance of a false alarm that is accepted unless another is named.
const usualAlpha = 0.05

// compareFlags are the flags of compare.
type compareFlags struct {
	with      newSide
	alpha     float64
	minEffect string
	metrics   []string
	allow     []string
	failOn    []string
	out       string
	output    string
}

func newCompareCommand(a *app) *cobra.Command {
	var flags compareFlags
	command := &cobra.Command{
		Use:   "compare BASE... --with NEW...",
		Short: "Say whether runs have become better or worse than others",
		Long: `Compares the runs of one side with those of another. A side is any number of run folders and of
experiment folders, whose trials are its runs; of an experiment with several variants one is
named as FOLDER@VARIANT. The file of a baseline (see 'kubedyno baseline') is a side, too. The run
is the unit of repetition: each gives one figure for every objective, and the exact rank test
(Mann-Whitney) says whether the sides differ by more than chance. The objectives decide, and what
--metric names; other figures that changed are listed.

One word for each figure: improved, regressed, no evidence, too few runs (and how many more it
takes). It never says "the same": the intervals say how large a change could still be. With one
objective it takes 4 runs on each side, with 9 it takes 6, as more figures make more false alarms.

Runs that did not end by themselves are left out. Runs of another scenario or machine are
refused; parameters, seeds, versions and flags may differ and are listed.

Exit codes: 0, whatever was found, without --fail-on. With --fail-on regressed 1 if a figure
regressed, 5 if one of the objectives has no data on a side; with too-few 5 if there are too few runs.`,
		Example: `  kubedyno run api/latency --repeat 6 --out before       # and once more, --out after
  kubedyno compare before --with after
  kubedyno compare before --with after --out change.html
  kubedyno compare before --with after --fail-on regressed,too-few --min-effect 10%
  kubedyno compare 'tuning@qps=50' --with 'tuning@qps=500' --metric component_cpu_cores
  kubedyno compare run-1 run-2 run-3 run-4 --with run-5 run-6 run-7 run-8 -o json`,
		Args: arguments(1, 1000, "the folders of the base, and after --with those of the new side"),
		RunE: func(_ *cobra.Command, given []string) error { return a.compare(given, flags) },
	}
	f := command.Flags()
	flags.with.flags = f
	f.Var(&flags.with, "with", "the first folder of the new side; those that follow belong to it, too")
	flags.judging(command)
	return command
}

// judging adds the flags that say how sides are compared and how that is shown.
func (flags *compareFlags) judging(command *cobra.Command) {
	f := command.Flags()
	flags.registerFigures(f)
	flags.registerGate(f)
	f.StringSliceVar(&flags.allow, "allow-different", nil, "what may differ all the same: machine, scenario or both")
	f.StringVar(&flags.out, "out", "", "write the comparison as a page to this file")
	outputFlag(command, &flags.output)
}

// defaultMinEffect is the least change that counts, unless told otherwise.
const defaultMinEffect = "5%"

// registerFigures adds the flags that say which figures decide, and how surely.
func (f *compareFlags) registerFigures(flags *pflag.FlagSet) {
	flags.Float64Var(&f.alpha, "alpha", usualAlpha, "the accepted chance of a false alarm, for all compared figures that decide together")
	flags.StringArrayVar(&f.metrics, "metric", nil, "a metric that decides a comparison beside the objectives; may be repeated")
}

// registerGate adds the flags that say what is a failure.
func (f *compareFlags) registerGate(flags *pflag.FlagSet) {
	flags.StringVar(&f.minEffect, "min-effect", defaultMinEffect, "the least change that counts, as a share of the base")
	flags.StringSliceVar(&f.failOn, "fail-on", nil, "what of a comparison the exit code tells of: regressed, too-few or both (default: nothing)")
}

// A newSide is the value of --with: the folders named there, and how many were named before it.
type newSide struct {
	flags   *pflag.FlagSet
	folders []string
	before  int
}

// Set takes the folder that follows --with.
func (s *newSide) Set(folder string) error {
	if folder == "" {
		return errors.New("must be a folder")
	}
	if len(s.folders) == 0 {
		s.before = s.flags.NArg()
	}
	s.folders = append(s.folders, folder)
	return nil
}

// String returns the folders as they were given.
func (s *newSide) String() string { return strings.Join(s.folders, " ") }

// Type returns what the help calls the value.
func (s *newSide) Type() string { return "folder" }

// compare compares the folders before --with with those after it.
func (a *app) compare(folders []string, flags compareFlags) error {
	options, err := flags.options()
	if err == nil {
		err = checkOutput(flags.output)
	}
	if err != nil {
		return invalid(err)
	}
	base, with := folders[:min(flags.with.before, len(folders))], flags.with.folders
	with = slices.Concat(with, folders[len(base):])
	if len(flags.with.folders) == 0 || len(base) == 0 {
		return hinted(invalid(errors.New("'kubedyno compare' takes folders on both sides of --with")),
			"write 'kubedyno compare BASE... --with NEW...'")
	}
	left, err := openSide(base)
	if err != nil {
		return err
	}
	right, err := openSide(with)
	if err != nil {
		return err
	}
	found, err := compare.Sides(left, right, options)
	if err != nil {
		return coded(err)
	}
	if err := a.showComparison(found, flags); err != nil {
		return err
	}
	return gate(found, flags.failOn)
}

// options checks the flags.
func (f compareFlags) options() (compare.Options, error) {
	options := compare.Options{Alpha: f.alpha, Metrics: f.metrics}
	if !(f.alpha > 0 && f.alpha < 1) {
		return options, fmt.Errorf("--alpha %v: must be between 0 and 1, such as 0.05", f.alpha)
	}
	number, isPercent := strings.CutSuffix(f.minEffect, "%")
	share, err := strconv.ParseFloat(number, 64)
	if err != nil || !isPercent || !(share >= 0 && share < 1e6) {
		return options, fmt.Errorf("--min-effect %q: must be a share in percent, such as 5%%", f.minEffect)
	}
	options.MinEffect = share / 100
	for _, name := range f.metrics {
		if _, ok := sample.Lookup(name); !ok {
			return options, fmt.Errorf("--metric %q: there is no such metric; 'kubedyno metrics' lists them", name)
		}
	}
	for _, name := range f.allow {
		if !slices.Contains(compare.Kinds(), compare.Kind(name)) {
			return options, fmt.Errorf("--allow-different %q: must be machine, scenario or both", name)
		}
		options.Allow = append(options.Allow, compare.Kind(name))
	}
	for _, name := range f.failOn {
		if name != failRegressed && name != failTooFew {
			return options, fmt.Errorf("--fail-on %q: must be %s, %s or both", name, failRegressed, failTooFew)
		}
	}
	return options, nil
}

// openSide reads all runs of a side.
func openSide(folders []string) ([]compare.Run, error) {
	var all []compare.Run
	for _, folder := range folders {
		runs, err := openRuns(folder)
		if err != nil {
			return nil, coded(err)
		}
		all = append(all, runs...)
	}
	return all, nil
}

// openRuns reads the runs of a folder or of a baseline's file.
func openRuns(path string) ([]compare.Run, error) {
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && filepath.Ext(path) == baseline.Extension {
		kept, err := baseline.Open(path)
		if err != nil {
			return nil, err
		}
		return kept.Side(), nil
	}
	return compare.Open(path)
}

// showComparison prints a comparison, and writes its page if one was asked for.
func (a *app) showComparison(found *compare.Comparison, flags compareFlags) error {
	shown := view.BuildCompare(found)
	if flags.out != "" {
		var html bytes.Buffer
		if err := page.WriteCompare(&html, shown); err != nil {
			return err
		}
		if err := bundle.WriteFile(filepath.Dir(flags.out), filepath.Base(flags.out), html.Bytes()); err != nil {
			return hinted(environment(err), "name a file in a folder that exists with --out")
		}
	}
	if flags.output == "json" {
		return a.printJSON(found)
	}
	if err := text.WriteCompare(a.stdout, shown, text.Options{Color: a.color(a.stdout), Width: a.width()}); err != nil {
		return err
	}
	if flags.out != "" {
		fmt.Fprintf(a.stdout, "\npage     %s\n", flags.out)
	}
	return nil
}

// gate returns the error that stands for what --fail-on names. What was found is printed already.
func gate(found *compare.Comparison, failOn []string) error {
	regressed, tooFew := slices.Contains(failOn, failRegressed), slices.Contains(failOn, failTooFew)
	switch {
	case regressed && found.Count(compare.Regressed) > 0:
		return &exitcode.Error{Code: exitcode.Missed, Err: errRegressed}
	case (regressed || tooFew) && (len(found.Deciding) == 0 || found.Count(compare.NoData) > 0),
		tooFew && found.Count(compare.TooFewRuns) > 0:
		return &exitcode.Error{Code: exitcode.Inconclusive, Err: errSilent}
	default:
		return nil
	}
}
