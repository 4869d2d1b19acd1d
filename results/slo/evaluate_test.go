package slo

import (
	"math"
	"testing"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
)

func to[T any](value T) *T { return &value }

// values records count durations of the same length for each pair.
func values(pairs ...any) *sample.Histogram {
	var h sample.Histogram
	for i := 0; i < len(pairs); i += 2 {
		for range pairs[i].(int) {
			h.Record(pairs[i+1].(time.Duration))
		}
	}
	return &h
}

func startup(statistic Statistic, most float64) Objective {
	return Objective{Metric: sample.PodStartup, Statistic: statistic, Most: &most}
}

func TestEvaluateDistribution(t *testing.T) {
	const second = time.Second
	least := Objective{Metric: sample.PodStartup, Statistic: "p50", Least: to(1.0)}
	count := Objective{Metric: sample.PodStartup, Statistic: Total, Least: to(1000.0)}
	tests := []struct {
		name      string
		objective Objective
		evidence  Distribution
		verdict   Verdict
		reason    string
		observed  float64 // NaN: none.
	}{
		{"no values", startup("p99", 5), Distribution{}, NoData, "nothing was observed", math.NaN()},
		{"empty histogram", startup("p99", 5), Distribution{Values: values()}, NoData, "nothing was observed", math.NaN()},
		{"no limit", Objective{Metric: sample.PodStartup, Statistic: "p99"}, Distribution{Values: values(2000, second)},
			Inconclusive, "the objective has no limit", math.NaN()},
		{"pass", startup("p99", 5), Distribution{Values: values(1000, second)}, Pass, "", 1},
		{"miss", startup("p99", 5), Distribution{Values: values(980, second, 20, 6*second)}, Miss, "", 6},
		{"exactly the limit passes", startup("p99", 5), Distribution{Values: values(1000, 5*second)}, Pass, "", 5},
		{"above by more than the resolution", startup("p99", 5),
			Distribution{Values: values(1000, 5006*time.Millisecond)}, Miss, "", 5.006},
		{"too few", startup("p99", 5), Distribution{Values: values(120, second)},
			Inconclusive, "too few samples (n = 120, p99 needs 1,000)", math.NaN()},
		{"too few, nine are late", startup("p99", 5), Distribution{Values: values(111, second, 9, 6*second)},
			Inconclusive, "too few samples (n = 120, p99 needs 1,000)", math.NaN()},
		{"too few, ten are late", startup("p99", 5), Distribution{Values: values(110, second, 10, 6*second)},
			Miss, "10 of 120 took longer than 5 s", math.NaN()},
		{"too few, ten are late but so is the harness", startup("p99", 5),
			Distribution{Values: values(110, second, 10, 6*second), Delay: values(100, 2*second)},
			Inconclusive, "too few samples (n = 120, p99 needs 1,000)", math.NaN()},
		{"too few, ten late of almost enough", startup("p99", 5),
			Distribution{Values: values(980, second, 10, 6*second)},
			Inconclusive, "too few samples (n = 990, p99 needs 1,000)", math.NaN()},
		{"max needs no number of samples", startup(Max, 5), Distribution{Values: values(3, second)}, Pass, "", 1},
		{"mean", startup(Mean, 1.5), Distribution{Values: values(1, second, 1, 3*second)}, Miss, "", 2},
		{"censored above the quantile", startup("p99", 5),
			Distribution{Values: values(1995, second, 5, 4*second), Censored: 5, CensoredFrom: 4}, Pass, "", 1},
		{"quantile among the censored, below the limit", startup("p99", 5),
			Distribution{Values: values(970, second, 30, 4*second), Censored: 30, CensoredFrom: 4},
			Inconclusive, "30 of 1,000 never got there: p99 is at least 4 s", 4},
		{"quantile among the censored, above the limit", startup("p99", 5),
			Distribution{Values: values(970, second, 30, 60*second), Censored: 30, CensoredFrom: 60},
			Miss, "30 of 1,000 never got there: p99 is at least 60 s", 60},
		{"one censored spoils the max", startup(Max, 5),
			Distribution{Values: values(10, 2*second, 1, second), Censored: 1, CensoredFrom: 1},
			Inconclusive, "1 of 11 never got there: max is at least 2 s", 2},
		{"censored cannot spoil a lower limit", least,
			Distribution{Values: values(20, 2*second), Censored: 20, CensoredFrom: 2}, Pass, "", 2},
		{"censored below a lower limit", least,
			Distribution{Values: values(20, second/2), Censored: 20, CensoredFrom: 0.5},
			Inconclusive, "20 of 20 never got there: p50 is at least 500 ms", 0.5},
		{"lower limit missed", least, Distribution{Values: values(20, second/2)}, Miss, "", 0.5},
		{"the harness was late", startup("p99", 5),
			Distribution{Values: values(1000, 5200*time.Millisecond), Delay: values(50, 300*time.Millisecond),
				DelayMetric: sample.WatchLag},
			Inconclusive, "the harness was late: watch lag p99 300 ms", 5.2},
		{"the harness was late, but not that late", startup("p99", 5),
			Distribution{Values: values(1000, 5400*time.Millisecond), Delay: values(50, 300*time.Millisecond),
				DelayMetric: sample.WatchLag}, Miss, "", 5.4},
		{"pass of an incomplete run", startup("p99", 5),
			Distribution{Values: values(1000, second), Doubt: "the run did not finish"},
			Inconclusive, "the run did not finish", 1},
		{"miss of an incomplete run", startup("p99", 5),
			Distribution{Values: values(1000, 6*second), Doubt: "the run did not finish"}, Miss, "", 6},
		{"count of those that got there", count,
			Distribution{Values: values(1000, second), Censored: 1, CensoredFrom: 1}, Miss, "", 999},
		{"unknown statistic", startup("last", 5), Distribution{Values: values(1, second)},
			Inconclusive, `a distribution has no "last"`, math.NaN()},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := EvaluateDistribution(test.objective, test.evidence)
			if got.Verdict != test.verdict || got.Reason != test.reason {
				t.Errorf("got %s %q, want %s %q", got.Verdict, got.Reason, test.verdict, test.reason)
			}
			checkFigure(t, "observed", got.Observed, test.observed)
			checkSound(t, test.objective, got)
		})
	}
}

