package view_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/elasticity"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

func moment(seconds int) *sample.Offset {
	o := sample.Offset(time.Duration(seconds) * time.Second)
	return &o
}

// brokenRun is held still from 10 s to 70 s, and with metrics-server away from 80 s to 140 s.
func brokenRun() (bundle.Manifest, *summary.Summary, *summary.Detail) {
	manifest := bundle.Manifest{ID: "b", Duration: *moment(150), Autoscalers: []bundle.Autoscaler{{HPA: "web", Workload: "web", Min: 1, Max: 9}}}
	s := &summary.Summary{Duration: *moment(150),
		Phases: []summary.Phase{{Name: "with", Start: *moment(10), End: *moment(70), Ended: true},
			{Name: "remove", Start: *moment(70), End: *moment(80), Ended: true}, {Name: "without", Start: *moment(80), End: *moment(145), Ended: true}},
		Outages: []summary.Outage{{Component: "metrics-server", Phase: "without", Killed: *moment(80), Started: moment(140), Back: moment(142),
			Blind: &elasticity.Span{Seconds: 75}, Recovery: &elasticity.Span{Seconds: 14},
			CPU: map[string]float64{"metrics-server": 0, "kube-apiserver": 0.5, "kubedyno": 0.1}}},
		Buckets: []summary.BucketFigure{
			{Metric: sample.MetricsFreshness, Labels: sample.Labels{"phase": "with"}, N: 3000, Mean: 9, Quantiles: []summary.BucketQuantile{
				{Percentile: 50, High: 12, Printable: true}, {Percentile: 99, High: 22.3, Printable: true}}},
			{Metric: sample.MetricsScrape, Labels: sample.Labels{"phase": "with"}, N: 4, Mean: 4.1, Quantiles: []summary.BucketQuantile{
				{Percentile: 50, High: 5}, {Percentile: 99.9, Low: 5, High: 10}}}},
	}
	detail := &summary.Detail{}
	for phase, step := range map[string]string{"with": "hold 1m", "remove": "delete autoscaler", "without": "outage metrics-server 1m"} {
		detail.Events = append(detail.Events, sample.Event{Kind: sample.StepStarted, Phase: phase, Step: step})
	}
	put := func(metric, name, value string, all ...float64) {
		for i, v := range all {
			g := summary.Gauge{Metric: metric, Labels: sample.Labels{name: value}, Mean: v, Last: v, Max: v}
			if i > 0 {
				g.Labels["phase"] = s.Phases[i-1].Name
			}
			s.Gauges = append(s.Gauges, g)
		}
	}
	put(sample.ComponentCPU, "component", "kube-apiserver", 0.55, 0.6, 0.5, 0.5)
	put(sample.ComponentCPU, "component", "metrics-server", 0.1, 0.2, 0.2, 0.01)
	put(sample.ComponentCPU, "component", "kubedyno", 0.06, 0.05, 0.05, 0.1)
	put(sample.NodesByState, "state", "ready", 5, 5, 5, 5)
	put(sample.PodsByState, "state", "ready", 9, 9, 9, 9)
	detail.Tracks = []summary.Track{{Metric: sample.ComponentCPU, Labels: sample.Labels{"component": "kube-apiserver"},
		Points: []sample.Point{{At: *moment(10), Value: 0.6}, {At: *moment(11), Value: 0.6}}}}
	return manifest, s, detail
}

func tableOf(report *view.Report, id string) *view.Table {
	for _, section := range report.Sections {
		if i := slices.IndexFunc(section.Tables, func(t view.Table) bool { return t.ID == id }); i >= 0 {
			return &section.Tables[i]
		}
	}
	return nil
}

