package view_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

func TestDrainSection(t *testing.T) {
	labels := sample.Labels{"pool": "general", "phase": "drain"}
	s := &summary.Summary{Duration: at(60),
		Distributions: []summary.Distribution{{Metric: sample.DrainDuration, Labels: labels, N: 5, Max: 8.25},
			{Metric: sample.DrainDuration, Labels: sample.Labels{"pool": "general", "phase": "stuck"}, N: 3, Censored: 1, Max: 60}},
		Scalars: []summary.Scalar{{Metric: sample.Evictions, Labels: labels, Value: 28}, {Metric: sample.EvictionsRefused, Labels: labels, Value: 2},
			{Metric: sample.EvictionsRefused, Labels: sample.Labels{"pool": "general", "phase": "other"}, Value: 9}}}
	section := sectionOf(view.Build(bundle.Manifest{}, nil, s, &summary.Detail{}), "drains")
	if section == nil {
		t.Fatal("there is no section on drains")
	}
	want := [][]string{{"general", "drain", "5", "0", "–", "–", "8.25 s", "28", "2"},
		{"general", "stuck", "3", "1", "–", "–", "≥ 60 s", "–", "–"}}
	if diff := cmp.Diff(want, section.Tables[0].Rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if s := sectionOf(view.Build(bundle.Manifest{}, nil, &summary.Summary{}, &summary.Detail{}), "drains"); s != nil {
		t.Error("a run without drains has a section on them")
	}
}
