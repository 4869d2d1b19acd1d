package summary

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

func serverBuckets(phase, verb string, bounds []float64, counts ...uint64) sample.Buckets {
	return sample.Buckets{Metric: sample.ServerRequest, Labels: sample.Labels{"phase": phase, "verb": verb},
		Bounds: bounds, Counts: counts, Sum: 20}
}

func TestBucketsAreAddedUp(t *testing.T) {
	limit := 0.05
	objectives := []slo.Objective{
		{Metric: sample.ServerRequest, Statistic: "p99", Most: &limit, Where: sample.Labels{"verb": "get"}},
		{Metric: sample.ServerRequest, Statistic: "p50", Most: &limit, Where: sample.Labels{"phase": "nobody"}},
	}
	bounds := []float64{0.025, 0.05}
	s, _ := compute(t, write(t, 0, bundle.Complete, objectives, func(w *bundle.Writer) {
		w.Buckets(serverBuckets("a", "get", bounds, 990, 0, 0))
		w.Buckets(serverBuckets("a", "get", bounds, 0, 10, 0))
		w.Buckets(serverBuckets("b", "get", bounds, 1000, 0, 0))
		w.Buckets(serverBuckets("b", "list", bounds, 0, 0, 1000))
	}))
	var got []string
	for _, o := range s.Objectives {
		got = append(got, string(o.Verdict))
	}
	if diff := cmp.Diff([]string{"PASS", "NO DATA"}, got); diff != "" {
		t.Error(diff)
	}
	if len(s.Buckets) != 3 {
		t.Fatalf("got %+v, want three label sets", s.Buckets)
	}
	first := s.Buckets[0]
	if first.N != 1000 || first.Mean != 0.04 || first.Quantiles[3] != (BucketQuantile{Percentile: 99, High: 0.025, Printable: true}) {
		t.Errorf("got %+v", first)
	}
	last := s.Buckets[2].Quantiles[0]
	if last != (BucketQuantile{Percentile: 50, Low: 0.05, Open: true, Printable: true}) {
		t.Errorf("got %+v", last)
	}
}

func TestUnequalBucketsAreADoubt(t *testing.T) {
	limit := 1.0
	objectives := []slo.Objective{{Metric: sample.ServerRequest, Statistic: "p50", Most: &limit}}
	s, _ := compute(t, write(t, 0, bundle.Complete, objectives, func(w *bundle.Writer) {
		w.Buckets(serverBuckets("a", "get", []float64{0.025}, 1000, 0))
		w.Buckets(serverBuckets("a", "get", []float64{0.05}, 1000, 0))
	}))
	if s.Verdict != slo.Inconclusive || len(s.Warnings) == 0 {
		t.Errorf("got %s %q", s.Verdict, s.Warnings)
	}
}

func TestRunOfAnOlderKubedynoHasNoBuckets(t *testing.T) {
	dir := write(t, 0, bundle.Complete, nil, nil)
	if err := os.Remove(filepath.Join(dir, bundle.BucketsFile)); err != nil {
		t.Fatal(err)
	}
	run, err := bundle.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Compute(run); err == nil {
		t.Error("buckets that the run wrote are gone, and that is no error")
	}
	run.Manifest.Files = nil // An older kubedyno did not write them.
	if s, _, err := Compute(run); err != nil || len(s.Buckets) > 0 {
		t.Errorf("got %+v, %v", s, err)
	}
}

func TestServerCountersByPhase(t *testing.T) {
	at := func(phase string, value float64) sample.Point {
		return sample.Point{Metric: sample.ServerRejected, Labels: sample.Labels{"phase": phase, "reason": "queue-full"}, Value: value}
	}
	s, _ := compute(t, write(t, 0, bundle.Complete, nil, func(w *bundle.Writer) {
		for _, point := range []sample.Point{at("a", 2), at("a", 5), at("b", 0), at("b", 3)} {
			w.Point(point)
		}
	}))
	got := map[string]float64{}
	for _, g := range s.Gauges {
		if g.Metric == sample.ServerRejected {
			got[g.Labels["phase"]] = g.Last
		}
	}
	if diff := cmp.Diff(map[string]float64{"": 8, "a": 5, "b": 3}, got); diff != "" {
		t.Error(diff)
	}
}
