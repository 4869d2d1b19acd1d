package view

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/experiment"
	"github.com/kubedyno/kubedyno/results/slo"
)

// The bounds of the comparison's figure.
const (
	maxPanels = 12 // Objectives and figures that are drawn; the others are in the table.
	// logSpan is how many times the largest value of an axis must be the smallest for the axis
	// to be logarithmic.
	logSpan = 10
	// halfStroke is half the length of a median's stroke, in places of a names axis.
	halfStroke = 0.22
)

// A comparer collects the results of all variants by quantity.
type comparer struct {
	*experiment.Experiment
	keys       []string // The quantities in the order in which they first appear.
	quantities []experiment.Result
	results    []map[string]experiment.Result // By variant, then by key.
}

func compare(e *experiment.Experiment) *comparer {
	c := &comparer{Experiment: e}
	for _, figures := range []bool{false, true} { // All objectives come before the figures.
		for _, v := range e.Variants {
			for _, r := range v.Results {
				if r.Figure == figures && !slices.Contains(c.keys, r.Key()) {
					c.keys, c.quantities = append(c.keys, r.Key()), append(c.quantities, r)
				}
			}
		}
	}
	for _, v := range e.Variants {
		byKey := map[string]experiment.Result{}
		for _, r := range v.Results {
			byKey[r.Key()] = r
		}
		c.results = append(c.results, byKey)
	}
	return c
}

func (c *comparer) comparison() Comparison {
	out := Comparison{Caption: c.caption()}
	if len(c.Axes) == 1 {
		out.Axis = c.Axes[0].Parameter
	}
	for _, q := range c.quantities {
		quantity := Quantity{Name: q.Subject(), Detail: q.Metric + " " + string(q.Statistic)}
		if words := where(q.Where); words != "" {
			quantity.Detail += ", " + words
		}
		if !q.Figure {
			quantity.Limit = q.LimitWords()
		}
		out.Quantities = append(out.Quantities, quantity)
	}
	for i, v := range c.Variants {
		out.Variants = append(out.Variants, c.variant(i))
		var row []Cell
		for _, key := range c.keys {
			r, there := c.results[i][key]
			row = append(row, cell(r, there, v.Ended))
		}
		out.Cells = append(out.Cells, row)
	}
	return out
}

func (c *comparer) variant(index int) Variant {
	v := c.Variants[index]
	trials := plural(v.Planned, "trial", "trials")
	if v.Ended < v.Planned {
		trials = fmt.Sprintf("%d of %s", v.Ended, trials)
	}
	out := Variant{Name: variantName(c.Experiment, index), Short: c.short(index), Verdict: v.Verdict, Glyph: Glyph(v.Verdict),
		Word: string(v.Verdict), Trials: trials}
	if v.Ended == 0 {
		out.Verdict, out.Glyph, out.Word = "", "", "not run"
		if slices.ContainsFunc(c.Trials, func(t experiment.Trial) bool { return t.Variant == index && !t.Started.IsZero() }) {
			out.Word = "not ended"
		}
	}
	return out
}

// caption says how to read the table.
func (c *comparer) caption() string {
	if len(c.Variants) == 1 {
		return "The median of the trials with [lowest, highest]."
	}
	if c.Repeat == 1 {
		return "One trial of each variant, so a difference between variants may be chance; --repeat shows how much the results vary."
	}
	if c.StopAfter != "" {
		return "The median of a variant's trials with [lowest, highest]."
	}
	return "The median of a variant's trials with [lowest, highest]. The variants took turns, every second round in reverse, so that a drift of the machine favours none."
}

