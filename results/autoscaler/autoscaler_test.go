package autoscaler

import (
	"slices"
	"testing"
	"time"
)

var tenth = Tolerances{Down: 0.1, Up: 0.1}

// uses are n pods that use so many thousandths of a core each.
func uses(n int, each int64) []int64 { return slices.Repeat([]int64{each}, n) }

func TestResource(t *testing.T) {
	half := Target{Utilization: true, Value: 50, Request: 100}
	mean := Target{Value: 40}
	for _, test := range []struct {
		name       string
		target     Target
		pods       Pods
		current    int
		tolerances Tolerances
		want       int
	}{
		{"twice the target", half, Pods{Usage: uses(3, 100)}, 3, tenth, 6},
		{"rounded up", half, Pods{Usage: uses(3, 70)}, 3, tenth, 5},                 // 1.4 * 3 = 4.2
		{"within the tolerance", half, Pods{Usage: uses(3, 55)}, 3, tenth, 3},       // 1.1
		{"beyond the tolerance", half, Pods{Usage: uses(3, 56)}, 3, tenth, 4},       // 1.12 * 3 = 3.36
		{"percent is cut off", half, Pods{Usage: []int64{55, 55, 57}}, 3, tenth, 3}, // 55.67% counts as 55%.
		{"within it below", half, Pods{Usage: uses(10, 45)}, 10, tenth, 10},         // 0.9
		{"below the tolerance", half, Pods{Usage: uses(10, 44)}, 10, tenth, 9},      // 0.88 * 10 = 8.8
		{"a tolerance of its own", half, Pods{Usage: uses(10, 44)}, 10, Tolerances{0.2, 0.1}, 10},
		{"idle", half, Pods{Usage: uses(4, 0)}, 4, tenth, 0},
		{"unready pods count as idle upwards", half, Pods{Usage: uses(2, 100), Unready: 1}, 3, tenth, 4},                  // 66% / 50% * 3 = 3.96
		{"unready pods count not downwards", half, Pods{Usage: uses(4, 25), Unready: 4}, 8, tenth, 2},                     // 0.5 * 4
		{"unready pods turn it around", half, Pods{Usage: uses(2, 75), Unready: 2}, 4, tenth, 4},                          // 1.5, then 0.74
		{"missing pods count as idle upwards", half, Pods{Usage: uses(4, 100), Missing: 2}, 6, tenth, 8},                  // 66% / 50% * 6 = 7.92
		{"missing pods count as full downwards", half, Pods{Usage: uses(8, 10), Missing: 2}, 10, tenth, 6},                // 28% / 50% * 10 = 5.6
		{"missing pods turn it around", half, Pods{Usage: uses(2, 40), Missing: 2}, 4, tenth, 4},                          // 0.8, then 1.4
		{"missing pods at the target", half, Pods{Usage: uses(2, 50), Missing: 2}, 4, tenth, 4},                           // 1 exactly
		{"missing pods of a target above 100", Target{true, 150, 100}, Pods{Usage: uses(4, 30), Missing: 1}, 5, tenth, 2}, // 54/150 * 5 = 1.8
		{"a mean value", mean, Pods{Usage: uses(2, 80)}, 2, tenth, 4},
		{"a mean value cut off", mean, Pods{Usage: []int64{44, 45}}, 2, tenth, 2},               // 44.5 counts as 44.
		{"a mean value, missing pods", mean, Pods{Usage: uses(3, 10), Missing: 1}, 4, tenth, 2}, // 17 / 40 * 4 = 1.7
	} {
		got, ok := Resource(test.target, test.pods, test.current, test.tolerances)
		if !ok || got != test.want {
			t.Errorf("%s: %d (%t), want %d", test.name, got, ok, test.want)
		}
	}
	for name, pods := range map[string]Pods{"no metrics": {Missing: 3}, "no pods": {}} {
		if got, ok := Resource(half, pods, 3, tenth); ok {
			t.Errorf("%s: %d, want no recommendation", name, got)
		}
	}
}

func TestOtherMetrics(t *testing.T) {
	for _, test := range []struct {
		name      string
		got, want int
	}{
		{"a value", Value(300, 100, 4, 4, tenth), 12},
		{"a value within the tolerance", Value(109, 100, 4, 4, tenth), 4},
		{"a value counts Ready pods", Value(300, 100, 2, 4, tenth), 6},
		{"a value of nothing", Value(0, 100, 4, 4, tenth), 0},
		{"from zero", Value(105, 100, 0, 0, tenth), 2},
		{"per pod", PerPod(450, 100, 3, tenth), 5},
		{"per pod within the tolerance", PerPod(320, 100, 3, tenth), 3},
		{"per pod below", PerPod(120, 100, 3, tenth), 2},
	} {
		if test.got != test.want {
			t.Errorf("%s: %d, want %d", test.name, test.got, test.want)
		}
	}
}

// A sync is what the metrics recommend at a second, and what is to come of it.
type syncing struct{ at, recommended, want int }

