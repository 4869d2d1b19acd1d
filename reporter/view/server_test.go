package view_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// own is what a server says of one of its histograms.
func own(metric string, n int64, p99 summary.BucketQuantile, labels sample.Labels) summary.BucketFigure {
	p50 := summary.BucketQuantile{Percentile: 50, High: 0.005, Printable: n >= 20}
	p99.Percentile = 99
	return summary.BucketFigure{Metric: metric, Labels: labels, N: n, Mean: 0.004, Quantiles: []summary.BucketQuantile{p50, p99}}
}

func serverSection(t *testing.T, s *summary.Summary, detail *summary.Detail) *view.Section {
	t.Helper()
	for _, section := range view.Build(bundle.Manifest{ID: "run"}, nil, s, detail).Sections {
		if section.ID == "server" {
			return &section
		}
	}
	return nil
}

func TestServerBesideClient(t *testing.T) {
	request := func(phase string) sample.Labels {
		return sample.Labels{"verb": "list", "resource": "pods", "scope": "cluster", "phase": phase}
	}
	var detail summary.Detail
	for _, class := range []string{"a", "b"} { // Of the same request: merged.
		labels := request("load")
		labels["class"] = class
		values := summary.Values{Metric: sample.APIService, Labels: labels}
		for range 1000 {
			values.Histogram.Record(12 * time.Millisecond)
		}
		detail.Distributions = append(detail.Distributions, values)
	}
	open := summary.BucketQuantile{Low: 10, Open: true, Printable: true}
	closed := summary.BucketQuantile{Low: 0.01, High: 0.025, Printable: true}
	s := &summary.Summary{Buckets: []summary.BucketFigure{
		own(sample.ServerRequest, 2105, closed, request("load")),
		own(sample.ServerRequest, 9, summary.BucketQuantile{}, request("idle")), // The load did not send it then.
		own(sample.EtcdFsync, 10, summary.BucketQuantile{}, sample.Labels{"phase": "load"}),
		own(sample.WorkqueueWait, 5000, closed, sample.Labels{"queue": "quick", "component": "kube-scheduler"}),
		own(sample.WorkqueueWait, 5000, open, sample.Labels{"queue": "slow", "component": "kube-controller-manager"}),
	}}
	section := serverSection(t, s, &detail)
	if section == nil || section.Lead == "" {
		t.Fatal("there is no such section")
	}
	got := map[string]string{}
	for _, table := range section.Tables {
		var rows []string
		for _, row := range table.Rows {
			if len(row) != len(table.Columns) {
				t.Errorf("table %s has a row of %d cells under %d columns", table.ID, len(row), len(table.Columns))
			}
			rows = append(rows, strings.Join(row, "|"))
		}
		got[table.ID] = strings.Join(rows, "\n")
	}
	want := map[string]string{
		"server-requests": "list pods|cluster|load|2,000|12 ms|12 ms|2,105|≤ 5 ms|≤ 25 ms",
		"server-inside":   "etcd fsync of its log|–|load|10|4 ms|–|–",
		"server-queues": "slow|kube-controller-manager|–|5,000|4 ms|≤ 5 ms|> 10 s\n" +
			"quick|kube-scheduler|–|5,000|4 ms|≤ 5 ms|≤ 25 ms",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNoServerSectionWithoutItsView(t *testing.T) {
	if section := serverSection(t, &summary.Summary{}, nil); section != nil {
		t.Errorf("got %+v", section)
	}
}
