package summary

import (
	"testing"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

// TestQueryDoubt takes an objective's word for nothing where a query lost points in the phases and
// of the queries that the objective is about.
func TestQueryDoubt(t *testing.T) {
	c := &collector{scalars: map[string]Scalar{}}
	for _, s := range []struct {
		query, phase string
		lost         float64
	}{{"slow", "warm-up", 0}, {"slow", "load", 3}, {"fast", "load", 0}, {"memory", "load", 2}, {"memory", "warm-up", 5}} {
		c.scalar(sample.QueryLost, sample.Labels{"query": s.query, "phase": s.phase}, s.lost)
		c.scalar(sample.QueryMissing, sample.Labels{"query": s.query, "phase": s.phase}, 100)
	}
	run := &bundle.Run{Manifest: bundle.Manifest{Queries: []bundle.Query{
		{Name: "slow", Unit: sample.Seconds}, {Name: "fast", Unit: sample.Seconds}, {Name: "memory", Unit: sample.Bytes}}}}
	const lost3, lost7 = "points of the query were lost (3)", "points of the query were lost (7)"
	for _, test := range []struct {
		metric string
		where  sample.Labels
		want   string
	}{
		{"query_seconds", nil, lost3},
		{"query_seconds", sample.Labels{"query": "slow"}, lost3},
		{"query_seconds", sample.Labels{"query": "slow", "series": "{}"}, lost3},
		{"query_seconds", sample.Labels{"query": "slow", "phase": "warm-up"}, ""},
		{"query_seconds", sample.Labels{"query": "fast"}, ""},
		{"query_seconds", sample.Labels{"phase": "load"}, lost3},
		{"query_bytes", nil, lost7},
		{"query_total", nil, ""},
		{sample.QueryMissing, nil, ""},
		{sample.PodStartup, nil, ""},
	} {
		if got := c.queryDoubt(run, slo.Objective{Metric: test.metric, Where: test.where}); got != test.want {
			t.Errorf("%s %v: %q, want %q", test.metric, test.where, got, test.want)
		}
	}
}

// TestLostPointsTakeAPassBack judges a run whose values are all within the limit.
func TestLostPointsTakeAPassBack(t *testing.T) {
	limit := 5.0
	objectives := []slo.Objective{{Metric: "query_total", Statistic: slo.Max, Most: &limit}}
	for lost, want := range map[float64]slo.Verdict{0: slo.Pass, 1: slo.Inconclusive} {
		dir := write(t, 0, bundle.Complete, objectives, func(w *bundle.Writer) {
			w.Point(sample.Point{Metric: "query_total", Labels: sample.Labels{"query": "q", "series": "{}"}, Value: 1})
			w.Point(sample.Point{Metric: sample.QueryLost, Labels: sample.Labels{"query": "q"}, Value: lost})
		})
		run, err := bundle.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		run.Manifest.Queries = []bundle.Query{{Name: "q", Unit: sample.Count}}
		s, _, err := Compute(run)
		if err != nil {
			t.Fatal(err)
		}
		if s.Verdict != want {
			t.Errorf("%g points lost: %s %q, want %s", lost, s.Verdict, s.Sentence, want)
		}
	}
}
