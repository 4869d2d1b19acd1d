// Package search keeps what a capacity search has tried and found: the highest load at which the
// objectives of a scenario hold, between two bounds, and what gave first above it. Every trial is a
// run folder of its own below the search's folder.
//
//	search.json       everything that follows (Search), replaced whole after every trial
//	report.html       the report, written when the search ends or stops
//	trials/01-...     the run folders of the trials, see package bundle
//
// How loads are chosen is the business of package runner/search.
package search

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// File is the name of a search's own file, by which its folder is known.
const File = "search.json"

// How trials are kept apart. With ResetCluster each has a new control plane, so that none inherits what
// the ones before it have left. With ResetCompact those of a variant share one: the objects of a run are
// removed after it, and etcd is compacted and defragmented.
const (
	ResetCluster = "cluster"
	ResetCompact = "compact"
)

// A Search is the content of search.json. What Judge computes is marked.
type Search struct {
	FormatVersion int      `json:"formatVersion"`
	ID            string   `json:"id"`
	Scenario      string   `json:"scenario"`
	Title         string   `json:"title,omitempty"`
	Description   string   `json:"description,omitempty"`
	Command       []string `json:"command"` // How to do it again; a search goes on by it, too.
	Digest        string   `json:"digest"`  // SHA-256 of the scenario's text, so that it goes on with the same one.
	Seed          uint64   `json:"seed"`    // Of the first trial; each further one has the next.
	Parameter     string   `json:"parameter"`
	Along         []Along  `json:"along,omitempty"` // What grows with it.
	Rules         Rules    `json:"rules"`
	Reset         string   `json:"reset"` // ResetCluster or ResetCompact.
	Goals         []Goal   `json:"goals"`
	Budget        Budget   `json:"budget"`
	Vary          string   `json:"vary,omitempty"` // The parameter in which the variants differ.
	// Interleaved says that variants take turns, trial by trial; else they come one after another.
	Interleaved bool    `json:"interleaved,omitempty"`
	At          float64 `json:"at,omitempty"` // The load at which the headroom is asked for; 0 if it is not.

	Tool     bundle.Tool   `json:"tool"`
	CPUs     int           `json:"cpus"` // Of the machine.
	Status   bundle.Status `json:"status"`
	Failure  string        `json:"failure,omitempty"`
	Started  time.Time     `json:"started"`
	Sentence string        `json:"sentence"`           // Computed: what was found, in words.
	Verdict  slo.Verdict   `json:"verdict"`            // Computed; see Judge.
	Compared []string      `json:"compared,omitempty"` // Computed: each variant beside the first one, in sentences.
	Variants []Variant     `json:"variants"`           // At least one.
}

// Along is a parameter that is a multiple of the load.
type Along struct {
	Parameter string  `json:"parameter"`
	Times     float64 `json:"times"`
}

// A Budget bounds the search of each variant.
type Budget struct {
	Time   sample.Offset `json:"time"`   // No trial begins that would probably end after it.
	Trials int           `json:"trials"` // At most so many.
}

// A Variant is what one search is about: a search without variants has one of no values.
type Variant struct {
	Label string `json:"label"`           // "disk=ssd"; "" if there is but one.
	Value string `json:"value,omitempty"` // Of the parameter that Search.Vary names.

	Intervals []Interval `json:"intervals"` // By goal; the state of the search after its last trial.
	// Stopped is why there were no more trials; "" for a search that is at its end by its rules.
	Stopped string  `json:"stopped,omitempty"`
	Trials  []Trial `json:"trials"`

	Gave     []Gave   `json:"gave,omitempty"`     // Computed, by goal.
	Knee     *Knee    `json:"knee,omitempty"`     // Computed; nil if there is none.
	Headroom *float64 `json:"headroom,omitempty"` // Computed: the room between At and the lower bound, as a share of At.
}

