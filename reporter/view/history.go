package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	sides "github.com/kubedyno/kubedyno/results/compare"
	"github.com/kubedyno/kubedyno/results/history"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

// The bounds of the page of a history.
const (
	maxHistoryDots = 800 // Runs that are drawn, in all figures of a page together; one figure always is.
	maxSetupRows   = 8   // Facts that changed from one run to the next and are listed.
	maxSetups      = 60  // Runs with another set-up than the one before that are listed, the newest.
	maxSetupLines  = 20  // The same that are drawn; of more only those beside a change are.
)

// A History is everything that an output shows of the runs of a scenario over time.
type History struct {
	Title    string
	Tone     Tone
	Glyph    string
	Sentence string // What was found, in words.
	Head     []Fact
	Lead     string // How to read it.
	Machines []HistoryMachine
	Warnings []string // What was left out, each a sentence.
}

// A HistoryMachine is the runs on machines that are alike.
type HistoryMachine struct {
	ID       string
	Label    string // "Machine 2"; "" if there is but one.
	Name     string
	Sentence string
	Changes  Table
	List     []HistoryFigure // Those with changes first.
	Figures  []Figure        // Pictures of the same, as many as there is room for.
	Undrawn  string          // How many are not drawn, in a sentence; "" if all are.
	Setup    Table
	Runs     Table
}

// A HistoryFigure is one figure of all runs.
type HistoryFigure struct {
	Name    string
	Limit   string // "" without one.
	Word    string // What became of it.
	Tone    Tone
	Glyph   string
	Note    string   // What is to be known of it.
	Changes []string // Each in words.
	Rows    []HistoryRow
}

// A HistoryRow is a run and its value of a figure.
type HistoryRow struct {
	When, Run, Version, Value string
	Mark                      string // "changed: +30%" at the first run after a change, or why the run does not count.
}

// BuildHistory turns a history into what its outputs show.
func BuildHistory(h *history.History) *History {
	v := &History{Title: cmp.Or(h.Title, h.Scenario), Sentence: h.Sentence, Warnings: h.Notes}
	runs, dots := 0, 0
	for i, m := range h.Machines {
		runs += len(m.Runs)
		built := historyMachine(m, i, &dots)
		if i == 0 {
			built.Sentence = "" // It is that of the whole.
		}
		if len(h.Machines) > 1 {
			built.Label = fmt.Sprintf("Machine %d", i+1)
		}
		v.Machines = append(v.Machines, built)
	}
	v.Tone, v.Glyph = toneOf(historyVerdict(h.Machines[0].Figures))
	v.Head = known([]Fact{{"Scenario", h.Scenario}, {"Runs", count(int64(runs))}, {"Machines", count(int64(len(h.Machines)))},
		{"Accepted chance of a false alarm", format(h.Alpha, sample.Ratio)}, {"Least change that counts", format(h.MinEffect, sample.Ratio)}})
	v.Lead = "Each run is one value. Change points are found by the method E-divisive with a permutation test; p allows for the number of figures. " +
		"A change may as well have come one run earlier or later than it is placed."
	return v
}

// historyVerdict is that of the figure which needs attention most.
func historyVerdict(figures []history.Figure) sides.Verdict {
	for _, verdict := range attention() {
		if slices.ContainsFunc(figures, func(f history.Figure) bool { return f.Verdict == verdict }) {
			return verdict
		}
	}
	return sides.NoData
}

// attention is the order in which verdicts of a history need attention.
func attention() []sides.Verdict {
	return []sides.Verdict{sides.Regressed, sides.Changed, sides.Improved, sides.NoData, sides.TooFewRuns, sides.NoEvidence}
}

func historyMachine(m history.Machine, number int, dots *int) HistoryMachine {
	v := HistoryMachine{ID: fmt.Sprintf("machine-%d", number+1), Name: m.Words, Sentence: m.Sentence}
	order := attention()
	sorted := slices.Clone(m.Figures)
	slices.SortStableFunc(sorted, func(a, b history.Figure) int {
		return cmp.Compare(slices.Index(order, a.Verdict), slices.Index(order, b.Verdict))
	})
	v.Changes = historyChanges(m, sorted, v.ID)
	undrawn := 0
	for i, f := range sorted {
		v.List = append(v.List, historyFigure(m, f))
		if *dots > 0 && *dots+len(m.Runs) > maxHistoryDots {
			undrawn++
			continue
		}
		*dots += len(m.Runs)
		v.Figures = append(v.Figures, historyPicture(m, f, fmt.Sprintf("%s-figure-%d", v.ID, i+1)))
	}
	if undrawn > 0 {
		v.Undrawn = plural(undrawn, "more figure is", "more figures are") + " not drawn, to keep this page short; the table above has what was found, and JSON has the values."
	}
	v.Setup, v.Runs = historySetup(m, v.ID), historyRuns(m, v.ID)
	return v
}

