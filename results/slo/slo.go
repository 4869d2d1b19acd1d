// Package slo judges figures against objectives. It reads no files and knows no scenario: it
// is handed the merged distribution or the value that an objective speaks of.
package slo

import "github.com/kubedyno/kubedyno/results/sample"

// A Verdict is the outcome of one objective.
type Verdict string

// The verdicts, from best to worst to report.
const (
	Pass         Verdict = "PASS"
	Inconclusive Verdict = "INCONCLUSIVE"
	NoData       Verdict = "NO DATA"
	Miss         Verdict = "MISS"
)

// A Statistic selects one number of a metric.
type Statistic string

// The statistics apart from quantiles, which are written p50, p90, p99, p99.9 ...
const (
	Mean  Statistic = "mean"
	Max   Statistic = "max"
	Min   Statistic = "min"
	Last  Statistic = "last"
	Value Statistic = "value" // Of a scalar.
	Total Statistic = "count" // How many were observed.
)

// An Objective is a limit on one statistic of one metric. Limits are in the metric's unit;
// exactly one of Most and Least is set.
type Objective struct {
	Name      string        `json:"name"` // In words: "pod startup p99".
	Metric    string        `json:"metric"`
	Statistic Statistic     `json:"statistic"`
	Where     sample.Labels `json:"where,omitempty"` // May hold "phase".
	Most      *float64      `json:"most,omitempty"`
	Least     *float64      `json:"least,omitempty"`
	Source    string        `json:"source,omitempty"` // Where the limit comes from.
}
