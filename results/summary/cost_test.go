package summary

import (
	"math"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
)

// A life is a pod on a node; -1 is a moment that did not come.
type life struct {
	uid, workload, node              string
	scheduled, ready, gone, deleting int
}

// costly writes a run of an hour: work is asked for from 600 s on for 10 minutes in phase one, and
// from 1800 s on for 20 minutes in phase two.
func costly(t *testing.T, m bundle.Manifest, status bundle.Status, lives ...life) *Summary {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	m.ID, m.Scenario, m.Started = "c-1", "cost", time.Now()
	writer, err := bundle.Create(dir, m, []byte("kind: Scenario\n"))
	if err != nil {
		t.Fatal(err)
	}
	for phase, window := range map[string][2]int{"one": {600, 1200}, "two": {1800, 3000}} {
		for _, at := range window {
			writer.Point(sample.Point{At: *second(at), Metric: sample.ServiceLost, Labels: sample.Labels{"service": "web", "phase": phase}})
		}
	}
	for _, l := range lives {
		p := sample.Pod{UID: l.uid, Name: l.uid, Workload: l.workload, Node: l.node, Created: *second(1), Until: *second(max(l.ready, 1))}
		if l.scheduled >= 0 {
			p.Scheduled = second(l.scheduled)
		}
		if l.ready >= 0 {
			p.Ready = second(l.ready)
			writer.Pod(p)
		}
		if l.gone >= 0 {
			p.Deleting, p.Deleted, p.Until = second(l.deleting), second(l.gone), *second(l.gone)
			writer.Pod(p)
		} else if l.ready < 0 {
			p.Until = *second(3600)
			writer.Pod(p)
		}
	}
	if err := writer.Finish(status, "", time.Hour); err != nil {
		t.Fatal(err)
	}
	s, _ := compute(t, dir)
	return s
}

// manifest has two pools: a node of the small one has 4 cores and 16 bytes at $1 an hour, one of the
// large one twice that at $3. A pod requests 1 core and 2 bytes: a quarter, and an eighth.
func costManifest() bundle.Manifest {
	return bundle.Manifest{
		Phases:   []bundle.Phase{{Name: "one"}, {Name: "two"}},
		Services: []bundle.Service{{Name: "web", Workload: "web", Unit: "requests", Cores: 1, Bytes: 2}},
		Cluster: bundle.Cluster{Pools: []bundle.Pool{
			{Name: "small", NodeType: "s", Count: 9, AllocatableCores: 4, AllocatableBytes: 16, PricePerHour: 1},
			{Name: "large-arm", NodeType: "l", Count: 9, AllocatableCores: 8, AllocatableBytes: 32, PricePerHour: 3}}},
	}
}

func dollars(v float64) *float64 { return &v }

func TestCostByHand(t *testing.T) {
	s := costly(t, costManifest(), bundle.Complete,
		life{"whole", "web", "small-3", 10, 12, -1, 0},              // 1/6 h in phase one, 1/3 h in two.
		life{"short", "web", "large-arm-12", 900, 905, 1500, 1490},  // 1/12 h in phase one.
		life{"never-ready", "web", "small-0", 2400, -1, 2760, 2750}, // 1/10 h in phase two.
		life{"stuck", "web", "small-1", 2940, -1, -1, 0},            // 1/60 h in phase two.
		life{"pending", "web", "", -1, -1, -1, 0},
		life{"between", "web", "small-1", 1200, 1201, 1800, 1799},
		life{"other", "db", "small-1", 10, 12, -1, 0})
	one, two := 1./6+1./12, 1./3+1./10+1./60
	paidOne, paidTwo := 1./6*0.25+1./12*0.125*3, (1./3+1./10+1./60)*0.25
	want := []Cost{
		{Service: "web", Phase: "one", PodHours: one, Dollars: dollars(paidOne)},
		{Service: "web", Phase: "two", PodHours: two, Dollars: dollars(paidTwo)},
		{Service: "web", PodHours: one + two, Dollars: dollars(paidOne + paidTwo)},
	}
	if diff := cmp.Diff(want, s.Costs, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Errorf("costs (-want +got):\n%s", diff)
	}
	for _, c := range want {
		labels := sample.Labels{"service": "web"}
		if c.Phase != "" {
			labels["phase"] = c.Phase
		}
		for metric, value := range map[string]float64{sample.ServicePodHours: c.PodHours, sample.ServiceCost: *c.Dollars} {
			found := 0
			for _, scalar := range s.Scalars {
				if scalar.Metric == metric && scalar.Labels.String() == labels.String() && math.Abs(scalar.Value-value) < 1e-9 {
					found++
				}
			}
			if found != 1 {
				t.Errorf("%s of %s: %d scalars of %v, want one", metric, labels, found, value)
			}
		}
	}
}

// TestCostByMemory: the larger share is paid.
func TestCostByMemory(t *testing.T) {
	m := costManifest()
	m.Services[0].Cores, m.Services[0].Bytes = 1, 8
	s := costly(t, m, bundle.Complete, life{"whole", "web", "small-3", 10, 12, -1, 0})
	if got := *s.Costs[2].Dollars; math.Abs(got-0.5*0.5) > 1e-9 {
		t.Errorf("half an hour of half a node costs %v", got)
	}
}

// TestCostUnknown: what has no price makes no figure, and the pod-hours stay.
func TestCostUnknown(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*bundle.Manifest)
		node   string
		reason string
	}{
		"other node":  {func(*bundle.Manifest) {}, "ip-10-0-0-7.internal", "some of its pods ran on nodes that are of no pool of the scenario"},
		"no price":    {func(m *bundle.Manifest) { m.Cluster.Pools[0].PricePerHour = 0 }, "small-1", "no price of the nodes of pool small is known"},
		"no requests": {func(m *bundle.Manifest) { m.Services[0].Cores, m.Services[0].Bytes = 0, 0 }, "small-1", "its pods request neither CPU nor memory"},
	} {
		m := costManifest()
		test.change(&m)
		s := costly(t, m, bundle.Complete, life{"a", "web", test.node, 1000, 1001, 1500, 1499}, life{"b", "web", "large-arm-1", 10, 11, -1, 0})
		if len(s.Costs) != 3 || s.Costs[0].Reason != test.reason || s.Costs[0].Dollars != nil || s.Costs[2].Dollars != nil ||
			s.Costs[2].Reason != test.reason {
			t.Errorf("%s: %+v", name, s.Costs)
			continue
		}
		if hours := s.Costs[2].PodHours; math.Abs(hours-(0.5+1./18)) > 1e-9 {
			t.Errorf("%s: %v pod-hours", name, hours)
		}
		if scalar, there := scalarOf(s, sample.ServiceCost, sample.Labels{"service": "web", "phase": "one"}); there {
			t.Errorf("%s: there is a cost of %v", name, scalar.Value)
		}
	}
}

// TestCostOfNothing: a service of which no work was asked has no cost, one without pods costs nothing.
func TestCostOfNothing(t *testing.T) {
	m := costManifest()
	m.Services = append(m.Services, bundle.Service{Name: "idle", Workload: "db", Cores: 1})
	s := costly(t, m, bundle.Complete, life{"other", "db", "small-1", 10, 12, -1, 0})
	if len(s.Costs) != 3 || s.Costs[2].PodHours != 0 || s.Costs[2].Dollars == nil || *s.Costs[2].Dollars != 0 {
		t.Errorf("costs %+v", s.Costs)
	}
}