func TestOracle(t *testing.T) {
	flag := Rules{Window: DefaultDownWindow}
	behaved := func(up, down Rules) Spec { return Spec{Min: 1, Max: 100, Behavior: true, Up: up, Down: down} }
	fast := DefaultDown()
	fast.Window = 0
	slowUp := DefaultUp()
	slowUp.Window = 30 * time.Second
	for _, test := range []struct {
		name  string
		spec  Spec
		start int
		syncs []syncing
	}{
		{"without behavior at most twice as many", Spec{Min: 1, Max: 100, Down: flag}, 10,
			[]syncing{{0, 80, 20}, {15, 80, 40}, {30, 80, 80}, {45, 80, 80}}},
		{"without behavior four at least", Spec{Min: 1, Max: 100, Down: flag}, 1, []syncing{{0, 9, 4}, {15, 9, 8}, {30, 9, 9}}},
		{"without behavior down after the window", Spec{Min: 2, Max: 100, Down: flag}, 10,
			[]syncing{{0, 10, 10}, {15, 3, 10}, {300, 3, 10}, {301, 1, 3}, {616, 1, 2}}},
		{"the bounds first", Spec{Min: 3, Max: 5, Down: flag}, 8, []syncing{{0, 9, 5}, {15, 9, 5}}},
		{"the least first", Spec{Min: 3, Max: 5, Down: flag}, 1, []syncing{{0, 1, 3}}},
		{"zero replicas are left alone", Spec{Min: 1, Max: 5, Down: flag}, 0, []syncing{{0, 4, 0}}},
		{"the most", Spec{Min: 1, Max: 15, Down: flag}, 10, []syncing{{0, 80, 15}}},

		{"default rules", behaved(DefaultUp(), DefaultDown()), 1, []syncing{{0, 50, 5}, {5, 50, 5}, {15, 50, 10}, {30, 50, 20}}},
		{"default rules down", behaved(DefaultUp(), DefaultDown()), 10, []syncing{{0, 10, 10}, {15, 2, 10}, {299, 2, 10}, {300, 2, 2}}},
		{"no window down", behaved(DefaultUp(), fast), 10, []syncing{{0, 2, 2}}},
		{"the lowest of the window upwards", behaved(slowUp, fast), 4,
			[]syncing{{0, 8, 4}, {15, 6, 4}, {30, 9, 6}, {45, 9, 9}}},
		{"pods per period", behaved(Rules{Policies: []Policy{{Value: 2, Period: time.Minute}}, Select: MaxChange}, fast), 3,
			[]syncing{{0, 9, 5}, {30, 9, 5}, {59, 9, 5}, {60, 9, 7}}},
		{"the smaller change", behaved(Rules{Select: MinChange, Policies: []Policy{
			{Value: 4, Period: time.Minute}, {Percent: true, Value: 10, Period: time.Minute}}}, fast), 10, []syncing{{0, 90, 11}}},
		{"percent upwards is rounded up", behaved(Rules{Select: MaxChange,
			Policies: []Policy{{Percent: true, Value: 10, Period: time.Minute}}}, fast), 1, []syncing{{0, 9, 2}}},
		{"percent downwards is cut off", behaved(DefaultUp(), Rules{Select: MaxChange,
			Policies: []Policy{{Percent: true, Value: 10, Period: time.Minute}}}), 11, []syncing{{0, 1, 9}, {15, 1, 9}, {60, 1, 8}}},
		{"the smaller change down", behaved(DefaultUp(), Rules{Select: MinChange, Policies: []Policy{
			{Value: 5, Period: time.Minute}, {Value: 1, Period: time.Minute}}}), 10, []syncing{{0, 1, 9}}},
		{"disabled down", behaved(DefaultUp(), Rules{Select: Disabled}), 10, []syncing{{0, 1, 10}}},
		{"disabled up", behaved(Rules{Select: Disabled}, fast), 10, []syncing{{0, 90, 10}, {15, 5, 5}}},
		{"what was removed may come back in the period", behaved(
			Rules{Select: MaxChange, Policies: []Policy{{Value: 1, Period: time.Minute}}}, fast), 10,
			[]syncing{{0, 6, 6}, {15, 20, 11}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			o, current := New(test.spec), test.start
			for _, s := range test.syncs {
				got := o.Sync(time.Duration(s.at)*time.Second, current, s.recommended)
				if got != s.want {
					t.Errorf("after %d s with %d replicas and %d recommended it asks for %d, want %d", s.at, current, s.recommended, got, s.want)
				}
				current = got
			}
		})
	}
}

// TestDoubling is the least time from 10 to 80 pods without behavior: three syncs.
func TestDoubling(t *testing.T) {
	o, current, syncs := New(Spec{Min: 1, Max: 100, Down: Rules{Window: DefaultDownWindow}}), 10, 0
	for ; current < 80; syncs++ {
		current = o.Sync(time.Duration(15*syncs)*time.Second, current, 80)
	}
	if syncs != 3 {
		t.Errorf("%d syncs, want 3", syncs)
	}
}
