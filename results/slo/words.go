package slo

import (
	"strconv"
	"strings"

	"github.com/kubedyno/kubedyno/results/sample"
)

// Quantile returns the quantile (0..1) that the statistic names, such as 0.999 for p99.9.
func (s Statistic) Quantile() (q float64, ok bool) {
	digits, found := strings.CutPrefix(string(s), "p")
	if !found {
		return 0, false
	}
	percentile, err := strconv.ParseFloat(digits, 64)
	if err != nil || !(percentile > 0 && percentile < 100) {
		return 0, false
	}
	return percentile / 100, true
}

// Unit returns the unit of the objective's limit and figure: that of its metric, or a count.
func (o Objective) Unit() sample.Unit {
	if o.Statistic == Total {
		return sample.Count
	}
	metric, ok := sample.Lookup(o.Metric)
	if !ok {
		return ""
	}
	return metric.Unit
}

// Subject returns what is judged, without the limit: the objective's name, or else words made
// of its metric, statistic and labels, such as "pod startup p99 (phase=ramp)".
func (o Objective) Subject() string {
	if o.Name != "" {
		return o.Name
	}
	words := strings.ReplaceAll(o.Metric, "_", " ")
	if metric, ok := sample.Lookup(o.Metric); ok {
		words = metric.Words()
	}
	if o.Statistic != Value && o.Statistic != "" {
		words += " " + string(o.Statistic)
	}
	if len(o.Where) > 0 {
		words += " (" + o.Where.String() + ")"
	}
	return words
}

// LimitWords returns the limit alone: "≤ 5 s".
func (o Objective) LimitWords() string {
	switch {
	case o.Most != nil:
		return "≤ " + sample.Format(*o.Most, o.Unit())
	case o.Least != nil:
		return "≥ " + sample.Format(*o.Least, o.Unit())
	default:
		return "without a limit"
	}
}

// Words returns the objective for people: its name, or else "pod startup p99 ≤ 5 s".
func (o Objective) Words() string {
	if o.Name != "" {
		return o.Name
	}
	return o.Subject() + " " + o.LimitWords()
}

// limit returns the bound, whichever of Most and Least it is.
func (o Objective) limit() (limit float64, ok bool) {
	switch {
	case o.Most != nil:
		return *o.Most, true
	case o.Least != nil:
		return *o.Least, true
	default:
		return 0, false
	}
}
