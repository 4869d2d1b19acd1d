// Package baseline keeps what a comparison needs of some runs in one small file, so that later runs
// can be held against them when their folders are long gone:
//
//	kept, err := baseline.New("main", runs, time.Now())
//	err = kept.Write("results/baselines")
//	...
//	kept, err := baseline.Open("results/baselines/main.json")
//	found, err := compare.Sides(kept.Side(), newRuns, options)
//
// A baseline holds how its runs were made, as compare.Facts says it, and their figures: every
// objective, the figures that the scenario names, and of the others as many as fit into MaxBytes.
// It holds no samples, and no path, name or address of a machine, so it may be committed.
package baseline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/compare"
	"github.com/kubedyno/kubedyno/results/slo"
)

// FormatVersion is that of the file.
const FormatVersion = 1

// The limits of a baseline.
const (
	MaxBytes = 200_000 // Of the file. Figures that decide nothing are left out of a larger one.
	MaxRuns  = 50
)

// Extension is how the name of a baseline's file ends.
const Extension = ".json"

// A Baseline is what is kept of some runs of one scenario on one machine.
type Baseline struct {
	FormatVersion int       `json:"formatVersion"`
	Name          string    `json:"name"`
	Saved         time.Time `json:"saved"`
	Scenario      string    `json:"scenario"`
	Title         string    `json:"title,omitempty"`
	Omitted       int       `json:"omitted,omitempty"` // Figures that did not fit into the file.

	Runs    []Run    `json:"runs"` // In the order of their start.
	Facts   []Fact   `json:"facts"`
	Figures []Figure `json:"figures"` // The objectives first.
}

// A Run is one of the runs.
type Run struct {
	ID       string    `json:"id"`
	Started  time.Time `json:"started"`
	Warnings int       `json:"warnings,omitempty"` // How many doubts its results came with.
}

// A Fact is one fact of how the runs were made.
type Fact struct {
	Name   string       `json:"name"`
	Kind   compare.Kind `json:"kind,omitempty"`
	Values []string     `json:"values"` // One for all runs, or by run; "" for one that does not have it.
}

// A Figure is one figure of all runs.
type Figure struct {
	slo.Objective
	Judged   bool       `json:"judged,omitempty"`   // It is an objective.
	N        int64      `json:"n,omitempty"`        // In the run with the most of Censored:
	Censored int64      `json:"censored,omitempty"` // of N, how many never got there.
	Values   []*float64 `json:"values"`             // By run; null where it has none.
}

