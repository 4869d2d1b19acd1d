package capacity_test

import (
	"math"
	"slices"
	"testing"

	"github.com/kubedyno/kubedyno/results/capacity"
	"github.com/kubedyno/kubedyno/results/capacity/capacitytest"
	"github.com/kubedyno/kubedyno/results/compare"
)

func near(got, want float64) bool { return math.Abs(got-want) <= 1e-6*math.Abs(want) }

// TestCosts: the shares that a run was made with are found in its phases; load is nobody's.
func TestCosts(t *testing.T) {
	p := capacity.Of([]compare.Run{capacitytest.Steps(10000, 50000)}, capacity.Question{}, quick)
	if r := p.Runs[0]; r.Phase != "load-3" || r.Nodes != 10000 {
		t.Errorf("of loads alike the one in the largest cluster speaks for a run, not %s at %v nodes", r.Phase, r.Nodes)
	}
	c := p.Costs
	if c == nil || c.Phases != 9 || c.Nodes != 10000 || c.Pods != 50000 || c.Needs != nil {
		t.Fatalf("costs are %+v", c)
	}
	kept := func(component, resource string) capacity.Kept {
		at := slices.IndexFunc(c.Kept, func(k capacity.Kept) bool { return k.Component == component && k.Resource == resource })
		if at < 0 {
			t.Fatalf("nothing of the %s of %s: %+v", resource, component, c.Kept)
		}
		return c.Kept[at]
	}
	const mebibyte = 1 << 20
	if k := kept("kube-apiserver", "memory"); !near(k.Base, 300*mebibyte) || !near(k.A, 0.1*mebibyte) || !near(k.B, 0.02*mebibyte) || k.Off > 1e-6 {
		t.Errorf("the API server keeps %+v", k)
	}
	if k := kept("etcd", "database"); !near(k.Base, 2*mebibyte) || !near(k.A, 8192) || !near(k.B, 4096) {
		t.Errorf("the database is %+v", k)
	}
	want := []capacity.Brought{
		{Component: "kube-apiserver", Node: capacity.Share{Mean: 0.002, Small: 0.002, Large: 0.002}, Pod: capacity.Share{Mean: 0.005, Small: 0.005, Large: 0.005}},
		{Component: "kube-scheduler", Pod: capacity.Share{Mean: 0.007875, Small: 0.0035, Large: 0.011}},
	}
	for i, w := range want {
		got := c.Brought[i]
		if got.Component != w.Component || !near(got.Pod.Mean, w.Pod.Mean) || !near(got.Pod.Small, w.Pod.Small) || !near(got.Pod.Large, w.Pod.Large) ||
			w.Node.Mean > 0 && !near(got.Node.Mean, w.Node.Mean) {
			t.Errorf("to bring one takes %+v, want %+v", got, w)
		}
	}
}

// TestNeeds: at 100,000 nodes and 500,000 pods the shares add up to what can be computed by hand; those of
// kubedyno are not the control plane's.
func TestNeeds(t *testing.T) {
	c := capacity.Of([]compare.Run{capacitytest.Steps(10000, 50000)}, capacity.Question{Nodes: 100000, Pods: 500000}, quick).Costs
	want := map[string]float64{
		"kube-apiserver memory":  (300 + 10000 + 10000) << 20,
		"etcd database":          (2 << 20) + 100000*8192 + 500000*4096,
		"control plane memory":   (300 + 10000 + 10000) << 20,
		"CPU time to bring them": 0.002*100000 + (0.005+0.011)*500000,
		"lease renewals":         10000,
		"node status reports":    100000.0 / 300,
	}
	found := map[string]bool{}
	for _, n := range c.Needs {
		if value, ok := want[n.What]; ok {
			found[n.What] = true
			if math.Abs(n.Value/value-1) > 1e-3 {
				t.Errorf("%s: %v, want %v", n.What, n.Value, value)
			}
		}
		if n.What == "etcd database" && n.Limit != 8<<30 || n.What == "control plane memory" && n.Limit != 8<<30 {
			t.Errorf("%s: there is %v", n.What, n.Limit)
		}
	}
	if len(found) != len(want) {
		t.Errorf("of %v only %v: %+v", want, found, c.Needs)
	}
}

// TestCostsBesideOthers: larger runs that do not tell nodes and pods apart hide none that do.
func TestCostsBesideOthers(t *testing.T) {
	runs := append(capacitytest.Fleets([]float64{20000, 90000}, 0), capacitytest.Steps(10000, 50000))
	if c := capacity.Of(runs, capacity.Question{}, quick).Costs; c == nil || c.Runs != 1 || c.Nodes != 10000 {
		t.Errorf("costs are %+v", c)
	}
}

// TestNoCosts: runs of which each held one size, or whose pods grow with the nodes, say nothing of either.
func TestNoCosts(t *testing.T) {
	if c := capacity.Of(capacitytest.Fleets(fleets, 0), capacity.Question{Nodes: 5000}, quick).Costs; c != nil {
		t.Errorf("from fleets without pods: %+v", c)
	}
	if c := capacity.Of(nil, capacity.Question{Nodes: 5000}, quick).Costs; c != nil {
		t.Errorf("from nothing: %+v", c)
	}
}
