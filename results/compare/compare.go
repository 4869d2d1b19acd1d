// Package compare says whether runs of one side differ from those of another. The run is the
// unit of repetition: each gives one figure per metric, and 100,000 latencies of one run are one
// figure, not 100,000.
//
//	base, err := compare.Open("results/runs/before")
//	with, err := compare.Open("results/runs/after")
//	comparison, err := compare.Sides(base, with, compare.Options{Alpha: 0.05, MinEffect: 0.05})
//
// Sides is pure: it reads no file. It never says that two sides are the same: that no change was
// found is no proof that there is none; the intervals say how large one could still be.
package compare

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/stat"
	"github.com/kubedyno/kubedyno/results/summary"
)

// FormatVersion is that of a Comparison in JSON.
const FormatVersion = 1

// A Verdict says what became of a figure, or of all that decide.
type Verdict string

// The verdicts. There is none that says "the same".
const (
	Regressed   Verdict = "regressed"    // Worse by at least the least effect, and not by chance.
	Improved    Verdict = "improved"     // Better in the same sense.
	Changed     Verdict = "changed"      // Different in the same sense; neither direction is better.
	SmallChange Verdict = "small change" // Different, not by chance, but by less than the least effect.
	NoEvidence  Verdict = "no evidence"  // What differs may be chance.
	TooFewRuns  Verdict = "too few runs" // Not even sides that are wholly apart would be evidence.
	NoData      Verdict = "no data"      // A side has no figure.
)

// A Run is one run of a side.
type Run struct {
	Name     string // Where it was read from.
	Manifest bundle.Manifest
	Scenario []byte // With every parameter filled in; may be nil.
	Summary  *summary.Summary
	Detail   *summary.Detail // What curves are drawn from; nil for none.
	// LeftOut is why the run has no part in the comparison; "" if it has. What did not come to an
	// end of its own did not see everything.
	LeftOut string
	// Facts are how the run was made, of one that was kept without all of its manifest; see Facts.
	Facts []Fact
	// Baseline is the name of the baseline that the run was kept in; "" if it is at hand itself.
	Baseline string
}

// Options say how two sides are compared.
type Options struct {
	// Alpha is the chance of a false alarm that is accepted, for all figures that decide together:
	// above 0, below 1.
	Alpha float64
	// MinEffect is the least relative difference that counts as a change: 0.05 for 5%.
	MinEffect float64
	// Metrics are metrics that decide beside the objectives, with every figure of them.
	Metrics []string
	// Allow names the kinds of difference in the set-up that are accepted.
	Allow []Kind
}

// A Comparison is what Sides has found.
type Comparison struct {
	FormatVersion int        `json:"formatVersion"`
	Verdict       Verdict    `json:"verdict"`  // Of the figures that decide; see Sides.
	Sentence      string     `json:"sentence"` // The verdict in words.
	Scenario      string     `json:"scenario"`
	Title         string     `json:"title,omitempty"`
	Alpha         float64    `json:"alpha"`
	MinEffect     float64    `json:"minEffect"`
	Base          Side       `json:"base"`
	New           Side       `json:"new"`
	Setup         []SetupRow `json:"setup"`    // What differs between the runs; not their names and times.
	Deciding      []Change   `json:"deciding"` // The objectives and the metrics asked for.
	Others        []Change   `json:"others"`   // Every other figure of the runs, for information.
	Curves        []Curve    `json:"curves,omitempty"`
	Warnings      []string   `json:"warnings,omitempty"` // Doubts, each a sentence.
}

// A Side is what one side consists of.
type Side struct {
	Runs    []string  `json:"runs"`
	LeftOut []LeftOut `json:"leftOut,omitempty"`
}

// A LeftOut is a run without a part in the comparison.
type LeftOut struct {
	Run string `json:"run"`
	Why string `json:"why"`
}

// A Change is how one figure differs between the sides.
type Change struct {
	slo.Objective                  // What it is; with a limit if it is an objective.
	Unit          sample.Unit      `json:"unit"`
	Better        sample.Direction `json:"better"`
	Verdict       Verdict          `json:"verdict"`
	Reason        string           `json:"reason,omitempty"` // What is to be known of it.

	Base       stat.Centre `json:"base"`
	New        stat.Centre `json:"new"`
	BaseValues []*float64  `json:"baseValues"` // By run of the side; null where it has no figure.
	NewValues  []*float64  `json:"newValues"`

	Difference *stat.Shift `json:"difference,omitempty"` // In the unit; nil without figures on both sides.
	Relative   *stat.Shift `json:"relative,omitempty"`   // As a share of base; nil unless all figures are above 0.
	Higher     float64     `json:"higher"`               // The share of pairs of runs in which that of new is higher.
	P          float64     `json:"p"`                    // See stat.RankTest; 1 without figures on both sides.
	Adjusted   float64     `json:"adjusted"`             // P for there being so many figures; see stat.FalseDiscovery.
	// MoreRuns is how many more runs the smaller side needs before this figure alone could be
	// evidence of a change, with as many on the other side.
	MoreRuns int `json:"moreRuns,omitempty"`
}