// A Trial is one run at one load.
type Trial struct {
	Number int     `json:"number"` // From 1, in the order begun, of all variants.
	Load   float64 `json:"load"`
	Seed   uint64  `json:"seed"`
	Folder string  `json:"folder"` // The run folder, below that of the search, with slashes.

	Status bundle.Status `json:"status,omitempty"` // "" if nothing was recorded.
	// Ended says that the trial came to an end of its own, be it that a phase took too long or that a
	// component of the cluster gave up: only such trials count.
	Ended    bool          `json:"ended"`
	TimedOut bool          `json:"timedOut,omitempty"` // A phase took too long.
	Failure  string        `json:"failure,omitempty"`
	Started  time.Time     `json:"started,omitzero"`
	Took     sample.Offset `json:"took"` // With the start and the end of its cluster.

	Unfinished string     `json:"unfinished,omitempty"` // The phase that took too long.
	Breakdown  *Breakdown `json:"breakdown,omitempty"`  // nil if nothing gave up by itself.

	// Compacted is what was done to etcd before the trial; nil if its control plane was new.
	Compacted *Compacted `json:"compacted,omitempty"`

	Verdict  slo.Verdict `json:"verdict,omitempty"` // Of the run, by all its objectives.
	Sentence string      `json:"sentence,omitempty"`
	// Limited is why a pass of this trial proves nothing about its load; "" if there is no reason.
	Limited    string              `json:"limited,omitempty"`
	Verdicts   []slo.Verdict       `json:"verdicts,omitempty"` // By goal; see Goal.Judge.
	Objectives []summary.Objective `json:"objectives,omitempty"`
	Readings   []Reading           `json:"readings,omitempty"`
	Others     float64             `json:"othersCores,omitempty"` // What other processes of the machine used on average.
	Phases     []string            `json:"phases,omitempty"`      // In which the objectives that missed have figures, and in which it broke off.
	After      []Span              `json:"after,omitempty"`       // The interval of each goal when this trial had ended.
}

// Compacted is the size of etcd's database before and after it was compacted and defragmented, in bytes.
type Compacted struct {
	Before int64 `json:"before"`
	After  int64 `json:"after"`
}

// A Span is an interval as two loads; 0 stands for an end that is not known.
type Span struct {
	Lower float64 `json:"lower"`
	Upper float64 `json:"upper"`
}

// Spans returns the intervals as loads.
func Spans(all []Interval) (spans []Span) {
	for _, i := range all {
		s := Span{}
		if i.Lower != nil {
			s.Lower = i.Lower.Load
		}
		if i.Upper != nil {
			s.Upper = i.Upper.Load
		}
		spans = append(spans, s)
	}
	return spans
}

// Take records what the trial's run folder says.
func (t *Trial) Take(s *summary.Summary, machine bundle.Machine, goals []Goal) {
	t.Status, t.Verdict, t.Sentence, t.Objectives = s.Status, s.Verdict, s.Sentence, s.Objectives
	t.Limited, t.Readings, t.Verdicts, t.Phases = limited(s), readings(s, machine), nil, withPhase(missedPhases(s), t.endedIn())
	t.Others = others(s)
	if t.Breakdown != nil {
		t.Breakdown.used(s)
	}
	for _, g := range goals {
		t.Verdicts = append(t.Verdicts, g.Judge(*t))
	}
}

// limited says that less was sent in a phase than the load asks for: a pass is then one at a lower load.
func limited(s *summary.Summary) string {
	offered, achieved := map[string]float64{}, map[string]float64{}
	for _, g := range s.Gauges {
		if phase, byPhase := g.Labels[phaseLabel]; byPhase && g.Metric == sample.APIOffered {
			offered[phase] += g.Mean
		} else if byPhase && g.Metric == sample.APIAchieved {
			achieved[phase] += g.Mean
		}
	}
	for _, phase := range slices.Sorted(maps.Keys(offered)) {
		if achieved[phase] < summary.MinAchieved*offered[phase] {
			return fmt.Sprintf("only %s of %s were sent in phase %s", sample.Format(achieved[phase], sample.PerSecond),
				sample.Format(offered[phase], sample.PerSecond), phase)
		}
	}
	return ""
}

