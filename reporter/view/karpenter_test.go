package view_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// TestKarpentersNodes: Karpenter's nodes are among the elastic ones, with the types that it chose.
func TestKarpentersNodes(t *testing.T) {
	m, s, d := elasticView()
	m.Cluster.Pools = nil
	m.Cluster.Components = []bundle.Component{{Name: "kwok"}, {Name: "karpenter", Version: "v1"}}
	m.Cluster.Offered = []bundle.Pool{{NodeType: "m6i.large", PricePerHour: 0.096, SpotPerHour: 0.04, Provider: "aws", Region: "us-east-1", PriceDate: "2026-07-20"},
		{NodeType: "r6i.large", PricePerHour: 0.126, Provider: "aws", Region: "us-east-1", PriceDate: "2026-07-20"}}
	s.Gauges = slices.DeleteFunc(s.Gauges, func(g summary.Gauge) bool { return g.Labels["state"] == "needed" })
	s.Gauges = append(s.Gauges,
		summary.Gauge{Metric: sample.NodesByState, Labels: sample.Labels{"state": "created"}, Max: 5, Last: 1},
		summary.Gauge{Metric: sample.NodesByType, Labels: sample.Labels{"type": "m6i.large"}, Max: 3, Last: 1},
		summary.Gauge{Metric: sample.NodesByType, Labels: sample.Labels{"type": "m6i.large", "phase": "out"}, Max: 3, Last: 1},
		summary.Gauge{Metric: sample.NodesByType, Labels: sample.Labels{"type": "r6i.large"}, Max: 2, Last: 0})
	for _, kind := range []string{"m6i.large", "r6i.large"} {
		d.Tracks = append(d.Tracks, summary.Track{Metric: sample.NodesByType, Labels: sample.Labels{"type": kind},
			Points: []sample.Point{{At: sample.Offset(time.Second), Value: 2}, {At: sample.Offset(2 * time.Second), Value: 1}}})
	}
	report := view.Build(m, nil, s, d)
	section := sectionOf(report, "elastic")
	if section == nil || !strings.HasPrefix(section.Lead, "Karpenter makes nodes") || strings.Contains(section.Lead, "Idle") {
		t.Fatalf("the section is %+v", section)
	}
	const finding = "At most 9 nodes; 3 pods were without room, for ≥ 50 s at most; the nodes cost $0.144, 20% above the least that nodes could cost"
	if got := section.Figures[0].Title; got != finding {
		t.Errorf("the figure says %q\nwant %q", got, finding)
	}
	if !slices.ContainsFunc(section.Figures[0].Panels, func(p view.Panel) bool { return p.Label == "Nodes by instance type" && len(p.Series) == 2 }) {
		t.Errorf("no panel has the nodes of both types: %+v", section.Figures[0].Panels)
	}
	want := [][][]string{
		{{"general", "Karpenter's choice", "9", "2", "–", "1.5 h", "$0.144", "$0.12", "20%", "aws, us-east-1, 2026-07-20"}},
		{{"m6i.large", "3", "1", "$0.096", "$0.04"}, {"r6i.large", "2", "0", "$0.126", "–"}},
	}
	if diff := cmp.Diff(want, [][][]string{section.Tables[0].Rows, section.Tables[1].Rows}); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	for _, fact := range report.Key {
		if fact.Name == "Elastic nodes (general)" && strings.Contains(fact.Value, "needed") {
			t.Errorf("%s", fact.Value)
		}
	}
	fact := view.Fact{Name: "Nodes that Karpenter made", Value: "5 at most, 1 at the end; of each type at most 3 × m6i.large, 2 × r6i.large"}
	if !slices.Contains(report.Key, fact) {
		t.Errorf("key figures %v, want %v among them", report.Key, fact)
	}
	m.Cluster.Components = m.Cluster.Components[:1]
	if got := sectionOf(view.Build(m, nil, s, d), "elastic"); len(got.Tables) != 4 {
		t.Errorf("without Karpenter there are the tables %+v", got.Tables)
	}
}
