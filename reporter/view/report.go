// Package view turns a run into plain structs for tables and figures. Every number is final
// here: it is computed, rounded and given its unit once, so no two outputs can disagree.
//
// It draws nothing and writes no HTML. Packages page and text render a Report; package chart
// draws its figures.
package view

import (
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

// A Report is everything that an output shows of one run, in reading order.
type Report struct {
	Title    string
	Run      string // The run's ID.
	Verdict  slo.Verdict
	Sentence string // The verdict in words.
	Head     []Fact

	Trust      []Check
	Objectives []Objective // Missed first.
	NoGoals    string      // Said in place of the objectives when there are none.
	Key        []Fact      // The figures to remember, for the terminal.
	Sections   []Section
	Warnings   []string // Doubts, each a sentence.
}

// A Fact is a named value.
type Fact struct{ Name, Value string }

// A State says whether a check of the harness speaks for the results.
type State string

// The states of a check. Unknown is not a good sign: nothing is green without data.
const (
	OK      State = "ok"
	Doubt   State = "doubt"
	Unknown State = "not measured"
)

// A Check is one figure by which a reader judges whether the harness can be believed.
type Check struct {
	Name  string
	Value string
	Limit string // What is expected, with its direction; empty where there is no number.
	State State
	Note  string // What it means.
}

// An Objective is one line of the objectives table.
type Objective struct {
	Name     string
	Why      string // The section that looks into it; "" if there is none.
	Verdict  slo.Verdict
	Glyph    string // Stands beside the verdict's word.
	Metric   string
	Where    string // The labels, in words.
	Observed string // With its unit; Dash if there is none.
	Interval string // The 95% interval, or empty.
	Limit    string // With its direction: "≤ 1 s".
	Margin   string // Room left (+) or lacking (−), as a share of the limit.
	Share    float64
	HasShare bool // Share is the observed value as a share of the limit, for a bar.
	N        string
	Reason   string
	Source   string
}

// A Section is a chapter of the report. What it has is shown in the order of the fields.
type Section struct {
	ID      string
	Title   string
	Nav     string // Its name in the navigation; "" if it follows on another one.
	Lead    string
	Facts   []Fact
	Figures []Figure
	Tables  []Table
	Codes   []Code
}

// A Table is a real table. Empty says in a sentence why there are no rows.
type Table struct {
	ID      string
	Caption string
	Columns []Column
	Rows    [][]string
	Empty   string
}

// A Column is a table's column; numbers are aligned to the right.
type Column struct {
	Name    string
	Numeric bool
}

// A Code is text to be shown as it is. Folded text waits behind its title.
type Code struct {
	Title  string
	Text   string
	Folded bool
}

// Dash stands where there is no number.
const Dash = "–"

// An Axis is the meaning of a figure's horizontal axis.
type Axis string

// The axes. On the Tail axis X is the share p (0 <= p < 1) of a distribution, drawn at
// 1/(1-p) on a log scale, so that every further nine has the same width.
const (
	TimeAxis Axis = "time" // X is seconds since the run started.
	TailAxis Axis = "tail"
	// NodesAxis, PodsAxis and HPAsAxis are those of numbers of nodes, pods and HPAs.
	NodesAxis Axis = "nodes"
	PodsAxis  Axis = "pods"
	HPAsAxis  Axis = "HPAs"
	// RequestsAxis is that of rates of requests.
	RequestsAxis Axis = "requests a second"
	// RunsAxis is that of the numbers of runs, from 1.
	RunsAxis  Axis = "runs, the oldest first"
	ValueAxis Axis = "value" // X is a value of a parameter, named by the Ticks.
	NamesAxis Axis = "names" // X is the index of a name in the Ticks.
	// FigureAxis is that of another figure: X is a value in the unit XUnit.
	FigureAxis Axis = "figure"
	// ShareAxis is that of shares of a base: X is 0.1 for 10% more. Every panel has two series of
	// dots without a height, and for each a mark at its median.
	ShareAxis Axis = "share"
	// PartsAxis is that of amounts in the unit XUnit, from 0. Every panel is one bar, and every series a
	// piece of it, from one point to another; a mark at its end says how much the whole is.
	PartsAxis Axis = "parts"
)

// A Figure is one picture: panels under one another that share the horizontal axis.
type Figure struct {
	ID      string
	Title   string // What the figure shows, as a finding.
	Caption string // How to read it.
	Alt     string // The same in words, for those who do not see it.
	Empty   string // Why there is nothing to draw; then there are no panels.
	Axis    Axis
	End     float64 // Where the time axis ends, in seconds, or that of nodes, pods, HPAs or runs.
	Bands   []Band
	Outages []Band // Of a time axis: stretches in which something was amiss on purpose; of runs: where the set-up changed.
	Beyond  []Band // Stretches of the horizontal axis in which a limit was passed.
	Ticks   []Tick // Of a value or names axis.
	Along   string // What a value, names or figure axis shows.
	Log     bool   // A value or share axis is logarithmic.
	Panels  []Panel
	Table   Table // The figures behind the picture.

	XUnit sample.Unit // Of a figure axis.

	Unmeasured []Band `json:",omitempty"` // Stretches of the horizontal axis in which nothing was measured.
}

// A Tick is a named place on a horizontal axis.
type Tick struct {
	At   float64
	Name string
}

// A Band is a named stretch of the time axis, in seconds.
type Band struct {
	Name     string
	From, To float64
}

// A Panel is one pair of axes.
type Panel struct {
	Label  string
	Unit   sample.Unit
	Log    bool
	Series []Series
	Limits []Limit
	Marks  []Mark
	Signed bool     // Values may be below 0; without it the axis begins there, unless it is logarithmic.
	Ticks  Ticks    // At the foot of a panel over time.
	Heat   *HeatMap // Drawn behind the lines; nil if there is none.
	Areas  []Area   `json:",omitempty"` // Drawn behind the lines.
}

// An Area is what lies between two lines over the same places.
type Area struct{ Lower, Upper []Point }

// Ticks are moments at which something happened, drawn as short strokes.
type Ticks struct {
	Name string
	At   []float64 // In seconds, ascending.
}

// A HeatMap is a heat map: how many things there are in each cell of a grid.
type HeatMap struct {
	Width float64   // Of a column, on the horizontal axis, which begins at 0.
	Edges []float64 // The vertical axis: the lowest value of each row, and the highest of the last.
	Cells [][]int   // By column, then by row: 0 for none, else 1 (few) to HeatShades (most).
}

// HeatShades is how many shades a heat map has.
const HeatShades = 6

// A Mark is a named place in a panel, with the ranges that it may as well have; those without extent
// are not drawn.
type Mark struct {
	Name      string
	At        Point
	Low, High Point
	Slot      int  // As that of a Series.
	Muted     bool // Its name matters less than those of others.
}

// A Series is one named line. Its parts are separated by gaps in the data.
type Series struct {
	Name  string
	Slot  int // Chooses colour and dash; the same thing has the same slot in every figure.
	Parts [][]Point
	Dots  bool // Every point is a mark of its own; no line joins them.
}

// A Point is a position in the axes' units.
type Point struct{ X, Y float64 }

// A Limit is a value that must not be passed: everywhere, or up to a share Until of the
// distribution on a tail axis.
type Limit struct {
	Name  string
	Value float64
	Until float64
}
