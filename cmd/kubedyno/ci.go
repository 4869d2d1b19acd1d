package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/compare"
	"github.com/kubedyno/kubedyno/results/experiment"
	"github.com/kubedyno/kubedyno/results/export"
)

// stepSummaryLimit is how many bytes GitHub takes as the summary of a step; it drops a larger one whole.
const stepSummaryLimit = 1 << 20

// runCI runs a scenario and puts what came of it, good or bad, into a folder for a CI system. Files
// of an earlier run are removed first, so that what is there is never of another run.
func (a *app) runCI(ctx context.Context, scenario string, flags runFlags) error {
	if err := clearCI(flags.ci); err != nil {
		return hinted(err, "--ci names another folder")
	}
	recorded, err := a.runScenario(ctx, scenario, flags)
	results, openErr := a.results(ctx, recorded, scenario, err)
	ciErr := errors.Join(openErr, a.writeCI(flags.ci, recorded, results))
	if ciErr == nil {
		if flags.output == "text" {
			fmt.Fprintf(a.stdout, "exports  %s\n", flags.ci)
		}
		return err
	}
	if err == nil {
		return environment(ciErr)
	}
	fmt.Fprintf(a.stderr, "kubedyno: %v\n", ciErr) // The run's own error, or its verdict, decides on the exit code.
	return err
}

// copied are the files of a run folder that a CI folder has, too: of an experiment, experiment.json
// in place of summary.json, and the comparison if it makes one.
var copied = []string{bundle.SummaryFile, experiment.File, bundle.ReportFile, compare.File, compare.PageFile}

// clearCI makes the folder and removes what an earlier run has put there.
func clearCI(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, bundle.ManifestFile)); err == nil {
		return invalid(fmt.Errorf("--ci %s: it is the folder of a run", dir))
	}
	if _, err := os.Stat(filepath.Join(dir, experiment.File)); err == nil && !exists(filepath.Join(dir, export.JUnit.File())) {
		return invalid(fmt.Errorf("--ci %s: it is the folder of an experiment", dir))
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return environment(fmt.Errorf("make the folder of --ci: %w", err))
	}
	names := append([]string{}, copied...)
	for _, f := range export.Formats() {
		names = append(names, f.File())
	}
	for _, name := range names {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return environment(fmt.Errorf("remove what an earlier run has left for CI: %w", err))
		}
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// writeCI writes every export of results, and copies the report out of their run folder if there is one.
func (a *app) writeCI(dir, recorded string, results *export.Results) (err error) {
	for _, format := range export.Formats() {
		var text bytes.Buffer
		writeErr := export.Write(&text, format, results)
		if writeErr == nil {
			writeErr = writeWhole(filepath.Join(dir, format.File()), text.Bytes())
		}
		if writeErr == nil && format == export.Markdown {
			writeErr = a.stepSummary(text.Bytes())
		}
		err = errors.Join(err, writeErr)
	}
	if recorded != "" {
		err = errors.Join(err, copyReports(recorded, dir))
	}
	if a.getenv("GITHUB_ACTIONS") == "true" {
		for _, line := range export.Annotations(results) {
			fmt.Fprintln(a.stderr, line) // Standard output may be JSON; GitHub reads both.
		}
	}
	return err
}

// results returns what can be said of a run: its figures, or if nothing was recorded or can be read,
// why that is so.
func (a *app) results(ctx context.Context, recorded, scenario string, runErr error) (*export.Results, error) {
	var err error
	if recorded != "" {
		var found *export.Results
		if found, err = export.Open(recorded); err == nil {
			return found, nil
		}
	}
	cause := context.Cause(ctx)
	if errors.Is(runErr, errInterrupted) || errors.Is(cause, errInterrupted) {
		return export.Failed(scenario, tool(), bundle.Interrupted, errInterrupted.Error()), err
	}
	why := err
	if why == nil {
		why = runErr
	}
	failure := ""
	if why != nil {
		failure = brief(message(why))
	}
	return export.Failed(scenario, tool(), bundle.Failed, failure), err
}

// copyReports copies the figures and the report of a run folder, as far as they are there.
func copyReports(from, to string) error {
	var all error
	for _, name := range copied {
		text, err := os.ReadFile(filepath.Join(from, name))
		if err == nil {
			err = writeWhole(filepath.Join(to, name), text)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			all = errors.Join(all, err)
		}
	}
	return all
}

// stepSummary adds to the summary of the step, if this is one of GitHub Actions.
func (a *app) stepSummary(text []byte) (err error) {
	path := a.getenv("GITHUB_STEP_SUMMARY")
	if path == "" {
		return nil
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("add to the step's summary ($GITHUB_STEP_SUMMARY): %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("add to the step's summary: %w", err)
	}
	if info.Size()+int64(len(text)) > stepSummaryLimit {
		return fmt.Errorf("%s, the step's summary, has no room for this run: GitHub takes %d bytes; the file %s has it", path, stepSummaryLimit, export.Markdown.File())
	}
	_, err = file.Write(append(text, '\n'))
	return err
}
