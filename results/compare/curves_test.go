package compare

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// withLatencies gives each run n startups evenly spread up to longest seconds, the same in all.
func withLatencies(runs []Run, n int, longest float64, censoredFrom float64) []Run {
	for i := range runs {
		values := summary.Values{Metric: sample.PodStartup, Labels: sample.Labels{"workload": "web", "phase": "ramp"}}
		for k := 1; k <= n; k++ {
			values.Histogram.Record(time.Duration(longest * float64(k) / float64(n) * float64(time.Second)))
		}
		if censoredFrom > 0 {
			values.Censored, values.CensoredFrom = 1, censoredFrom
		}
		runs[i].Detail = &summary.Detail{Distributions: []summary.Values{values}}
	}
	return runs
}

// TestCurves: a side that is twice as slow is shifted by the quantile itself, up to where 10
// samples lie beyond, and before what never got there.
func TestCurves(t *testing.T) {
	base := withLatencies(runsOf("base", 1, 1.1, 1.2, 1.3), 1000, 1, 0)
	other := withLatencies(runsOf("new", 2, 2.1, 2.2, 2.3), 1000, 2, 0)
	c := compared(t, base, other, usual())
	if len(c.Curves) != 1 {
		t.Fatalf("%d curves, want 1", len(c.Curves))
	}
	points := c.Curves[0].Points
	if last := points[len(points)-1].P; math.Abs(last-0.99) > 1e-9 {
		t.Errorf("the curve ends at %v, want 0.99", last)
	}
	for _, p := range points {
		if math.Abs(p.Base-p.P) > 0.02 || math.Abs(p.New-2*p.P) > 0.04 || math.Abs(p.Shift.Value-p.P) > 0.02 || p.Shift.Low == nil {
			t.Errorf("at %v: base %v, new %v, shift %+v", p.P, p.Base, p.New, p.Shift)
		}
	}
	c = compared(t, base, withLatencies(other, 1000, 2, 1), usual()) // At 1 s, which is the median.
	if points := c.Curves[0].Points; points[len(points)-1].P >= 0.5 {
		t.Errorf("the curve goes on to %v, beyond one that never got there", points[len(points)-1].P)
	}
	other[0].Detail = nil
	if c = compared(t, base, other, usual()); len(c.Curves) != 0 {
		t.Errorf("%d curves without the records of a run, want none", len(c.Curves))
	}
}

// TestConstantFigures: figures that are the same in every run do not weaken the others.
func TestConstantFigures(t *testing.T) {
	base, other := runsOf("base", 1, 1.1, 1.2, 1.3), runsOf("new", 2, 2.1, 2.2, 2.3)
	for i := range base {
		for _, run := range []Run{base[i], other[i]} {
			for k := range 9 {
				run.Summary.Objectives = append(run.Summary.Objectives, objective(fmt.Sprint(k), 0.5))
			}
		}
	}
	c := compared(t, base, other, usual())
	if c.Count(Regressed) != 1 || c.Count(NoEvidence) != 9 || c.Deciding[0].Adjusted != c.Deciding[0].P {
		t.Errorf("%s; adjusted %v, p %v", c.Sentence, c.Deciding[0].Adjusted, c.Deciding[0].P)
	}
}
