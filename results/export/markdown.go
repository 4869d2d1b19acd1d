package export

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// writeMarkdown writes the summary of a CI step in GitHub's Markdown, of at most MaxMarkdown bytes:
// the verdict first, then the objectives, those that were missed first; all else is folded.
func writeMarkdown(w io.Writer, r *Results) error {
	d := &document{}
	if r.Experiment != nil {
		d.experiment(r)
	} else {
		for _, one := range r.Runs {
			d.run(one)
		}
	}
	_, err := io.WriteString(w, d.out.String())
	return err
}

// verdictMarks stand beside the words of verdicts.
var verdictMarks = map[slo.Verdict]string{slo.Pass: "✓", slo.Miss: "✗", slo.Inconclusive: "~", slo.NoData: "∅"}

func (d *document) run(one Run) {
	m, s := one.Manifest, one.Summary
	title := cmp.Or(m.Title, m.Scenario, m.ID)
	if s == nil {
		d.head(slo.NoData, title, "NO DATA: the run did not finish, and nothing was recorded; "+failureWords(m)+".")
		return
	}
	d.head(s.Verdict, title, s.Sentence)
	d.facts([][2]string{{"scenario", m.Scenario}, {"duration", elapsed(s.Duration)}, {"Kubernetes", m.Cluster.Kubernetes},
		{"nodes", nodeWords(one)}, {"seed", fmt.Sprint(m.Seed)}, {"kubedyno", m.Tool.Version}, {"run", m.ID}})
	d.table("Objectives", []string{"verdict", "objective", "observed", "limit", "margin", "n", "why"}, objectiveCells(s))
	d.table("Figures", []string{"figure", "observed", "n", "why"}, figureCells(s))
	d.fold("Warnings", len(s.Warnings), func() { d.list(s.Warnings) })
	cells := distributionCells(s)
	d.fold("Distributions", len(cells), func() {
		d.table("", []string{"metric", "labels", "n", "p50", "p90", "p99", "max"}, cells)
	})
	cells = scalarCells(s)
	d.fold("Values", len(cells), func() { d.table("", []string{"metric", "labels", "value"}, cells) })
}

// elapsed is a time for people.
func elapsed(o sample.Offset) string { return sample.Format(o.Seconds(), sample.Seconds) }

func nodeWords(one Run) string {
	var all []string
	for _, pool := range one.Manifest.Cluster.Pools {
		all = append(all, sample.FormatCount(int64(pool.Count))+" × "+pool.NodeType)
	}
	return strings.Join(all, ", ")
}

// badness orders verdicts, those first that call for a look.
func badness(v slo.Verdict) int {
	return slices.Index([]slo.Verdict{slo.Miss, slo.NoData, slo.Inconclusive, slo.Pass}, v)
}

func objectiveCells(s *summary.Summary) [][]string {
	names, order := objectiveNames(s.Objectives), make([]int, len(s.Objectives))
	for i := range order {
		order[i] = i
	}
	room := func(o summary.Objective) float64 {
		if o.Margin == nil {
			return math.Inf(1)
		}
		return *o.Margin
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := s.Objectives[a], s.Objectives[b]
		return cmp.Or(cmp.Compare(badness(x.Verdict), badness(y.Verdict)), cmp.Compare(room(x), room(y)))
	})
	var all [][]string
	for _, i := range order {
		o := s.Objectives[i]
		observed, limit := measured(o.Observed, o.Unit), o.LimitWords()
		if bounded := cmp.Or(o.Most, o.Least); o.Observed != nil && bounded != nil {
			first, second := apart(*o.Observed, *bounded, o.Unit)
			observed, limit = first, limit[:strings.Index(limit, " ")+1]+second
		}
		if o.Low != nil && o.High != nil {
			observed += fmt.Sprintf(" [%s, %s]", sample.Format(*o.Low, o.Unit), sample.Format(*o.High, o.Unit))
		}
		all = append(all, []string{verdictMarks[o.Verdict] + " " + string(o.Verdict), names[i], observed, limit,
			measured(o.Margin, sample.Ratio), sample.FormatCount(o.N), o.Reason})
	}
	return all
}

func figureCells(s *summary.Summary) [][]string {
	var all [][]string
	for i, name := range figureNames(s.Figures) {
		f := s.Figures[i]
		all = append(all, []string{name, measured(f.Observed, f.Unit), sample.FormatCount(f.N), f.Reason})
	}
	return all
}

