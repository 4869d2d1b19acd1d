package autoscaler

import "testing"

func TestRecommend(t *testing.T) {
	rule := Rule{Target: Target{Utilization: true, Value: 60, Request: 1000}, Tolerances: tenth, IdleCores: 0.02, CoresPerUnit: 0.01}
	for _, test := range []struct {
		name           string
		served         float64
		ready, current int
		want           int // -1: no recommendation.
	}{
		{"at the target", 116, 2, 2, 2},                            // 0.6 cores.
		{"rounded up", 100, 2, 2, 2},                               // 52%: 1.73.
		{"saturated", 200, 2, 2, 4},                                // 102%, 1.7 times: 3.4.
		{"those asked for count as idle", 200, 2, 4, 4},            // 51% of four: no longer more.
		{"idle ones leave room", 1200, 12, 13, 21},                 // 102% of 12 is 94% of 13: 20.37.
		{"idle", 0, 10, 10, 1},                                     // 2%: 0.33.
		{"those that are being deleted do not count", 0, 10, 4, 1}, // 2% of four.
		{"no pod is Ready", 0, 0, 3, -1},
		{"nothing is asked for", 100, 2, 0, 1},
	} {
		got, ok := rule.Recommend(test.served, test.ready, test.current)
		if !ok {
			got = -1
		}
		if got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}
