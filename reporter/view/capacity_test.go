package view_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// capacityRun is a run that fitted a pool.
func capacityRun() (bundle.Manifest, *summary.Summary) {
	m := bundle.Manifest{Cluster: bundle.Cluster{Kubernetes: "v1.37.2", Pools: []bundle.Pool{{Name: "general", NodeType: "m6i.large", Count: 200, AtMost: true,
		PricePerHour: 0.096, Provider: "aws", Region: "us-east-1", PriceDate: "2026-07-20"}}}}
	s := &summary.Summary{Duration: at(60)}
	put := func(metric string, value float64, more ...string) {
		labels := sample.Labels{"pool": "general", "phase": "fit"}
		for i := 0; i+1 < len(more); i += 2 {
			labels[more[i]] = more[i+1]
		}
		s.Scalars = append(s.Scalars, summary.Scalar{Metric: metric, Labels: labels, Value: value})
	}
	put(sample.CapacityPods, 14)
	put(sample.CapacityPending, 0)
	put(sample.CapacityMaxPods, 29)
	put(sample.CapacityBound, 4)
	put(sample.CapacityNodes, 5)
	put(sample.CapacityNodePods, 3, "quantile", "p50")
	put(sample.CapacityNodePods, 4, "quantile", "max")
	put(sample.CapacityBlast, 3)
	put(sample.CapacityBlastShare, 0.3, "workload", "web")
	for resource, share := range map[string]float64{"cpu": 0.62, "memory": 0.9, "pods": 0.1} {
		put(sample.CapacityRequested, share, "resource", resource)
		put(sample.CapacityDaemons, 0.02, "resource", resource)
		put(sample.CapacityStranded, 0.05, "resource", resource)
	}
	put(sample.CapacityFragmentation, 0.4, "resource", "cpu")
	put(sample.CapacityHour, 0.48)
	put(sample.CapacityMonth, 350.4)
	put(sample.CapacityThousand, 34.2857)
	put(sample.CapacityStep, 70.08)
	return m, s
}

func TestCapacitySection(t *testing.T) {
	m, s := capacityRun()
	report := view.Build(m, nil, s, &summary.Detail{})
	section := sectionOf(report, "capacity")
	if section == nil {
		t.Fatal("there is no section on capacity")
	}
	want := [][][]string{
		{{"general", "m6i.large", "14", "0", "5", "4", "3", "4", "29", "3"}},
		{{"general", "m6i.large", "$0.48", "$350.40", "$34.29", "$70.08", "aws, us-east-1, 2026-07-20"}},
		{{"general", "CPU", "62%", "2%", "5%", "40%", ""}, {"general", "memory", "90%", "2%", "5%", "–", "yes"},
			{"general", "number of pods", "10%", "2%", "5%", "–", ""}},
		{{"general", "web", "30%"}},
	}
	var got [][][]string
	for _, table := range section.Tables {
		got = append(got, table.Rows)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
	facts := map[string]string{}
	for _, fact := range append(report.Key, report.Head...) {
		facts[fact.Name] = fact.Value
	}
	for name, want := range map[string]string{
		"Nodes needed (general, fit)":      "5 × m6i.large for 14 pods; no packing needs fewer than 4; memory limits",
		"Cost of the nodes (general, fit)": "$350.40 a month on demand (aws, us-east-1, 2026-07-20)",
		"Cluster":                          "Kubernetes v1.37.2, at most 200 fake nodes",
	} {
		if facts[name] != want {
			t.Errorf("%s: %q, want %q", name, facts[name], want)
		}
	}
	if s := sectionOf(view.Build(bundle.Manifest{}, nil, &summary.Summary{}, &summary.Detail{}), "capacity"); s != nil {
		t.Error("a run that fitted nothing has a section on capacity")
	}
}

// TestCapacityOfPhases: two fits of a pool are told apart by their phases, in every table.
func TestCapacityOfPhases(t *testing.T) {
	m, s := capacityRun()
	for _, scalar := range s.Scalars {
		labels := maps.Clone(scalar.Labels)
		labels["phase"] = "more"
		s.Scalars = append(s.Scalars, summary.Scalar{Metric: scalar.Metric, Labels: labels, Value: 2 * scalar.Value})
	}
	section := sectionOf(view.Build(m, nil, s, &summary.Detail{}), "capacity")
	for _, table := range section.Tables {
		half := len(table.Rows) / 2
		if table.Columns[1].Name != "Phase" || half == 0 {
			t.Fatalf("%s: columns %v, %d rows", table.ID, table.Columns, len(table.Rows))
		}
		for i, row := range table.Rows {
			want := "fit"
			if i >= half {
				want = "more"
			}
			if row[1] != want || len(row) != len(table.Columns) {
				t.Errorf("%s: row %d of %d is %v, want phase %s", table.ID, i, len(table.Rows), row, want)
			}
		}
	}
}

// TestCapacityPending: pods that have no node have reasons, and neither a number of nodes nor a cost.
func TestCapacityPending(t *testing.T) {
	m, _ := capacityRun()
	m.Cluster.Pools[0].PricePerHour = 0
	labels := sample.Labels{"pool": "general", "phase": "fit"}
	s := &summary.Summary{Duration: at(60), Scalars: []summary.Scalar{{Metric: sample.CapacityPods, Labels: labels, Value: 14},
		{Metric: sample.CapacityPending, Labels: labels, Value: 3},
		{Metric: sample.CapacityReasons, Labels: sample.Labels{"pool": "general", "phase": "fit", "reason": "Too many pods"}, Value: 1},
		{Metric: sample.CapacityReasons, Labels: sample.Labels{"pool": "general", "phase": "fit", "reason": "Insufficient cpu"}, Value: 2}}}
	report := view.Build(m, nil, s, &summary.Detail{})
	section := sectionOf(report, "capacity")
	want := [][][]string{{{"general", "m6i.large", "14", "3", "–", "–", "–", "–", "–"}},
		{{"general", "m6i.large", "–", "–", "–", "–", "not known"}}, nil,
		{{"general", "2", "Insufficient cpu"}, {"general", "1", "Too many pods"}}, nil}
	var got [][][]string
	for _, table := range section.Tables {
		got = append(got, table.Rows)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
	for _, fact := range report.Key {
		if strings.HasPrefix(fact.Name, "Cost of") || fact.Name == "Nodes needed (general, fit)" && fact.Value != "3 of 14 pods are pending" {
			t.Errorf("%s: %s", fact.Name, fact.Value)
		}
	}
}
