package measure

import (
	"maps"
	"slices"

	"github.com/kubedyno/kubedyno/results/sample"
)

// writeTypes writes how many nodes there are of each instance type; 0 of one of which there were some.
// The caller holds the lock.
func (n *Nodes) writeTypes(now sample.Offset) {
	counts := make(map[string]int, len(n.kinds))
	for kind := range n.kinds {
		counts[kind] = 0
	}
	for _, node := range n.nodes {
		if node.exists && node.kind != "" {
			counts[node.kind]++
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		n.kinds[kind] = true
		n.options.point(now, sample.NodesByType, sample.Labels{"type": kind}, float64(counts[kind]))
	}
}
