// Package export writes what a run, or an experiment's trials, have shown in the forms that other
// programs read. Every number comes from package summary, which alone computes them; what it does
// not know is left out here, and never written as 0.
package export

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/compare"
	"github.com/kubedyno/kubedyno/results/experiment"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/search"
	"github.com/kubedyno/kubedyno/results/summary"
)

// A Format is a form in which results can be written.
type Format string

// The formats.
const (
	JUnit       Format = "junit"       // Test cases for a CI system, one for each objective.
	Benchfmt    Format = "benchfmt"    // The Go benchmark format, for benchstat.
	OpenMetrics Format = "openmetrics" // Gauges for Prometheus, without times.
	CSV         Format = "csv"         // A row for each figure.
	Perfdash    Format = "perfdash"    // PerfData of kubernetes/perf-tests.
	Markdown    Format = "markdown"    // The summary of a CI step.
)

// Formats returns every format, in the order in which they are shown.
func Formats() []Format { return []Format{JUnit, Benchfmt, OpenMetrics, CSV, Perfdash, Markdown} }

// File returns the name that a file of the format has in a folder of exports.
func (f Format) File() string {
	return map[Format]string{JUnit: "junit.xml", Benchfmt: "bench.txt", OpenMetrics: "metrics.txt", CSV: "figures.csv",
		Perfdash: "perfdash.json", Markdown: "summary.md"}[f]
}

// Check returns an error that names the formats if this is none of them.
func (f Format) Check() error {
	if slices.Contains(Formats(), f) {
		return nil
	}
	var names []string
	for _, known := range Formats() {
		names = append(names, string(known))
	}
	return fmt.Errorf("there is no format %q: use one of %s", string(f), strings.Join(names, ", "))
}

// Write writes results in a format.
func Write(w io.Writer, f Format, r *Results) error {
	if r.Search != nil {
		return writeSearch(w, f, r.Search)
	}
	err := f.Check()
	switch f {
	case JUnit:
		err = writeJUnit(w, r)
	case Benchfmt:
		err = writeBench(w, r)
	case OpenMetrics:
		err = writeOpenMetrics(w, r)
	case CSV:
		err = writeCSV(w, r)
	case Perfdash:
		err = writePerfdash(w, r)
	case Markdown:
		err = writeMarkdown(w, r)
	}
	if err != nil {
		return fmt.Errorf("export %s as %s: %w", r.Scenario, f, err)
	}
	return nil
}

// Results are what is exported: one run, or the trials of an experiment in the order planned.
type Results struct {
	Scenario   string
	Experiment *experiment.Experiment // Judged; nil for a plain run.
	Comparison *compare.Comparison    // Of an experiment's two variants; nil if it compares none, or could not.
	Search     *search.Search         // Judged; nil unless this is a capacity search, which has no Runs.
	Runs       []Run
}

// A Run is one run and what it has shown.
type Run struct {
	Manifest bundle.Manifest
	Summary  *summary.Summary  // nil if nothing was recorded.
	Trial    *experiment.Trial // nil for a plain run.
}

// Open reads the folder of a run, an experiment or a search, finished or not, and computes its figures
// anew, as they may come from an older kubedyno. It changes nothing in the folder.
func Open(dir string) (*Results, error) {
	if experiment.Is(dir) {
		return openExperiment(dir)
	}
	if search.Is(dir) {
		return openSearch(dir)
	}
	r, err := openRun(dir)
	if err != nil {
		return nil, err
	}
	return &Results{Scenario: r.Manifest.Scenario, Runs: []Run{r}}, nil
}

func openRun(dir string) (Run, error) {
	found, err := bundle.Open(dir)
	if err != nil {
		return Run{}, err
	}
	s, _, err := summary.Compute(found)
	if err != nil {
		return Run{}, err
	}
	return Run{Manifest: found.Manifest, Summary: s}, nil
}

func openExperiment(dir string) (*Results, error) {
	e, err := experiment.Open(dir)
	if err != nil {
		return nil, err
	}
	r := &Results{Scenario: e.Scenario, Experiment: e}
	for i := range e.Trials {
		t := &e.Trials[i]
		path := filepath.Join(dir, filepath.FromSlash(t.Folder))
		one := Run{Manifest: bundle.Manifest{ID: fmt.Sprintf("%s-%d", e.ID, t.Number), Scenario: e.Scenario, Seed: t.Seed,
			Status: t.Status, Failure: t.Failure, Started: t.Started, Tool: e.Tool}}
		if t.Verdict != "" { // What the experiment knows of it stays, should its folder be gone.
			one.Summary = &summary.Summary{FormatVersion: sample.FormatVersion, Run: one.Manifest.ID, Status: t.Status,
				Incomplete: t.Status != bundle.Complete, Duration: t.Duration, Verdict: t.Verdict, Sentence: t.Sentence,
				Objectives: t.Objectives, Figures: t.Figures}
		}
		_, err := os.Stat(filepath.Join(path, bundle.ManifestFile))
		if err == nil {
			if one, err = openRun(path); err != nil {
				return nil, err
			}
			t.Take(one.Summary)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("open trial %d: %w", t.Number, err)
		}
		one.Trial = t
		r.Runs = append(r.Runs, one)
	}
	e.Judge()
	if e.Versus != nil {
		r.Comparison, err = compare.Versus(dir, e)
		if errors.Is(err, compare.ErrNoRuns) {
			err = nil // The experiment says that it did not finish.
		}
	}
	return r, err
}

// Failed are the results of a run that recorded nothing: it has failed or was stopped before.
func Failed(scenario string, tool bundle.Tool, status bundle.Status, failure string) *Results {
	return &Results{Scenario: scenario, Runs: []Run{{Manifest: bundle.Manifest{
		Scenario: scenario, Tool: tool, Status: status, Failure: cmp.Or(failure, "it recorded nothing")}}}}
}

// counts reports whether a run's figures may be compared with those of others: it came to an end
// of its own.
func (r Run) counts() bool {
	if r.Trial != nil && !r.Trial.Ended {
		return false
	}
	return r.Summary != nil && (r.Trial != nil || !r.Summary.Incomplete)
}

// variant is how the variant of a trial is called; "" for a plain run, and without axes.
func (r *Results) variant(one Run) string {
	if one.Trial == nil {
		return ""
	}
	return r.Experiment.Variants[one.Trial.Variant].Label
}

// nodeTypes are the types of a run's nodes, each once.
func (r Run) nodeTypes() string {
	var types []string
	for _, pool := range r.Manifest.Cluster.Pools {
		types = append(types, pool.NodeType)
	}
	slices.Sort(types)
	return strings.Join(slices.Compact(types), ",")
}
