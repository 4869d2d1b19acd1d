package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/experiment"
	"github.com/kubedyno/kubedyno/results/sample"
)

// A Tradeoff shows two figures against each other, and which variants no other beats on both.
type Tradeoff struct {
	Lead   string
	X, Y   string // The names of the figures.
	Figure Figure
	Rows   []TradeoffRow // The variants, those that no other beats first; those without both figures last.
}

// A TradeoffRow is one variant.
type TradeoffRow struct {
	Name, X, Y string
	Best       bool   // No other beats it.
	Word       string // What is to be said of it.
}

// The slots of a trade-off's series.
const (
	bestSlot   = 0
	beatenSlot = 6 // Grey.
)

// tradeoffLogSpan is how many times the largest value must be the smallest for the vertical axis to be
// logarithmic: dots crowd less on a linear one until then.
const tradeoffLogSpan = 30

// tradeoff weighs two figures; nil if the experiment does not.
func (c *comparer) tradeoff() *Tradeoff {
	t := c.Tradeoff
	if t == nil {
		return nil
	}
	x, okX := c.figureNamed(t.X)
	y, okY := c.figureNamed(t.Y)
	out := &Tradeoff{X: t.X, Y: t.Y, Figure: Figure{ID: "tradeoff-figure", Axis: FigureAxis, Along: t.X + directionWords(x)}}
	out.Rows = c.tradeoffRows(x, y)
	if len(t.Front) == 0 || !okX || !okY {
		out.Lead = "No variant has both figures, so there is nothing to weigh."
		out.Figure.Title, out.Figure.Empty = t.X+" against "+t.Y, out.Lead
		return out
	}
	better := betterWords(x) + " and " + betterWords(y)
	out.Lead = fmt.Sprintf("No other variant is both %s than %s. Every other one is beaten by one of these, which is at least as good on both and better on one.",
		better, c.names(t.Front))
	if len(t.Front) == 1 && len(t.Beaten) > 0 {
		out.Lead = fmt.Sprintf("%s beats every other variant: it is at least as good on both and better on one, where better is %s.", c.names(t.Front), better)
	}
	if len(t.Beaten) == 0 && len(t.Front) > 1 {
		out.Lead = fmt.Sprintf("No variant is both %s than any other: who wants one pays for it with the other.", better)
	}
	if len(t.Missing) > 0 {
		out.Lead += fmt.Sprintf(" Left out, because they have not both figures: %s.", c.names(t.Missing))
	}
	c.drawTradeoff(&out.Figure, x, y)
	out.Figure.Table = tradeoffTable(out.Rows, x, y)
	return out
}

// figureNamed returns the quantity of a figure.
func (c *comparer) figureNamed(name string) (experiment.Result, bool) {
	at := slices.IndexFunc(c.quantities, func(r experiment.Result) bool { return r.Figure && r.Name == name })
	if at < 0 {
		return experiment.Result{}, false
	}
	return c.quantities[at], true
}

// betterWords is what a variant is that is better: cheaper, faster, or lower or higher in the figure.
func betterWords(r experiment.Result) string {
	metric, _ := sample.Lookup(r.Metric)
	switch {
	case r.Unit == sample.Dollars:
		return "cheaper"
	case metric.Better == sample.HigherIsBetter:
		return "higher in " + r.Name
	case r.Unit == sample.Seconds && metric.Shape == sample.Distribution:
		return "faster"
	}
	return "lower in " + r.Name
}

// directionWords says which way along an axis is better.
func directionWords(r experiment.Result) string {
	if metric, _ := sample.Lookup(r.Metric); metric.Better == sample.HigherIsBetter {
		return " (more is better)"
	}
	return " (less is better)"
}

// names lists variants: "a; b or c" would be read as one, so each stands between semicolons.
func (c *comparer) names(variants []int) string {
	var names []string
	for _, i := range variants {
		names = append(names, variantName(c.Experiment, i))
	}
	return strings.Join(names, "; ")
}

// short is a variant by its values alone, as the axes' names stand in the caption.
func (c *comparer) short(variant int) string {
	return cmp.Or(strings.Join(c.Variants[variant].Values, ", "), variantName(c.Experiment, variant))
}

