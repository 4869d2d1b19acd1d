package compare

import (
	"fmt"
	"slices"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// A figure is one number of one run.
type figure struct {
	slo.Objective
	value  *float64
	reason string // Why there is no number, or what is to be known of it.
}

// keyOf tells figures apart: those with the same key are compared. Limits are no part of it.
func keyOf(o slo.Objective) string {
	return o.Metric + "|" + string(o.Statistic) + "|" + o.Where.String()
}

// figures collects the figures of all runs: the objectives and the metrics asked for, and the
// others. Those are the scenario's own figures and, of each series, the median, the 99th
// percentile and the maximum of a distribution, the mean and the maximum of a gauge over the
// whole run, the last value of a counter, a scalar, and the mean of what a server measures in
// buckets of its own.
func (c *Comparison) figures(base, other []Run, metrics []string) {
	deciding, others := &table{}, &table{}
	for side, runs := range [][]Run{base, other} {
		for i, run := range runs {
			for _, f := range judged(run.Summary) {
				deciding.put(f, side, i, len(base), len(other))
			}
		}
	}
	for side, runs := range [][]Run{base, other} {
		for i, run := range runs {
			for _, f := range unjudged(run.Summary) {
				switch {
				case deciding.has(f) && !deciding.asked(f):
				case slices.Contains(metrics, f.Metric):
					deciding.put(f, side, i, len(base), len(other))
				default:
					others.put(f, side, i, len(base), len(other))
				}
			}
		}
	}
	for _, name := range metrics {
		if !slices.ContainsFunc(deciding.changes, func(ch Change) bool { return ch.Metric == name }) {
			deciding.put(figure{Objective: slo.Objective{Metric: name}, reason: "the runs recorded nothing of it"}, 0, 0, len(base), len(other))
		}
	}
	c.Deciding = append(c.Deciding, deciding.changes...)
	c.Others = append(c.Others, others.changes...)
}

// A table collects figures by key, in the order of their first appearance.
type table struct {
	changes []Change
	places  map[string]int
}

func (t *table) has(f figure) bool {
	_, found := t.places[keyOf(f.Objective)]
	return found
}

// asked reports whether the figure is in the table because its metric was asked for.
func (t *table) asked(f figure) bool {
	_, limited := limitOf(t.changes[t.places[keyOf(f.Objective)]].Objective)
	return !limited
}

func limitOf(o slo.Objective) (limit float64, ok bool) {
	switch {
	case o.Most != nil:
		return *o.Most, true
	case o.Least != nil:
		return *o.Least, true
	default:
		return 0, false
	}
}

// put records the figure of a run, which is the one of that index on side 0 or 1.
func (t *table) put(f figure, side, run, base, other int) {
	k := keyOf(f.Objective)
	at, found := t.places[k]
	if !found {
		if t.places == nil {
			t.places = map[string]int{}
		}
		metric, _ := sample.Lookup(f.Metric)
		at = len(t.changes)
		t.places[k] = at
		t.changes = append(t.changes, Change{Objective: f.Objective, Unit: f.Unit(), Better: metric.Better,
			BaseValues: make([]*float64, base), NewValues: make([]*float64, other)})
	}
	ch := &t.changes[at]
	values := ch.BaseValues
	if side == 1 {
		values = ch.NewValues
		if f.Name != "" {
			ch.Objective = f.Objective // The limit of the new side is shown.
		}
	}
	values[run] = f.value
	if f.reason != "" && ch.Reason == "" {
		ch.Reason = f.reason
	}
}

// judged are the objectives of a run. What could not be judged counts all the same, if there is a
// figure: to leave out runs by how they came out would favour one outcome.
func judged(s *summary.Summary) []figure {
	var all []figure
	for _, o := range s.Objectives {
		f := figure{Objective: o.Objective, value: o.Observed}
		if o.Verdict == slo.Inconclusive || o.Observed == nil {
			f.reason = o.Reason
		}
		if o.Censored > 0 {
			f.reason = fmt.Sprintf("%s of %s never got there in a run, so the figure is at least that",
				sample.FormatCount(o.Censored), sample.FormatCount(o.N))
		}
		all = append(all, f)
	}
	return all
}

// unjudged are the other figures of a run.
func unjudged(s *summary.Summary) []figure {
	var all []figure
	add := func(metric string, statistic slo.Statistic, labels sample.Labels, value float64) {
		all = append(all, figure{Objective: slo.Objective{Metric: metric, Statistic: statistic, Where: labels}, value: &value})
	}
	for _, f := range s.Figures {
		all = append(all, figure{Objective: f.Objective, value: f.Observed})
	}
	for _, d := range s.Distributions {
		for _, q := range d.Quantiles {
			if q.Printable && (q.Percentile == 50 || q.Percentile == 99) {
				add(d.Metric, slo.Statistic(fmt.Sprintf("p%g", q.Percentile)), d.Labels, q.Value)
			}
		}
		if d.N > 0 {
			add(d.Metric, slo.Max, d.Labels, d.Max)
		}
	}
	for _, g := range s.Gauges {
		if _, byPhase := g.Labels["phase"]; byPhase || g.N == 0 {
			continue
		}
		if metric, _ := sample.Lookup(g.Metric); metric.Shape == sample.Counter {
			add(g.Metric, slo.Last, g.Labels, g.Last)
			continue
		}
		add(g.Metric, slo.Mean, g.Labels, g.Mean)
		add(g.Metric, slo.Max, g.Labels, g.Max)
	}
	for _, v := range s.Scalars {
		add(v.Metric, slo.Value, v.Labels, v.Value)
	}
	for _, b := range s.Buckets {
		if b.N > 0 {
			add(b.Metric, slo.Mean, b.Labels, b.Mean)
		}
	}
	return all
}
