package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubedyno/kubedyno/results/baseline"
	"github.com/kubedyno/kubedyno/results/compare"
	"github.com/kubedyno/kubedyno/results/stat"
)

// baselinesDirectory is where baselines go by default, below the current directory.
const baselinesDirectory = "results/baselines"

func newBaselineCommand(a *app) *cobra.Command {
	command := &cobra.Command{
		Use:   "baseline",
		Short: "Keep the figures of runs, and hold later runs against them",
		Long: fmt.Sprintf(`A baseline is one small file with what a comparison needs of up to %d runs: how they were made and
their figures, at most %d kB, no samples. It holds no path, and no name or address of a machine,
so it may be committed; it is deleted as any file is.`, baseline.MaxRuns, baseline.MaxBytes/1000),
	}
	command.AddCommand(newBaselineSaveCommand(a), newBaselineListCommand(a), newBaselineCheckCommand(a))
	return command
}

// baselinesFlag adds the flag that names another folder of baselines.
func baselinesFlag(command *cobra.Command, dir *string) {
	command.Flags().StringVar(dir, "dir", baselinesDirectory, "the folder of the baselines")
}

func newBaselineSaveCommand(a *app) *cobra.Command {
	var dir string
	var replace bool
	command := &cobra.Command{
		Use:   "save NAME RUN...",
		Short: "Keep runs as a baseline",
		Long: `Writes NAME.json into ` + baselinesDirectory + `. Runs are named as for 'kubedyno compare': run folders,
experiment folders, or FOLDER@VARIANT. They must be of one scenario and one machine; those that did
not end by themselves are not kept. Every objective is kept, and the figures that the scenario
names. Of the others those of whole runs come first, then those of phases, and what does not fit
into the file is left out and counted.`,
		Example: `  kubedyno run api/latency --repeat 6 --out main
  kubedyno baseline save main main`,
		Args: arguments(2, 1000, "a name and the folders of runs"),
		RunE: func(_ *cobra.Command, given []string) error {
			return a.baselineSave(given[0], given[1:], dir, replace)
		},
	}
	baselinesFlag(command, &dir)
	command.Flags().BoolVar(&replace, "replace", false, "replace a baseline of that name")
	return command
}

// baselineSave writes a baseline and says what is in it.
func (a *app) baselineSave(name string, folders []string, dir string, replace bool) error {
	if err := baseline.CheckName(name); err != nil {
		return invalid(err)
	}
	path := baseline.File(dir, name)
	if _, err := os.Lstat(path); err == nil && !replace {
		return hinted(invalid(fmt.Errorf("baseline %s: %s is there already", name, path)), "choose another name, or write over it with --replace")
	}
	runs, err := openSide(folders)
	if err != nil {
		return err
	}
	kept, err := baseline.New(name, runs, time.Now())
	if err != nil {
		return invalid(err)
	}
	if err := kept.Write(dir); err != nil {
		return hinted(environment(err), "name a folder that can be written with --dir")
	}
	goals := kept.Objectives()
	fmt.Fprintf(a.stdout, "baseline %s: %s of %s, %s and %s\n", name, counted(len(kept.Runs), "run", "runs"), kept.Scenario,
		counted(goals, "objective", "objectives"), counted(len(kept.Figures)-goals, "other figure", "other figures"))
	for _, run := range runs {
		if run.LeftOut != "" {
			fmt.Fprintf(a.stdout, "left out %s: %s\n", run.Name, run.LeftOut)
		}
	}
	if kept.Omitted > 0 {
		fmt.Fprintf(a.stdout, "left out %s that did not fit into %d kB\n", counted(kept.Omitted, "other figure", "other figures"), baseline.MaxBytes/1000)
	}
	if needed := stat.RunsNeeded(usualAlpha / float64(max(1, goals))); len(kept.Runs) < needed {
		fmt.Fprintf(a.stdout, "few runs: it takes %d on each side before one of these objectives alone could be evidence of a change\n", needed)
	}
	fmt.Fprintf(a.stdout, "\nfile     %s\n", path)
	return nil
}

// counted is a number with its noun.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func newBaselineListCommand(a *app) *cobra.Command {
	var dir, output string
	command := &cobra.Command{
		Use:     "list",
		Short:   "List the baselines",
		Example: "  kubedyno baseline list\n  kubedyno baseline list -o json",
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			if err := checkOutput(output); err != nil {
				return err
			}
			return a.baselineList(dir, output)
		},
	}
	baselinesFlag(command, &dir)
	outputFlag(command, &output)
	return command
}

