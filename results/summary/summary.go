// Package summary condenses a run folder into every figure and verdict that any output shows.
// It is a pure function of the folder, so a run that was killed can be summarised later.
package summary

import (
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

// A Summary is the content of summary.json.
type Summary struct {
	FormatVersion int           `json:"formatVersion"`
	Run           string        `json:"run"`
	Status        bundle.Status `json:"status"`
	Incomplete    bool          `json:"incomplete"` // The run was killed, interrupted or failed.
	Duration      sample.Offset `json:"duration"`

	Verdict       slo.Verdict    `json:"verdict"`  // The worst of all objectives; see Compute.
	Sentence      string         `json:"sentence"` // The verdict in words.
	Objectives    []Objective    `json:"objectives"`
	Figures       []Figure       `json:"figures,omitempty"` // What the scenario wants to see beside its objectives.
	Phases        []Phase        `json:"phases"`
	Distributions []Distribution `json:"distributions"`
	Buckets       []BucketFigure `json:"buckets,omitempty"` // What servers measured themselves.
	Gauges        []Gauge        `json:"gauges"`
	Scalars       []Scalar       `json:"scalars"`
	Counts        Counts         `json:"counts"`
	WatchBooks    *WatchBooks    `json:"watchBooks,omitempty"`  // nil without a watch action.
	Elasticity    []Elasticity   `json:"elasticity,omitempty"`  // By service with HPAs and phase with load on it.
	Outages       []Outage       `json:"outages,omitempty"`     // Of components that the scenario killed.
	Rollouts      []Rollout      `json:"rollouts,omitempty"`    // By workload and phase with a rollout action.
	Standstills   []Standstill   `json:"standstills,omitempty"` // Of rollouts and drains, with what would have avoided them.
	Costs         []Cost         `json:"costs,omitempty"`       // By service and phase with load on it, and of all phases.
	Volumes       *Volumes       `json:"volumes,omitempty"`     // nil if nothing asked for volumes.
	Warnings      []string       `json:"warnings,omitempty"`    // Doubts, each a sentence.
}

// An Objective is an objective and how it came out.
type Objective struct {
	slo.Objective
	Unit     sample.Unit `json:"unit"`
	Verdict  slo.Verdict `json:"verdict"`
	Reason   string      `json:"reason,omitempty"`   // Why, unless it is a plain pass or miss.
	Observed *float64    `json:"observed,omitempty"` // nil if there is no figure to show.
	Low      *float64    `json:"low,omitempty"`      // 95% interval of the observed quantile in this run.
	High     *float64    `json:"high,omitempty"`
	Margin   *float64    `json:"margin,omitempty"` // Room left, as a share of the limit; negative: missed.
	N        int64       `json:"n"`
	Censored int64       `json:"censored,omitempty"` // Of N, how many never got there.
	AtLeast  bool        `json:"atLeast,omitempty"`  // Observed is a lower bound, because of these.
}

// A Phase is when a phase ran.
type Phase struct {
	Name  string        `json:"name"`
	Start sample.Offset `json:"start"`
	End   sample.Offset `json:"end"`
	Ended bool          `json:"ended"`
}

// A Distribution is a distribution metric, merged over the run for one label set. Values are
// in the metric's unit.
type Distribution struct {
	Metric    string        `json:"metric"`
	Labels    sample.Labels `json:"labels,omitempty"` // "phase" among them.
	N         int64         `json:"n"`
	Censored  int64         `json:"censored,omitempty"`
	Min       float64       `json:"min"`
	Mean      float64       `json:"mean"`
	Max       float64       `json:"max"`
	Quantiles []Quantile    `json:"quantiles"`
}

// A Quantile is a percentile with its distribution-free 95% interval. Printable is false when
// fewer than 10 samples lie beyond it; it is then not shown as a number. Low and High are 0
// where there are too few samples for an interval.
type Quantile struct {
	Percentile float64 `json:"percentile"`
	Value      float64 `json:"value"`
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Printable  bool    `json:"printable"`
}

// A Gauge is a gauge metric over one phase, or over the whole run where labels has no "phase".
type Gauge struct {
	Metric string        `json:"metric"`
	Labels sample.Labels `json:"labels,omitempty"`
	N      int64         `json:"n"`
	Mean   float64       `json:"mean"`
	Max    float64       `json:"max"`
	Last   float64       `json:"last"`
}

// A Scalar is a scalar metric.
type Scalar struct {
	Metric string        `json:"metric"`
	Labels sample.Labels `json:"labels,omitempty"`
	Value  float64       `json:"value"`
	// Censored says that the value is a time which had not come to its end: it is at least that.
	Censored bool `json:"censored,omitempty"`
	// SoFar says that the value may have grown on after it was last seen. Unlike Censored it takes no
	// verdict back: an objective is judged by what was while the rollout was watched.
	SoFar bool `json:"soFar,omitempty"`
}

// Counts are the books that must balance: created = observed = reported.
type Counts struct {
	PodsCreated  int64 `json:"podsCreated"`
	PodsReady    int64 `json:"podsReady"`
	PodsCensored int64 `json:"podsCensored"`
	Uncertain    int64 `json:"podsUncertain"`
	Requests     int64 `json:"requests"`
	Failed       int64 `json:"requestsFailed"`
	Dropped      int64 `json:"recordsDropped"`
	CutLines     int64 `json:"cutLines"` // Unreadable last lines of a run that was killed.
}
