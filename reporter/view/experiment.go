package view

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/kubedyno/kubedyno/results/bundle"
	sides "github.com/kubedyno/kubedyno/results/compare"
	"github.com/kubedyno/kubedyno/results/experiment"
	"github.com/kubedyno/kubedyno/results/slo"
)

// An Experiment is everything that an output shows of several trials of one scenario.
type Experiment struct {
	Title    string
	ID       string
	Verdict  slo.Verdict
	Sentence string // The verdict in words.
	Head     []Fact

	Heat       *Heat // nil without two axes or more; Comparison has the same and more.
	Comparison Comparison
	Forecasts  *Forecasts // nil if there were no rollouts under quotas.
	Figure     Figure
	// Recommendation says which variant costs least; "" if no cost is known.
	Recommendation string
	Assumptions    string    // What the recommendation assumes; "" if nothing is recommended.
	Tradeoff       *Tradeoff // nil if no two figures are weighed against each other.
	Trials         []Trial
	Warnings       []string // Doubts, each a sentence.
	Again          Code     // How to run it again.
	Versus         string   // The page that compares base and variant, relative to this one; "" if there is none.
}

// A Comparison is a table of variants and of what their trials have shown.
type Comparison struct {
	Caption    string
	Axis       string // The one parameter in which the variants differ; "" if there are several, or none.
	Variants   []Variant
	Quantities []Quantity
	Cells      [][]Cell // By variant, then by quantity.
}

// A Variant is one combination of the axes' values and what became of it.
type Variant struct {
	Name    string
	Short   string      // By its values alone, for where the parameters' names stand beside it.
	Verdict slo.Verdict // "" if it was not run.
	Glyph   string
	Word    string // The verdict, or that it was not run.
	Trials  string // "3 trials", "2 of 3 trials".
}

// A Quantity is an objective, or a figure that is not judged.
type Quantity struct {
	Name   string
	Detail string // The metric and the labels.
	Limit  string // "" for a figure.
}

// A Cell is what the trials of one variant have shown for one quantity.
type Cell struct {
	Verdict slo.Verdict // "" for a figure, and if there were no trials.
	Glyph   string
	Value   string // The median of the trials; Dash if there is no figure.
	Range   string // "[lowest, highest]" of several trials.
	N       string // How many trials that is: "n = 3", "n = 2 of 3".
	Note    string // Why there is no figure, or no verdict.
}

// A Trial is one row of the list of trials, in the order run.
type Trial struct {
	Number, Round, Variant, Seed string
	Verdict                      slo.Verdict // "" if it was not run or recorded nothing.
	Glyph                        string
	Word                         string // The verdict, or why there is none.
	Took                         string
	Note                         string // Why it does not count, if it does not.
	Sentence                     string
	Link                         string // Its report.html, relative to that of the experiment; "" if there is none.
}

// A Grid is a comparison laid out as a table.
type Grid struct {
	Corner  string
	Columns []GridHead
	Rows    []GridRow
}

// A GridHead names a row or a column.
type GridHead struct {
	Name, Sub, Limit string
	Verdict          slo.Verdict
	Glyph, Word      string // Of a variant; else empty.
}

// A GridRow is a row of a grid.
type GridRow struct {
	Head  GridHead
	Cells []Cell
}

// Grid lays the comparison out with whatever is fewer across, so that the table is narrow.
func (c Comparison) Grid() Grid {
	var variants, quantities []GridHead
	for _, v := range c.Variants {
		variants = append(variants, GridHead{Name: v.Name, Sub: v.Trials, Verdict: v.Verdict, Glyph: v.Glyph, Word: v.Word})
	}
	for _, q := range c.Quantities {
		quantities = append(quantities, GridHead{Name: q.Name, Sub: q.Detail, Limit: q.Limit})
	}
	g := Grid{Corner: "Variant", Columns: quantities}
	for i, v := range variants {
		g.Rows = append(g.Rows, GridRow{Head: v, Cells: c.Cells[i]})
	}
	if len(variants) >= len(quantities) {
		return g
	}
	g = Grid{Corner: "Objective or figure", Columns: variants}
	if c.Axis != "" { // Else the name of the parameter is repeated in every column, and widens it.
		g.Corner += ", by " + c.Axis
		for i, v := range c.Variants {
			g.Columns[i].Name = v.Short
		}
	}
	for j, q := range quantities {
		row := GridRow{Head: q}
		for i := range variants {
			row.Cells = append(row.Cells, c.Cells[i][j])
		}
		g.Rows = append(g.Rows, row)
	}
	return g
}