// measured is a figure for people; a dash if there is none.
func measured(value *float64, unit sample.Unit) string {
	if value == nil {
		return "–"
	}
	return sample.Format(*value, unit)
}

func distributionCells(s *summary.Summary) [][]string {
	var all [][]string
	for _, d := range s.Distributions {
		unit := unitOf(d.Metric)
		at := func(p float64) string {
			for _, q := range d.Quantiles {
				if q.Percentile == p && q.Printable {
					return sample.Format(q.Value, unit)
				}
			}
			return "–"
		}
		n, most := sample.FormatCount(d.N), sample.Format(d.Max, unit)
		if d.Censored > 0 {
			n, most = n+fmt.Sprintf(" (%s never got there)", sample.FormatCount(d.Censored)), "≥ "+most
		}
		all = append(all, []string{d.Metric, d.Labels.String(), n, at(50), at(90), at(99), most})
	}
	return all
}

func scalarCells(s *summary.Summary) [][]string {
	var all [][]string
	for _, v := range s.Scalars {
		value := sample.Format(v.Value, unitOf(v.Metric))
		if v.Censored {
			value = "≥ " + value
		}
		all = append(all, []string{v.Metric, v.Labels.String(), value})
	}
	return all
}

func (d *document) experiment(r *Results) {
	e := r.Experiment
	d.head(e.Verdict, cmp.Or(e.Title, e.Scenario, e.ID), e.Sentence)
	var first Run
	for _, one := range r.Runs {
		if one.Summary != nil {
			first = one
			break
		}
	}
	d.facts([][2]string{{"scenario", e.Scenario}, {"duration", elapsed(e.Duration)}, {"Kubernetes", first.Manifest.Cluster.Kubernetes},
		{"seed", fmt.Sprint(e.Seed)}, {"kubedyno", e.Tool.Version}, {"experiment", e.ID}})
	if words := failureWords(bundle.Manifest{Status: e.Status, Failure: e.Failure}); words != "" {
		d.paragraph("The experiment did not finish: " + words + ".")
	}
	d.comparison(r.Comparison)
	var objectives, figures [][]string
	for _, v := range e.Variants {
		for _, q := range v.Results {
			cells := []string{cmp.Or(v.Label, e.Scenario), oneLine(q.Subject()), measured(q.Median, q.Unit), spread(q.Min, q.Max, q.Unit),
				fmt.Sprintf("%d of %d", q.N, v.Planned), q.Reason}
			if q.Figure {
				figures = append(figures, cells)
				continue
			}
			objectives = append(objectives, slices.Concat([]string{verdictMarks[q.Verdict] + " " + string(q.Verdict)}, cells[:4],
				[]string{q.LimitWords()}, cells[4:]))
		}
	}
	rank := func(cells []string) int {
		_, word, _ := strings.Cut(cells[0], " ")
		return badness(slo.Verdict(word))
	}
	slices.SortStableFunc(objectives, func(a, b []string) int { return cmp.Compare(rank(a), rank(b)) })
	d.table("Objectives", []string{"verdict", "variant", "objective", "median", "range", "limit", "trials", "why"}, objectives)
	d.table("Figures", []string{"variant", "figure", "median", "range", "trials", "why"}, figures)
	d.fold("Trials", len(e.Trials), func() {
		d.table("", []string{"trial", "variant", "seed", "verdict", "duration", "what came of it"}, trialCells(r))
	})
}

func spread(low, high *float64, unit sample.Unit) string {
	if low == nil || high == nil {
		return "–"
	}
	return sample.Format(*low, unit) + " to " + sample.Format(*high, unit)
}

func trialCells(r *Results) [][]string {
	var all [][]string
	for _, one := range r.Runs {
		t := one.Trial
		verdict, words, took := "not run", failureWords(one.Manifest), "–"
		if t.Verdict != "" {
			verdict, words, took = verdictMarks[t.Verdict]+" "+string(t.Verdict), t.Sentence, elapsed(t.Duration)
			if !t.Ended {
				words = "It does not count, because it did not end by itself. " + words
			}
		}
		all = append(all, []string{fmt.Sprint(t.Number), r.variant(one), fmt.Sprint(t.Seed), verdict, took, words})
	}
	return all
}
