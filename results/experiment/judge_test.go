package experiment

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// tried is an experiment on the parameter rate: one word a variant, one letter a trial. P is
// PASS, M a MISS, I INCONCLUSIVE, N NO DATA; a small letter is a trial that did not end by
// itself and - one that was not run. Trials are in the order of the variants.
func tried(status bundle.Status, stopAfter string, variants ...string) *Experiment {
	verdicts := map[rune]slo.Verdict{'P': slo.Pass, 'M': slo.Miss, 'I': slo.Inconclusive, 'N': slo.NoData}
	e := &Experiment{FormatVersion: sample.FormatVersion, ID: "x", Scenario: "ramp", Status: status, StopAfter: stopAfter,
		Repeat: len(variants[0]), Axes: []Axis{{Parameter: "rate"}}}
	for i, trials := range variants {
		value := fmt.Sprint(100 << i)
		e.Axes[0].Values = append(e.Axes[0].Values, value)
		e.Variants = append(e.Variants, Variant{Label: "rate=" + value, Values: []string{value}})
		for round, letter := range trials {
			t := Trial{Number: len(e.Trials) + 1, Round: round + 1, Variant: i, Folder: "trials/x"}
			if verdict := verdicts[letter&^' ']; verdict != "" && letter != '-' {
				t.Verdict, t.Ended = verdict, letter < 'a'
				t.Sentence = string(verdict) + ": trial " + fmt.Sprint(t.Number) + "."
			}
			e.Trials = append(e.Trials, t)
		}
	}
	return e
}

func TestVerdictOfAComparison(t *testing.T) {
	for _, test := range []struct {
		status   bundle.Status
		variants []string
		want     string
	}{
		{bundle.Complete, []string{"PP", "PP"}, "PASS: all 2 variants passed in 4 trials."},
		{bundle.Complete, []string{"PPP"}, "PASS: all 3 trials passed."},
		{bundle.Complete, []string{"PP", "PM"}, "MISS: 1 of 2 variants missed, 4 trials. rate=200: trial 4."},
		{bundle.Complete, []string{"NI", "PM"}, "MISS: 1 of 2 variants missed, 4 trials. rate=200: trial 4."},
		{bundle.Complete, []string{"NI", "PI"}, "NO DATA: 1 of 2 variants had no data, 4 trials. rate=100: trial 1."},
		{bundle.Complete, []string{"PI", "PP"}, "INCONCLUSIVE: 1 of 2 variants could not be judged, 4 trials. rate=100: trial 2."},
		{bundle.Complete, []string{"P", "P", "M", "I"}, "MISS: 1 of 4 variants missed, 4 trials. rate=400: trial 3. Every value up to rate=200 passed, and none after it."},
		{bundle.Complete, []string{"P", "M", "P"}, "MISS: 1 of 3 variants missed, 3 trials. rate=200: trial 2."},
		{bundle.Complete, []string{"M", "P", "P"}, "MISS: 1 of 3 variants missed, 3 trials. rate=100: trial 1."},
		{bundle.Complete, []string{"M", "M", "M"}, "MISS: 3 of 3 variants missed, 3 trials. rate=100: trial 1."},
		{bundle.Failed, []string{"P", "M", "-"}, "MISS: 1 of 3 variants missed, the experiment did not finish: 2 of 3 trials ended. rate=200: trial 2."},
		{bundle.Interrupted, []string{"PP", "Pm"}, "INCONCLUSIVE: the experiment did not finish: 3 of 4 trials ended."},
		{bundle.Running, []string{"P-", "--"}, "NO DATA: the experiment did not finish: 1 of 2 trials ended."},
		{bundle.Failed, []string{"MP", "p-"}, "MISS: 1 of 2 variants missed, the experiment did not finish: 2 of 4 trials ended. rate=100: trial 1."},
		{bundle.Complete, []string{"PP", "P-"}, "INCONCLUSIVE: the experiment did not finish: 3 of 4 trials ended."},
	} {
		e := tried(test.status, "", test.variants...)
		e.Judge()
		want := strings.Replace(test.want, "1 of 2 trials", "1 of 4 trials", 1)
		if e.Sentence != want || !strings.HasPrefix(want, string(e.Verdict)+":") {
			t.Errorf("%s %v: %q, want %q", test.status, test.variants, e.Sentence, want)
		}
	}
}