// BuildExperiment turns a judged experiment, finished or not, into what its outputs show.
func BuildExperiment(e *experiment.Experiment) *Experiment {
	c := compare(e)
	v := &Experiment{
		Title: cmp.Or(e.Title, e.Scenario, "Experiment "+e.ID), ID: e.ID, Verdict: e.Verdict, Sentence: e.Sentence,
		Head: experimentHead(e), Comparison: c.comparison(), Figure: c.figure(), Tradeoff: c.tradeoff(), Warnings: experimentWarnings(e),
		Again: Code{Title: "Command", Text: shellQuote(e.Command)},
	}
	for _, t := range e.Trials {
		v.Trials = append(v.Trials, trialRow(e, t))
	}
	v.Recommendation, v.Assumptions = c.recommendation()
	v.Heat, v.Forecasts = c.heat(), c.forecasts()
	if e.Comparable() {
		v.Versus = sides.PageFile
	}
	return v
}

func experimentHead(e *experiment.Experiment) []Fact {
	facts := []Fact{{"Scenario", e.Scenario}}
	for _, axis := range e.Axes {
		facts = append(facts, Fact{axis.Parameter, strings.Join(axis.Values, ", ")})
	}
	if e.Versus != nil {
		facts = append(facts, Fact{"Base", e.Versus.Base}, Fact{"Variant", e.Versus.Variant})
	}
	if e.StopAfter == experiment.AfterMiss {
		facts = append(facts, Fact{"Last good value", ladderWords(e, e.LastGood, "none")},
			Fact{"First that did not pass", ladderWords(e, e.FirstBad, "none")})
	}
	ended := 0
	for _, t := range e.Trials {
		if t.Ended {
			ended++
		}
	}
	facts = append(facts, Fact{"Trials", fmt.Sprintf("%d of %d", ended, len(e.Trials))},
		Fact{"Duration", elapsed(e.Duration)},
		Fact{"Started", e.Started.UTC().Format("2006-01-02 15:04:05 UTC")},
		Fact{"Seed", count(int64(e.Seed))}, Fact{"kubedyno", toolWords(e.Tool)}, Fact{"Experiment", e.ID})
	prices := pricesOf(e)
	return known(append(facts, Fact{"Prices" + onDemand(prices) + " of", prices}))
}

func ladderWords(e *experiment.Experiment, variant *int, none string) string {
	if variant == nil {
		return none
	}
	return e.Variants[*variant].Label
}

func experimentWarnings(e *experiment.Experiment) []string {
	words := map[bundle.Status]string{
		bundle.Running:     "The experiment is still going on, or was killed: what follows is of the trials that ended.",
		bundle.Interrupted: "The experiment was interrupted: what follows is of the trials that ended.",
		bundle.Failed:      "The experiment ended early, because the environment failed: " + e.Failure + ".",
	}[e.Status]
	var all []string
	if words != "" {
		all = append(all, words)
	}
	return all
}

func trialRow(e *experiment.Experiment, t experiment.Trial) Trial {
	row := Trial{Number: fmt.Sprint(t.Number), Round: fmt.Sprint(t.Round), Variant: variantName(e, t.Variant),
		Seed: count(int64(t.Seed)), Verdict: t.Verdict, Word: string(t.Verdict), Took: Dash, Sentence: t.Sentence}
	if t.Verdict != "" {
		row.Glyph, row.Took = Glyph(t.Verdict), elapsed(t.Duration)
		row.Link = t.Folder + "/" + bundle.ReportFile
	}
	switch {
	case t.Verdict != "" && !t.Ended:
		row.Note = "It does not count, because it did not end by itself."
	case t.Verdict == "" && t.Failure != "":
		row.Word, row.Sentence = "failed", t.Failure
	case t.Verdict == "":
		row.Word = "not run"
	}
	return row
}

// variantName is how a variant is called: by its values, or as the scenario if it has no axes.
func variantName(e *experiment.Experiment, index int) string {
	return cmp.Or(e.Variants[index].Label, e.Scenario, "the scenario")
}