func checkFigure(t *testing.T, name string, got *float64, want float64) {
	t.Helper()
	if math.IsNaN(want) {
		if got != nil {
			t.Errorf("%s is %v, want none", name, *got)
		}
		return
	}
	if got == nil || math.Abs(*got-want) > want*0.001 {
		t.Errorf("%s is %v, want %v", name, got, want)
	}
}

// checkSound checks what holds of every outcome.
func checkSound(t *testing.T, o Objective, got Outcome) {
	t.Helper()
	if got.Verdict != Pass && got.Verdict != Miss && got.Reason == "" {
		t.Error("an undecided objective gives no reason")
	}
	if got.Margin != nil && got.Verdict == Pass && *got.Margin < 0 {
		t.Errorf("a pass has the margin %v", *got.Margin)
	}
	if got.Margin != nil && got.Verdict == Miss && *got.Margin > 0 {
		t.Errorf("a miss has the margin %v", *got.Margin)
	}
	if got.Low != nil && got.Observed != nil && *got.Low > *got.Observed {
		t.Errorf("%s: the interval begins at %v, above %v", o.Words(), *got.Low, *got.Observed)
	}
}

func TestMarginAndInterval(t *testing.T) {
	h := values(500, time.Second, 500, 4*time.Second)
	got := EvaluateDistribution(startup("p50", 5), Distribution{Values: h})
	checkFigure(t, "margin", got.Margin, 0.8)
	checkFigure(t, "low", got.Low, 1)
	checkFigure(t, "high", got.High, 4)
	got = EvaluateDistribution(startup("p50", 5), Distribution{Values: h, Censored: 500, CensoredFrom: 4})
	checkFigure(t, "high among the censored", got.High, math.NaN())
	got = EvaluateDistribution(startup(Max, 0), Distribution{Values: h})
	checkFigure(t, "margin of a limit of 0", got.Margin, math.NaN())
}

