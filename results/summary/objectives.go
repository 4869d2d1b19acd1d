package summary

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

// objectives judges what the manifest promises, in its order.
func (c *collector) objectives(run *bundle.Run) []Objective {
	all := []Objective{}
	for _, o := range run.Manifest.Objectives {
		out := c.judge(o, cmp.Or(c.doubt(run, o.Metric), c.queryDoubt(run, o), c.recountDoubt(o)))
		if metric, ok := sample.Lookup(o.Metric); ok {
			out = c.hpasBalanced(metric, c.watchBalanced(metric, out))
		}
		all = append(all, Objective{
			Objective: o, Unit: o.Unit(), Verdict: out.Verdict, Reason: out.Reason,
			Observed: out.Observed, Low: out.Low, High: out.High, Margin: out.Margin,
			N: out.N, Censored: out.Censored, AtLeast: out.AtLeast,
		})
	}
	return all
}

// doubt is why a pass of the metric would prove nothing; "" if there is no reason.
func (c *collector) doubt(run *bundle.Run, metric string) string {
	switch {
	case run.Manifest.Status != bundle.Complete:
		return "the run did not finish"
	case run.Incomplete():
		return "records are missing from the run's files"
	case c.counts.Dropped > MaxDropped:
		return "records were dropped (" + sample.FormatCount(c.counts.Dropped) + ")"
	case c.overflow[metric]:
		return "there are too many series or unequal buckets, and some were left out"
	default:
		return ""
	}
}

func (c *collector) judge(o slo.Objective, doubt string) slo.Outcome {
	metric, ok := sample.Lookup(o.Metric)
	if !ok {
		return slo.Outcome{Verdict: slo.NoData, Reason: "there is no metric " + o.Metric}
	}
	switch metric.Shape {
	case sample.Distribution:
		return c.balanced(metric, c.judgeDistribution(o, metric, doubt))
	case sample.Bucketed:
		return c.judgeBuckets(o, doubt)
	case sample.Scalar:
		return c.censoredScalar(o, c.balanced(metric, slo.EvaluateSeries(o, c.scalarSeries(o), doubt)))
	default:
		return slo.EvaluateSeries(o, c.gaugeSeries(o), doubt)
	}
}

func (c *collector) judgeDistribution(o slo.Objective, metric sample.Metric, doubt string) slo.Outcome {
	delay, name := c.longestDelay(metric, o.Where)
	judge := func(from map[string]*Values) slo.Outcome {
		values := mergeOf(from, o.Metric, o.Where)
		return slo.EvaluateDistribution(o, slo.Distribution{
			Values: &values.Histogram, Censored: values.Censored, CensoredFrom: values.CensoredFrom,
			Delay: &delay.Histogram, DelayMetric: name, Doubt: doubt,
		})
	}
	out := judge(c.values)
	if metric.Name == sample.PodStartup && out.Verdict == slo.Miss && judge(c.floors).Verdict != slo.Miss {
		out.Verdict = slo.Inconclusive
		out.Reason = "it is missed only by pods whose times are upper bounds, as a watch was interrupted"
	}
	return out
}

// longestDelay returns the delay of the harness that may have added most to a metric.
func (c *collector) longestDelay(metric sample.Metric, where sample.Labels) (longest Values, name string) {
	for _, candidate := range metric.HarnessDelays {
		delay := mergeOf(c.values, candidate, delayWhere(candidate, where))
		if name == "" || delay.Histogram.Quantile(0.99) > longest.Histogram.Quantile(0.99) {
			longest, name = delay, candidate
		}
	}
	return longest, name
}

func mergeOf(from map[string]*Values, metric string, where sample.Labels) Values {
	var all Values
	for _, k := range slices.Sorted(maps.Keys(from)) {
		if values := from[k]; values.Metric == metric && values.Labels.Match(where) {
			all.add(values)
		}
	}
	return all
}

// delayWhere keeps of a selector what the harness-delay metric knows too.
func delayWhere(name string, where sample.Labels) sample.Labels {
	delay, ok := sample.Lookup(name)
	if !ok {
		return nil
	}
	kept := sample.Labels{}
	for name, value := range where {
		if name == phaseLabel || slices.Contains(delay.Labels, name) {
			kept[name] = value
		}
	}
	return kept
}

func (c *collector) scalarSeries(o slo.Objective) []slo.Series {
	_, wantPhase := o.Where[phaseLabel]
	var series []slo.Series
	for _, k := range slices.Sorted(maps.Keys(c.scalars)) {
		s := c.scalars[k]
		if _, byPhase := s.Labels[phaseLabel]; s.Metric == sample.ElasticExcess && byPhase != wantPhase {
			continue // It is of gauges, and chosen as they are.
		}
		if s.Metric == o.Metric && s.Labels.Match(o.Where) {
			series = append(series, slo.Series{Labels: s.Labels, N: 1,
				Mean: s.Value, Min: s.Value, Max: s.Value, Last: s.Value})
		}
	}
	return series
}