func TestVerdictOfALadder(t *testing.T) {
	for _, test := range []struct {
		status    bundle.Status
		variants  []string
		want      string
		good, bad int // -1 for none.
	}{
		{bundle.Complete, []string{"P", "P", "M", "-"}, "PASS: rate=200 is the last value that passed; rate=400 did not. MISS: trial 3.", 1, 2},
		{bundle.Complete, []string{"P", "I", "-"}, "PASS: rate=100 is the last value that passed; rate=200 did not. INCONCLUSIVE: trial 2.", 0, 1},
		{bundle.Complete, []string{"PP", "PM", "--"}, "PASS: rate=100 is the last value that passed; rate=200 did not. MISS: trial 4.", 0, 1},
		{bundle.Complete, []string{"P", "P"}, "PASS: limit not reached: at least rate=200. Every value passed.", 1, -1},
		{bundle.Complete, []string{"M", "-"}, "MISS: rate=100, the first value, did not pass. MISS: trial 1.", -1, 0},
		{bundle.Complete, []string{"N", "-"}, "NO DATA: rate=100, the first value, did not pass. NO DATA: trial 1.", -1, 0},
		{bundle.Interrupted, []string{"P", "m", "-"}, "INCONCLUSIVE: the experiment did not finish; rate=100 passed.", 0, -1},
		{bundle.Running, []string{"P-", "--"}, "INCONCLUSIVE: the experiment did not finish, and no value was judged.", -1, -1},
		{bundle.Running, []string{"PP", "M-", "--"}, "PASS: rate=100 is the last value that passed; rate=200 did not. MISS: trial 3.", 0, 1},
	} {
		e := tried(test.status, AfterMiss, test.variants...)
		e.Judge()
		index := func(p *int) int {
			if p == nil {
				return -1
			}
			return *p
		}
		if e.Sentence != test.want || index(e.LastGood) != test.good || index(e.FirstBad) != test.bad || !strings.HasPrefix(e.Sentence, string(e.Verdict)+":") {
			t.Errorf("%s %v: %q, good %d, bad %d; want %q", test.status, test.variants, e.Sentence, index(e.LastGood), index(e.FirstBad), test.want)
		}
	}
}

// TestResults checks median and range by hand; the trial is the unit.
func TestResults(t *testing.T) {
	number := func(v float64) *float64 { return &v }
	startup := slo.Objective{Name: "startup", Metric: sample.PodStartup, Statistic: "p99", Most: number(5)}
	rate := slo.Objective{Name: "rate", Metric: sample.PodsReadyRate, Statistic: slo.Value}
	e := tried(bundle.Complete, "", "PPMP", "p---")
	for i, v := range []*float64{number(4), nil, number(9), number(2), number(99)} {
		verdict, reason := slo.Pass, ""
		if i == 1 {
			verdict, reason = slo.Inconclusive, "too few samples"
		}
		e.Trials[i].Figures = []summary.Figure{{Objective: rate, Unit: sample.PerSecond, Observed: number(float64(10 * i))}}
		e.Trials[i].Objectives = []summary.Objective{{Objective: startup, Unit: sample.Seconds, Verdict: verdict, Reason: reason, Observed: v}}
	}
	e.Judge()
	want := []Result{
		{Objective: startup, Unit: sample.Seconds, Verdict: slo.Inconclusive, Reason: "too few samples",
			Values: []*float64{number(4), nil, number(9), number(2)}, N: 3, Median: number(4), Min: number(2), Max: number(9)},
		{Objective: rate, Unit: sample.PerSecond, Figure: true,
			Values: []*float64{number(0), number(10), number(20), number(30)}, N: 4, Median: number(15), Min: number(0), Max: number(30)},
	}
	if diff := cmp.Diff(want, e.Variants[0].Results); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	if v := e.Variants[1]; len(v.Results) != 0 || v.Verdict != slo.NoData || v.Ended != 0 || v.Planned != 4 {
		t.Errorf("a variant whose only trial was killed: %+v", v)
	}
	again := e.Variants[0].Results
	e.Judge()
	if diff := cmp.Diff(again, e.Variants[0].Results); diff != "" {
		t.Errorf("judged twice (-first +again):\n%s", diff)
	}
}

// TestMedianOfLowerBounds has values of which some, marked by a minus, are lower bounds.
func TestMedianOfLowerBounds(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   bool
	}{
		{[]float64{1, 2, 3}, false},
		{[]float64{1, 2, -3}, false}, // However large it is, 2 is in the middle.
		{[]float64{-1, 2, 3}, true},
		{[]float64{1, -2, 3}, true},
		{[]float64{10, -90}, true}, // The median is between them.
		{[]float64{1, 2, 3, -4}, false},
		{[]float64{1, 2, -3, 4}, true},
		{[]float64{-1}, true},
	} {
		e := tried(bundle.Complete, "", strings.Repeat("P", len(test.values)))
		for i, v := range test.values {
			atLeast := v < 0
			v = max(v, -v)
			e.Trials[i].Figures = []summary.Figure{{Objective: slo.Objective{Metric: sample.RolloutDuration}, Observed: &v, AtLeast: atLeast}}
		}
		e.Judge()
		if r := e.Variants[0].Results[0]; r.AtLeast != test.want {
			t.Errorf("median of %v is a lower bound: %t, want %t", test.values, r.AtLeast, test.want)
		}
	}
}

// TestTakeKeepsRolloutsUnderQuotas has one of each, and takes the trial again.
func TestTakeKeepsRolloutsUnderQuotas(t *testing.T) {
	var trial Trial
	for range 2 {
		trial.Take(&summary.Summary{Rollouts: []summary.Rollout{{Workload: "free"}, {Workload: "bound", Agreement: summary.NotKnown}}})
	}
	if len(trial.Rollouts) != 1 || trial.Rollouts[0].Workload != "bound" {
		t.Errorf("rollouts %+v, want the one under a quota", trial.Rollouts)
	}
}