func checkRows(t *testing.T, report *view.Report, id string, want ...string) {
	t.Helper()
	table := tableOf(report, id)
	if table == nil {
		t.Fatalf("there is no table %s", id)
	}
	var got []string
	for _, row := range table.Rows {
		got = append(got, strings.Join(row, " | "))
		if len(row) != len(table.Columns) {
			t.Errorf("%s: %d cells in %d columns", id, len(row), len(table.Columns))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", id, diff)
	}
}

func TestOutageIsShown(t *testing.T) {
	report := view.Build(brokenRunReport())
	const words = "metrics-server was away for 62 s; an HPA had no metric for 75 s, until 14 s after metrics-server was started again, and changed nothing meanwhile"
	checkRows(t, report, "outages", "metrics-server | without | 80 s | 60 s | 2 s | 75 s | 14 s | "+words)
	checkRows(t, report, "without-metrics-server",
		"metrics-server | 0.2 cores | 0 cores | +0.2 cores", "kube-apiserver | 0.6 cores | 0.5 cores | +0.1 cores",
		"kubedyno | 0.05 cores | 0.1 cores | −0.05 cores", "all of them | 0.85 cores | 0.6 cores | +0.25 cores")
	checkRows(t, report, "component-phases", "with | 0.6 cores | 0.2 cores | 0.05 cores | 0.85 cores",
		"remove | 0.5 cores | 0.2 cores | 0.05 cores | 0.75 cores", "without | 0.5 cores | 0.01 cores | 0.1 cores | 0.61 cores")
	checkRows(t, report, "metrics-age", "with | 3,000 | 9 s | ≤ 12 s | ≤ 22.3 s | 4 | 4.1 s | ≤ 10 s", "without | 0 | – | – | – | 0 | – | –")
	if !slices.Contains(report.Key, view.Fact{Name: "Outage (without)", Value: words}) {
		t.Errorf("the key figures are %v", report.Key)
	}
	figure := sectionOf(report, "timeline").Figures[0]
	if diff := cmp.Diff([]view.Band{{Name: "metrics-server away", From: 80, To: 142}}, figure.Outages); diff != "" {
		t.Errorf("marks (-want +got):\n%s", diff)
	}
	if want := "Metrics-server away from 80 s to 142 s."; !strings.HasSuffix(figure.Alt, want) {
		t.Errorf("the alternative text is %q", figure.Alt)
	}
}

func brokenRunReport() (bundle.Manifest, []byte, *summary.Summary, *summary.Detail) {
	manifest, s, detail := brokenRun()
	return manifest, nil, s, detail
}

// What did not come to its end is told as such, and nothing is compared that had something else to do.
func TestOutageThatDidNotEnd(t *testing.T) {
	manifest, s, detail := brokenRun()
	s.Outages[0].Started, s.Outages[0].Back = nil, nil
	s.Outages[0].Blind, s.Outages[0].Recovery = &elasticity.Span{Seconds: 70, Censored: true}, nil
	report := view.Build(manifest, nil, s, detail)
	checkRows(t, report, "outages", "metrics-server | without | 80 s | – | – | ≥ 70 s | – | "+
		"metrics-server did not come back before the run ended; an HPA had no metric until the end, for at least 70 s")
	if mark := sectionOf(report, "timeline").Figures[0].Outages[0]; mark.To != 150 {
		t.Errorf("the mark is %+v, want it to end with the run", mark)
	}
	for name, change := range map[string]func(*summary.Summary, *summary.Detail){
		"not started again": func(s *summary.Summary, _ *summary.Detail) { s.Outages[0].Started = nil },
		"other work": func(_ *summary.Summary, d *summary.Detail) {
			d.Events = append(d.Events, sample.Event{Kind: sample.StepStarted, Phase: "without", Step: "demand web 100/s"})
		},
		"none before": func(_ *summary.Summary, d *summary.Detail) {
			d.Events = append(d.Events, sample.Event{Kind: sample.StepStarted, Phase: "with", Step: "create web"})
		},
		"other pods": func(s *summary.Summary, _ *summary.Detail) { s.Gauges[len(s.Gauges)-1].Last = 8 },
	} {
		manifest, s, detail := brokenRun()
		change(s, detail)
		if tableOf(view.Build(manifest, nil, s, detail), "without-metrics-server") != nil {
			t.Errorf("%s: a cost is put down to metrics-server", name)
		}
	}
}

// Without autoscalers the age of metrics is among the server's own figures; where nothing of it was
// recorded, there is none.
func TestWhereTheAgeOfMetricsIs(t *testing.T) {
	for name, test := range map[string]struct {
		hpas, told bool
		want       string
	}{"with an HPA": {true, true, "autoscaling"}, "without": {false, true, "server"}, "never told": {true, false, ""}} {
		manifest, s, detail := brokenRun()
		if !test.hpas {
			manifest.Autoscalers = nil
		}
		if !test.told {
			s.Buckets = nil
		}
		found := ""
		for _, section := range view.Build(manifest, nil, s, detail).Sections {
			if slices.ContainsFunc(section.Tables, func(t view.Table) bool { return t.ID == "metrics-age" }) {
				found += section.ID
			}
		}
		if found != test.want {
			t.Errorf("%s: it is in %q, want %q", name, found, test.want)
		}
	}
}

// A run that was to make no pods says nothing of them; one that was to and did not, does.
func TestPodsThatWereNeverMade(t *testing.T) {
	for name, test := range map[string]struct {
		none bool
		made int64
		want string
	}{
		"none were to be":    {true, 0, ""},
		"some were to be":    {false, 0, "No pod of this run was seen."},
		"somebody made some": {true, 1, "Fewer than 20 pods were measured, too few for a curve; the table has what there is."},
	} {
		report := view.Build(bundle.Manifest{NoPods: test.none}, nil, &summary.Summary{Counts: summary.Counts{PodsCreated: test.made}}, nil)
		got := ""
		if section := sectionOf(report, "pods"); section != nil {
			got = section.Figures[0].Empty
		}
		if got != test.want {
			t.Errorf("%s: the section says %q, want %q", name, got, test.want)
		}
	}
}
