package plan

import "testing"

// TestRolloutOfScaledPods: the update's pods come on top of as many as the autoscaler may have made.
func TestRolloutOfScaledPods(t *testing.T) {
	for surge, want := range map[string]int{"25%": 30 + 8, "0%": 30, "100%": 60} {
		p := buildFile(t, "../hpa/with-rollout.yaml", map[string]string{"maxSurge": surge})
		if got := p.Estimate.PeakPods; got != want {
			t.Errorf("with maxSurge %s there are up to %d pods, want %d", surge, got, want)
		}
	}
}
