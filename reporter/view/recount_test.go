package view_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// recountedRun has quotas of pods, memory and devices after the phase update.
func recountedRun(memory, beyond float64) *summary.Summary {
	labels := func(resource string, more ...string) sample.Labels {
		l := sample.Labels{"quota": "q", "resource": resource, "phase": "update"}
		for i := 0; i < len(more); i += 2 {
			l[more[i]] = more[i+1]
		}
		return l
	}
	return &summary.Summary{Duration: at(60),
		Gauges: []summary.Gauge{{Metric: sample.QuotaHard, Labels: sample.Labels{"quota": "q", "resource": "pods"}, Max: 40, Last: 40}},
		Distributions: []summary.Distribution{{Metric: sample.QuotaSettle, N: 1, Max: 1.5, Censored: int64(min(memory, 1)),
			Labels: sample.Labels{"quota": "q", "phase": "update"}}},
		Scalars: []summary.Scalar{
			{Metric: sample.QuotaDifference, Labels: labels("pods"), Value: 0},
			{Metric: sample.QuotaSaid, Labels: labels("pods"), Value: 30},
			{Metric: sample.QuotaRecounted, Labels: labels("pods"), Value: 30},
			{Metric: sample.QuotaDifference, Labels: labels("requests.memory"), Value: memory},
			{Metric: sample.QuotaSaid, Labels: labels("requests.memory"), Value: 1 << 30},
			{Metric: sample.QuotaRecounted, Labels: labels("requests.memory"), Value: 1<<30 + memory},
			{Metric: sample.QuotaUncounted, Labels: labels("devices", "reason", "unknown"), Value: 1},
			{Metric: sample.QuotaBeyond, Labels: sample.Labels{"quota": "q", "resource": "pods"}, Value: beyond},
		}}
}

func TestRecountTable(t *testing.T) {
	for name, test := range map[string]struct {
		memory, beyond float64
		words          string
		rows           [][]string
	}{
		"all agree": {0, 0, "The status of every quota agreed with a recount of the objects after each phase, in 2 comparisons. " +
			"1 comparison was not possible. No quota was ever beyond what it allows.", [][]string{
			{"q", "pods", "update", "30", "30", "agrees within 1.5 s"},
			{"q", "requests.memory", "update", "1 GiB", "1 GiB", "agrees within 1.5 s"},
			{"q", "devices", "update", view.Dash, view.Dash, "not recounted: its rule is not known"}}},
		"one differs": {1 << 30, 3, "In 1 of 2 comparisons the status of a quota differed from a recount of the objects for 10 s and longer: " +
			"quota q, requests.memory after update. 1 comparison was not possible. Quota q, pods was once 3 beyond what it allows.", [][]string{
			{"q", "pods", "update", "30", "30", "agrees"},
			{"q", "requests.memory", "update", "1 GiB", "2 GiB", "1 GiB too little"},
			{"q", "devices", "update", view.Dash, view.Dash, "not recounted: its rule is not known"}}},
	} {
		section := sectionOf(view.Build(bundle.Manifest{}, nil, recountedRun(test.memory, test.beyond), &summary.Detail{}), "quotas")
		if section == nil || len(section.Tables) != 2 {
			t.Fatalf("%s: section %+v", name, section)
		}
		if got := section.Tables[1].Caption; got != test.words {
			t.Errorf("%s: %q, want %q", name, got, test.words)
		}
		if diff := cmp.Diff(test.rows, section.Tables[1].Rows); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
