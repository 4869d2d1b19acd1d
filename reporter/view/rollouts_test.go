package view_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/rollout"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

func at(second int) sample.Offset { return sample.Offset(time.Duration(second) * time.Second) }

// stalled is an update of 10 pods under a quota that stood still from 30 s to 100 s.
func stalled() summary.Rollout {
	return summary.Rollout{Workload: "web", Phase: "update", Limits: rollout.Limits{Unavailable: 2}, Unfinished: true, Forecast: "delayed", Refused: new(7.0), Agreement: summary.Agrees,
		Result: rollout.Result{From: at(10), To: at(100), Seconds: 90, Unavailable: 180, MostPods: new(12.0), LeastAvailable: new(7.0),
			Still: &rollout.Still{From: at(30), To: at(100), Desired: 10, Current: 8, Updated: 2, Available: 8}},
		Stall: &rollout.Stall{Seconds: 72, Known: 90, Longest: &rollout.Gap{From: at(30), To: at(100), Room: 2, Missing: 2}}}
}

// rolledReport is the report of rollouts whose series are not known, but for two points.
func rolledReport(rollouts ...summary.Rollout) *view.Report {
	s := &summary.Summary{Duration: at(120), Rollouts: rollouts,
		Distributions: []summary.Distribution{{Metric: sample.RolloutDuration, N: 1, Censored: 1, Max: 90,
			Labels: sample.Labels{"workload": "web", "phase": "update"}}}}
	detail := &summary.Detail{}
	for _, state := range []string{"available", "updated"} {
		detail.Tracks = append(detail.Tracks, summary.Track{Metric: sample.WorkloadReplicas,
			Labels: sample.Labels{"workload": "web", "state": state}, Points: []sample.Point{{At: at(1), Value: 10}, {At: at(2), Value: 8}}})
	}
	return view.Build(bundle.Manifest{Updates: []bundle.Update{{Workload: "web"}}}, nil, s, detail)
}

func TestRolloutSection(t *testing.T) {
	section := sectionOf(rolledReport(stalled()), "rollouts")
	if section == nil || len(section.Figures) != 1 || len(section.Tables) != 2 {
		t.Fatalf("section %+v, want a figure and two tables", section)
	}
	want := "Web was not updated within 90 s; at least 7 of 10 pods were available; nothing moved for 70 s and until the end, " +
		"with 2 pods of the new version, 8 available and 0 being deleted; for 70 s and until the end the quota had room for 2 more pods, " +
		"2 were missing, and none was made"
	if diff := cmp.Diff(want, section.Figures[0].Title); diff != "" {
		t.Errorf("finding (-want +got):\n%s", diff)
	}
	limits := section.Figures[0].Panels[0].Limits
	if len(limits) != 2 || limits[0].Value != 8 || limits[1].Value != 10 {
		t.Errorf("limits %+v, want 8 available and 10 in all", limits)
	}
	duration := strings.Join(section.Tables[0].Rows[0], " | ")
	if duration != "web | update | 1 | 1 | – | – | – | ≥ 90 s" {
		t.Errorf("durations %q", duration)
	}
	row := section.Tables[1].Rows[0]
	if diff := cmp.Diff([]string{"web", "update", "90 s", "7", "8", "180", "0", "12", "0", "70 s", "72 s", "–", "attempts refused", "✓ agrees: not complete, 7 refused"}, row[:14]); diff != "" {
		t.Errorf("row (-want +got):\n%s", diff)
	}
}

func TestRolloutOfWhichNothingIsKnown(t *testing.T) {
	section := sectionOf(rolledReport(), "rollouts")
	if section == nil || section.Figures[0].Empty == "" || len(section.Tables[1].Rows) != 0 || section.Tables[1].Empty == "" {
		t.Errorf("section %+v, want a sentence in place of the figure and of the second table", section)
	}
	if s := sectionOf(view.Build(bundle.Manifest{}, nil, &summary.Summary{}, &summary.Detail{}), "rollouts"); s != nil {
		t.Error("a run without rollouts has a section on them")
	}
}