func TestEvaluateSeries(t *testing.T) {
	memory := Objective{Metric: sample.ComponentMemory, Statistic: Max, Most: to(100.0)}
	rate := Objective{Metric: sample.PodsReadyRate, Statistic: Value, Least: to(50.0)}
	scalar := func(value float64, labels sample.Labels) Series {
		return Series{Labels: labels, N: 1, Mean: value, Min: value, Max: value, Last: value}
	}
	etcd := Series{Labels: sample.Labels{"component": "etcd"}, N: 3, Mean: 90, Min: 10, Max: 120, Last: 80}
	small := Series{Labels: sample.Labels{"component": "kwok"}, N: 3, Mean: 9, Min: 9, Max: 9, Last: 9}
	tests := []struct {
		name      string
		objective Objective
		series    []Series
		doubt     string
		verdict   Verdict
		reason    string
		observed  float64
	}{
		{"nothing", memory, nil, "", NoData, "nothing was observed", math.NaN()},
		{"no points", memory, []Series{{}}, "", NoData, "nothing was observed", math.NaN()},
		{"pass", memory, []Series{small}, "", Pass, "", 9},
		{"miss", memory, []Series{etcd}, "", Miss, "", 120},
		{"the worst counts", memory, []Series{small, etcd}, "", Miss, "component=etcd is the worst of 2 series", 120},
		{"the lowest is the worst of a lower limit", rate,
			[]Series{scalar(80, sample.Labels{"phase": "a"}), scalar(40, sample.Labels{"phase": "b"})}, "",
			Miss, "phase=b is the worst of 2 series", 40},
		{"lower limit met", rate, []Series{scalar(50, nil)}, "", Pass, "", 50},
		{"doubt", rate, []Series{scalar(50, nil)}, "the run did not finish", Inconclusive, "the run did not finish", 50},
		{"doubt about a miss", rate, []Series{scalar(20, nil)}, "the run did not finish", Miss, "", 20},
		{"no limit", Objective{Metric: sample.PodsReadyRate, Statistic: Value}, []Series{scalar(1, nil)}, "",
			Inconclusive, "the objective has no limit", math.NaN()},
		{"no quantiles", Objective{Metric: sample.ComponentMemory, Statistic: "p99", Most: to(1.0)}, []Series{etcd}, "",
			Inconclusive, `component_memory_bytes has no "p99"`, math.NaN()},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := EvaluateSeries(test.objective, test.series, test.doubt)
			if got.Verdict != test.verdict || got.Reason != test.reason {
				t.Errorf("got %s %q, want %s %q", got.Verdict, got.Reason, test.verdict, test.reason)
			}
			checkFigure(t, "observed", got.Observed, test.observed)
			checkSound(t, test.objective, got)
		})
	}
}

func TestWorst(t *testing.T) {
	tests := []struct {
		verdicts []Verdict
		want     Verdict
	}{
		{nil, Inconclusive},
		{[]Verdict{Pass, Pass}, Pass},
		{[]Verdict{Pass, Inconclusive}, Inconclusive},
		{[]Verdict{NoData, Inconclusive, Pass}, NoData},
		{[]Verdict{NoData, Miss, Inconclusive}, Miss},
	}
	for _, test := range tests {
		if got := Worst(test.verdicts); got != test.want {
			t.Errorf("Worst(%v) = %s, want %s", test.verdicts, got, test.want)
		}
	}
}

func TestWords(t *testing.T) {
	tests := []struct {
		objective Objective
		want      string
	}{
		{startup("p99", 5), "pod startup p99 ≤ 5 s"},
		{Objective{Name: "pods start fast", Metric: sample.PodStartup, Statistic: "p99", Most: to(5.0)}, "pods start fast"},
		{Objective{Metric: sample.PodsReadyRate, Statistic: Value, Least: to(50.0), Where: sample.Labels{"phase": "ramp"}},
			"pods ready per second (phase=ramp) ≥ 50/s"},
		{Objective{Metric: sample.PodStartup, Statistic: Total, Least: to(1000.0)}, "pod startup count ≥ 1,000"},
		{Objective{Metric: sample.ComponentMemory, Statistic: Max, Most: to(2147483648.0)}, "component memory max ≤ 2 GiB"},
		{Objective{Metric: "no_such", Statistic: Max}, "no such max without a limit"},
	}
	for _, test := range tests {
		if got := test.objective.Words(); got != test.want {
			t.Errorf("Words() = %q, want %q", got, test.want)
		}
	}
}

func FuzzStatisticQuantile(f *testing.F) {
	for _, seed := range []string{"p50", "p99.9", "mean", "p", "pNaN", "p1e1", "p100"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if q, ok := Statistic(text).Quantile(); ok && !(q > 0 && q < 1) {
			t.Errorf("%q is the quantile %v", text, q)
		}
	})
}
