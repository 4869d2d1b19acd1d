package view_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/rollout"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

func TestStandstillTable(t *testing.T) {
	reason := rollout.Reason{Cause: rollout.Deadlock, From: at(30), To: at(100), Waited: "For 70 s it waited.", Avoid: "Give it room."}
	s := &summary.Summary{Duration: at(120), Rollouts: []summary.Rollout{stalled()}, Standstills: []summary.Standstill{
		{Workload: "web", Phase: "update", Reason: reason}, {Pool: "general", Phase: "drain", Reason: rollout.Reason{Waited: "It was held."}}}}
	back := stalled()
	back.Phase, back.Unfinished, back.RolledBack, back.Revision, back.Restored, back.From = "back", false, true, 3, 1, at(95)
	s.Rollouts = append(s.Rollouts, back)
	report := view.Build(bundle.Manifest{}, nil, s, nil)
	section := sectionOf(report, "rollouts")
	if section == nil || section.Tables[0].ID != "rollouts-standstills" {
		t.Fatalf("section %+v, want a table of standstills first", section)
	}
	want := [][]string{{"web", "update", "30 s", "1 min 40 s", "For 70 s it waited.", "Give it room."}, {"drain of general", "drain", "0 s", "0 s", "It was held.", view.Dash}}
	if diff := cmp.Diff(want, section.Tables[0].Rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	facts := map[string]string{}
	for _, fact := range report.Key {
		facts[fact.Name] = fact.Value
	}
	for name, value := range map[string]string{"Stood still (web, update)": "For 70 s it waited. Give it room.",
		"Stood still (drain of general, drain)": "It was held.", "Rolled back (web, back)": "in 5 s to revision 1, as revision 3"} {
		if facts[name] != value {
			t.Errorf("fact %s is %q, want %q", name, facts[name], value)
		}
	}
	balance := section.Tables[len(section.Tables)-1]
	if words := balance.Rows[1][len(balance.Rows[1])-1]; !strings.HasPrefix(words, "web was rolled back in 5 s to revision 1, as revision 3") {
		t.Errorf("words %q of a rollback", words)
	}
	held := &summary.Summary{Standstills: s.Standstills[1:]}
	if section := sectionOf(view.Build(bundle.Manifest{}, nil, held, nil), "drains"); section == nil || len(section.Tables[0].Rows) != 1 {
		t.Errorf("section %+v of a drain that emptied no node and was held", section)
	}
}

// TestRefusals has attempts refused at 12 s and 40 s, and a quota of 10 pods beside them.
func TestRefusals(t *testing.T) {
	web := sample.Labels{"workload": "web", "reason": "quota"}
	in := func(labels sample.Labels) sample.Labels { labels["phase"] = "update"; return labels }
	s := &summary.Summary{Duration: at(120), Rollouts: []summary.Rollout{stalled()}, Phases: []summary.Phase{{Name: "deploy"}, {Name: "update"}},
		Gauges: []summary.Gauge{
			{Metric: sample.QuotaHard, Labels: sample.Labels{"quota": "q", "resource": "pods"}, Last: 10},
			{Metric: sample.ServerPodCreates, Labels: in(sample.Labels{"code": "201"}), Last: 8},
			{Metric: sample.ServerPodCreates, Labels: in(sample.Labels{"code": "403"}), Last: 4},
			{Metric: sample.ServerRefused, Labels: in(sample.Labels{"verb": "update", "resource": "resourcequotas/status", "code": "409"}), Last: 2},
			{Metric: sample.RefusedAttempts, Labels: web, Last: 3},
			{Metric: sample.ServerRefused, Labels: sample.Labels{"verb": "create", "resource": "pods", "code": "403"}, Last: 50},
			{Metric: sample.RefusedAttempts, Labels: in(sample.Labels{"workload": "web", "reason": "quota"}), Last: 3},
		},
		Scalars: []summary.Scalar{{Metric: sample.CreateAttempts, Labels: in(sample.Labels{}), Value: 1.5},
			{Metric: sample.QuotaConflicts, Labels: in(sample.Labels{}), Value: 0.25}}}
	track := func(metric string, labels sample.Labels, points ...sample.Point) summary.Track {
		return summary.Track{Metric: metric, Labels: labels, Points: points}
	}
	detail := &summary.Detail{Tracks: []summary.Track{
		track(sample.WorkloadReplicas, sample.Labels{"workload": "web", "state": "available"}, sample.Point{At: at(1), Value: 10}, sample.Point{At: at(2), Value: 8}),
		track(sample.QuotaUsed, sample.Labels{"quota": "q", "resource": "pods"}, sample.Point{At: at(1), Value: 10}, sample.Point{At: at(2), Value: 8}),
		track(sample.RefusedAttempts, web, sample.Point{At: at(1)}, sample.Point{At: at(12), Value: 2}, sample.Point{At: at(13), Value: 2}, sample.Point{At: at(40), Value: 3}),
		track(sample.RefusedAttempts, sample.Labels{"workload": "other", "reason": "quota"}, sample.Point{At: at(5), Value: 1}),
	}}
	manifest := bundle.Manifest{Updates: []bundle.Update{{Workload: "web", Needs: []bundle.Need{{Quota: "q", Resource: "pods", Hard: 10, Each: 1}}}}}
	report := view.Build(manifest, nil, s, detail)
	figure := sectionOf(report, "rollouts").Figures[0]
	if diff := cmp.Diff(view.Ticks{Name: "attempts refused", At: []float64{12, 40}}, figure.Panels[0].Ticks); diff != "" {
		t.Errorf("ticks (-want +got):\n%s", diff)
	}
	if !strings.Contains(figure.Alt, "attempts refused at 2 moments, the first at 12 s, the last at 40 s") || !strings.Contains(figure.Caption, "at most 25 for an object, and then one in 5 minutes. The API server itself counted 50") {
		t.Errorf("alternative %q, caption %q", figure.Alt, figure.Caption)
	}
	if limits := figure.Panels[1].Limits; len(limits) != 1 || limits[0].Name != "full: 10" {
		t.Errorf("limits %+v of the quota", limits)
	}
	tables := map[string][][]string{}
	for _, table := range sectionOf(report, "quotas").Tables {
		tables[table.ID] = table.Rows
	}
	if diff := cmp.Diff([][]string{{"update", "8", "12", "1.5", "2", "0.25"}}, tables["quotas-creations"]); diff != "" {
		t.Errorf("creations (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([][]string{{"update", "web", "quota", "3"}}, tables["quotas-attempts"]); diff != "" {
		t.Errorf("attempts (-want +got):\n%s", diff)
	}
}
