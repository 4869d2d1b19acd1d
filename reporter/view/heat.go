package view

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/experiment"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

// The bounds of the tables over the values of the axes.
const (
	maxHeats       = 6 // Objectives and figures with a table of their own; the others are in the comparison.
	maxHeatAxes    = 3
	maxHeatColumns = 8  // More than that, and the second of three axes goes down, too.
	heatLevels     = 4  // Tints; the best has none.
	heatLogSpan    = 30 // How many times the largest figure must be the smallest for tints to go by its logarithm.
	// heatAlike is up to which share of the largest figures may differ to be alike: they get no tint,
	// which would make differences of nothing.
	heatAlike = 0.05
)

// A Heat shows what the trials have shown over the values of the axes, a table for each objective
// or figure.
type Heat struct {
	Lead   string // How to read the tables, or why there are none.
	Tint   string // What tints say.
	Tables []HeatTable
	Rest   Comparison // What has no table.
}

// A HeatTable has a cell for every combination of the axes' values.
type HeatTable struct {
	ID      string
	Title   string
	Detail  string // The metric, the limit, and which way is better.
	Down    []Span // The names of the axes whose values go down.
	Columns [][]Span
	Rows    []HeatRow
}

// A Span is a head over, or beside, that many columns or rows.
type Span struct {
	Text string
	Over int
}

// A HeatRow is a row of cells. Of two heads the first is there only where its rows begin.
type HeatRow struct {
	Heads []Span
	Cells []HeatCell
}

// A HeatCell is what the trials of one variant have shown.
type HeatCell struct {
	Verdict slo.Verdict // Of an objective.
	Glyph   string
	Value   string // The median of the trials, with ≥ where it is a lower bound; Dash if there is none, "" if none is meant.
	Range   string // "[lowest, highest]" of several trials.
	Note    string // Why there is no figure, or not of all trials.
	Level   int    // 0 to 4: how strong the tint is.
	Link    string // The report of the one trial; "" if there is none.
}

// heat lays the results out over the axes; nil if there are fewer than two axes with several values
// or no trial has ended.
func (c *comparer) heat() *Heat {
	var axes []int
	for i, a := range c.Axes {
		if len(a.Values) > 1 {
			axes = append(axes, i)
		}
	}
	ended := slices.ContainsFunc(c.Variants, func(v experiment.Variant) bool { return v.Ended > 0 })
	if len(axes) < 2 || !ended {
		return nil
	}
	if len(axes) > maxHeatAxes {
		return &Heat{Lead: fmt.Sprintf("There are %d parameters with several values; tables over their values are made of two or %d.", len(axes), maxHeatAxes)}
	}
	l, heated := c.layout(axes), c.heated()
	out := &Heat{Lead: c.heatLead(), Tint: tintWords(), Rest: c.rest(heated), Tables: []HeatTable{l.table("heat-verdict", c.verdictCells())}}
	out.Tables[0].Title = "Verdict"
	for n, i := range heated {
		q := c.quantities[i]
		table := l.table(fmt.Sprintf("heat-%d", n+1), c.heatCells(i))
		table.Title, table.Detail = upperFirst(q.Subject()), heatDetail(q)
		out.Tables = append(out.Tables, table)
	}
	return out
}

// heatLead says how the tables are to be read.
func (c *comparer) heatLead() string {
	words := "A cell for every combination of values."
	if c.Repeat > 1 {
		words = "The median of the trials for every combination of values, with [lowest, highest]."
	}
	for _, v := range c.Variants {
		if slices.ContainsFunc(v.Results, func(r experiment.Result) bool { return r.AtLeast }) {
			return words + " ≥ marks what had not come to its end when it was last seen."
		}
	}
	return words
}

func tintWords() string {
	return "The stronger a tint, the worse is the figure among those of its table, or the larger where neither is better. Figures within " +
		format(heatAlike, sample.Ratio) + " of one another have none."
}

