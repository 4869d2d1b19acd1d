package view

import (
	"cmp"
	"slices"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// watch shows how long watchers waited for what was written. A run without a watch action has no
// such section.
func (b *builder) watch() []Section {
	if b.summary.WatchBooks == nil {
		return nil
	}
	return []Section{{
		ID: "watch", Title: "Watch fan-out", Nav: "Watch",
		Lead: "Each write goes to every watcher. A delay counts from the write's acknowledgement until a watcher has " +
			"the whole event; an event that came before the acknowledgement has none. Staleness counts from the moment " +
			"at which the write was to be sent. An event that never came counts as at least the time it had.",
		Figures: []Figure{b.watchFigure()},
		Tables:  []Table{b.watchDelays(), b.watchEvents(), b.watchStreams()},
	}}
}

// watchMetrics are the delays of a fan-out and what the report calls them.
var watchMetrics = [...]struct{ metric, name string }{
	{sample.WatchDelivery, "each watcher"},
	{sample.WatchFanout, "the last watcher"},
	{sample.WatchStaleness, "staleness"},
}

// watchers names a set of watchers: "500 of configmaps".
func watchers(l sample.Labels) string { return l["watchers"] + " of " + l["resource"] }

func (b *builder) watchFigure() Figure {
	figure := Figure{
		ID: "watch-figure", Axis: TailAxis, Title: b.watchFinding(),
		Caption: "How to read it: at 99% a line shows the delay that 99 of 100 events stayed within, or writes for the " +
			"last watcher; every further nine takes the same width. A line ends where fewer than 10 remain, or where " +
			"the first event that never came may lie.",
	}
	panel := Panel{Label: "Delay of watchers", Unit: sample.Seconds, Log: true}
	slot := 0
	for _, m := range watchMetrics {
		sets, histograms := b.merged(m.metric, watchers)
		for _, set := range sets {
			name := m.name
			if len(sets) > 1 {
				name += ", " + set
			}
			panel.addTail(name, slot, histograms[set])
			slot++
		}
	}
	panel.Limits = b.limits(sample.WatchDelivery, nil)
	panel.Limits = append(panel.Limits, b.limits(sample.WatchFanout, nil)...)
	if len(panel.Series) == 0 {
		figure.Empty = "No watcher has the 20 events that a curve needs; the tables have what there is."
		return figure
	}
	if hidden := len(panel.Series) - maxLines; hidden > 0 {
		panel.keepHighest(maxLines)
		figure.Caption += " The " + plural(hidden, "lowest line is", "lowest lines are") + " only in the table."
	}
	if len(b.summary.Phases) > 1 {
		figure.Caption += " All phases are taken together; the table has each by itself."
	}
	figure.Panels = []Panel{panel}
	figure.finishTail("Delay of")
	return figure
}

// watchFinding says how late the slowest set of watchers was, and what never came.
func (b *builder) watchFinding() string {
	slow, ok := slowest(b.distributions(sample.WatchDelivery))
	if !ok {
		return "Watch fan-out: no event was recorded"
	}
	finding := "A write reached a watcher within " + delayWords(slow)
	if last, ok := slowest(b.distributions(sample.WatchFanout)); ok {
		finding += ", and the last one within " + delayWords(last)
	}
	if missing := b.summary.WatchBooks.Missing; missing > 0 {
		finding += "; " + count(missing) + " events never came"
	}
	return finding
}

// delayWords writes the p99, or the highest value of too few.
func delayWords(d summary.Distribution) string {
	statistic := " (max)"
	if _, ok := quantile(d, 99); ok {
		statistic = " (p99)"
	}
	return format(p99(d), sample.Seconds) + statistic
}

func (b *builder) watchDelays() Table {
	table := Table{ID: "watch-delays", Caption: "Delays of watchers", Empty: "No delay was recorded.",
		Columns: []Column{{Name: "Watchers"}, {Name: "Delay"}, {Name: "Phase"}, {"Samples", true}, {"Never came", true},
			{"p50", true}, {"p90", true}, {"p99", true}, {"Max", true}}}
	for _, m := range watchMetrics {
		for _, d := range b.distributions(m.metric) {
			row := []string{watchers(d.Labels), m.name, orDash(d.Labels["phase"]), count(d.N), count(d.Censored)}
			row = append(row, percentileCells(d, 50, 90, 99)...)
			longest := format(d.Max, sample.Seconds)
			if d.Censored > 0 {
				longest = "≥ " + longest
			}
			table.Rows = append(table.Rows, append(row, longest))
		}
	}
	return table
}

// watchEvents are the books of the watchers: acknowledged writes times watchers are expected.
func (b *builder) watchEvents() Table {
	return b.states(sample.WatchEvents, Table{ID: "watch-events", Caption: "The books of the watchers: expected = delivered + missing",
		Empty: "No event was counted."}, "expected", "delivered", "missing", "duplicate", "unacknowledged")
}

func (b *builder) watchStreams() Table {
	return b.states(sample.WatchStreams, Table{ID: "watch-streams", Caption: "Streams of the watchers", Empty: "No stream was counted."},
		"opened", "ended", "resumed", "relisted", "refused")
}

// states fills a table with the last values of a counter by state. A state that was never written
// is a dash, not a zero.
func (b *builder) states(metric string, table Table, states ...string) Table {
	table.Columns = []Column{{Name: "Watchers"}, {Name: "Phase"}}
	for _, state := range states {
		table.Columns = append(table.Columns, Column{state, true})
	}
	found := map[string]map[string]string{} // By set and phase, by state.
	names := map[string][]string{}
	for _, gauge := range b.gauges(metric, true) {
		l := gauge.Labels
		k := watchers(l) + " " + l["phase"]
		if found[k] == nil {
			found[k], names[k] = map[string]string{}, []string{watchers(l), orDash(l["phase"])}
		}
		found[k][l["state"]] = count(int64(gauge.Last))
	}
	for k, values := range found {
		row := slices.Clone(names[k])
		for _, state := range states {
			row = append(row, cmp.Or(values[state], Dash))
		}
		table.Rows = append(table.Rows, row)
	}
	slices.SortFunc(table.Rows, slices.Compare)
	return table
}

// watchChecks speak for the events of watchers: a figure of how many came, and of how late the
// harness itself may have read them. There are none in a run without watchers.
func (b *builder) watchChecks() []Check {
	books := b.summary.WatchBooks
	if books == nil {
		return nil
	}
	value := count(books.Delivered) + " of " + count(books.Expected)
	check := judge("Watch events", value, "all of them", books.Expected > 0 && books.Balanced() && books.Missing == 0,
		"Acknowledged writes times watchers; every event is expected to come.")
	switch {
	case books.Expected == 0:
		check.Note = "No write was acknowledged, so no watcher was tested."
	case !books.Balanced():
		check.Note = "The books do not balance: " + count(books.Missing) + " are counted as missing and " +
			count(books.Recorded) + " recorded."
	}
	return []Check{check, b.lagCheck("Watchers woken late, p99", sample.WatchWake, "No probe was recorded.")}
}
