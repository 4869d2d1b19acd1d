// Package experiment keeps what several trials of one scenario have in common: which variants
// there are, in which order they were tried, and what came of each. Every trial is a run folder
// of its own below the experiment's folder.
//
//	experiment.json   everything that follows (Experiment), replaced whole after every trial
//	report.html       the comparison, written after every trial
//	trials/01-...     the run folders of the trials, see package bundle
package experiment

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// File is the name of an experiment's own file, by which its folder is known.
const File = "experiment.json"

// trialsFolder is where the run folders of the trials are.
const trialsFolder = "trials"

// AfterMiss as an experiment's StopAfter tries the values of the one axis in their order, and
// ends after the first that does not pass.
const AfterMiss = "miss"

// An Experiment is the content of experiment.json. What Judge computes is marked; the rest is
// what was planned and what happened.
type Experiment struct {
	FormatVersion int           `json:"formatVersion"`
	ID            string        `json:"id"`
	Scenario      string        `json:"scenario"`
	Title         string        `json:"title,omitempty"`
	Description   string        `json:"description,omitempty"`
	Command       []string      `json:"command"` // How to run it again.
	Seed          uint64        `json:"seed"`    // Of the first round.
	Repeat        int           `json:"repeat"`
	StopAfter     string        `json:"stopAfter,omitempty"` // AfterMiss, or "" to try every variant.
	Axes          []Axis        `json:"axes,omitempty"`
	Tradeoff      *Tradeoff     `json:"tradeoff,omitempty"` // nil if no figures are weighed against each other.
	Versus        *Versus       `json:"versus,omitempty"`   // nil unless its two variants are compared.
	Tool          bundle.Tool   `json:"tool"`
	Status        bundle.Status `json:"status"`
	Failure       string        `json:"failure,omitempty"` // Why, if it was interrupted or has failed.
	Started       time.Time     `json:"started"`
	Duration      sample.Offset `json:"duration,omitempty"`

	Verdict  slo.Verdict `json:"verdict"`  // Computed; see Judge.
	Sentence string      `json:"sentence"` // Computed: the verdict in words.
	// Computed, with StopAfter: the index of the last variant that passed, of those before which
	// all had passed, and of the first that did not; nil if there is none.
	LastGood *int      `json:"lastGood,omitempty"`
	FirstBad *int      `json:"firstBad,omitempty"`
	Variants []Variant `json:"variants"`
	Trials   []Trial   `json:"trials"` // In the order planned.
}

// An Axis is a parameter and the values that it takes.
type Axis struct {
	Parameter string    `json:"parameter"`
	Values    []string  `json:"values"`
	Numbers   []float64 `json:"numbers,omitempty"` // The values as numbers; none if they are words.
}

// A Variant is one combination of the axes' values.
type Variant struct {
	Label  string   `json:"label"`  // "constraint=plain, nodes=200"; "" without axes.
	Values []string `json:"values"` // In the order of the axes.
	// Pools are those of its nodes, with their prices; none of a variant that was recorded before they were kept.
	Pools []bundle.Pool `json:"pools,omitempty"`

	Verdict slo.Verdict `json:"verdict"` // Computed: the worst of its trials.
	Planned int         `json:"planned"` // Computed: trials that were to be.
	Ended   int         `json:"ended"`   // Computed: trials that ended by themselves.
	Results []Result    `json:"results"` // Computed: the objectives, then the figures.
}

// A Trial is one run of a variant.
type Trial struct {
	Number  int    `json:"number"`  // From 1.
	Round   int    `json:"round"`   // From 1; the trials of a round have the same seed.
	Variant int    `json:"variant"` // Its index.
	Seed    uint64 `json:"seed"`
	Folder  string `json:"folder"` // The run folder, below that of the experiment, with slashes.

	Status bundle.Status `json:"status,omitempty"` // "" if it was not begun, or recorded nothing.
	// Ended says that the trial came to an end of its own, be it that a phase took too long: only
	// such trials count. Those that were killed, interrupted or failed are merely listed.
	Ended      bool                `json:"ended"`
	ExitCode   *int                `json:"exitCode,omitempty"` // What it would have been for a run alone.
	Failure    string              `json:"failure,omitempty"`
	Started    time.Time           `json:"started,omitzero"`
	Duration   sample.Offset       `json:"duration,omitempty"`
	Verdict    slo.Verdict         `json:"verdict,omitempty"`
	Sentence   string              `json:"sentence,omitempty"`
	Objectives []summary.Objective `json:"objectives,omitempty"`
	Figures    []summary.Figure    `json:"figures,omitempty"`
	// Rollouts are those under quotas, of which the plan foresaw something; none of a trial that was
	// recorded before they were kept.
	Rollouts []summary.Rollout `json:"rollouts,omitempty"`
}

// A Result is what the trials of a variant have shown for one objective or figure. The trial is
// the unit of repetition: nothing is merged or averaged across trials.
type Result struct {
	slo.Objective             // Without a limit for a figure.
	Unit          sample.Unit `json:"unit"`
	Figure        bool        `json:"figure,omitempty"`
	Verdict       slo.Verdict `json:"verdict,omitempty"` // The worst of the trials; "" for a figure.
	Reason        string      `json:"reason,omitempty"`  // Of the worst trial.
	Values        []*float64  `json:"values"`            // By ended trial, in the order run; null where there was no figure to show.
	N             int         `json:"n"`                 // How many values there are.
	Median        *float64    `json:"median,omitempty"`  // Of the values; the mean of the middle two of an even number.
	Min           *float64    `json:"min,omitempty"`
	Max           *float64    `json:"max,omitempty"`
	// Bounds says of each value whether it is a lower bound, because things that never got there have
	// a part in it; none if no value is. AtLeast says so of the median.
	Bounds  []bool `json:"bounds,omitempty"`
	AtLeast bool   `json:"atLeast,omitempty"`
}