// rest is the comparison of what has no table.
func (c *comparer) rest(heated []int) Comparison {
	all := c.comparison()
	out := Comparison{Caption: all.Caption, Variants: all.Variants, Cells: make([][]Cell, len(all.Cells))}
	for i, q := range all.Quantities {
		if slices.ContainsFunc(heated, func(j int) bool { return i == j || c.same(i, j) }) {
			continue
		}
		out.Quantities = append(out.Quantities, q)
		for v := range all.Cells {
			out.Cells[v] = append(out.Cells[v], all.Cells[v][i])
		}
	}
	return out
}

// heated are the quantities that get a table: the first that have figures, but none twice.
func (c *comparer) heated() []int {
	var all []int
	for i := range c.quantities {
		known := slices.ContainsFunc(c.results, func(byKey map[string]experiment.Result) bool { return byKey[c.keys[i]].N > 0 })
		same := slices.ContainsFunc(all, func(j int) bool { return c.same(i, j) })
		if known && !same && len(all) < maxHeats {
			all = append(all, i)
		}
	}
	return all
}

// same reports whether two quantities are the same statistic of the same metric, and were the same in
// every variant, as an objective and a figure of it are.
func (c *comparer) same(i, j int) bool {
	a, b := c.quantities[i], c.quantities[j]
	if a.Metric != b.Metric || a.Statistic != b.Statistic || !a.Figure {
		return false
	}
	for _, byKey := range c.results {
		x, y := byKey[c.keys[i]], byKey[c.keys[j]]
		if x.N != y.N || x.N > 0 && (*x.Median != *y.Median || *x.Min != *y.Min || *x.Max != *y.Max) {
			return false
		}
	}
	return true
}

// heatDetail names the metric, the limit and the better direction.
func heatDetail(q experiment.Result) string {
	detail := strings.TrimSuffix(q.Metric+" "+string(q.Statistic), " "+string(slo.Value))
	if words := where(q.Where); words != "" {
		detail += ", " + words
	}
	if !q.Figure {
		detail += "; " + q.LimitWords()
	}
	metric, _ := sample.Lookup(q.Metric)
	switch metric.Better {
	case sample.LowerIsBetter:
		detail += "; less is better"
	case sample.HigherIsBetter:
		detail += "; more is better"
	}
	return detail
}

// verdictCells are the verdicts of all variants, with a link if there was one trial.
func (c *comparer) verdictCells() []HeatCell {
	var cells []HeatCell
	for i, v := range c.Variants {
		head := c.variant(i)
		cell := HeatCell{Verdict: head.Verdict, Glyph: head.Glyph}
		switch {
		case head.Verdict == "":
			cell.Note = head.Word
		case v.Ended < v.Planned || v.Planned > 1:
			cell.Note = head.Trials
		}
		for _, t := range c.Trials {
			if t.Variant == i && t.Verdict != "" && v.Planned == 1 {
				cell.Link = trialRow(c.Experiment, t).Link
			}
		}
		cells = append(cells, cell)
	}
	return cells
}

