package packing

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Two kinds of nodes: one with little memory at $1, one with much of it at $1.50.
var (
	lean = Kind{Room: Amount{8000, 16 * gi, 50, 0}, Hour: 1}
	rich = Kind{Room: Amount{8000, 64 * gi, 50, 0}, Hour: 1.5}
)

func TestCheapest(t *testing.T) {
	both := Kinds(0).With(0).With(1)
	dear := Kind{Room: Amount{1 << 40, 1 << 50, 500, 0}, Pod: func(a Amount) (float64, bool) { return 0.3, a.MilliCPU <= 4000 }}
	all := []Kind{lean, rich, dear}
	any3 := both.With(2)
	for _, c := range []struct {
		name string
		pod  Pod
		open Kinds
		want int
		ok   bool
	}{
		{"by CPU", Pod{MilliCPU: 800, Bytes: gi, May: any3}, any3, 0, true},        // $0.10 against $0.15.
		{"by memory", Pod{MilliCPU: 800, Bytes: 8 * gi, May: any3}, any3, 1, true}, // $0.50 against $0.1875.
		{"only where it may go", Pod{MilliCPU: 800, Bytes: gi, May: Kinds(0).With(1)}, any3, 1, true},
		{"not where no more are had", Pod{MilliCPU: 800, Bytes: gi, May: any3}, Kinds(0).With(1), 1, true},
		{"by the pod", Pod{MilliCPU: 4000, Bytes: gi, May: any3}, any3, 2, true}, // $0.30 against $0.50.
		{"a size that is not for sale", Pod{MilliCPU: 4001, Bytes: gi, May: any3}, any3, 0, true},
		{"too large for all", Pod{MilliCPU: 8001, Bytes: gi, May: both}, any3, 0, false},
	} {
		if got, ok := Cheapest(all, c.open, c.pod); got != c.want || ok != c.ok {
			t.Errorf("%s: %d, %v, want %d, %v", c.name, got, ok, c.want, c.ok)
		}
	}
}

// TestCostBound: eight pods of 1000m and 2 GiB, and two of 500m and 24 GiB that only rich nodes take.
//
//	CPU:    8 x 1000/8000 x $1 + 2 x 500/8000 x $1.50             = 1 + 0.1875 = $1.1875
//	memory: 8 x min(2/16 x $1, 2/64 x $1.50) + 2 x 24/64 x $1.50  = 8 x 0.046875 + 1.125 = $1.50
//	pods:   8 x 1/50 x $1 + 2 x 1/50 x $1.50                      = $0.22
func TestCostBound(t *testing.T) {
	var pods []Pod
	for range 8 {
		pods = append(pods, Pod{MilliCPU: 1000, Bytes: 2 * gi, May: 3})
	}
	for range 2 {
		pods = append(pods, Pod{MilliCPU: 500, Bytes: 24 * gi, May: 3})
	}
	if got, ok := CostBound([]Kind{lean, rich}, pods); !ok || math.Abs(got-1.5) > 1e-9 {
		t.Errorf("at least $%v an hour, %v; want $1.50", got, ok)
	}
	if got, ok := CostBound([]Kind{lean}, pods); ok {
		t.Errorf("at least $%v although two pods fit nowhere", got)
	}
	flat := Kind{Room: Amount{1 << 40, 1 << 50, 500, 0}, Pod: func(Amount) (float64, bool) { return 0.01, true }}
	for i := range pods {
		pods[i].May = 7
	}
	if got, ok := CostBound([]Kind{lean, rich, flat}, pods); !ok || math.Abs(got-0.1) > 1e-9 {
		t.Errorf("by the pod at least $%v an hour, %v; want 10 x $0.01", got, ok)
	}
}

// TestCostBoundHolds: no packing that one can make costs less than the bound.
func TestCostBoundHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kinds := []Kind{lean, rich, {Room: Amount{2000, 4 * gi, 3, 0}, Hour: rapid.Float64Range(0.01, 2).Draw(t, "small")}}
		var pods []Pod
		for range rapid.IntRange(1, 30).Draw(t, "pods") {
			pods = append(pods, Pod{MilliCPU: rapid.Int64Range(0, 2000).Draw(t, "cpu"), Bytes: rapid.Int64Range(0, 4*gi).Draw(t, "memory"),
				May: Kinds(rapid.Uint64Range(1, 7).Draw(t, "may"))})
		}
		cost := firstFit(t, kinds, pods)
		if bound, ok := CostBound(kinds, pods); !ok || bound > cost+1e-9 {
			t.Fatalf("a packing costs $%v, less than the bound of $%v (%v)", cost, bound, ok)
		}
	})
}

// firstFit packs each pod onto the first node with room, and buys one of a drawn kind where there is none.
func firstFit(t *rapid.T, kinds []Kind, pods []Pod) (cost float64) {
	type node struct {
		kind int
		free Amount
	}
	var nodes []*node
	for _, p := range pods {
		placed := false
		for _, n := range nodes {
			if p.May.Has(n.kind) && n.free.holds(p.Takes()) {
				n.free, placed = n.free.minus(p.Takes()), true
				break
			}
		}
		if placed {
			continue
		}
		kind := rapid.IntRange(0, len(kinds)-1).Filter(func(i int) bool { return kinds[i].Takes(i, p) }).Draw(t, "kind")
		nodes = append(nodes, &node{kind, kinds[kind].Room.minus(p.Takes())})
		cost += kinds[kind].Hour
	}
	return cost
}
