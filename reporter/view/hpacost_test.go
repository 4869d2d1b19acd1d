package view_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// A size is a phase of 30 s with so many HPAs.
type size struct{ hpas, period, rescales float64 }

// fleetReport builds the report of a run with these phases, p0, p1 and so on.
func fleetReport(sizes ...size) *view.Report {
	s := &summary.Summary{}
	for i, p := range sizes {
		name := fmt.Sprint("p", i)
		start := sample.Offset(i) * sample.Offset(30*time.Second)
		s.Phases = append(s.Phases, summary.Phase{Name: name, Start: start, End: start + sample.Offset(30*time.Second), Ended: true})
		in := func(labels sample.Labels) sample.Labels { labels["phase"] = name; return labels }
		add := func(metric string, labels sample.Labels, value float64) {
			s.Gauges = append(s.Gauges, summary.Gauge{Metric: metric, Labels: in(labels), N: 10, Mean: value, Max: 2 * value, Last: value})
		}
		add(sample.HPAs, sample.Labels{"state": "existing"}, p.hpas)
		add(sample.HPAReconciliations, sample.Labels{"action": "none", "error": "none"}, 500)
		add(sample.HPAReconciliations, sample.Labels{"action": "scale_up", "error": "internal"}, p.rescales)
		add(sample.WorkqueueDepth, sample.Labels{"component": "kube-controller-manager", "queue": "horizontalpodautoscaler"}, p.hpas/10)
		add(sample.ComponentCPU, sample.Labels{"component": "kube-controller-manager"}, 0.25)
		s.Scalars = append(s.Scalars, summary.Scalar{Metric: sample.HPASyncPeriod, Labels: in(sample.Labels{}), Value: p.period})
		s.Buckets = append(s.Buckets, summary.BucketFigure{Metric: sample.HPAReconcile, Labels: in(sample.Labels{}), N: 5000, Quantiles: []summary.BucketQuantile{
			{Percentile: 50, High: 0.064, Printable: true}, {Percentile: 99, Low: 0.128, High: 0.256, Printable: true}}},
			summary.BucketFigure{Metric: sample.ClientThrottle, N: 500, Mean: 0.5,
				Labels: in(sample.Labels{"component": "kube-controller-manager", "verb": "get"})})
	}
	manifest := bundle.Manifest{Autoscalers: []bundle.Autoscaler{{HPA: "web-0", SyncPeriod: sample.Offset(15 * time.Second)}}}
	return view.Build(manifest, nil, s, &summary.Detail{})
}

func TestKnee(t *testing.T) {
	for _, test := range []struct {
		name  string
		sizes []size
		want  string
	}{
		{"a knee", []size{{50, 15, 0}, {300, 16, 0}, {400, 20.5, 0}, {600, 30, 0}},
			"Up to 300 HPAs the controller kept its sync period of 15 s; 400 HPAs were each looked at every 20.5 s on average"},
		{"none", []size{{50, 15, 0}, {300, 16, 0}}, "Up to 300 HPAs the controller kept its sync period of 15 s; more were not tried"},
		{"too many at once", []size{{50, 17, 0}, {300, 60, 0}}, "The controller never kept its sync period of 15 s: 50 HPAs were each looked at every 17 s on average"},
		{"not with some fewer", []size{{50, 18, 0}, {300, 15, 0}, {400, 20, 0}},
			"With 300 HPAs the controller still kept its sync period of 15 s, though not with some fewer; 400 HPAs were each looked at every 20 s on average"},
		{"rescales do not count", []size{{50, 15, 0}, {50, 40, 9}, {100, 15, 0}}, "Up to 100 HPAs the controller kept its sync period of 15 s; more were not tried"},
		{"the worst of a size", []size{{50, 15, 0}, {100, 15, 0}, {100, 17, 0}}, "Up to 50 HPAs the controller kept its sync period of 15 s; 100 HPAs were each looked at every 17 s on average"},
	} {
		s, ok := section(fleetReport(test.sizes...), "hpa-cost")
		if !ok || s.Figures[0].Title != test.want {
			t.Errorf("%s: %q, want %q", test.name, s.Figures[0].Title, test.want)
		}
	}
	if _, ok := section(fleetReport(size{50, 15, 0}, size{50, 15, 0}), "hpa-cost"); ok {
		t.Error("HPAs of one number cannot be compared")
	}
}

func TestHPACost(t *testing.T) {
	s, _ := section(fleetReport(size{60, 15, 0}, size{600, 30, 0}, size{600, 40, 7}), "hpa-cost")
	want := [][]string{
		{"p0", "60", "4/s", "15 s", "100%", "≤ 64 ms", "≤ 256 ms", "6", "12", "500 ms", "0", "0", "0.25 cores"},
		{"p1", "600", "20/s", "30 s", "200%", "≤ 64 ms", "≤ 256 ms", "60", "120", "500 ms", "0", "0", "0.25 cores"},
		{"p2", "600", "15/s", "40 s", "267%", "≤ 64 ms", "≤ 256 ms", "60", "120", "500 ms", "7", "7", "0.25 cores"},
	}
	if diff := cmp.Diff(want, s.Tables[0].Rows); diff != "" {
		t.Error(diff)
	}
	figure := s.Figures[0]
	if figure.Axis != view.HPAsAxis || figure.End != 600 || len(figure.Panels) != 3 || figure.Panels[0].Limits[0].Value != 15 {
		t.Fatalf("figure %+v", figure)
	}
	rest, busy := figure.Panels[0].Series[0], figure.Panels[0].Series[1]
	if !rest.Dots || len(rest.Parts) != 2 || len(busy.Parts) != 1 || busy.Parts[0][0] != (view.Point{X: 600, Y: 40}) {
		t.Errorf("series %+v", figure.Panels[0].Series)
	}
	if !strings.Contains(figure.Alt, "600 HPAs") {
		t.Error(figure.Alt)
	}
}

// TestFirstRescales shows how long several HPAs took, where one rescaled at all.
func TestFirstRescales(t *testing.T) {
	took := func(phase string, n, censored int64) summary.Distribution {
		return summary.Distribution{Metric: sample.HPAFirstRescale, Labels: sample.Labels{"service": "web", "phase": phase}, N: n, Censored: censored,
			Max: 90, Quantiles: []summary.Quantile{{Percentile: 50, Value: 40, Printable: true}}}
	}
	report := view.Build(bundle.Manifest{Autoscalers: []bundle.Autoscaler{{HPA: "web-0"}}}, nil,
		&summary.Summary{Distributions: []summary.Distribution{took("rush", 1000, 3), took("calm", 1000, 1000), took("one", 1, 0)}}, nil)
	s, _ := section(report, "autoscaling")
	if diff := cmp.Diff([][]string{{"web", "rush", "1,000", "3", "40 s", "–", "–", "≥ 90 s"}}, s.Tables[0].Rows); diff != "" {
		t.Error(diff)
	}
}