func cell(r experiment.Result, there bool, ended int) Cell {
	out := Cell{Value: Dash}
	if !there {
		return out
	}
	if out.Verdict = r.Verdict; r.Verdict != "" {
		out.Glyph = Glyph(r.Verdict)
	}
	if r.N == 0 || r.Verdict == slo.Inconclusive || r.Verdict == slo.NoData {
		out.Note = r.Reason
	}
	if r.N == 0 {
		return out
	}
	out.Value = medianWords(r)
	if ended > 1 {
		out.Range = "[" + format(*r.Min, r.Unit) + ", " + format(*r.Max, r.Unit) + "]"
		out.N = fmt.Sprintf("n = %d", r.N)
		if r.N < ended {
			out.N += fmt.Sprintf(" of %d", ended)
		}
	}
	return out
}

// medianWords is the median of the trials, with a mark where it is a lower bound.
func medianWords(r experiment.Result) string {
	words := format(*r.Median, r.Unit)
	if r.AtLeast && words != Dash {
		return "≥ " + words
	}
	return words
}

// figure draws the quantities, one panel each, over the values of the axis or over the names of
// the variants; of a scenario that is merely repeated, over the rounds.
func (c *comparer) figure() Figure {
	f := Figure{ID: "comparison-figure", Title: c.finding(), Table: c.table()}
	f.Axis, f.Along, f.Ticks, f.Log = c.axis()
	for i, key := range c.keys {
		if low, high := c.extremes(key); len(f.Panels) == maxPanels || low == high && len(c.keys) > maxPanels && len(c.Variants) > 1 {
			continue // What is the same for all variants makes room for others.
		}
		if p, ok := c.panel(c.quantities[i], key, f); ok {
			f.Panels = append(f.Panels, p)
		}
	}
	if len(f.Panels) == 0 {
		f.Empty = "No trial has shown a figure that can be drawn."
		return f
	}
	f.Caption = "Every dot is a trial"
	if f.Axis == ValueAxis || c.Repeat > 1 {
		f.Caption += "; the line is the median of a variant's trials"
	}
	f.Caption += ". The dashed line is the limit; where none is drawn, it is far above the figures or there is none."
	if more := len(c.keys) - len(f.Panels); len(c.keys) > maxPanels {
		f.Caption += " " + plural(more, "more is", "more are") + " in the table alone."
	}
	f.Alt = f.Title + ". The figures are in the table behind the picture."
	return f
}

func (c *comparer) axis() (axis Axis, along string, ticks []Tick, log bool) {
	if len(c.Variants) == 1 {
		for round := 1; round <= c.Repeat; round++ {
			ticks = append(ticks, Tick{float64(round), fmt.Sprint(round)})
		}
		return ValueAxis, "round", ticks, false
	}
	if len(c.Axes) == 1 && len(c.Axes[0].Numbers) == len(c.Variants) {
		numbers := c.Axes[0].Numbers
		for i, number := range numbers {
			ticks = append(ticks, Tick{number, c.Axes[0].Values[i]})
		}
		low, high := slices.Min(numbers), slices.Max(numbers)
		return ValueAxis, c.Axes[0].Parameter, ticks, low > 0 && high/low >= logSpan
	}
	var names []string
	for _, a := range c.Axes {
		names = append(names, a.Parameter)
	}
	for i, v := range c.Variants {
		ticks = append(ticks, Tick{float64(i), cmp.Or(strings.Join(v.Values, ", "), v.Label)})
	}
	return NamesAxis, strings.Join(names, ", "), ticks, false
}

