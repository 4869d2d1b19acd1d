package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// lineColumns is how many characters of a series' labels stand at the end of its line.
const lineColumns = 28

// queries shows what the user's Prometheus answered. A run that asked nothing has no such section.
func (b *builder) queries() []Section {
	if len(b.manifest.Queries) == 0 {
		return nil
	}
	section := Section{ID: "queries", Title: "Queries to Prometheus", Nav: "Queries",
		Lead: "What the Prometheus named by --prometheus answers, at the end of each phase and at every step back from there. " +
			"Its times are placed on the clock of the run with what it said its own time was; " +
			"a value is as old as the last scrape, and a range such as [1m] looks back, at the beginning of a phase to what was before it. " +
			"A moment without a value, or with one that is no number, is missing and never counts as 0.",
		Tables: []Table{
			{ID: "query-figures", Caption: "Values by query and phase", Empty: "Prometheus gave no value that could be kept.",
				Columns: []Column{{Name: "Query"}, {Name: "Series"}, {Name: "Phase"}, {"Mean", true}, {"Max", true}, {"Last", true}, {"Values", true}}},
		},
	}
	gaps := Table{ID: "query-gaps", Caption: "Values that are not there",
		Columns: []Column{{Name: "Query"}, {Name: "Phase"}, {"Missing", true}, {"Lost", true}}}
	for _, q := range b.manifest.Queries {
		names := b.seriesOf(q)
		section.Figures = append(section.Figures, b.queryFigure(q, names))
		section.Tables[0].Rows = append(section.Tables[0].Rows, b.queryRows(q, names)...)
		gaps.Rows = append(gaps.Rows, b.gapRows(q)...)
	}
	if len(gaps.Rows) > 0 {
		section.Tables = append(section.Tables, gaps)
	}
	return []Section{section}
}

