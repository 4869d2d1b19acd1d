package slo

import (
	"math"
	"testing"
)

func TestEvaluateBuckets(t *testing.T) {
	limit := func(v float64) *float64 { return &v }
	// 990 up to 25 ms, 9 up to 50 ms, 1 beyond 100 ms: p99 is at most 25 ms, p99.9 at most 50 ms.
	thousand := Buckets{Bounds: []float64{0.025, 0.05, 0.1}, Counts: []uint64{990, 9, 0, 1}, Sum: 10}
	slow := Buckets{Bounds: []float64{0.025, 0.05}, Counts: []uint64{0, 0, 1000}, Sum: 100}
	doubtful := thousand
	doubtful.Doubt = "the run did not finish"
	tests := []struct {
		name      string
		e         Buckets
		statistic Statistic
		most      *float64
		least     *float64
		want      Verdict
		observed  float64 // NaN: none.
		reason    string
	}{
		{"limit on the upper edge", thousand, "p99", limit(0.025), nil, Pass, 0.025, "p99 lies between 0 s and 25 ms"},
		{"limit inside the bucket", thousand, "p99", limit(0.02), nil, Inconclusive, 0.025, "p99 lies between 0 s and 25 ms"},
		{"a doubt", doubtful, "p99", limit(1), nil, Inconclusive, 0.025, "the run did not finish"},
		{"limit on the lower edge", slow, "p50", limit(0.05), nil, Miss, math.NaN(), "p50 lies above 50 ms, in the last bucket"},
		{"limit in the last bucket", slow, "p50", limit(0.06), nil, Inconclusive, math.NaN(), "p50 lies above 50 ms, in the last bucket"},
		{"at least, met", slow, "p50", nil, limit(0.05), Pass, math.NaN(), "p50 lies above 50 ms, in the last bucket"},
		{"at least, missed", thousand, "p50", nil, limit(0.03), Miss, 0.025, "p50 lies between 0 s and 25 ms"},
		{"too few beyond", thousand, "p99.9", limit(1), nil, Inconclusive, math.NaN(), "too few samples (n = 1,000, p99.9 needs 10,000)"},
		{"mean is exact", thousand, Mean, limit(0.01), nil, Pass, 0.01, ""},
		{"mean misses", thousand, Mean, limit(0.009), nil, Miss, 0.01, ""},
		{"count", thousand, Total, nil, limit(1001), Miss, 1000, ""},
		{"no max", thousand, Max, limit(1), nil, Inconclusive, math.NaN(), `a server's buckets have no "max"`},
		{"nothing", Buckets{Bounds: []float64{1}, Counts: []uint64{0, 0}}, "p99", limit(1), nil, NoData, math.NaN(), "nothing was observed"},
		{"no limit", thousand, "p99", nil, nil, Inconclusive, math.NaN(), "the objective has no limit"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := Objective{Metric: "server_request_sli_seconds", Statistic: test.statistic, Most: test.most, Least: test.least}
			got := EvaluateBuckets(o, test.e)
			observed := math.NaN()
			if got.Observed != nil {
				observed = *got.Observed
			}
			same := observed == test.observed || math.IsNaN(observed) && math.IsNaN(test.observed)
			if got.Verdict != test.want || got.Reason != test.reason || !same {
				t.Errorf("got %s %g %q, want %s %g %q", got.Verdict, observed, got.Reason, test.want, test.observed, test.reason)
			}
		})
	}
}

func TestBucketQuantileRanks(t *testing.T) {
	b := Buckets{Bounds: []float64{1, 2}, Counts: []uint64{99, 1, 0}}
	for q, want := range map[float64][2]float64{0.5: {0, 1}, 0.99: {0, 1}, 0.991: {1, 2}, 1: {1, 2}} {
		if low, high := b.Quantile(q); low != want[0] || high != want[1] {
			t.Errorf("quantile %g lies in (%g, %g], want %v", q, low, high, want)
		}
	}
}