// heatCells are what the variants have shown for a quantity, tinted by size.
func (c *comparer) heatCells(quantity int) []HeatCell {
	key := c.keys[quantity]
	var medians []float64
	for _, byKey := range c.results {
		if r := byKey[key]; r.N > 0 && finite(*r.Median) {
			medians = append(medians, *r.Median)
		}
	}
	tint := tinter(medians, c.quantities[quantity])
	var cells []HeatCell
	for i, v := range c.Variants {
		r, there := c.results[i][key]
		flat := cell(r, there, v.Ended)
		out := HeatCell{Verdict: flat.Verdict, Glyph: flat.Glyph, Value: flat.Value, Range: flat.Range}
		switch {
		case v.Ended == 0:
			out.Note = c.variant(i).Word
		case r.N == 0:
			out.Note = "no data"
		case r.N < v.Ended:
			out.Note = flat.N
		}
		if r.N > 0 && finite(*r.Median) {
			out.Level = tint(*r.Median)
		}
		cells = append(cells, out)
	}
	return cells
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// tinter returns how strong the tint of a figure is: in equal steps from the best to the worst, of
// the logarithms where figures lie far apart.
func tinter(medians []float64, q experiment.Result) func(median float64) int {
	if len(medians) == 0 {
		return func(float64) int { return 0 }
	}
	low, high := slices.Min(medians), slices.Max(medians)
	if high-low <= heatAlike*max(math.Abs(low), math.Abs(high)) {
		return func(float64) int { return 0 }
	}
	scale := func(v float64) float64 { return v }
	if low > 0 && high/low >= heatLogSpan {
		scale = math.Log
	}
	metric, _ := sample.Lookup(q.Metric)
	return func(median float64) int {
		share := (scale(median) - scale(low)) / (scale(high) - scale(low))
		if metric.Better == sample.HigherIsBetter {
			share = 1 - share
		}
		return int(math.Round(share * heatLevels))
	}
}

// A layout says which axes go down and which across.
type layout struct {
	*comparer
	down, across []int // Axes by their index, the outer first.
}

// layout has one axis down and the others across, unless that makes too many columns. Of two axes
// the one with more values goes down, if the other order has too many columns.
func (c *comparer) layout(axes []int) layout {
	size := func(axis int) int { return len(c.Axes[axis].Values) }
	switch {
	case len(axes) == 2 && size(axes[1]) > maxHeatColumns && size(axes[0]) < size(axes[1]):
		return layout{c, axes[1:], axes[:1]}
	case len(axes) == 3 && size(axes[1])*size(axes[2]) > maxHeatColumns:
		return layout{c, axes[:2], axes[2:]}
	}
	return layout{c, axes[:1], axes[1:]}
}

// table lays cells out, one for each variant.
func (l layout) table(id string, cells []HeatCell) HeatTable {
	t := HeatTable{ID: id}
	for _, axis := range l.down {
		t.Down = append(t.Down, Span{Text: l.Axes[axis].Parameter, Over: len(l.across)})
	}
	columns := l.combinations(l.across)
	for level := range l.across {
		t.Columns = append(t.Columns, l.heads(l.across, columns, level))
	}
	rows := l.combinations(l.down)
	for i, row := range rows {
		var out HeatRow
		for level, axis := range l.down {
			if over := l.over(l.down, level); i%over == 0 {
				out.Heads = append(out.Heads, Span{Text: row[axis], Over: over})
			}
		}
		for _, column := range columns {
			out.Cells = append(out.Cells, l.pick(cells, row, column))
		}
		t.Rows = append(t.Rows, out)
	}
	return t
}

// combinations lists the values of axes, by axis, the last axis changing fastest.
func (l layout) combinations(axes []int) []map[int]string {
	all := []map[int]string{{}}
	for _, axis := range axes {
		var next []map[int]string
		for _, before := range all {
			for _, value := range l.Axes[axis].Values {
				one := map[int]string{axis: value}
				for a, v := range before {
					one[a] = v
				}
				next = append(next, one)
			}
		}
		all = next
	}
	return all
}

// over is how many columns or rows a head of a level is for.
func (l layout) over(axes []int, level int) int {
	n := 1
	for _, axis := range axes[level+1:] {
		n *= len(l.Axes[axis].Values)
	}
	return n
}

// heads are the heads of a level above the columns: "surge 25%".
func (l layout) heads(axes []int, columns []map[int]string, level int) []Span {
	var heads []Span
	over := l.over(axes, level)
	for i := 0; i < len(columns); i += over {
		axis := l.Axes[axes[level]]
		heads = append(heads, Span{Text: strings.TrimSpace(axis.Parameter + " " + columns[i][axes[level]]), Over: over})
	}
	return heads
}

// pick returns the cell of the variant that has the values of a row and a column.
func (l layout) pick(cells []HeatCell, row, column map[int]string) HeatCell {
	for i, v := range l.Variants {
		fits := true
		for axis, value := range v.Values {
			want, down := row[axis]
			if !down {
				want, down = column[axis]
			}
			fits = fits && (!down || want == value)
		}
		if fits {
			return cells[i]
		}
	}
	return HeatCell{Value: Dash, Note: "not planned"}
}