// panel draws one quantity; it is not there if no trial has a value of it.
func (c *comparer) panel(q experiment.Result, key string, f Figure) (Panel, bool) {
	p := Panel{Label: q.Subject(), Unit: q.Unit}
	if limit, ok := limitOf(q.Objective); ok && !q.Figure {
		p.Limits = []Limit{{Name: "limit " + q.LimitWords(), Value: limit}}
	}
	each := Series{Name: "each trial", Slot: 1, Dots: true}
	median := Series{Name: "median", Slot: 0}
	var line []Point
	for i := range c.Variants {
		r, there := c.results[i][key]
		if !there || r.N == 0 {
			continue
		}
		for round, value := range r.Values {
			if value != nil {
				each.Parts = append(each.Parts, []Point{{c.place(f, i, round), *value}})
			}
		}
		at := c.place(f, i, 0)
		if f.Axis == NamesAxis {
			median.Parts = append(median.Parts, []Point{{at - halfStroke, *r.Median}, {at + halfStroke, *r.Median}})
		}
		line = append(line, Point{at, *r.Median})
	}
	switch {
	case len(c.Variants) == 1 && len(line) == 1: // Across all rounds.
		median.Parts = [][]Point{{{f.Ticks[0].At, line[0].Y}, {f.Ticks[len(f.Ticks)-1].At, line[0].Y}}}
	case f.Axis == ValueAxis && len(line) > 0:
		slices.SortFunc(line, func(a, b Point) int { return int(math.Copysign(1, a.X-b.X)) })
		median.Parts = [][]Point{line}
	}
	if len(median.Parts) > 0 && (c.Repeat > 1 || f.Axis == ValueAxis) {
		p.Series = append(p.Series, median)
	}
	p.Series = append(p.Series, each)
	return p, len(each.Parts) > 0
}

// place is where a variant's trial stands on the horizontal axis.
func (c *comparer) place(f Figure, variant, round int) float64 {
	if len(c.Variants) == 1 {
		return float64(round + 1)
	}
	return f.Ticks[variant].At
}

// finding says in a sentence what the figure shows of the first quantity in which variants differ.
func (c *comparer) finding() string {
	if c.LastGood != nil && c.FirstBad != nil {
		return c.Variants[*c.LastGood].Label + " is the last value that passed"
	}
	same := "" // Of the first quantity of which all variants have as much: it tells little.
	for i, key := range c.keys {
		low, high := c.extremes(key)
		if low < 0 {
			continue
		}
		q := c.quantities[i]
		lowest, highest := medianWords(c.results[low][key]), medianWords(c.results[high][key])
		if low == high {
			same = cmp.Or(same, q.Subject()+": "+lowest)
			continue
		}
		return fmt.Sprintf("%s: from %s (%s) to %s (%s)", q.Subject(), lowest, variantName(c.Experiment, low), highest, variantName(c.Experiment, high))
	}
	return cmp.Or(same, "Objectives and figures by variant")
}

// extremes returns the variants with the lowest and the highest median of a quantity, the first ones where
// several have it, so that both are the same if all have as much; -1 if no trial has shown it.
func (c *comparer) extremes(key string) (low, high int) {
	low, high = -1, -1
	for j := range c.Variants {
		r := c.results[j][key]
		if r.N == 0 {
			continue
		}
		if low < 0 || *r.Median < *c.results[low][key].Median {
			low = j
		}
		if high < 0 || *r.Median > *c.results[high][key].Median {
			high = j
		}
	}
	return low, high
}

// table holds the figures behind the picture, and those that found no room in it.
func (c *comparer) table() Table {
	t := Table{ID: "comparison-table", Caption: "Every value, in the order of the trials", Empty: "No trial has ended.",
		Columns: []Column{{"Objective or figure", false}, {"Variant", false}, {"Trials", true}, {"Median", true}, {"Lowest", true}, {"Highest", true}, {"Each trial", false}}}
	for i, key := range c.keys {
		for j := range c.Variants {
			r, there := c.results[j][key]
			if !there {
				continue
			}
			row := []string{c.quantities[i].Subject(), variantName(c.Experiment, j), fmt.Sprint(r.N), Dash, Dash, Dash}
			if r.N > 0 {
				row = append(row[:3], medianWords(r), format(*r.Min, r.Unit), format(*r.Max, r.Unit))
			}
			var values []string
			for i, value := range r.Values {
				text := Dash
				if value != nil {
					text = format(*value, r.Unit)
				}
				if value != nil && i < len(r.Bounds) && r.Bounds[i] {
					text = "≥ " + text
				}
				values = append(values, text)
			}
			t.Rows = append(t.Rows, append(row, strings.Join(values, "; ")))
		}
	}
	return t
}
