package view_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

func TestKarpentersNodes(t *testing.T) {
	manifest := bundle.Manifest{ID: "k", Cluster: bundle.Cluster{Components: []bundle.Component{{Name: "kwok"}, {Name: "karpenter", Version: "v1"}}}}
	s := &summary.Summary{Gauges: []summary.Gauge{
		{Metric: sample.NodesByState, Labels: sample.Labels{"state": "created"}, Max: 5, Last: 1},
		{Metric: sample.NodesByType, Labels: sample.Labels{"type": "m6i.large"}, Max: 3, Mean: 1.5, Last: 1},
		{Metric: sample.NodesByType, Labels: sample.Labels{"type": "m6i.large", "phase": "out"}, Max: 3, Mean: 2, Last: 1},
		{Metric: sample.NodesByType, Labels: sample.Labels{"type": "r6i.large"}, Max: 2, Mean: 1, Last: 0},
	}}
	detail := &summary.Detail{}
	for _, kind := range []string{"m6i.large", "r6i.large"} {
		detail.Tracks = append(detail.Tracks, summary.Track{Metric: sample.NodesByType, Labels: sample.Labels{"type": kind},
			Points: []sample.Point{{At: sample.Offset(time.Second), Value: 2}, {At: sample.Offset(2 * time.Second), Value: 1}}})
	}
	section := func(m bundle.Manifest, s *summary.Summary, d *summary.Detail) *view.Section {
		for _, one := range view.Build(m, nil, s, d).Sections {
			if one.ID == "karpenter" {
				return &one
			}
		}
		return nil
	}
	got := section(manifest, s, detail)
	if got == nil {
		t.Fatal("there is no section of Karpenter")
	}
	if figure := got.Figures[0]; figure.Title != "Karpenter had 5 nodes at most, 1 at the end" || figure.Empty != "" || len(figure.Panels[0].Series) != 2 {
		t.Errorf("the figure is %+v", figure)
	}
	want := [][]string{{"m6i.large", "3", "1.5", "1"}, {"r6i.large", "2", "1", "0"}}
	if diff := cmp.Diff(want, got.Tables[0].Rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	fact := view.Fact{Name: "Nodes that Karpenter made", Value: "5 at most, 1 at the end; of each type at most 3 × m6i.large, 2 × r6i.large"}
	if key := view.Build(manifest, nil, s, detail).Key; !slices.Contains(key, fact) {
		t.Errorf("key figures %v, want %v among them", key, fact)
	}
	if got := section(manifest, &summary.Summary{}, &summary.Detail{}); got == nil || got.Figures[0].Empty == "" {
		t.Errorf("without a node: %+v", got)
	}
	manifest.Cluster.Components = slices.DeleteFunc(manifest.Cluster.Components, func(c bundle.Component) bool { return c.Name == "karpenter" })
	if got := section(manifest, s, detail); got != nil {
		t.Errorf("without Karpenter: %+v", got)
	}
}
