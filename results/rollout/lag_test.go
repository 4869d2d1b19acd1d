package rollout

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLagged has 4 pods go at 10 s and 2 at 30 s; the quota notices after 3 s and after 6 s, which is
// 4 s a pod on average. At 50 s it admits one too many.
func TestLagged(t *testing.T) {
	hard := steps(0, 10)
	present := steps(0, 10, 10, 6, 30, 4, 50, 11)
	used := steps(0, 10, 13, 6, 36, 4, 50, 11)
	want := Lag{Over: 4*3 + 2*6, Freed: 6, Mean: new(4.0), Beyond: 1}
	if diff := cmp.Diff(want, Lagged(used, hard, present, 0, sec(60))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// Pods that are made count at once: the quota is ahead of them, and that is no lag of what was freed.
	if lag := Lagged(steps(0, 4), hard, steps(0, 4), 0, sec(60)); lag.Mean != nil || lag.Over != 0 {
		t.Errorf("lag %+v of a quota that frees nothing", lag)
	}
}
