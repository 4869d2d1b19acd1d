package view

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	sides "github.com/kubedyno/kubedyno/results/compare"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/stat"
)

// A Tone says how a word of a comparison is coloured; the word says it without colour.
type Tone string

// The tones, which are classes of the page's style.
const (
	Good  Tone = "pass"
	Bad   Tone = "miss"
	Care  Tone = "doubt"
	Plain Tone = "unknown"
)

// A Compare is everything that an output shows of a comparison of two sides.
type Compare struct {
	Title    string
	Word     string // The verdict.
	Tone     Tone
	Glyph    string
	Sentence string // The verdict in words.
	Head     []Fact

	Setup    Table    // What differs in the set-up.
	Lead     string   // How to read the changes.
	Changes  []Change // The figures that decide, those that need attention first.
	Strip    Figure   // Every run of every deciding figure.
	Curves   []Figure // Distributions of both sides, and by how much they differ.
	Others   Table    // Other figures that changed.
	Runs     Table    // The runs of both sides.
	Warnings []string // Doubts, each a sentence.
}

// A Change is one figure on both sides.
type Change struct {
	Name     string
	Detail   string // The metric and the statistic.
	Limit    string // "" without one.
	Word     string // The verdict.
	Tone     Tone
	Glyph    string
	Base     string // The median; Dash without figures.
	BaseSpan string // "[low, high]" of the median; "" if there are too few runs for it.
	New      string
	NewSpan  string
	Change   string // "+33%", or in the unit where a share cannot be told.
	Interval string // Of the change; "" if there are too few runs for it.
	P        string // Adjusted; Dash where nothing was tested.
	Runs     string // "5 and 5".
	Higher   string // "new higher in 92% of pairs".
	Note     string
}

// The bounds of a comparison's page.
const (
	maxStrips = 14 // Figures whose runs are drawn.
	maxCurves = 6  // Distributions that are drawn.
	maxOthers = 60 // Other figures that changed and are listed.
)

// toneOf is how a verdict looks.
func toneOf(v sides.Verdict) (Tone, string) {
	switch v {
	case sides.Regressed:
		return Bad, "✗"
	case sides.Improved:
		return Good, "✓"
	case sides.Changed:
		return Care, "Δ"
	case sides.TooFewRuns:
		return Care, "?"
	case sides.NoData:
		return Care, "∅"
	default:
		return Plain, "~"
	}
}

// BuildCompare turns a comparison into what its outputs show.
func BuildCompare(c *sides.Comparison) *Compare {
	v := &Compare{Title: cmp.Or(c.Title, c.Scenario), Word: string(c.Verdict), Sentence: c.Sentence, Warnings: c.Warnings,
		Head: known([]Fact{{"Scenario", c.Scenario}, {"Base", plural(len(c.Base.Runs), "run", "runs")},
			{"New", plural(len(c.New.Runs), "run", "runs")}, {"Figures that decide", count(int64(len(c.Deciding)))},
			{"Accepted chance of a false alarm", format(c.Alpha, sample.Ratio)}, {"Least change that counts", format(c.MinEffect, sample.Ratio)}})}
	v.Tone, v.Glyph = toneOf(c.Verdict)
	sorted := byAttention(c.Deciding)
	v.Lead = "Each run is one figure. The change is the median over all pairs of a base run and a new run, with a 95% interval of that figure by " +
		"itself; p is that of the exact rank test, adjusted for the number of figures (Benjamini and Hochberg)."
	for _, change := range sorted {
		v.Changes = append(v.Changes, changeRow(change))
	}
	v.Setup, v.Runs, v.Others = setupTable(c), sideTable(c), othersTable(c)
	v.Strip = stripFigure(sorted)
	v.Curves = curveFigures(c)
	return v
}

// byAttention sorts the changes: those that need attention first, and of these the largest.
func byAttention(all []sides.Change) []sides.Change {
	order := []sides.Verdict{sides.Regressed, sides.NoData, sides.TooFewRuns, sides.Changed, sides.Improved, sides.SmallChange, sides.NoEvidence}
	sorted := slices.Clone(all)
	size := func(ch sides.Change) float64 {
		if ch.Relative == nil {
			return 0
		}
		return math.Abs(ch.Relative.Value)
	}
	slices.SortStableFunc(sorted, func(a, b sides.Change) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Verdict), slices.Index(order, b.Verdict)), cmp.Compare(size(b), size(a)))
	})
	return sorted
}

func changeRow(ch sides.Change) Change {
	row := Change{Name: changeName(ch), Detail: strings.TrimSpace(ch.Metric + " " + string(ch.Statistic)), Word: string(ch.Verdict),
		Base: Dash, New: Dash, Change: Dash, P: Dash, Runs: fmt.Sprintf("%d and %d", ch.Base.N, ch.New.N), Note: ch.Reason}
	row.Tone, row.Glyph = toneOf(ch.Verdict)
	if _, limited := limitOf(ch.Objective); limited {
		row.Limit = ch.LimitWords()
	}
	row.Base, row.BaseSpan = centreWords(ch.Base, ch.Unit)
	row.New, row.NewSpan = centreWords(ch.New, ch.Unit)
	if ch.Difference == nil {
		return row
	}
	row.Change, row.Interval = shiftWords(ch)
	if ch.P < 1 || ch.Adjusted < 1 || ch.Higher != 0.5 {
		row.P = sides.FormatP(ch.Adjusted)
		row.Higher = "new higher in " + percent(ch.Higher) + " of pairs"
	}
	if ch.MoreRuns > 0 && row.Note == "" {
		row.Note = fmt.Sprintf("%d more runs a side", ch.MoreRuns)
		if ch.MoreRuns == 1 {
			row.Note = "1 more run a side"
		}
	}
	return row
}

