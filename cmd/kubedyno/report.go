package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/kubedyno/kubedyno/reporter/page"
	"github.com/kubedyno/kubedyno/reporter/text"
	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/experiment"
	"github.com/kubedyno/kubedyno/results/search"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

func newReportCommand(a *app) *cobra.Command {
	var output string
	var all bool
	command := &cobra.Command{
		Use:   "report [RUN-FOLDER]",
		Short: "Summarise a run folder anew, and write its report.html",
		Long: `Reads the records of a run, of one that was killed too, writes summary.json and report.html
into its folder and prints the verdicts. Of an experiment or a search it does so for every
trial, and says what they show together. Without a folder it takes the newest run or experiment in
` + runsDirectory + `. The exit code is that of the verdict.

With --index it takes a folder of runs instead, and writes index.html into it: a page that
lists every run and experiment with its verdict and links to its report. The folder as a
whole can be published as a static site. The exit code is then 0, whatever the verdicts.`,
		Example: "  kubedyno report\n  kubedyno report results/runs/20260102-030405-quickstart -o json\n  kubedyno report --index results/runs",
		Args:    arguments(0, 1, "at most one run folder"),
		RunE: func(_ *cobra.Command, given []string) error {
			if err := checkOutput(output); err != nil {
				return err
			}
			if all {
				return a.reportIndex(given, output)
			}
			directory, err := chooseRun(given)
			if err != nil {
				return invalid(err)
			}
			report := a.report
			if experiment.Is(directory) {
				report = a.reportExperiment
			}
			if search.Is(directory) {
				report = a.reportSearch
			}
			verdict, err := report(directory, output)
			if err != nil {
				return err
			}
			err = judged(verdict)
			if s, openErr := search.Open(directory); openErr == nil {
				a.sayCode(output, err, searchCode(verdict, s.At > 0))
				return err
			}
			a.sayExit(output, err)
			return err
		},
	}
	outputFlag(command, &output)
	command.Flags().BoolVar(&all, "index", false, "list the runs of a folder in its index.html")
	return command
}

// chooseRun returns the run folder named, or the newest.
func chooseRun(given []string) (string, error) {
	if len(given) > 0 {
		if info, err := os.Stat(given[0]); err == nil && !info.IsDir() {
			return "", fmt.Errorf("%s is a file: name the folder of a run", given[0])
		}
		return given[0], nil
	}
	entries, err := bundle.List(runsDirectory)
	if err != nil {
		return "", err
	}
	experiments, err := experiment.List(runsDirectory)
	if err != nil {
		return "", err
	}
	searches, err := search.List(runsDirectory)
	if err != nil {
		return "", err
	}
	if len(searches) > 0 && (len(entries) == 0 || searches[0].Started.After(entries[0].Manifest.Started)) &&
		(len(experiments) == 0 || searches[0].Started.After(experiments[0].Started)) {
		return searches[0].Dir, nil
	}
	if len(experiments) > 0 && (len(entries) == 0 || experiments[0].Started.After(entries[0].Manifest.Started)) {
		return experiments[0].Dir, nil
	}
	if len(entries) == 0 {
		return "", errors.New("there is no run in " + runsDirectory + ": name a run folder, or make one with 'kubedyno run quickstart'")
	}
	return entries[0].Dir, nil
}

// report summarises a run folder, writes summary.json and report.html into it, and prints
// the verdicts.
func (a *app) report(directory, output string) (slo.Verdict, error) {
	figures, report, err := summarise(directory)
	if err != nil {
		return "", err
	}
	if output == "json" {
		encoded, err := encodeSummary(figures)
		if err == nil {
			_, err = a.stdout.Write(encoded)
		}
		return figures.Verdict, err
	}
	if err := text.Write(a.stdout, report, text.Options{Color: a.color(a.stdout), Width: a.width()}); err != nil {
		return "", err
	}
	fmt.Fprintf(a.stdout, "\nreport   %s\nfigures  %s\n",
		filepath.Join(directory, bundle.ReportFile), filepath.Join(directory, bundle.SummaryFile))
	return figures.Verdict, nil
}

// summarise summarises a run folder, and writes summary.json and report.html into it.
func summarise(directory string) (*summary.Summary, *view.Report, error) {
	found, err := bundle.Open(directory)
	if err != nil {
		return nil, nil, invalid(err)
	}
	figures, detail, err := summary.Compute(found)
	if err != nil {
		return nil, nil, invalid(err) // A record is damaged or missing.
	}
	encoded, err := encodeSummary(figures)
	if err != nil {
		return nil, nil, err
	}
	report := view.Build(found.Manifest, found.Scenario, figures, detail)
	var html bytes.Buffer
	if err := page.Write(&html, report); err != nil {
		return nil, nil, fmt.Errorf("write the report: %w", err)
	}
	err = errors.Join(
		bundle.WriteFile(directory, bundle.SummaryFile, encoded),
		bundle.WriteFile(directory, bundle.ReportFile, html.Bytes()))
	return figures, report, environment(err)
}

// encodeSummary returns a summary as JSON, with a line end.
func encodeSummary(figures *summary.Summary) ([]byte, error) {
	encoded, err := json.MarshalIndent(figures, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode the summary: %w", err)
	}
	return append(encoded, '\n'), nil
}

// width returns the width of a result's text: that of the terminal, but at most 80, as tables that
// are wider are hard to read.
func (a *app) width() int {
	columns, _ := screen(a.stdout)
	return min(columns, text.DefaultWidth)
}
