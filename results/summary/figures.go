package summary

import (
	"math"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

// A Figure is a statistic that a scenario wants to see and does not judge.
type Figure struct {
	slo.Objective             // Without a limit.
	Unit          sample.Unit `json:"unit"`
	Reason        string      `json:"reason,omitempty"`   // Why there is no figure, or what is to be known of it.
	Observed      *float64    `json:"observed,omitempty"` // nil if there is no figure to show.
	Low           *float64    `json:"low,omitempty"`      // 95% interval of the observed quantile in this run.
	High          *float64    `json:"high,omitempty"`
	N             int64       `json:"n"`
	Censored      int64       `json:"censored,omitempty"` // Of N, how many never got there.
	AtLeast       bool        `json:"atLeast,omitempty"`  // Observed is a lower bound, because of these.
}

// figures finds the figures that the manifest asks for, in its order, by the rules that
// objectives are judged by: a figure is an objective with a limit that everything meets. Where
// several series match, the worst of them is shown.
func (c *collector) figures(run *bundle.Run) []Figure {
	var all []Figure
	for _, f := range run.Manifest.Figures {
		o := f
		limit := math.Inf(1)
		if metric, _ := sample.Lookup(f.Metric); metric.Better == sample.HigherIsBetter {
			limit = math.Inf(-1)
			o.Least = &limit
		} else {
			o.Most = &limit
		}
		out := c.judge(o, c.doubt(run, f.Metric))
		all = append(all, Figure{Objective: f, Unit: f.Unit(), Reason: out.Reason, Observed: out.Observed,
			Low: out.Low, High: out.High, N: out.N, Censored: out.Censored, AtLeast: out.AtLeast})
	}
	return all
}
