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

// slowRun has a phase with calls that were held back, and one without.
func slowRun() (bundle.Manifest, *summary.Summary, *summary.Detail) {
	manifest := bundle.Manifest{ID: "s", Cluster: bundle.Cluster{Origin: "embedded",
		Disk: &bundle.Disk{Words: "gp3: fsync 2ms, on top of the machine's own", Source: "a page"}}}
	s := &summary.Summary{
		Phases: []summary.Phase{{Name: "load", Ended: true}, {Name: "rest", Ended: true}},
		Buckets: []summary.BucketFigure{{Metric: sample.EtcdFsync, Labels: sample.Labels{"phase": "load"}, N: 3000, Mean: 0.0025,
			Quantiles: []summary.BucketQuantile{{Percentile: 50, Low: 0.002, High: 0.004, Printable: true}, {Percentile: 99, Low: 0.004, High: 0.008, Printable: true}}}},
	}
	detail := &summary.Detail{}
	for metric, value := range map[string]time.Duration{sample.DiskAsked: 2 * time.Millisecond, sample.DiskGiven: 2100 * time.Microsecond, sample.DiskLate: 100 * time.Microsecond} {
		for _, call := range []string{"fsync", "fdatasync"} {
			v := summary.Values{Metric: metric, Labels: sample.Labels{"phase": "load", "call": call}}
			v.Histogram.RecordMany(value, 1000)
			detail.Distributions = append(detail.Distributions, v)
		}
	}
	return manifest, s, detail
}

func TestDiskBesideWhatEtcdMeasured(t *testing.T) {
	manifest, s, detail := slowRun()
	r := view.Build(manifest, nil, s, detail)
	for _, section := range r.Sections {
		switch section.ID {
		case "server":
			i := slices.IndexFunc(section.Tables, func(t view.Table) bool { return t.ID == "etcd-disk" })
			if i < 0 {
				t.Fatal("there is no table of the disk")
			}
			want := [][]string{{"load", "2,000", "2 ms", "2 ms", "2.1 ms", "2.1 ms", "100 µs", "3,000", "2.5 ms", "≤ 4 ms", "≤ 8 ms"}}
			if diff := cmp.Diff(want, section.Tables[i].Rows); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if len(section.Tables[i].Columns) != len(want[0]) {
				t.Errorf("%d columns", len(section.Tables[i].Columns))
			}
		case "cluster":
			for _, fact := range []view.Fact{{"Disk under etcd", manifest.Cluster.Disk.Words}, {"Source of the disk's figures", "a page"}} {
				if !slices.Contains(section.Facts, fact) {
					t.Errorf("the facts lack %v: %v", fact, section.Facts)
				}
			}
		}
	}
	manifest.Cluster.Disk = nil
	for _, section := range view.Build(manifest, nil, &summary.Summary{Phases: s.Phases}, nil).Sections {
		if section.ID == "server" {
			t.Error("a run without figures of the server has the section")
		}
		if slices.ContainsFunc(section.Facts, func(f view.Fact) bool { return f.Name == "Disk under etcd" }) {
			t.Error("the machine's own disk is called another one")
		}
	}
}