// Sides compares the runs of base with those of a new state.
//
// Each figure is put to the rank test, and the p-values of those that decide are adjusted for
// their number; the others are adjusted among themselves, so that hundreds of them do not drown
// the few that decide. A figure that is the same in all runs has no part in that: it could not
// have raised an alarm (Tarone, A modified Bonferroni method for discrete data, Biometrics 46,
// 1990).
//
// The verdict is the first of these that any deciding figure has: regressed, no data, too few
// runs, changed, improved; or else that there is no evidence.
func Sides(base, other []Run, options Options) (*Comparison, error) {
	if !(options.Alpha > 0 && options.Alpha < 1) || !(options.MinEffect >= 0) {
		return nil, errors.New("compare: alpha must be between 0 and 1, and the least effect not below 0")
	}
	c := &Comparison{FormatVersion: FormatVersion, Alpha: options.Alpha, MinEffect: options.MinEffect,
		Deciding: []Change{}, Others: []Change{}}
	left, right := c.Base.take(base), c.New.take(other)
	if len(left) == 0 || len(right) == 0 {
		return nil, noRuns(c, len(left) == 0)
	}
	if err := twice(left, right); err != nil {
		return nil, err
	}
	newest := right[len(right)-1].Manifest
	c.Scenario, c.Title = newest.Scenario, newest.Title
	c.Setup = setup(left, right)
	if err := refused(c.Setup, options.Allow); err != nil {
		return nil, err
	}
	c.figures(left, right, options.Metrics)
	c.judge(c.Deciding, true)
	c.judge(c.Others, false)
	c.curves(left, right)
	c.warn(left, right)
	c.Verdict = c.overall()
	c.Sentence = c.sentence()
	return c, nil
}

// take lists the runs of a side and returns those that have a part.
func (s *Side) take(all []Run) []Run {
	s.Runs = []string{}
	var taken []Run
	for _, run := range all {
		if run.LeftOut != "" {
			s.LeftOut = append(s.LeftOut, LeftOut{run.Name, run.LeftOut})
			continue
		}
		s.Runs = append(s.Runs, run.Name)
		taken = append(taken, run)
	}
	return taken
}

// noRuns is the error of a side without runs.
func noRuns(c *Comparison, base bool) error {
	side, name := c.New, "new"
	if base {
		side, name = c.Base, "base"
	}
	err := "no run of the " + name + " side came to its end"
	for _, run := range side.LeftOut {
		err += "; " + run.Run + ": " + run.Why
	}
	return fmt.Errorf("%w: %s", ErrNoRuns, err)
}

// twice is the error of a run that is there more than once: it would agree with itself.
func twice(left, right []Run) error {
	seen := map[string]string{}
	for _, run := range slices.Concat(left, right) {
		if name, again := seen[run.Manifest.ID]; again {
			return fmt.Errorf("compare: %s and %s are the same run (%s)", name, run.Name, run.Manifest.ID)
		}
		seen[run.Manifest.ID] = run.Name
	}
	return nil
}

// warn tells of doubts about the runs.
func (c *Comparison) warn(left, right []Run) {
	for _, row := range c.Setup {
		if row.Mixed {
			c.Warnings = append(c.Warnings, fmt.Sprintf("The runs of one side differ among themselves: %s is %s in the base and %s in the new runs.",
				row.Name, strings.Join(row.Base, ", "), strings.Join(row.New, ", ")))
		}
	}
	for _, side := range []struct {
		name string
		Side
	}{{"base", c.Base}, {"new", c.New}} {
		for _, run := range side.LeftOut {
			c.Warnings = append(c.Warnings, fmt.Sprintf("%s has no part in the %s side: %s.", run.Run, side.name, run.Why))
		}
	}
	if name := left[0].Baseline; name != "" {
		c.Warnings = append(c.Warnings, agedWarning(name, left, right))
	} else if apart := func(a, b []Run) bool { return last(a).Before(first(b)) }; apart(left, right) || apart(right, left) {
		c.Warnings = append(c.Warnings, "All runs of one side were made before those of the other, so a drift of the machine "+
			"would look like a change; sides that take turns rule that out.")
	}
	c.Warnings = append(c.Warnings, doubts("base", left)...)
	c.Warnings = append(c.Warnings, doubts("new", right)...)
}

func first(runs []Run) time.Time {
	return slices.MinFunc(runs, func(a, b Run) int { return a.Manifest.Started.Compare(b.Manifest.Started) }).Manifest.Started
}

func last(runs []Run) time.Time {
	return slices.MaxFunc(runs, func(a, b Run) int { return a.Manifest.Started.Compare(b.Manifest.Started) }).Manifest.Started
}

// doubts says how many runs of a side warn of something, such as a harness that fell behind. They
// are compared all the same: to leave out runs by how they came out would favour one outcome.
func doubts(side string, runs []Run) []string {
	n, example := 0, ""
	for _, run := range runs {
		if len(run.Summary.Warnings) == 0 {
			continue
		}
		n++
		if example == "" {
			example = run.Name + ": " + run.Summary.Warnings[0]
		}
	}
	if n == 0 {
		return nil
	}
	return []string{fmt.Sprintf("Warnings are in the results of %d of the %d runs of the %s side, which count all the same. %s",
		n, len(runs), side, example)}
}
