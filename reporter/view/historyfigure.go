package view

import (
	"fmt"
	"slices"
	"strings"

	sides "github.com/kubedyno/kubedyno/results/compare"
	"github.com/kubedyno/kubedyno/results/history"
)

// The slots of the runs and of the medians, in every figure of a history.
const (
	runSlot    = 0
	medianSlot = 1
)

// historyPicture draws the runs of a figure, the median of each segment as a step, the changes by
// the version they came with, and upright lines where the set-up changed.
func historyPicture(m history.Machine, f history.Figure, id string) Figure {
	row := historyFigure(m, f)
	figure := Figure{ID: id, Axis: RunsAxis, End: float64(len(m.Runs) + 1), Title: historyFinding(f, row)}
	runs, medians := Series{Name: "runs", Slot: runSlot, Dots: true}, Series{Name: "median", Slot: medianSlot}
	panel := Panel{Label: row.Name, Unit: f.Unit}
	low, high := 0.0, 0.0
	for i, value := range f.Values {
		if value == nil {
			continue
		}
		if len(runs.Parts) == 0 {
			low, high = *value, *value
		}
		low, high = min(low, *value), max(high, *value)
		runs.Parts = append(runs.Parts, []Point{{place(i), *value}})
	}
	if len(runs.Parts) == 0 {
		figure.Empty = "No run has a value of this figure: " + row.Note + "."
		return figure
	}
	panel.Log = low > 0 && high/low >= logSpan
	const overhang = 0.4
	for _, s := range f.Segments {
		medians.Parts = append(medians.Parts, []Point{{place(s.From) - overhang, s.Median}, {place(s.To) + overhang, s.Median}})
	}
	panel.Series = []Series{runs, medians}
	for _, c := range f.Changes {
		at := Point{place(c.At), c.After}
		panel.Marks = append(panel.Marks, Mark{Name: markName(m.Runs[c.At], historyShare(c, f.Unit)), At: at, Low: at, High: at, Slot: medianSlot})
	}
	if limit, ok := limitOf(f.Objective); ok {
		panel.Limits = []Limit{{Name: "limit " + f.LimitWords(), Value: limit}}
	}
	var out []float64
	for i, run := range m.Runs {
		if run.LeftOut != "" {
			out = append(out, place(i))
		}
	}
	if len(out) > 0 {
		panel.Ticks = Ticks{Name: "left out", At: out}
	}
	beside := func(setup history.Setup) bool {
		return slices.ContainsFunc(f.Changes, func(c history.Change) bool { return max(c.At-setup.At, setup.At-c.At) <= 1 })
	}
	for i, setup := range m.Setup {
		if len(m.Setup) > maxSetupLines && !beside(setup) {
			continue
		}
		figure.Outages = append(figure.Outages, Band{setupName(i), place(setup.At) - 0.5, place(setup.At) - 0.5})
	}
	figure.Panels = []Panel{panel}
	figure.Caption = "Every dot is a run, every step the median of the runs between two changes. A change is named by the run it came with."
	switch {
	case len(m.Setup) > maxSetupLines:
		figure.Caption += fmt.Sprintf(" The set-up changed %d times; upright lines are drawn beside changes only, and the table of the set-up says how it changed.", len(m.Setup))
	case len(m.Setup) > 0:
		figure.Caption += " At the upright lines S1, S2 and so on the set-up changed; the table of the set-up says how."
	}
	if row.Note != "" {
		figure.Caption += " To be known: " + row.Note + "."
	}
	figure.Alt = figure.Title + ". " + historyAlt(f, row)
	figure.Table = historyTable(row, id)
	return figure
}

// place is where a run stands on the axis.
func place(run int) float64 { return float64(run + 1) }

// markName is the name of a change in a picture: the version where it is known, or else the day.
func markName(run history.Run, share string) string {
	if run.Version != "" {
		return run.Version + ": " + share
	}
	return run.Started.UTC().Format("2006-01-02") + ": " + share
}

// historyFinding is what a picture shows, in a line.
func historyFinding(f history.Figure, row HistoryFigure) string {
	switch n := len(f.Changes); {
	case f.Drift:
		return row.Name + " drifts from " + format(f.Segments[0].Median, f.Unit) + " to " + format(f.Segments[len(f.Segments)-1].Median, f.Unit)
	case n > 0:
		last := f.Changes[n-1]
		words := fmt.Sprintf("%s: %s → %s (%s) since run %d", row.Name, format(last.Before, f.Unit), format(last.After, f.Unit), historyShare(last, f.Unit), last.At+1)
		if n > 1 {
			words += fmt.Sprintf(", the last of %d changes", n)
		}
		return words
	case f.Verdict == sides.NoEvidence:
		return row.Name + ": no evidence of a change"
	default:
		return row.Name + ": " + row.Word
	}
}

// historyAlt says the medians in words.
func historyAlt(f history.Figure, row HistoryFigure) string {
	var words []string
	for _, s := range f.Segments {
		words = append(words, fmt.Sprintf("runs %d to %d: median %s", s.From+1, s.To+1, format(s.Median, f.Unit)))
	}
	if len(words) == 0 {
		return row.Word + "."
	}
	return "Dots of runs. " + strings.Join(words, "; ") + "."
}

// historyTable holds every value behind the picture.
func historyTable(row HistoryFigure, id string) Table {
	t := Table{ID: id + "-data", Caption: "Every run; the numbers are those of the table of runs", Columns: []Column{{Name: "Run"}, {"Value", true}, {Name: "Note"}}}
	for i, line := range row.Rows {
		t.Rows = append(t.Rows, []string{fmt.Sprint(i + 1), line.Value, line.Mark})
	}
	return t
}