// seriesOf returns the series of a query in the order of their names.
func (b *builder) seriesOf(q bundle.Query) []string {
	var names []string
	for _, g := range b.gauges(sample.QueryMetric(q.Unit), false) {
		if g.Labels["query"] == q.Name {
			names = append(names, g.Labels["series"])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// lineNames are what the lines of a query are called: the query itself if there is one, or else
// the number that a series has in the table and the labels that not all of them share.
func lineNames(q bundle.Query, names []string) []string {
	if len(names) == 1 {
		return []string{q.Name}
	}
	shared := map[string]int{}
	for _, name := range names {
		for _, part := range labelParts(name) {
			shared[part]++
		}
	}
	var lines []string
	for i, name := range names {
		parts := slices.DeleteFunc(labelParts(name), func(part string) bool { return shared[part] >= len(names) })
		line := []rune(strings.Join(parts, ", "))
		if len(line) > lineColumns {
			line = append(line[:lineColumns-1], '…')
		}
		lines = append(lines, fmt.Sprintf("%d: %s", i+1, string(line)))
	}
	return lines
}

// labelParts are the name and the labels of a series as Prometheus writes it, one by one.
func labelParts(series string) []string {
	return strings.Split(strings.TrimSuffix(strings.Replace(series, "{", ", ", 1), "}"), ", ")
}

func (b *builder) queryFigure(q bundle.Query, names []string) Figure {
	metric := sample.QueryMetric(q.Unit)
	figure := Figure{ID: "query-" + q.Name, Axis: TimeAxis, End: b.duration().Seconds(), Bands: b.bands(),
		Title: cmp.Or(q.Title, q.Name),
		Caption: q.Expr + ", every " + elapsed(q.Step) + ". One line per series; shaded bands are the phases. " +
			"A line is broken where values are missing for long."}
	panel := Panel{Label: q.Name, Unit: q.Unit, Limits: b.queryLimits(q)}
	_, lines := b.tracks(metric, func(l sample.Labels) string {
		return sample.Labels{"query": l["query"], "series": l["series"]}.String()
	})
	called := lineNames(q, names)
	for slot, name := range names {
		panel.add(b, called[slot], slot, lines[sample.Labels{"query": q.Name, "series": name}.String()])
	}
	if len(panel.Series) == 0 {
		figure.Empty = "Prometheus gave no value that could be kept for " + q.Expr + " in any phase."
		return figure
	}
	if len(panel.Series) > maxLines {
		panel.keepHighest(maxLines)
		figure.Caption += fmt.Sprintf(" These are the %d of %d series that end highest.", maxLines, len(names))
	}
	figure.Title += b.queryFinding(q)
	figure.Panels = []Panel{panel}
	figure.finishTime()
	return figure
}

// queryFinding is the highest value and its phase.
func (b *builder) queryFinding(q bundle.Query) string {
	var highest *summary.Gauge
	for _, g := range b.queryGauges(q) {
		if highest == nil || g.Max > highest.Max {
			highest = &g
		}
	}
	if highest == nil {
		return ""
	}
	return ": at most " + format(highest.Max, q.Unit) + b.inPhase(highest.Labels)
}

// queryLimits are the limits of objectives on all values of a query.
func (b *builder) queryLimits(q bundle.Query) []Limit {
	var found []Limit
	for _, o := range b.summary.Objectives {
		if o.Metric != sample.QueryMetric(q.Unit) || contradicts(o.Where, sample.Labels{"query": q.Name}) {
			continue
		}
		limit, sign := o.Most, "≤"
		if limit == nil {
			limit, sign = o.Least, "≥"
		}
		if limit == nil {
			continue
		}
		line := Limit{Name: fmt.Sprintf("%s %s %s", o.Statistic, sign, format(*limit, q.Unit)), Value: *limit}
		if !slices.Contains(found, line) {
			found = append(found, line)
		}
	}
	return found
}

// queryGauges returns the figures of a query by phase, in the phases' order.
func (b *builder) queryGauges(q bundle.Query) []summary.Gauge {
	all := slices.DeleteFunc(b.gauges(sample.QueryMetric(q.Unit), true), func(g summary.Gauge) bool {
		return g.Labels["query"] != q.Name
	})
	slices.SortStableFunc(all, func(x, y summary.Gauge) int {
		return cmp.Or(cmp.Compare(x.Labels["series"], y.Labels["series"]),
			cmp.Compare(b.phaseIndex(x.Labels), b.phaseIndex(y.Labels)))
	})
	return all
}

// phaseIndex is the place of a label's phase in the run.
func (b *builder) phaseIndex(labels sample.Labels) int {
	return slices.IndexFunc(b.summary.Phases, func(p summary.Phase) bool { return p.Name == labels["phase"] })
}

func (b *builder) queryRows(q bundle.Query, names []string) [][]string {
	var rows [][]string
	for _, g := range b.queryGauges(q) {
		series := orDash(strings.TrimPrefix(g.Labels["series"], "{}"))
		if len(names) > 1 {
			series = fmt.Sprintf("%d: %s", slices.Index(names, g.Labels["series"])+1, series)
		}
		rows = append(rows, []string{q.Name, series, orDash(g.Labels["phase"]),
			format(g.Mean, q.Unit), format(g.Max, q.Unit), format(g.Last, q.Unit), count(g.N)})
	}
	return rows
}

// gapRows tells how much is missing and lost of a query, by phase.
func (b *builder) gapRows(q bundle.Query) [][]string {
	var rows [][]string
	for _, phase := range b.summary.Phases {
		gap := map[string]float64{}
		for _, metric := range []string{sample.QueryMissing, sample.QueryLost} {
			for _, s := range b.scalars(metric) {
				if s.Labels["query"] == q.Name && s.Labels["phase"] == phase.Name {
					gap[metric] = s.Value
				}
			}
		}
		if gap[sample.QueryMissing]+gap[sample.QueryLost] > 0 {
			rows = append(rows, []string{q.Name, phase.Name, count(int64(gap[sample.QueryMissing])), count(int64(gap[sample.QueryLost]))})
		}
	}
	return rows
}
