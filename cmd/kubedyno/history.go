package main

import (
	"bytes"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/kubedyno/kubedyno/reporter/page"
	"github.com/kubedyno/kubedyno/reporter/text"
	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/history"
	"github.com/kubedyno/kubedyno/results/stat"
)

// historyFlags are the flags of history.
type historyFlags struct {
	scenario  string
	metrics   []string
	alpha     float64
	minEffect string
	out       string
	output    string
}

func newHistoryCommand(a *app) *cobra.Command {
	var flags historyFlags
	command := &cobra.Command{
		Use:   "history [FOLDER|RUN...]",
		Short: "Say when the figures of a scenario changed, over many runs",
		Long: fmt.Sprintf(`Puts the runs of one scenario in the order of time, and looks for changes in every objective and in
the metrics that --metric names. A path is that of a run, of an experiment (FOLDER@VARIANT if it
has several variants), or of a folder of such; without one it is %s. At most the newest
%d runs are read.

Change points are found by the method E-divisive with a permutation test, as Hunter (Apache Otava)
does with another test. There are at least %d runs between two of them, and a single slow run is no
change. One objective takes %d runs before a change can be told from chance, with 5 it takes %d; then
one is seen about %d runs after it came. It may as well have come one run earlier or later than it is
placed. What of the set-up changed with a run is listed beside it.

Runs of machines that differ are kept apart. Runs that did not end by themselves are listed and not
used. The exit code is 0, whatever was found.`, runsDirectory, history.MaxRuns, stat.MinSegment, stat.ValuesNeeded(usualAlpha),
			stat.ValuesNeeded(usualAlpha/5), stat.MinSegment),
		Example: `  kubedyno history --scenario api/latency
  kubedyno history nightly --scenario quickstart --metric component_cpu_cores
  kubedyno history nightly --out history.html
  kubedyno history run-1 run-2 run-3 run-4 run-5 run-6 run-7 run-8 -o json`,
		Args: arguments(0, 1000, "the folders of runs, or of many runs"),
		RunE: func(_ *cobra.Command, given []string) error { return a.history(given, flags) },
	}
	f := command.Flags()
	f.StringVar(&flags.scenario, "scenario", "", "the scenario; needed where there are runs of several")
	f.StringArrayVar(&flags.metrics, "metric", nil, "a metric to look at beside the objectives; may be repeated")
	f.Float64Var(&flags.alpha, "alpha", usualAlpha, "the accepted chance of a false alarm, for all figures together")
	f.StringVar(&flags.minEffect, "min-effect", "5%", "the least change that counts, as a share of what was before")
	f.StringVar(&flags.out, "out", "", "write the history as a page to this file")
	outputFlag(command, &flags.output)
	return command
}

// history looks for changes and prints them.
func (a *app) history(given []string, flags historyFlags) error {
	shared := compareFlags{alpha: flags.alpha, minEffect: flags.minEffect, metrics: flags.metrics, output: flags.output}
	options, err := shared.options()
	if err != nil {
		return invalid(err)
	}
	if len(given) == 0 {
		given = []string{runsDirectory}
	}
	found, err := history.Open(given, flags.scenario)
	if err != nil {
		return coded(err)
	}
	h, err := history.Of(found.Runs, history.Options{Alpha: options.Alpha, MinEffect: options.MinEffect, Metrics: options.Metrics})
	if err != nil {
		return coded(err)
	}
	h.Notes = found.Notes
	shown := view.BuildHistory(h)
	if flags.out != "" {
		var html bytes.Buffer
		if err := page.WriteHistory(&html, shown); err != nil {
			return err
		}
		if err := bundle.WriteFile(filepath.Dir(flags.out), filepath.Base(flags.out), html.Bytes()); err != nil {
			return hinted(environment(err), "name a file in a folder that exists with --out")
		}
	}
	if flags.output == "json" {
		return a.printJSON(h)
	}
	if err := text.WriteHistory(a.stdout, shown, text.Options{Color: a.color(a.stdout), Width: a.width()}); err != nil {
		return err
	}
	if flags.out != "" {
		fmt.Fprintf(a.stdout, "\npage     %s\n", flags.out)
	}
	return nil
}
