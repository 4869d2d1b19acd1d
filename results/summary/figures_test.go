package summary

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

// TestFigures reads figures without limits from the run whose values are known by hand: what
// objectives may not show as a number, figures may not either.
func TestFigures(t *testing.T) {
	run, err := bundle.Open("testdata/run")
	if err != nil {
		t.Fatal(err)
	}
	run.Manifest.Figures = []slo.Objective{
		{Metric: sample.PodsReadyRate, Statistic: slo.Value, Where: sample.Labels{"phase": "ramp"}},
		{Metric: sample.PodStartup, Statistic: slo.Max},
		{Metric: sample.PodStartup, Statistic: "p99"},
		{Metric: sample.ComponentMemory, Statistic: slo.Mean, Where: sample.Labels{"component": "etcd", "phase": "load"}},
		{Metric: sample.PhaseDuration, Statistic: slo.Value},
		{Metric: sample.RolloutDuration, Statistic: slo.Max},
	}
	s, _, err := Compute(run)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"0.75 n=1 ",
		"7.1 n=4 1 of 4 never got there: max is at least 7.1 s",
		"none n=4 too few samples (n = 4, p99 needs 1,000)",
		"300 n=1 ",
		"5 n=2 ", // The worst of the two phases.
		"none n=0 nothing was observed",
	}
	var got []string
	for _, f := range s.Figures {
		observed := "none"
		if f.Observed != nil {
			observed = fmt.Sprintf("%.3g", *f.Observed)
		}
		got = append(got, fmt.Sprintf("%s n=%d %s", observed, f.N, f.Reason))
		if f.Most != nil || f.Least != nil || f.Unit == "" {
			t.Errorf("the figure %s has a limit or no unit: %+v", f.Subject(), f)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("figures (-want +got):\n%s", diff)
	}
}
