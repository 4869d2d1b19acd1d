package snapshot

import (
	"fmt"
	"slices"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// A TooMany error says that a cluster has more shapes of pods than may be written.
type TooMany struct {
	Most, Needed int     // How many were allowed, and how many there are without a change of requests.
	Growth       float64 // By how much requests would grow, as a share; below 0 if no growth is enough.
}

func (e *TooMany) Error() string {
	text := fmt.Sprintf("the pods have %d different shapes, more than the %d workloads allowed", e.Needed, e.Most)
	if e.Growth < 0 {
		return text + ", and their rules of placement differ too much for fewer"
	}
	return fmt.Sprintf("%s; with so few, the requests would grow by %.1f%%", text, 100*e.Growth)
}

// Growth is by how much all requests have grown, as shares.
type Growth struct{ CPU, Memory float64 }

// fold reduces groups to at most so many, first without a change of any request. What has to change
// beyond that grows: pods get the requests of the larger shape that costs least.
func fold(all []group, most int, within float64) ([]group, Growth, error) {
	if len(all) > most {
		all = foldEqual(all)
	}
	needed := len(all)
	before := total(all)
	if needed > most {
		all = foldLarger(all, most, before)
	}
	after := total(all)
	growth := Growth{CPU: grown(before.milliCPU, after.milliCPU), Memory: grown(before.bytes, after.bytes)}
	switch {
	case len(all) > most:
		return nil, growth, &TooMany{Most: most, Needed: needed, Growth: -1}
	case max(growth.CPU, growth.Memory) > within:
		return nil, growth, &TooMany{Most: most, Needed: needed, Growth: max(growth.CPU, growth.Memory)}
	}
	order(all)
	return all, growth, nil
}

// total adds up the requests of all pods.
func total(all []group) (sum amount) {
	for _, g := range all {
		sum.milliCPU += int64(g.pods) * g.takes.milliCPU
		sum.bytes += int64(g.pods) * g.takes.bytes
	}
	return sum
}

func grown(before, after int64) float64 {
	if before == after {
		return 0
	}
	return float64(after-before) / float64(max(before, 1))
}

// foldEqual makes one object of those that differ in their number of pods alone.
func foldEqual(all []group) []group {
	type like struct {
		kind, key string
		takes     amount
	}
	at := map[like]int{}
	var folded []group
	for _, g := range all {
		id := like{g.kind, g.key, g.takes}
		if i, there := at[id]; there && folded[i].pods+g.pods <= spec.MaxReplicas {
			folded[i] = join(folded[i], g)
			continue
		}
		at[id] = len(folded)
		folded = append(folded, g)
	}
	return folded
}

// join gives the pods of a group to another.
func join(to, from group) group {
	to.pods += from.pods
	if to.each = 1; to.kind == job || to.kind == bare {
		to.objects = to.pods
		return to
	}
	to.objects, to.each = 1, to.pods
	return to
}

// A step is a way to fold one group into another, and by what share requests grow by it.
type step struct {
	into int // -1 for none.
	cost float64
}

// foldLarger folds the cheapest group into a larger one of the same kind and rules until there are so
// many, or none can be folded. A pod on every node is no pod more or less, so that DaemonSets stay.
func foldLarger(all []group, most int, sum amount) []group {
	find := func(i int) step {
		best := step{into: -1}
		for j := range all {
			if i == j || !foldable(all[i], all[j]) {
				continue
			}
			by := all[j].takes
			cost := float64(all[i].pods) * (float64(by.milliCPU-all[i].takes.milliCPU)/float64(max(sum.milliCPU, 1)) +
				float64(by.bytes-all[i].takes.bytes)/float64(max(sum.bytes, 1)))
			if best.into < 0 || cost < best.cost {
				best = step{j, cost}
			}
		}
		return best
	}
	steps := make([]step, len(all))
	for i := range all {
		steps[i] = find(i)
	}
	for left := len(all); left > most; left-- {
		next := -1
		for i, s := range steps {
			if s.into >= 0 && (next < 0 || s.cost < steps[next].cost) {
				next = i
			}
		}
		if next < 0 {
			break
		}
		into := steps[next].into
		all[into], all[next].pods = join(all[into], all[next]), 0
		steps[next].into = -1
		for i, s := range steps {
			if s.into == next || i == into || s.into == into {
				steps[i] = find(i)
			}
		}
	}
	return slices.DeleteFunc(all, func(g group) bool { return g.pods == 0 })
}

// foldable reports whether a group's pods may become those of another. Of two with the same requests,
// which differ in their limits, either may, but not into a group that is gone.
func foldable(from, into group) bool {
	return from.pods > 0 && into.pods > 0 && from.kind != daemonSet && from.kind == into.kind && from.key == into.key &&
		into.takes.holds(from.takes) && from.pods+into.pods <= spec.MaxReplicas
}
