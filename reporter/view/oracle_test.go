package view_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/autoscaler"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/elasticity"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// TestOracle shows what the HPA should have asked for, and why pods lacked, where that is known;
// and says so in words where it is not.
func TestOracle(t *testing.T) {
	turns := 0
	judged := summary.Elasticity{Service: "shop", Phase: "rise", Result: elasticity.Result{Reversals: &turns,
		Balance:  elasticity.Balance{Seconds: 100, UnderPodSeconds: 160, OverPodSeconds: 40},
		Lag:      elasticity.Lag{Decided: 130, Acted: 30},
		Shortage: &elasticity.Shortage{Rule: 60, Decided: 70, Acted: 30}}}
	other := judged
	other.Service, other.Shortage = "queue", nil
	track := func(metric string, labels sample.Labels, values ...float64) summary.Track {
		tr := summary.Track{Metric: metric, Labels: labels}
		for i, v := range values {
			tr.Points = append(tr.Points, sample.Point{At: sample.Offset(i) * 1e9, Metric: metric, Labels: labels, Value: v})
		}
		return tr
	}
	build := func(rule *autoscaler.Rule, all ...summary.Elasticity) *view.Section {
		manifest := bundle.Manifest{Autoscalers: []bundle.Autoscaler{{HPA: "web", Service: "shop", Rule: rule}, {HPA: "work", Service: "queue"}}}
		detail := &summary.Detail{Tracks: []summary.Track{track(sample.HPADesired, sample.Labels{"hpa": "web"}, 2, 2, 4)}}
		if rule != nil {
			detail.Tracks = append(detail.Tracks, track(sample.HPAOracle, sample.Labels{"hpa": "web"}, 2, 4, 4))
		}
		return sectionOf(view.Build(manifest, nil, &summary.Summary{Elasticity: all}, detail), "autoscaling")
	}
	section := build(&autoscaler.Rule{}, judged, other)
	balance := section.Tables[1]
	var cells [][]string
	for _, row := range balance.Rows {
		cells = append(cells, row[6:])
	}
	want := [][]string{{"160", "130", "60", "70", "30", "40", "0"}, {"160", "130", view.Dash, view.Dash, "30", "40", "0"}}
	if diff := cmp.Diff(want, cells); diff != "" {
		t.Error(diff)
	}
	lines := func(s *view.Section) (names []string) {
		for _, line := range s.Figures[0].Panels[0].Series {
			names = append(names, line.Name)
		}
		return names
	}
	if !slices.Contains(lines(section), "oracle") || !strings.Contains(section.Figures[0].Caption, "oracle") {
		t.Errorf("the figure has the lines %q", lines(section))
	}
	for _, words := range []string{"By the rule are", "other metrics"} {
		if !strings.Contains(section.Lead, words) {
			t.Errorf("the section does not say %q: %s", words, section.Lead)
		}
	}
	without := build(nil, other)
	if slices.Contains(lines(without), "oracle") || strings.Contains(without.Figures[0].Caption, "oracle") ||
		strings.Contains(without.Lead, "By the rule are") {
		t.Error("an oracle is spoken of where there is none")
	}
	if only := build(&autoscaler.Rule{}, judged); strings.Contains(only.Lead, "other metrics") {
		t.Error("an HPA that is known is excused")
	}
}