// names is what a baseline may be called: what is a file's name everywhere, and no path.
var names = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$`)

// CheckName returns what is wrong with the name of a baseline.
func CheckName(name string) error {
	switch {
	case !names.MatchString(name):
		return fmt.Errorf("baseline %q: a name has 1 to 64 letters, digits, dots, dashes and underscores, and begins and ends with a letter or digit", name)
	case strings.HasSuffix(strings.ToLower(name), Extension):
		return fmt.Errorf("baseline %q: name it without %s, which its file ends with", name, Extension)
	default:
		return nil
	}
}

// File is where a baseline of that name is in a folder.
func File(dir, name string) string { return filepath.Join(dir, name+Extension) }

// New keeps runs as a baseline. Those that are left out of comparisons are not kept; the others
// must be different runs of one scenario on one machine.
func New(name string, runs []compare.Run, saved time.Time) (*Baseline, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	var why []string
	var kept []compare.Run
	for _, run := range runs {
		if run.LeftOut == "" {
			kept = append(kept, run)
		} else {
			why = append(why, run.Name+": "+run.LeftOut)
		}
	}
	switch {
	case len(kept) == 0:
		return nil, fmt.Errorf("baseline %s: no run came to its end; %s", name, strings.Join(why, "; "))
	case len(kept) > MaxRuns:
		return nil, fmt.Errorf("baseline %s: it holds at most %d runs, not %d", name, MaxRuns, len(kept))
	}
	slices.SortStableFunc(kept, func(a, b compare.Run) int { return a.Manifest.Started.Compare(b.Manifest.Started) })
	newest := kept[len(kept)-1].Manifest
	b := &Baseline{FormatVersion: FormatVersion, Name: name, Saved: saved.UTC().Truncate(time.Second), Scenario: newest.Scenario, Title: newest.Title}
	for _, run := range kept {
		if slices.ContainsFunc(b.Runs, func(r Run) bool { return r.ID == run.Manifest.ID }) {
			return nil, fmt.Errorf("baseline %s: run %s was named twice", name, run.Manifest.ID)
		}
		b.Runs = append(b.Runs, Run{run.Manifest.ID, run.Manifest.Started.UTC(), len(run.Summary.Warnings)})
	}
	b.takeFacts(kept)
	if err := b.alike(); err != nil {
		return nil, err
	}
	b.takeFigures(kept)
	return b, b.fit()
}

// Objectives returns how many of the figures are objectives.
func (b *Baseline) Objectives() int {
	n := 0
	for _, figure := range b.Figures {
		if figure.Judged {
			n++
		}
	}
	return n
}

// alike is the error of runs that are no repetitions of one another.
func (b *Baseline) alike() error {
	for _, fact := range b.Facts {
		if fact.Kind != "" && len(fact.Values) > 1 {
			distinct := slices.Compact(slices.Sorted(slices.Values(fact.Values)))
			return fmt.Errorf("baseline %s: its runs must be of one %s; %s: %s", b.Name, fact.Kind, fact.Name, strings.Join(distinct, ", "))
		}
	}
	return nil
}

// Side returns the runs of the baseline as a side of a comparison.
func (b *Baseline) Side() []compare.Run {
	runs := make([]compare.Run, len(b.Runs))
	for i, kept := range b.Runs {
		runs[i] = compare.Run{Name: b.Name + "/" + kept.ID, Baseline: b.Name, Facts: []compare.Fact{},
			Manifest: bundle.Manifest{ID: kept.ID, Scenario: b.Scenario, Title: b.Title, Started: kept.Started, Status: bundle.Complete},
			Summary:  b.summaryOf(i)}
		for _, fact := range b.Facts {
			runs[i].Facts = append(runs[i].Facts, compare.Fact{Name: fact.Name, Kind: fact.Kind, Value: fact.Values[min(i, len(fact.Values)-1)]})
		}
	}
	return runs
}

// Write puts the baseline into a folder, which is made if there is none, as a file that everybody
// may read. It replaces one of the same name.
func (b *Baseline) Write(dir string) error {
	data, err := b.encode()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the folder of baselines: %w", err)
	}
	if err := bundle.WriteFile(dir, b.Name+Extension, data); err != nil {
		return err
	}
	if err := os.Chmod(File(dir, b.Name), 0o644); err != nil {
		return fmt.Errorf("let others read the baseline: %w", err)
	}
	return nil
}

// Open reads a baseline's file.
func Open(path string) (*Baseline, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open baseline: there is no file %s: %w", path, fs.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("open baseline: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > 2*MaxBytes {
		return nil, fmt.Errorf("open baseline %s: it is no file of at most %d bytes", path, 2*MaxBytes)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("open baseline: %w", err)
	}
	b, err := Decode(data)
	if err != nil {
		return nil, fmt.Errorf("open baseline %s: %w", path, err)
	}
	return b, nil
}

// Decode reads what encode wrote, and checks that it is whole.
func Decode(data []byte) (*Baseline, error) {
	var version struct {
		FormatVersion int `json:"formatVersion"`
	}
	if err := json.Unmarshal(data, &version); err != nil {
		return nil, fmt.Errorf("it is no baseline: %w", err)
	}
	if version.FormatVersion != FormatVersion {
		return nil, fmt.Errorf("it has format version %d and this kubedyno reads version %d", version.FormatVersion, FormatVersion)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var b Baseline
	if err := decoder.Decode(&b); err != nil {
		return nil, fmt.Errorf("it is no baseline: %w", err)
	}
	return &b, b.check()
}

// check returns what makes a baseline unusable.
func (b *Baseline) check() error {
	if err := CheckName(b.Name); err != nil {
		return err
	}
	if len(b.Runs) == 0 || len(b.Runs) > MaxRuns {
		return fmt.Errorf("it has %d runs, and a baseline has 1 to %d", len(b.Runs), MaxRuns)
	}
	for _, fact := range b.Facts {
		if len(fact.Values) != 1 && len(fact.Values) != len(b.Runs) {
			return fmt.Errorf("%q has %d values for %d runs", fact.Name, len(fact.Values), len(b.Runs))
		}
	}
	for _, figure := range b.Figures {
		if len(figure.Values) != len(b.Runs) || figure.Metric == "" {
			return fmt.Errorf("the figure %q of metric %q has %d values for %d runs", figure.Name, figure.Metric, len(figure.Values), len(b.Runs))
		}
	}
	return b.alike()
}
