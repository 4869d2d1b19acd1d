package engine

import (
	"testing"

	"github.com/kubedyno/kubedyno/scenarios/plan"
)

// TestOwners names the objects of two Deployments, with a namespace of their own, and of a StatefulSet.
func TestOwners(t *testing.T) {
	owners := map[owner]string{{"bench", "Deployment", "web-0"}: "web", {"other", "StatefulSet", "db"}: "db", {"bench", "Job", "a"}: "jobs"}
	for _, test := range []struct {
		of   owner
		want string
	}{
		{owner{"bench", "ReplicaSet", "web-0-5d4f"}, "web"},
		{owner{"bench", "Deployment", "web-0"}, "web"},
		{owner{"bench", "ReplicaSet", "web-1-5d4f"}, ""},
		{owner{"other", "ReplicaSet", "web-0-5d4f"}, ""},
		{owner{"other", "StatefulSet", "db"}, "db"},
		{owner{"other", "StatefulSet", "db-0"}, ""},
		{owner{"bench", "Job", "a-1"}, ""},
		{owner{"bench", "ReplicaSet", "web"}, ""},
	} {
		if got := workloadOf(owners, test.of); got != test.want {
			t.Errorf("%+v belongs to %q, want %q", test.of, got, test.want)
		}
	}
	if got := ownersOf(&plan.Plan{Workloads: map[string]plan.Workload{"pods": {Name: "pods", Kind: "Pod", Count: 3}}}, "bench"); len(got) != 0 {
		t.Errorf("owners %v of a plan in which no controller makes pods", got)
	}
}
