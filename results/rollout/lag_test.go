package rollout

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/series"
)

// TestLagged has 4 pods go at 10 s and 2 at 30 s; the quota notices after 3 s and after 6 s, which is
// 4 s a pod on average.
func TestLagged(t *testing.T) {
	present := steps(0, 10, 10, 6, 30, 4, 50, 11)
	used := steps(0, 10, 13, 6, 36, 4, 50, 11)
	want := Lag{Over: 4*3 + 2*6, Freed: 6, Mean: new(4.0)}
	if diff := cmp.Diff(want, Lagged(used, present, 0, sec(60))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// Pods that are made count at once: the quota is ahead of them, and that is no lag of what was freed.
	if lag := Lagged(steps(0, 4), steps(0, 4), 0, sec(60)); lag.Mean != nil || lag.Over != 0 {
		t.Errorf("lag %+v of a quota that frees nothing", lag)
	}
}

func TestBeyond(t *testing.T) {
	used := steps(0, 10, 13, 6, 50, 11, 51, 10)
	for name, test := range map[string]struct {
		hard  series.Steps
		most  float64
		known bool
	}{
		"never":                     {steps(0, 11), 0, true},
		"for a second":              {steps(0, 10), 1, true},
		"since the limit was lower": {steps(0, 10, 5, 7, 20, 10), 3, true},
		"no limit is known":         {nil, 0, false},
	} {
		if most, known := Beyond(used, test.hard, 0, sec(60)); most != test.most || known != test.known {
			t.Errorf("%s: %v, known %t; want %v, known %t", name, most, known, test.most, test.known)
		}
	}
}