// gaugeSeries returns the gauges of one phase if the objective names one, or else those of
// the whole run.
func (c *collector) gaugeSeries(o slo.Objective) []slo.Series {
	_, wantPhase := o.Where[phaseLabel]
	var series []slo.Series
	for _, k := range slices.Sorted(maps.Keys(c.gauges)) {
		g := c.gauges[k]
		_, byPhase := g.labels[phaseLabel]
		if g.metric == o.Metric && byPhase == wantPhase && g.labels.Match(o.Where) {
			series = append(series, slo.Series{Labels: g.labels, N: g.n,
				Mean: g.mean(), Min: g.min, Max: g.max, Last: g.last})
		}
	}
	return series
}

// podsMissing is how many pods the harness counted while it ran and never reported.
func (c *collector) podsMissing() int64 {
	counted, ok := c.gauges[key(sample.PodsByState, sample.Labels{"state": "created"})]
	if !ok {
		return 0
	}
	return max(int64(counted.max)-c.counts.PodsCreated, 0)
}

// balanced takes a verdict about pods back when their books do not balance: those missing
// could be the fast ones as well as the slow ones.
func (c *collector) balanced(metric sample.Metric, out slo.Outcome) slo.Outcome {
	missing := c.podsMissing()
	ofPods := metric.Source == sample.FromPods || metric.Name == sample.ServicePodHours || metric.Name == sample.ServiceCost
	if !ofPods || missing <= MaxMissing || out.Verdict == slo.NoData {
		return out
	}
	out.Verdict = slo.Inconclusive
	out.Reason = fmt.Sprintf("the books do not balance: %s of %s pods were never reported",
		sample.FormatCount(missing), sample.FormatCount(missing+c.counts.PodsCreated))
	return out
}

// sentence puts the run's verdict into words.
func sentence(s *Summary) string {
	total := len(s.Objectives)
	if total == 0 {
		return string(s.Verdict) + ": no objective was stated."
	}
	var found []Objective
	for _, o := range s.Objectives {
		if o.Verdict == s.Verdict {
			found = append(found, o)
		}
	}
	share := fmt.Sprintf("%d of %d objectives", len(found), total)
	switch s.Verdict {
	case slo.Pass:
		if total == 1 {
			return "PASS: the one objective is met."
		}
		return fmt.Sprintf("PASS: all %d objectives met.", total)
	case slo.Miss:
		return "MISS: " + share + " missed. " + missWords(worst(found))
	}
	finding := share + " could not be judged. "
	if s.Verdict == slo.NoData {
		finding = "nothing was observed for " + share + ". "
	}
	if s.Incomplete && s.Status == bundle.Complete {
		return string(s.Verdict) + ": records are missing from the run's files; " + strings.TrimSpace(finding)
	}
	if s.Incomplete {
		return string(s.Verdict) + ": the run did not finish; " + strings.TrimSpace(finding)
	}
	return string(s.Verdict) + ": " + finding + doubtWords(found[0])
}

// worst is the objective that missed by the largest share of its limit.
func worst(missed []Objective) Objective {
	return slices.MinFunc(missed, func(a, b Objective) int {
		room := func(o Objective) float64 {
			if o.Margin == nil {
				return math.Inf(-1) // Missed a limit of 0, or by a figure too bad to be shown.
			}
			return *o.Margin
		}
		switch x, y := room(a), room(b); {
		case x < y:
			return -1
		case x > y:
			return 1
		default:
			return 0
		}
	})
}

// missWords is "pod startup p99 6.2 s, limit 5 s (+24%), n = 1,200."
func missWords(o Objective) string {
	if o.Observed == nil {
		return doubtWords(o)
	}
	limit := o.Most
	if limit == nil {
		limit = o.Least
	}
	text := fmt.Sprintf("%s %s, limit %s", o.Subject(), sample.Format(*o.Observed, o.Unit), sample.Format(*limit, o.Unit))
	if *limit > 0 {
		off := (*o.Observed - *limit) / *limit
		sign := ""
		if off > 0 {
			sign = "+"
		}
		text += " (" + sign + sample.Format(off, sample.Ratio) + ")"
	}
	return text + ", n = " + sample.FormatCount(o.N) + "."
}

func doubtWords(o Objective) string { return o.Subject() + ": " + o.Reason + "." }