// historyChanges lists every change, and the figures without one.
func historyChanges(m history.Machine, figures []history.Figure, id string) Table {
	t := Table{ID: id + "-changes", Caption: "Every figure and where it changed", Empty: "The runs have no objectives, and no metric was named that is to be looked at.",
		Columns: []Column{{Name: "Figure"}, {Name: "Verdict"}, {Name: "Since"}, {"Run", true}, {"Before", true}, {"After", true}, {"Change", true}, {"p", true}}}
	for _, f := range figures {
		row := historyFigure(m, f)
		if len(f.Changes) == 0 {
			cells := []string{row.Name, row.Glyph + "\u00a0" + row.Word, cmp.Or(row.Note, Dash), Dash, Dash, Dash, Dash, Dash}
			t.Rows = append(t.Rows, cells)
		}
		for _, c := range f.Changes {
			_, glyph := toneOf(c.Verdict)
			run := m.Runs[c.At]
			t.Rows = append(t.Rows, []string{row.Name, glyph + "\u00a0" + string(c.Verdict), sinceWords(run), fmt.Sprint(c.At + 1),
				format(c.Before, f.Unit), format(c.After, f.Unit), historyShare(c, f.Unit), sides.FormatP(c.P)})
		}
	}
	return t
}

// sinceWords names the first run after a change.
func sinceWords(run history.Run) string {
	return when(run.Started) + ", " + run.Name + versionWords(run)
}

// versionWords is " (v1.2 3f2a)", or "" where the version is not known.
func versionWords(run history.Run) string {
	if run.Version == "" {
		return ""
	}
	return " (" + run.Version + ")"
}

func when(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

// historyShare is the size of a change.
func historyShare(c history.Change, unit sample.Unit) string {
	if c.Relative == nil {
		return signedValue(c.After-c.Before, unit)
	}
	return sides.Signed(*c.Relative)
}

func historyFigure(m history.Machine, f history.Figure) HistoryFigure {
	row := HistoryFigure{Name: changeName(sides.Change{Objective: f.Objective}), Word: string(f.Verdict), Note: f.Reason}
	row.Tone, row.Glyph = toneOf(f.Verdict)
	if _, limited := limitOf(f.Objective); limited && !strings.Contains(row.Name, f.LimitWords()) {
		row.Limit = f.LimitWords()
	}
	switch {
	case f.Drift:
		row.Note = "a straight line describes the runs as well as these steps do: it drifts"
	case f.MoreRuns > 0:
		row.Note = "it takes " + plural(f.MoreRuns, "more run", "more runs")
	}
	marks := map[int]string{}
	for _, c := range f.Changes {
		words := string(c.Verdict) + " " + historyShare(c, f.Unit)
		marks[c.At] = words
		row.Changes = append(row.Changes, fmt.Sprintf("%s → %s (%s, p = %s) since run %d, %s%s", format(c.Before, f.Unit), format(c.After, f.Unit),
			words, sides.FormatP(c.P), c.At+1, sinceWords(m.Runs[c.At]), setupAt(m, c.At)))
	}
	for i, run := range m.Runs {
		line := HistoryRow{When: when(run.Started), Run: run.Name, Version: run.Version, Value: Dash, Mark: marks[i]}
		if f.Values[i] != nil {
			line.Value = format(*f.Values[i], f.Unit)
		}
		if run.LeftOut != "" {
			line.Mark = "left out"
		}
		row.Rows = append(row.Rows, line)
	}
	return row
}

// setupAt says what of the set-up changed with a run; "" if nothing did.
func setupAt(m history.Machine, at int) string {
	for i, setup := range m.Setup {
		if setup.At == at {
			return "; " + setupName(i) + ", the set-up changed: " + setupWords(setup)
		}
	}
	return ""
}

// setupName is what a change of the set-up is called in figures and tables.
func setupName(i int) string { return fmt.Sprintf("S%d", i+1) }

// setupWords lists what changed with a run, as much as a row holds.
func setupWords(setup history.Setup) string {
	var words []string
	for _, row := range setup.Rows[:min(len(setup.Rows), maxSetupRows)] {
		words = append(words, row.Name+" "+cmp.Or(row.Before, "none")+" → "+cmp.Or(row.After, "none"))
	}
	if more := len(setup.Rows) - maxSetupRows; more > 0 {
		words = append(words, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(words, "; ")
}

// historySetup lists where the set-up changed.
func historySetup(m history.Machine, id string) Table {
	t := Table{ID: id + "-setup", Caption: "Where the set-up changed from one run to the next", Columns: []Column{{Name: "Mark"}, {"Run", true}, {Name: "When"}, {Name: "What"}},
		Empty: "Nothing that is recorded changed between these runs but their seeds."}
	left := max(0, len(m.Setup)-maxSetups)
	if left > 0 {
		t.Caption += fmt.Sprintf("; the newest %d of %d are listed", maxSetups, len(m.Setup))
	}
	for i, setup := range m.Setup {
		if i < left {
			continue
		}
		t.Rows = append(t.Rows, []string{setupName(i), fmt.Sprint(setup.At + 1), when(m.Runs[setup.At].Started), setupWords(setup)})
	}
	return t
}

// historyRuns lists all runs, those that do not count too.
func historyRuns(m history.Machine, id string) Table {
	t := Table{ID: id + "-runs", Caption: "The runs, the oldest first", Columns: []Column{{Name: "Number"}, {Name: "When"}, {Name: "Run"}, {Name: "kubedyno"}, {Name: "Kubernetes"}, {Name: "Verdict"}, {Name: "Part"}}}
	for i, run := range m.Runs {
		part := "used"
		if run.LeftOut != "" {
			part = "left out: " + run.LeftOut
		}
		t.Rows = append(t.Rows, []string{fmt.Sprint(i + 1), when(run.Started), run.Name, cmp.Or(run.Version, Dash), cmp.Or(run.Kubernetes, Dash), verdictCell(run.Verdict), part})
	}
	return t
}

func verdictCell(v slo.Verdict) string {
	if v == "" {
		return Dash
	}
	return Glyph(v) + "\u00a0" + string(v)
}
