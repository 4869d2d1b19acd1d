package view

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// objectives lists every objective, those that need attention first and, among equals, the
// one with the least room first.
func (b *builder) objectives() []Objective {
	sorted := slices.Clone(b.summary.Objectives)
	slices.SortStableFunc(sorted, func(x, y summary.Objective) int {
		return cmp.Or(cmp.Compare(rank(x.Verdict), rank(y.Verdict)), cmp.Compare(room(x), room(y)))
	})
	rows := make([]Objective, len(sorted))
	for i, o := range sorted {
		rows[i] = objective(o)
		if o.Verdict == slo.Miss && i < maxWhy { // They come first, and in the order of the sections.
			rows[i].Why = whyID(i)
		}
	}
	return rows
}

func rank(v slo.Verdict) int {
	return slices.Index([]slo.Verdict{slo.Miss, slo.NoData, slo.Inconclusive, slo.Pass}, v)
}

func room(o summary.Objective) float64 {
	if o.Margin == nil {
		return math.Inf(1)
	}
	return *o.Margin
}

// Glyph returns the mark that stands beside a verdict's word.
func Glyph(v slo.Verdict) string {
	switch v {
	case slo.Pass:
		return "✓"
	case slo.Miss:
		return "✗"
	case slo.Inconclusive:
		return "~"
	default:
		return "∅"
	}
}

func objective(o summary.Objective) Objective {
	row := Objective{
		Name: o.Subject(), Verdict: o.Verdict, Glyph: Glyph(o.Verdict), Metric: o.Metric,
		Where: where(o.Where), Observed: Dash, Limit: Dash, Margin: Dash,
		N: count(o.N), Reason: o.Reason, Source: o.Source,
	}
	limit, limited := limitOf(o.Objective)
	if limited {
		row.Limit = o.LimitWords()
	}
	if o.Observed != nil {
		row.Observed = format(*o.Observed, o.Unit)
		if limit > 0 {
			row.Share, row.HasShare = *o.Observed/limit, true
		}
	}
	if o.Low != nil && o.High != nil {
		row.Interval = format(*o.Low, o.Unit) + " … " + format(*o.High, o.Unit)
	}
	if o.Margin != nil {
		row.Margin = signed(*o.Margin)
	}
	if o.Censored > 0 {
		row.N += ", " + count(o.Censored) + " unfinished"
	}
	return row
}

func limitOf(o slo.Objective) (float64, bool) {
	switch {
	case o.Most != nil:
		return *o.Most, true
	case o.Least != nil:
		return *o.Least, true
	default:
		return 0, false
	}
}

// where writes labels in words, the phase last: "class list pods, in scale-up".
func where(labels sample.Labels) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if name != "phase" {
			parts = append(parts, name+" "+labels[name])
		}
	}
	if phase := labels["phase"]; phase != "" {
		parts = append(parts, "in "+phase)
	}
	return strings.Join(parts, ", ")
}

func trimFloat(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// limits returns the upper limits on percentiles of a metric whose labels do not contradict
// the selector, each once.
func (b *builder) limits(metric string, selector sample.Labels) []Limit {
	var found []Limit
	for _, o := range b.summary.Objectives {
		q, ok := o.Statistic.Quantile()
		if o.Metric != metric || o.Most == nil || !ok || contradicts(o.Where, selector) {
			continue
		}
		limit := Limit{
			Name:  "limit " + string(o.Statistic) + " " + format(*o.Most, o.Unit),
			Value: *o.Most, Until: q,
		}
		if !slices.Contains(found, limit) {
			found = append(found, limit)
		}
	}
	return found
}

// contradicts reports whether two selectors name different values for the same label.
func contradicts(a, b sample.Labels) bool {
	for name, value := range a {
		if other, ok := b[name]; ok && other != value {
			return true
		}
	}
	return false
}