// drawTradeoff draws a dot for every variant, and a step line along those that no other beats.
func (c *comparer) drawTradeoff(f *Figure, x, y experiment.Result) {
	t := c.Tradeoff
	f.XUnit = x.Unit
	panel := Panel{Label: y.Name + directionWords(y), Unit: y.Unit}
	best := Series{Name: "none is better on both", Slot: bestSlot, Dots: true}
	beaten := Series{Name: "beaten by another", Slot: beatenSlot, Dots: true}
	var front []Mark
	for _, i := range t.Front {
		mark := c.mark(i, bestSlot)
		front = append(front, mark)
		best.Parts = append(best.Parts, []Point{mark.At})
	}
	panel.Marks = slices.Clone(front)
	for _, b := range t.Beaten {
		mark := c.mark(b.Variant, beatenSlot)
		mark.Muted = true
		panel.Marks = append(panel.Marks, mark)
		beaten.Parts = append(beaten.Parts, []Point{mark.At})
	}
	panel.Series = []Series{best}
	if len(front) > 1 { // A line through one dot is none.
		panel.Series = []Series{{Name: "the best there is", Slot: bestSlot, Parts: [][]Point{frontLine(front, x)}}, best}
	}
	if len(beaten.Parts) > 0 {
		panel.Series = append(panel.Series, beaten)
	}
	low, high := panel.Marks[0].Low.Y, panel.Marks[0].High.Y
	for _, m := range panel.Marks {
		low, high = min(low, m.Low.Y), max(high, m.High.Y)
	}
	panel.Log = low > 0 && high/low >= tradeoffLogSpan
	f.Panels = []Panel{panel}
	verb := "are"
	if len(t.Front) == 1 {
		verb = "is"
	}
	f.Title = fmt.Sprintf("%s of %s %s not beaten on both %s and %s", count(int64(len(t.Front))),
		plural(len(panel.Marks), "variant", "variants"), verb, x.Name, y.Name)
	f.Caption = "How to read it: every dot is a variant, named by its " + c.axesWords() + "."
	if len(front) > 1 {
		f.Caption += " What lies on the line cannot be improved on one figure without giving up on the other, among these variants."
	}
	if len(t.Beaten) > 0 {
		f.Caption += " For every grey dot there is a coloured one that is at least as good on both."
	}
	if c.Repeat > 1 {
		f.Caption += " A dot is the median of the variant's trials, its cross reaches from the lowest to the highest; where crosses overlap, variants may trade places."
	} else {
		f.Caption += " Each was tried once, so dots that are close together may trade places."
	}
	f.Alt = f.Title + ". The figures are in the table behind the picture."
}

// axesWords names the parameters, in the order of a variant's values.
func (c *comparer) axesWords() string {
	var names []string
	for _, axis := range c.Axes {
		names = append(names, axis.Parameter)
	}
	return cmp.Or(strings.Join(names, ", "), "name")
}

func (c *comparer) mark(variant, slot int) Mark {
	x, _ := c.Variants[variant].Figure(c.Tradeoff.X)
	y, _ := c.Variants[variant].Figure(c.Tradeoff.Y)
	return Mark{Name: c.short(variant), Slot: slot, At: Point{*x.Median, *y.Median},
		Low: Point{*x.Min, *y.Min}, High: Point{*x.Max, *y.Max}}
}

// frontLine joins marks by steps: from the best on x on, it first gives up on x and then gains on y, so
// that all that the marks beat lies on one side.
func frontLine(front []Mark, x experiment.Result) []Point {
	sorted := slices.Clone(front)
	slices.SortStableFunc(sorted, func(a, b Mark) int { return cmp.Compare(a.At.X, b.At.X) })
	if metric, _ := sample.Lookup(x.Metric); metric.Better == sample.HigherIsBetter {
		slices.Reverse(sorted)
	}
	var line []Point
	for i, m := range sorted {
		if i > 0 {
			line = append(line, Point{m.At.X, sorted[i-1].At.Y})
		}
		line = append(line, m.At)
	}
	return line
}

// tradeoffRows lists the variants: those that no other beats, by their first figure, the others, and those without figures.
func (c *comparer) tradeoffRows(x, y experiment.Result) []TradeoffRow {
	t := c.Tradeoff
	row := func(variant int, word string) TradeoffRow {
		out := TradeoffRow{Name: variantName(c.Experiment, variant), X: Dash, Y: Dash, Word: word}
		if r, ok := c.Variants[variant].Figure(t.X); ok {
			out.X = format(*r.Median, r.Unit)
		}
		if r, ok := c.Variants[variant].Figure(t.Y); ok {
			out.Y = format(*r.Median, r.Unit)
		}
		return out
	}
	var rows []TradeoffRow
	byX := slices.SortedStableFunc(slices.Values(t.Front), func(a, b int) int {
		return cmp.Compare(c.mark(a, bestSlot).At.X, c.mark(b, bestSlot).At.X)
	})
	for _, i := range byX {
		best := row(i, "no other is both "+betterWords(x)+" and "+betterWords(y))
		best.Best = true
		rows = append(rows, best)
	}
	for _, b := range t.Beaten {
		rows = append(rows, row(b.Variant, "beaten by "+variantName(c.Experiment, b.By)))
	}
	for _, i := range t.Missing {
		rows = append(rows, row(i, "left out: it has not both figures"))
	}
	return rows
}

func tradeoffTable(rows []TradeoffRow, x, y experiment.Result) Table {
	table := Table{ID: "tradeoff-table", Caption: "The variants, those that no other beats first", Empty: "There are no variants.",
		Columns: []Column{{"Variant", false}, {x.Name, true}, {y.Name, true}, {"Against the others", false}}}
	for _, r := range rows {
		table.Rows = append(table.Rows, []string{r.Name, r.X, r.Y, r.Word})
	}
	return table
}
