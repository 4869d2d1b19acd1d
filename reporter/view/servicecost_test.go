package view_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// costReport is the report of a service with two pods, each of which asks for half of a node's 4
// cores; the node costs $2 an hour. Two phases of half an hour each serve 1,500,000 and 500,000 units.
func costReport(t *testing.T, price float64) *view.Report {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	writer, err := bundle.Create(dir, bundle.Manifest{ID: "c-1", Scenario: "serve", Started: time.Now(),
		Phases:   []bundle.Phase{{Name: "day"}, {Name: "night"}},
		Services: []bundle.Service{{Name: "web", Workload: "web", Unit: "requests", Cores: 2, Bytes: 1}},
		Cluster:  bundle.Cluster{Pools: []bundle.Pool{{Name: "general", AllocatableCores: 4, AllocatableBytes: 8, PricePerHour: price}}},
	}, []byte("kind: Scenario\n"))
	if err != nil {
		t.Fatal(err)
	}
	for i, phase := range []string{"day", "night"} {
		from := 1 + 1800*float64(i)
		labels := func() sample.Labels { return sample.Labels{"service": "web", "phase": phase} }
		writer.Event(sample.Event{At: *offset(from), Kind: sample.PhaseStarted, Phase: phase})
		for _, at := range []float64{from, from + 1800} {
			writer.Point(sample.Point{At: *offset(at), Metric: sample.ServiceLost, Labels: labels()})
			writer.Point(sample.Point{At: *offset(at), Metric: sample.ServiceDemand, Labels: labels(), Value: 100})
		}
		var h sample.Histogram
		h.RecordMany(time.Millisecond, []int64{1_500_000, 500_000}[i])
		writer.Window(sample.Window{From: *offset(from), To: *offset(from + 1), Metric: sample.ServiceResponse, Labels: labels(), Histogram: h})
		writer.Event(sample.Event{At: *offset(from + 1800), Kind: sample.PhaseFinished, Phase: phase})
	}
	for _, name := range []string{"a", "b"} {
		writer.Pod(sample.Pod{Name: name, UID: name, Workload: "web", Node: "general-0", Created: *offset(0.5),
			Scheduled: offset(0.6), Ready: offset(0.9), Until: *offset(0.9)})
	}
	if err := writer.Finish(bundle.Complete, "", 3601*time.Second); err != nil {
		t.Fatal(err)
	}
	run, err := bundle.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, detail, err := summary.Compute(run)
	if err != nil {
		t.Fatal(err)
	}
	return view.Build(run.Manifest, run.Scenario, s, detail)
}

// serviceCosts returns the table of costs and the lead of its section.
func serviceCosts(t *testing.T, report *view.Report) (view.Table, string) {
	t.Helper()
	for _, section := range report.Sections {
		for _, table := range section.Tables {
			if table.ID == "service-costs" {
				return table, section.Lead
			}
		}
	}
	t.Fatal("there is no table of costs")
	return view.Table{}, ""
}

func TestServiceCosts(t *testing.T) {
	report := costReport(t, 2)
	table, lead := serviceCosts(t, report)
	want := [][]string{
		{"web", "day", "1 h", "$1", "1,500,000", "$0.667"},
		{"web", "night", "1 h", "$1", "500,000", "$2"},
		{"web", "all of these", "2 h", "$2", "2,000,000", "$1"},
	}
	if diff := cmp.Diff(want, table.Rows); diff != "" || len(table.Columns) != 6 {
		t.Errorf("%d columns, rows (-want +got):\n%s", len(table.Columns), diff)
	}
	for _, words := range []string{"from its binding to a node until it is gone", "larger of its shares", "Nodes are neither added nor removed"} {
		if !strings.Contains(lead, words) {
			t.Errorf("the lead does not say %q: %s", words, lead)
		}
	}
	found := false
	for _, fact := range report.Key {
		found = found || fact == view.Fact{Name: "Cost of service web", Value: "$2 for 2 h of pods, $1 per million units served"}
	}
	if !found {
		t.Errorf("the key figures are %q", report.Key)
	}
}

// TestServiceCostsUnknown: without a price there is a dash and a reason, and no key figure.
func TestServiceCostsUnknown(t *testing.T) {
	report := costReport(t, 0)
	table, _ := serviceCosts(t, report)
	want := []string{"web", "all of these", "2 h", view.Dash, "2,000,000", view.Dash, "no price of the nodes of pool general is known"}
	if diff := cmp.Diff(want, table.Rows[2]); diff != "" || len(table.Columns) != 7 {
		t.Errorf("%d columns, last row (-want +got):\n%s", len(table.Columns), diff)
	}
	for _, fact := range report.Key {
		if strings.Contains(fact.Name, "Cost") {
			t.Errorf("there is a key figure %q", fact)
		}
	}
}
