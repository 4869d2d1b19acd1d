package example

import (
	"slices"

	"github.com/kubedyno/kubedyno/results/capacity"
	"github.com/kubedyno/kubedyno/results/capacity/capacitytest"
	"github.com/kubedyno/kubedyno/results/compare"
)

// CapacityPlans are capacity plans by what was asked.
func CapacityPlans() map[string]*capacity.Plan {
	nodes := []float64{100, 200, 400, 800, 1200, 1600, 2000, 3000}
	rates := []float64{50, 100, 200, 400, 700, 1000, 1200, 1400, 1500, 1600}
	runs := slices.Concat(capacitytest.Fleets(nodes, 0.03), capacitytest.Loads(rates, 0.03))
	runs[2].Summary.Counts.Dropped = 3
	options := capacity.Options{Replicates: 99}
	return map[string]*capacity.Plan{
		"asked":   capacity.Of(runs, capacity.Question{Nodes: 5000, Pods: 20000, Requests: 1900}, options),
		"inside":  capacity.Of(runs, capacity.Question{Nodes: 2500}, options),
		"fits":    capacity.Of(runs, capacity.Question{}, options),
		"costs":   capacity.Of([]compare.Run{capacitytest.Steps(10000, 50000)}, capacity.Question{Nodes: 100000, Pods: 500000}, options),
		"nothing": capacity.Of(nil, capacity.Question{Nodes: 5000}, options),
	}
}
