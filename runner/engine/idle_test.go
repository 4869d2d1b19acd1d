package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/kwok/usage"
	"github.com/kubedyno/kubedyno/scenarios/plan"
)

// A pod that serves is as idle as its service says before the first demand comes, even if that is
// nothing; others are a process that waits.
func TestPodsOfServicesStartIdle(t *testing.T) {
	idle := idleOf(map[string]plan.Service{
		"shop": {Name: "shop", Workload: "web", IdleCores: 0.02, IdleBytes: 64 << 20, CoresPerUnit: 0.01, BytesPerUnit: 9},
		"none": {Name: "none", Workload: "empty"},
	})
	for workload, want := range map[string]usage.Usage{
		"web": {Cores: 0.02, Bytes: 64 << 20}, "empty": {}, "batch": {Cores: 0.001, Bytes: 16 << 20},
	} {
		if diff := cmp.Diff(want, idle(workload)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", workload, diff)
		}
	}
}
