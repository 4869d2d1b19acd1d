package view_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// TestQuotaSection has a quota of 40 pods, of which 30 were used at most, and of 2 GiB, all of it used.
func TestQuotaSection(t *testing.T) {
	pods, memory := sample.Labels{"quota": "q", "resource": "pods"}, sample.Labels{"quota": "q", "resource": "requests.memory"}
	s := &summary.Summary{Duration: at(60),
		Gauges: []summary.Gauge{
			{Metric: sample.QuotaHard, Labels: pods, Max: 40, Last: 40}, {Metric: sample.QuotaUsed, Labels: pods, Max: 30, Last: 10},
			{Metric: sample.QuotaHard, Labels: memory, Max: 2 << 30, Last: 2 << 30}, {Metric: sample.QuotaUsed, Labels: memory, Max: 2 << 30, Last: 1 << 30},
			{Metric: sample.ServerRefused, Last: 7, Labels: sample.Labels{"phase": "update", "verb": "create", "resource": "pods", "code": "403"}},
			{Metric: sample.ServerRefused, Last: 0, Labels: sample.Labels{"phase": "update", "verb": "update", "resource": "pods", "code": "409"}},
		},
		Scalars: []summary.Scalar{
			{Metric: sample.ObjectsAdmitted, Value: 2, Labels: sample.Labels{"workload": "web", "phase": "objects"}},
			{Metric: sample.ObjectsRefused, Value: 1, Labels: sample.Labels{"workload": "web", "phase": "objects", "reason": "quota"}},
			{Metric: sample.ObjectsRefused, Value: 0, Labels: sample.Labels{"workload": "web", "phase": "objects", "reason": "other"}},
		}}
	detail := &summary.Detail{Tracks: []summary.Track{
		{Metric: sample.QuotaUsed, Labels: pods, Points: []sample.Point{{At: at(1), Value: 10}, {At: at(2), Value: 30}}},
		{Metric: sample.QuotaUsed, Labels: memory, Points: []sample.Point{{At: at(1), Value: 1 << 30}, {At: at(2), Value: 2 << 30}}},
	}}
	section := sectionOf(view.Build(bundle.Manifest{}, nil, s, detail), "quotas")
	if section == nil || len(section.Figures) != 1 || len(section.Tables) != 3 {
		t.Fatalf("section %+v, want a figure and three tables", section)
	}
	lines := section.Figures[0].Panels[0].Series
	if len(lines) != 2 || lines[0].Name != "quota q, requests.memory" {
		t.Errorf("lines %+v, want two, the fullest first", lines)
	}
	want := [][][]string{
		{{"q", "pods", "40", "30", "75%", "10"}, {"q", "requests.memory", "2 GiB", "2 GiB", "100%", "1 GiB"}},
		{{"web", "2", "1", "quota: 1"}},
		{{"update", "create pods", "403, forbidden", "7"}},
	}
	for i, table := range section.Tables {
		if diff := cmp.Diff(want[i], table.Rows); diff != "" {
			t.Errorf("table %s (-want +got):\n%s", table.ID, diff)
		}
	}
}

func TestNoQuotas(t *testing.T) {
	if s := sectionOf(view.Build(bundle.Manifest{}, nil, &summary.Summary{}, &summary.Detail{}), "quotas"); s != nil {
		t.Error("a run without quotas has a section on them")
	}
}