// changeName is the name of a figure, or else words that can be wrapped: "API request p99, verb get,
// in load".
func changeName(ch sides.Change) string {
	if ch.Name != "" {
		return ch.Words()
	}
	words := metricWords(ch.Metric)
	if ch.Statistic != slo.Value && ch.Statistic != "" {
		words += " " + string(ch.Statistic)
	}
	if labels := where(ch.Where); labels != "" {
		words += ", " + labels
	}
	return words
}

// metricWords is what a metric measures, for people.
func metricWords(name string) string {
	metric, ok := sample.Lookup(name)
	if !ok {
		return name
	}
	return strings.Replace(metric.Words(), "api ", "API ", 1)
}

func centreWords(c stat.Centre, unit sample.Unit) (value, span string) {
	if c.N == 0 {
		return Dash, ""
	}
	value = format(c.Median, unit)
	if c.Low != nil {
		span = "[" + format(*c.Low, unit) + ", " + format(*c.High, unit) + "]"
	}
	return value, span
}

// shiftWords writes a change as a share, or in the figure's unit where it has no share.
func shiftWords(ch sides.Change) (change, interval string) {
	shift, write := ch.Difference, func(v float64) string { return signedValue(v, ch.Unit) }
	if ch.Relative != nil {
		shift, write = ch.Relative, sides.Signed
	}
	if shift.Low != nil {
		interval = "[" + write(*shift.Low) + ", " + write(*shift.High) + "]"
	}
	return write(shift.Value), interval
}

// signedValue writes a difference in a unit.
func signedValue(v float64, unit sample.Unit) string {
	switch {
	case v < 0:
		return "−" + format(-v, unit)
	case v > 0:
		return "+" + format(v, unit)
	default:
		return format(v, unit)
	}
}

// setupTable lists what differs between the sides.
func setupTable(c *sides.Comparison) Table {
	t := Table{ID: "setup", Caption: "What differs in the set-up",
		Columns: []Column{{Name: "What"}, {Name: "Base"}, {Name: "New"}},
		Empty:   "Nothing that is recorded: scenario, parameters, seeds, versions, flags, node pools and machine are alike."}
	for _, row := range c.Setup {
		name := row.Name
		if row.Kind != "" {
			name += " (allowed)"
		}
		t.Rows = append(t.Rows, []string{name, strings.Join(row.Base, ", "), strings.Join(row.New, ", ")})
	}
	return t
}

// sideTable lists the runs, those without a part too.
func sideTable(c *sides.Comparison) Table {
	t := Table{ID: "runs-table", Caption: "The runs of both sides", Columns: []Column{{Name: "Side"}, {Name: "Run"}, {Name: "Part"}}}
	for _, side := range []struct {
		name string
		sides.Side
	}{{"base", c.Base}, {"new", c.New}} {
		for _, run := range side.Runs {
			t.Rows = append(t.Rows, []string{side.name, run, "compared"})
		}
		for _, run := range side.LeftOut {
			t.Rows = append(t.Rows, []string{side.name, run.Run, "left out: " + run.Why})
		}
	}
	return t
}

// othersTable lists what else has changed.
func othersTable(c *sides.Comparison) Table {
	changed := slices.DeleteFunc(slices.Clone(c.Others), func(ch sides.Change) bool {
		return ch.Verdict != sides.Regressed && ch.Verdict != sides.Improved && ch.Verdict != sides.Changed
	})
	t := Table{ID: "others-table", Columns: []Column{{Name: "Figure"}, {Name: "Verdict"}, {"Base", true}, {"New", true}, {"Change", true},
		{"95% interval", true}, {"p", true}}}
	t.Caption = fmt.Sprintf("%s of %s other figures changed; they decide nothing, and are adjusted among themselves",
		count(int64(len(changed))), count(int64(len(c.Others))))
	t.Empty = fmt.Sprintf("None of %s shows evidence of a change.", plural(len(c.Others), "other figure", "other figures"))
	if len(c.Others) == 0 {
		t.Empty = "The runs have no other figures."
	}
	enough := func(ch sides.Change) bool { return ch.Verdict != sides.TooFewRuns && ch.Verdict != sides.NoData }
	if len(c.Others) > 0 && !slices.ContainsFunc(c.Others, enough) {
		t.Empty = fmt.Sprintf("There are too few runs for evidence of a change in any of %s.", plural(len(c.Others), "other figure", "other figures"))
	}
	if len(changed) == 0 {
		t.Caption = "Other figures"
	}
	if len(changed) > maxOthers {
		t.Caption += fmt.Sprintf("; the %d largest are listed", maxOthers)
	}
	for _, ch := range byAttention(changed)[:min(len(changed), maxOthers)] {
		row := changeRow(ch)
		t.Rows = append(t.Rows, []string{row.Name, row.Glyph + "\u00a0" + row.Word, row.Base, row.New, row.Change, cmp.Or(row.Interval, Dash), row.P})
	}
	return t
}
