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

// elasticView is a run with one elastic pool.
func elasticView() (bundle.Manifest, *summary.Summary, *summary.Detail) {
	m := bundle.Manifest{Cluster: bundle.Cluster{Pools: []bundle.Pool{{Name: "general", NodeType: "m6i.large", Count: 20, AtMost: true, Elastic: "2 to 20 nodes",
		PricePerHour: 0.096, Provider: "aws", Region: "us-east-1", PriceDate: "2026-07-20"}}}}
	s, d := &summary.Summary{Duration: at(60)}, &summary.Detail{}
	gauge := func(metric string, high, last float64, labels ...string) {
		of := sample.Labels{}
		for i := 0; i+1 < len(labels); i += 2 {
			of[labels[i]] = labels[i+1]
		}
		s.Gauges = append(s.Gauges, summary.Gauge{Metric: metric, Labels: of, N: 2, Max: high, Last: last})
		d.Tracks = append(d.Tracks, summary.Track{Metric: metric, Labels: of, Points: []sample.Point{{At: at(1), Metric: metric, Labels: of, Value: high},
			{At: at(3), Metric: metric, Labels: of, Value: last}}})
	}
	times := func(metric string, censored int64, labels sample.Labels, seconds ...int) {
		v := summary.Values{Metric: metric, Labels: labels, Censored: censored, CensoredFrom: 50}
		for _, n := range seconds {
			v.Histogram.Record(time.Duration(n) * time.Second)
		}
		d.Distributions = append(d.Distributions, v)
	}
	for state, values := range map[string][2]float64{"created": {9, 2}, "ordered": {4, 0}, "ready": {8, 2}, "needed": {7, 2}} {
		gauge(sample.ElasticNodes, values[0], values[1], "pool", "general", "state", state)
	}
	gauge(sample.ElasticNodeHours, 1.5, 1.5, "pool", "general")
	gauge(sample.ElasticCost, 0.144, 0.144, "pool", "general")
	gauge(sample.ElasticIdeal, 0.12, 0.12, "pool", "general")
	gauge(sample.ElasticRemoved, 5, 5, "pool", "general")
	gauge(sample.ElasticOrders, 7, 7, "pool", "general", "outcome", "placed")
	gauge(sample.ElasticOrders, 3, 3, "pool", "general", "outcome", "quota")
	for _, workload := range []string{"never", "web"} {
		gauge(sample.ElasticPending, map[string]float64{"web": 11}[workload], 0, "workload", workload)
	}
	gauge(sample.ElasticPendingSeconds, 210, 210, "workload", "web")
	gauge(sample.ElasticEvictions, 4, 4, "workload", "web")
	s.Scalars = []summary.Scalar{{Metric: sample.ElasticExcess, Labels: sample.Labels{"pool": "general", "phase": "one"}, Value: 9},
		{Metric: sample.ElasticExcess, Labels: sample.Labels{"pool": "general"}, Value: 0.2}}
	times(sample.ElasticWait, 0, sample.Labels{"workload": "web", "phase": "one"}, 10, 20)
	times(sample.ElasticWait, 1, sample.Labels{"workload": "web", "phase": "two"}, 50)
	times(sample.ElasticNodeReady, 0, sample.Labels{"pool": "general", "phase": "one"}, 40, 41, 42)
	times(sample.ElasticIdle, 0, sample.Labels{"pool": "general", "phase": "two"}, 33)
	times(sample.ElasticShortage, 0, sample.Labels{"phase": "one"}, 49)
	return m, s, d
}

func TestElasticSection(t *testing.T) {
	m, s, d := elasticView()
	report := view.Build(m, nil, s, d)
	section := sectionOf(report, "elastic")
	if section == nil {
		t.Fatal("there is no section on elastic nodes")
	}
	want := [][][]string{
		{{"general", "m6i.large", "9", "2", "7", "1.5 h", "$0.144", "$0.12", "20%", "aws, us-east-1, 2026-07-20"}},
		{{"general", "7", "–", "3", "–", "3", "–", "–", "–", "42 s", "5", "33 s"}},
		{{"never", "0", "–", "–", "–", "–", "0", "0 pod-s", "0"}, {"web", "3", "–", "–", "–", "≥ 50 s", "11", "210 pod-s", "4"}},
		{{"no pod is without room", "1", "–", "–", "–", "49 s"}},
	}
	var got [][][]string
	for _, table := range section.Tables {
		got = append(got, table.Rows)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
	figure := section.Figures[0]
	const finding = "At most 9 nodes where at most 7 were needed; 3 pods were without room, for ≥ 50 s at most; " +
		"the nodes cost $0.144, 20% above what the needed nodes would have cost"
	if figure.Title != finding {
		t.Errorf("the figure says %q\nwant %q", figure.Title, finding)
	}
	var lines []string
	for _, panel := range figure.Panels {
		for _, line := range panel.Series {
			lines = append(lines, panel.Label+": "+line.Name)
		}
	}
	if got := strings.Join(lines, ", "); got != "Nodes of pool general: there, Nodes of pool general: ordered, Nodes of pool general: needed, "+
		"Pods without room: never, Pods without room: web" {
		t.Errorf("the lines are %s", got)
	}
	facts := map[string]string{}
	for _, fact := range report.Key {
		facts[fact.Name] = fact.Value
	}
	for name, want := range map[string]string{
		"Elastic nodes (general)": "at most 9 there, 2 at the end, 7 needed at most; they cost $0.144, 20% above what the needed nodes would have cost",
		"Without room (web)":      "3 pods, for ≥ 50 s at most, 210 pod-s",
		"Without room (never)":    "none",
	} {
		if facts[name] != want {
			t.Errorf("%s: %q, want %q", name, facts[name], want)
		}
	}
	if s := sectionOf(view.Build(bundle.Manifest{}, nil, &summary.Summary{}, &summary.Detail{}), "elastic"); s != nil {
		t.Error("a run without elastic pools has a section on them")
	}
}

// TestElasticUnknown: without a price there is no cost, and without one that is needed nothing to hold it against.
func TestElasticUnknown(t *testing.T) {
	m, s, d := elasticView()
	m.Cluster.Pools[0].PricePerHour = 0
	var kept []summary.Gauge
	for _, g := range s.Gauges {
		if g.Metric != sample.ElasticCost && g.Metric != sample.ElasticIdeal && g.Labels["state"] != "needed" {
			kept = append(kept, g)
		}
	}
	s.Gauges, s.Scalars = kept, nil
	section := sectionOf(view.Build(m, nil, s, d), "elastic")
	want := []string{"general", "m6i.large", "9", "2", "–", "1.5 h", "–", "–", "–", "not known"}
	if diff := cmp.Diff(want, section.Tables[0].Rows[0]); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if title := section.Figures[0].Title; strings.Contains(title, "$") || strings.Contains(title, "needed") {
		t.Errorf("the figure knows what nobody knows: %s", title)
	}
}

// TestElasticWaits: the finding tells place-holders from the pods that they wait for.
func TestElasticWaits(t *testing.T) {
	m, s, d := elasticView()
	v := summary.Values{Metric: sample.ElasticWait, Labels: sample.Labels{"workload": "holder", "phase": "one"}}
	v.Histogram.Record(90 * time.Second)
	d.Distributions = append(d.Distributions, v)
	title := sectionOf(view.Build(m, nil, s, d), "elastic").Figures[0].Title
	if want := "pods were without room: 1 of holder for 90 s at most, 3 of web for ≥ 50 s at most"; !strings.Contains(title, want) {
		t.Errorf("the figure says %q, want %q", title, want)
	}
}