// Key tells results apart: those of the same key are in the same column of the comparison.
func (r Result) Key() string {
	return fmt.Sprint(r.Figure, "|", r.Subject(), "|", r.Metric, "|", r.Statistic, "|", r.Where.String(), "|", r.LimitWords())
}

// Take records what the trial's run folder says.
func (t *Trial) Take(s *summary.Summary) {
	t.Status, t.Verdict, t.Sentence, t.Duration = s.Status, s.Verdict, s.Sentence, s.Duration
	t.Objectives, t.Figures = s.Objectives, s.Figures
	t.Rollouts = nil
	for _, r := range s.Rollouts {
		if r.Agreement != "" {
			t.Rollouts = append(t.Rollouts, r)
		}
	}
}

// Incomplete reports whether the experiment was killed, interrupted or has failed, or is still
// going on.
func (e *Experiment) Incomplete() bool { return e.Status != bundle.Complete }

// maxSlug is how long the part of a trial's folder may be that names the variant.
const maxSlug = 60

// FolderOf returns the name of a trial's run folder below the experiment's, with slashes:
// "trials/03-constraint-plain". Of is how many trials there are.
func FolderOf(number, of int, label string) string {
	name := fmt.Sprintf("%0*d", max(2, len(fmt.Sprint(of))), number)
	slug := strings.Join(strings.FieldsFunc(strings.ToLower(label), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '.'
	}), "-")
	if slug = strings.Trim(slug[:min(len(slug), maxSlug)], "-."); slug != "" {
		name += "-" + slug
	}
	return trialsFolder + "/" + name
}

// Write judges the experiment and puts it into its folder, whole or not at all.
func (e *Experiment) Write(dir string) error {
	e.Judge()
	data, err := e.Encode()
	if err != nil {
		return err
	}
	return bundle.WriteFile(dir, File, data)
}

// Encode returns the experiment as JSON, with a line end.
func (e *Experiment) Encode() ([]byte, error) {
	data, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode experiment %s: %w", e.ID, err)
	}
	return append(data, '\n'), nil
}

// Is reports whether dir is the folder of an experiment.
func Is(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, File))
	return err == nil
}

// Open reads the experiment in a folder, finished or not.
func Open(dir string) (*Experiment, error) {
	path := filepath.Join(dir, File)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("open experiment: %w", err)
	}
	var version struct { // It is read alone first: a later one may have changed everything else.
		FormatVersion int `json:"formatVersion"`
	}
	if err := json.Unmarshal(data, &version); err != nil {
		return nil, fmt.Errorf("open experiment: read %s: %w", path, err)
	}
	if version.FormatVersion != sample.FormatVersion {
		return nil, fmt.Errorf("open experiment: %s has format version %d and this kubedyno reads version %d; use the kubedyno that wrote it",
			path, version.FormatVersion, sample.FormatVersion)
	}
	e := &Experiment{}
	if err := json.Unmarshal(data, e); err != nil {
		return nil, fmt.Errorf("open experiment: read %s: %w", path, err)
	}
	return e, e.check(path)
}

// check makes sure that what was read can be worked with: a trial's folder lies inside that of
// the experiment, and names of variants lead somewhere.
func (e *Experiment) check(path string) error {
	if len(e.Variants) == 0 || len(e.Trials) == 0 {
		return fmt.Errorf("open experiment: read %s: it has no trials", path)
	}
	for _, variant := range []*int{e.LastGood, e.FirstBad} {
		if variant != nil && (*variant < 0 || *variant >= len(e.Variants)) {
			return fmt.Errorf("open experiment: read %s: there is no variant %d", path, *variant)
		}
	}
	for _, t := range e.Trials {
		if t.Variant < 0 || t.Variant >= len(e.Variants) || !filepath.IsLocal(filepath.FromSlash(t.Folder)) {
			return fmt.Errorf("open experiment: read %s: trial %d is damaged", path, t.Number)
		}
	}
	for _, v := range e.Variants {
		if len(v.Values) != len(e.Axes) {
			return fmt.Errorf("open experiment: read %s: variant %q is damaged", path, v.Label)
		}
	}
	if e.Versus != nil && len(e.Variants) != 2 {
		return fmt.Errorf("open experiment: read %s: it compares two variants and has %d", path, len(e.Variants))
	}
	for _, a := range e.Axes {
		if len(a.Numbers) > 0 && len(a.Numbers) != len(a.Values) {
			return fmt.Errorf("open experiment: read %s: the axis %q has %d values and %d numbers", path, a.Parameter, len(a.Values), len(a.Numbers))
		}
	}
	if e.Repeat < 1 || e.Repeat > len(e.Trials) {
		return fmt.Errorf("open experiment: read %s: %d trials cannot be %d of each variant", path, len(e.Trials), e.Repeat)
	}
	return nil
}

// An Entry is an experiment's folder found by List.
type Entry struct {
	Dir     string
	Started time.Time
}

// List returns the experiments in a directory, the newest first; those that cannot be read are
// left out. A directory that does not exist holds none.
func List(dir string) ([]Entry, error) {
	found, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list experiments: %w", err)
	}
	var entries []Entry
	for _, item := range found {
		path := filepath.Join(dir, item.Name())
		if !Is(path) {
			continue
		}
		if e, err := Open(path); err == nil {
			entries = append(entries, Entry{Dir: path, Started: e.Started})
		}
	}
	slices.SortStableFunc(entries, func(a, b Entry) int { return b.Started.Compare(a.Started) })
	return entries, nil
}