// Spent is the time of a variant's trials so far.
func (v Variant) Spent() (spent sample.Offset) {
	for _, t := range v.Trials {
		spent += t.Took
	}
	return spent
}

// Longest is the longest of a variant's trials so far, 0 before the first.
func (v Variant) Longest() (longest sample.Offset) {
	for _, t := range v.Trials {
		longest = max(longest, t.Took)
	}
	return longest
}

// Incomplete reports whether the search was killed, interrupted or has failed, or is still going on.
func (s *Search) Incomplete() bool { return s.Status != bundle.Complete }

// Write judges the search and puts it into its folder, whole or not at all.
func (s *Search) Write(dir string) error {
	s.Judge()
	data, err := s.Encode()
	if err != nil {
		return err
	}
	return bundle.WriteFile(dir, File, data)
}

// Encode returns the search as JSON, with a line end.
func (s *Search) Encode() ([]byte, error) {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode search %s: %w", s.ID, err)
	}
	return append(data, '\n'), nil
}

// Is reports whether dir is the folder of a search.
func Is(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, File))
	return err == nil
}

// Open reads the search in a folder, finished or not.
func Open(dir string) (*Search, error) {
	path := filepath.Join(dir, File)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("open search: %w", err)
	}
	var version struct { // It is read alone first: a later one may have changed everything else.
		FormatVersion int `json:"formatVersion"`
	}
	if err := json.Unmarshal(data, &version); err != nil {
		return nil, fmt.Errorf("open search: read %s: %w", path, err)
	}
	if version.FormatVersion != sample.FormatVersion {
		return nil, fmt.Errorf("open search: %s has format version %d and this kubedyno reads version %d; use the kubedyno that wrote it",
			path, version.FormatVersion, sample.FormatVersion)
	}
	s := &Search{}
	if err := json.Unmarshal(data, s); err != nil {
		return nil, fmt.Errorf("open search: read %s: %w", path, err)
	}
	return s, s.check(path)
}

// check makes sure that what was read can be worked with: a trial's folder lies inside that of the
// search, and there is a verdict and an interval for every goal.
func (s *Search) check(path string) error {
	if err := s.Rules.Check(); err != nil {
		return fmt.Errorf("open search: read %s: %w", path, err)
	}
	if len(s.Variants) == 0 || len(s.Goals) == 0 {
		return fmt.Errorf("open search: read %s: it has no goals or no variants", path)
	}
	for _, v := range s.Variants {
		if n := len(v.Intervals); n != 0 && n != len(s.Goals) {
			return fmt.Errorf("open search: read %s: there are %d goals and %d intervals", path, len(s.Goals), n)
		}
		for _, t := range v.Trials {
			if !filepath.IsLocal(filepath.FromSlash(t.Folder)) || t.Ended && (len(t.Verdicts) != len(s.Goals) || len(t.After) != len(s.Goals)) || !(t.Load > 0) {
				return fmt.Errorf("open search: read %s: trial %d is damaged", path, t.Number)
			}
		}
	}
	return nil
}

// An Entry is a search's folder found by List.
type Entry struct {
	Dir     string
	Started time.Time
}

// List returns the searches in a directory, the newest first; those that cannot be read are left out.
// A directory that does not exist holds none.
func List(dir string) ([]Entry, error) {
	found, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list searches: %w", err)
	}
	var entries []Entry
	for _, item := range found {
		path := filepath.Join(dir, item.Name())
		if s, err := Open(path); err == nil {
			entries = append(entries, Entry{Dir: path, Started: s.Started})
		}
	}
	slices.SortStableFunc(entries, func(a, b Entry) int { return b.Started.Compare(a.Started) })
	return entries, nil
}
