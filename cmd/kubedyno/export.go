package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/kubedyno/kubedyno/results/export"
)

func newExportCommand(a *app) *cobra.Command {
	var format, output string
	command := &cobra.Command{
		Use:   "export [RUN-FOLDER]",
		Short: "Write the figures of a run for other programs",
		Long: `Reads the records of a run, an experiment or a search, of one that was killed too, and writes their
figures in another form. Without a folder it takes the newest of them in
` + runsDirectory + `. The exit code says whether that was done, and nothing of the verdict.

  junit        a test case for each objective; what could not be judged is an error, never a pass
  benchfmt     for benchstat: a line for each series of each trial, of runs that came to an end
  openmetrics  gauges for Prometheus and the textfile collector of node-exporter; promtool takes it
  csv          a row for each figure, in base units
  perfdash     PerfData of kubernetes/perf-tests, of runs that came to an end
  markdown     the summary of a CI step: the verdict, the objectives, and the rest folded

Of a search these are its bounds: junit has a test case for each goal and variant, which fails if not
even the lowest load holds, or the one of --at does not; benchfmt and perfdash have those bounds alone
that the search has come to its end with.

'kubedyno run --ci DIR' writes them all.`,
		Example: `  kubedyno export --format junit -o junit.xml
  kubedyno export results/runs/20260102-030405-quickstart --format csv
  kubedyno export old --format benchfmt -o old.txt && kubedyno export new --format benchfmt -o new.txt
  benchstat -filter '/objective:/./' old.txt new.txt     # of the objectives; without the filter of all`,
		Args: arguments(0, 1, "at most one run folder"),
		RunE: func(_ *cobra.Command, given []string) error {
			if format == "" {
				return hinted(invalid(errors.New("--format is missing")), "'kubedyno export --help' lists the formats")
			}
			if err := export.Format(format).Check(); err != nil {
				return invalid(fmt.Errorf("--format %s: %w", format, err))
			}
			directory, err := chooseRun(given)
			if err != nil {
				return invalid(err)
			}
			return a.export(directory, export.Format(format), output)
		},
	}
	command.Flags().StringVar(&format, "format", "", "junit, benchfmt, openmetrics, csv, perfdash or markdown")
	command.Flags().StringVarP(&output, "output", "o", "-", "the file to write, whole or not at all; - is standard output")
	return command
}

// export writes the figures of a run folder in a format to a file, or to standard output.
func (a *app) export(directory string, format export.Format, output string) error {
	results, err := export.Open(directory)
	if err != nil {
		return invalid(err)
	}
	var text bytes.Buffer
	if err := export.Write(&text, format, results); err != nil {
		return err
	}
	if output == "-" {
		_, err := a.stdout.Write(text.Bytes())
		return environment(err)
	}
	return hintedIf(environment(writeWhole(output, text.Bytes())), "-o names another file; - is standard output")
}

// hintedIf adds a hint to an error, if there is one.
func hintedIf(err error, hint string) error {
	if err == nil {
		return nil
	}
	return hinted(err, hint)
}

// writeWhole puts a file into its place, whole or not at all. Other users may read it, since a
// collector of metrics or of test results may be another one.
func writeWhole(path string, text []byte) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("write %s: it is there and is no file", path)
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = file.Write(text)
	err = errors.Join(err, file.Chmod(0o644), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Join(err, os.Remove(file.Name())))
	}
	return nil
}
