package view_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// mixRun is a run that fitted two pools, of which the second has spot nodes at a price.
func mixRun(spot float64) (bundle.Manifest, *summary.Summary) {
	m := bundle.Manifest{Cluster: bundle.Cluster{Pools: []bundle.Pool{
		{Name: "general", NodeType: "m6i.large", PricePerHour: 0.096, Provider: "aws", Region: "us-east-1", PriceDate: "2026-07-20"},
		{Name: "cheap", NodeType: "own", PricePerHour: 0.1, SpotPerHour: spot, Spot: true, Region: "us-east-1", PriceDate: "not-stated"}}}}
	s := &summary.Summary{Duration: at(60)}
	put := func(pool, metric string, value float64) {
		s.Scalars = append(s.Scalars, summary.Scalar{Metric: metric, Labels: sample.Labels{"pool": pool, "phase": "fit"}, Value: value})
	}
	for pool, n := range map[string]float64{"general": 3, "cheap": 2, sample.AllPools: 5} {
		put(pool, sample.CapacityPods, 4*n)
		put(pool, sample.CapacityNodes, n)
	}
	put(sample.AllPools, sample.CapacityPending, 0)
	put(sample.AllPools, sample.CapacitySpot, 0.4)
	put("general", sample.CapacityMonth, 210.24)
	if spot > 0 {
		put(sample.AllPools, sample.CapacityCostBound, 0.3)
		put(sample.AllPools, sample.CapacityHour, 0.388)
		put(sample.AllPools, sample.CapacityMonth, 283.24)
	}
	return m, s
}

func TestCapacityOfMix(t *testing.T) {
	for _, c := range []struct {
		name      string
		spot      float64
		cost, row string
	}{
		{"prices known", 0.05, "$283.24 a month, no packing costs less than $219 (aws, us-east-1, 2026-07-20; spot nodes: provider not stated, us-east-1, date not stated)",
			"all pools|–|$0.388|$0.3|$283.24|–|–|see the pools"},
		{"a price not known", 0, "not known, as the price of own is not", "all pools|–|–|–|–|–|see the pools"},
	} {
		m, s := mixRun(c.spot)
		report := view.Build(m, nil, s, &summary.Detail{})
		facts := map[string]string{}
		for _, fact := range report.Key {
			facts[fact.Name] = fact.Value
		}
		want := map[string]string{"Nodes needed (fit)": "3 × m6i.large, 2 × own for 20 pods; 40% of the pods are on spot nodes", "Cost of the nodes (fit)": c.cost}
		if diff := cmp.Diff(want, facts); diff != "" {
			t.Errorf("%s: key figures (-want +got):\n%s", c.name, diff)
		}
		var whole string
		for _, row := range sectionOf(report, "capacity").Tables[1].Rows {
			if row[0] == "all pools" {
				for i, cell := range row {
					if i > 0 {
						whole += "|"
					}
					whole += cell
				}
			}
		}
		if whole != c.row {
			t.Errorf("%s: the costs of all pools are %q, want %q", c.name, whole, c.row)
		}
	}
}
