package view_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// queried is a run of two phases and what its queries gave: a line without labels, two series
// that share a label, and nothing.
func queried() (bundle.Manifest, *summary.Summary, *summary.Detail) {
	manifest := bundle.Manifest{ID: "run", Queries: []bundle.Query{
		{Name: "p99", Title: "Slow lists", Expr: "histogram_quantile(…)", Unit: sample.Seconds, Step: sample.Offset(10 * time.Second)},
		{Name: "memory", Expr: "memory", Unit: sample.Bytes, Step: sample.Offset(10 * time.Second)},
		{Name: "typo", Expr: "typpo", Unit: sample.Seconds, Step: sample.Offset(10 * time.Second)},
	}}
	limit := 0.5
	s := &summary.Summary{Duration: sample.Offset(time.Minute),
		Phases: []summary.Phase{
			{Name: "warm-up", End: sample.Offset(30 * time.Second), Ended: true},
			{Name: "load", Start: sample.Offset(30 * time.Second), End: sample.Offset(time.Minute), Ended: true},
		},
		Objectives: []summary.Objective{{Unit: sample.Seconds, Objective: slo.Objective{Metric: "query_seconds", Statistic: slo.Max,
			Where: sample.Labels{"query": "p99"}, Most: &limit}}},
		Scalars: []summary.Scalar{
			{Metric: sample.QueryMissing, Labels: sample.Labels{"query": "p99", "phase": "load"}, Value: 1},
			{Metric: sample.QueryMissing, Labels: sample.Labels{"query": "p99", "phase": "warm-up"}, Value: 0},
			{Metric: sample.QueryLost, Labels: sample.Labels{"query": "memory", "phase": "load"}, Value: 2},
		},
	}
	detail := &summary.Detail{}
	add := func(metric, query, series string, inWarmUp, inLoad float64) {
		for phase, value := range map[string]float64{"": inLoad, "warm-up": inWarmUp, "load": inLoad} {
			labels := sample.Labels{"query": query, "series": series}
			if phase != "" {
				labels["phase"] = phase
			}
			s.Gauges = append(s.Gauges, summary.Gauge{Metric: metric, Labels: labels, N: 3, Mean: value / 2, Max: value, Last: value / 4})
		}
		labels := sample.Labels{"query": query, "series": series}
		detail.Tracks = append(detail.Tracks, summary.Track{Metric: metric, Labels: labels, Points: []sample.Point{
			{At: sample.Offset(30 * time.Second), Value: inWarmUp}, {At: sample.Offset(40 * time.Second), Value: inLoad}}})
	}
	add("query_seconds", "p99", "{}", 0.1, 0.8)
	add("query_bytes", "memory", `rss{job="api", pod="b"}`, 1<<20, 2<<20)
	add("query_bytes", "memory", `rss{job="api", pod="a"}`, 4<<20, 3<<20)
	return manifest, s, detail
}

func queriesSection(manifest bundle.Manifest, s *summary.Summary, detail *summary.Detail) *view.Section {
	for _, section := range view.Build(manifest, nil, s, detail).Sections {
		if section.ID == "queries" {
			return &section
		}
	}
	return nil
}

func TestQueries(t *testing.T) {
	section := queriesSection(queried())
	if section == nil {
		t.Fatal("there is no section")
	}
	values := [][]string{
		{"p99", "–", "warm-up", "50 ms", "100 ms", "25 ms", "3"},
		{"p99", "–", "load", "400 ms", "800 ms", "200 ms", "3"},
		{"memory", `1: rss{job="api", pod="a"}`, "warm-up", "2 MiB", "4 MiB", "1 MiB", "3"},
		{"memory", `1: rss{job="api", pod="a"}`, "load", "1.5 MiB", "3 MiB", "768 KiB", "3"},
		{"memory", `2: rss{job="api", pod="b"}`, "warm-up", "512 KiB", "1 MiB", "256 KiB", "3"},
		{"memory", `2: rss{job="api", pod="b"}`, "load", "1 MiB", "2 MiB", "512 KiB", "3"},
	}
	gaps := [][]string{{"p99", "load", "1", "0"}, {"memory", "load", "0", "2"}}
	if diff := cmp.Diff([][][]string{values, gaps}, [][][]string{section.Tables[0].Rows, section.Tables[1].Rows}); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
	p99, memory, typo := section.Figures[0], section.Figures[1], section.Figures[2]
	if p99.Title != "Slow lists: at most 800 ms (load)" || memory.Title != "memory: at most 4 MiB (warm-up)" {
		t.Errorf("titles %q and %q", p99.Title, memory.Title)
	}
	if diff := cmp.Diff([]view.Limit{{Name: "max ≤ 500 ms", Value: 0.5}}, p99.Panels[0].Limits); diff != "" || len(memory.Panels[0].Limits) > 0 {
		t.Errorf("limits (-want +got):\n%s, %v", diff, memory.Panels[0].Limits)
	}
	var names []string
	for _, series := range memory.Panels[0].Series {
		names = append(names, series.Name)
	}
	if diff := cmp.Diff([]string{`1: pod="a"`, `2: pod="b"`}, names); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	want := [][]view.Point{{{X: 30, Y: 0.1}, {X: 40, Y: 0.8}}}
	if diff := cmp.Diff(want, p99.Panels[0].Series[0].Parts); diff != "" {
		t.Errorf("points (-want +got):\n%s", diff)
	}
	if !strings.Contains(typo.Empty, "typpo") || len(typo.Panels) > 0 {
		t.Errorf("a query without values: %+v", typo)
	}
}

func TestNoQueries(t *testing.T) {
	_, s, detail := queried()
	if section := queriesSection(bundle.Manifest{ID: "run"}, s, detail); section != nil {
		t.Errorf("got %+v", section)
	}
}