// A listedBaseline is a baseline in the output of list.
type listedBaseline struct {
	Name       string    `json:"name"`
	File       string    `json:"file"`
	Bytes      int64     `json:"bytes"`
	Scenario   string    `json:"scenario,omitempty"`
	Runs       int       `json:"runs"`
	Objectives int       `json:"objectives"`
	Figures    int       `json:"figures"`
	Measured   time.Time `json:"measured,omitzero"` // When the last of its runs began.
	Saved      time.Time `json:"saved,omitzero"`
	Damage     string    `json:"damage,omitempty"` // Why it cannot be read.
}

func (a *app) baselineList(dir, output string) error {
	entries, err := baseline.List(dir)
	if err != nil {
		return invalid(err)
	}
	listed := []listedBaseline{}
	for _, entry := range entries {
		name := filepath.Base(entry.Path)
		row := listedBaseline{Name: name[:len(name)-len(baseline.Extension)], File: entry.Path, Bytes: entry.Bytes}
		if b := entry.Baseline; entry.Err != nil {
			row.Damage = entry.Err.Error()
		} else {
			row.Scenario, row.Runs, row.Saved, row.Measured = b.Scenario, len(b.Runs), b.Saved, b.Runs[len(b.Runs)-1].Started
			row.Objectives, row.Figures = b.Objectives(), len(b.Figures)
		}
		listed = append(listed, row)
	}
	if output == "json" {
		return a.printJSON(listed)
	}
	if len(listed) == 0 {
		fmt.Fprintf(a.stdout, "There is no baseline in %s; 'kubedyno baseline save NAME RUN...' makes one.\n", dir)
		return nil
	}
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tSCENARIO\tRUNS\tOBJECTIVES\tMEASURED\tKB")
	for _, row := range listed {
		if row.Damage == "" {
			fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%s\t%d\n", row.Name, row.Scenario, row.Runs, row.Objectives,
				row.Measured.UTC().Format(time.DateOnly), (row.Bytes+999)/1000)
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, row := range listed {
		if row.Damage != "" {
			fmt.Fprintf(a.stdout, "damaged: %s\n", row.Damage)
		}
	}
	return nil
}

func newBaselineCheckCommand(a *app) *cobra.Command {
	var flags compareFlags
	var dir string
	command := &cobra.Command{
		Use:   "check NAME RUN...",
		Short: "Say whether runs have become better or worse than a baseline",
		Long: `Compares runs with a baseline as 'kubedyno compare' compares two sides, with the baseline as the
base. A baseline of another scenario or machine is refused unless --allow-different names that.

The runs of a baseline were measured in another session, so a drift of the machine in between would
look like a change; how long ago is said. Where both states can be run now, runs that take turns
are better evidence: 'kubedyno run --compare-with'.

Exit codes: as those of 'kubedyno compare'. 0, whatever was found, without --fail-on. With --fail-on
regressed 1 if a figure regressed, 5 if one of the objectives has no data on a side; with too-few 5
if there are too few runs.`,
		Example: `  kubedyno run api/latency --repeat 6 --out now
  kubedyno baseline check main now --fail-on regressed,too-few
  kubedyno baseline check main now --min-effect 10% --out change.html
  kubedyno compare ` + baselinesDirectory + `/main.json --with now    # the same`,
		Args: arguments(2, 1000, "the name of a baseline and the folders of runs"),
		RunE: func(_ *cobra.Command, given []string) error {
			return a.baselineCheck(given[0], given[1:], dir, flags)
		},
	}
	flags.judging(command)
	baselinesFlag(command, &dir)
	return command
}

// baselineCheck compares runs with a baseline.
func (a *app) baselineCheck(name string, folders []string, dir string, flags compareFlags) error {
	options, err := flags.options()
	if err != nil {
		return invalid(err)
	}
	if err := baseline.CheckName(name); err != nil {
		return invalid(err)
	}
	kept, err := baseline.Open(baseline.File(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return hinted(invalid(fmt.Errorf("there is no baseline %s in %s", name, dir)),
			"'kubedyno baseline list' lists those that there are, 'kubedyno baseline save' makes one")
	}
	if err != nil {
		return invalid(err)
	}
	runs, err := openSide(folders)
	if err != nil {
		return err
	}
	found, err := compare.Sides(kept.Side(), runs, options)
	if err != nil {
		return coded(err)
	}
	if err := a.showComparison(found, flags); err != nil {
		return err
	}
	return gate(found, flags.failOn)
}
