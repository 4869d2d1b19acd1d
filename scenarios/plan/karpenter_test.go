package plan

import (
	"bytes"
	"strings"
	"testing"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

func TestKarpenterIsPlanned(t *testing.T) {
	for _, test := range []struct {
		karpenter *spec.Karpenter
		pools     bool
		want      []string
		not       string
	}{
		{nil, true, []string{"\nFleet\n", "heartbeats a second"}, "karpenter"},
		{nil, false, nil, "Fleet"},
		{&spec.Karpenter{InstanceTypes: []string{"m6i.large", "own"}}, false,
			[]string{"\nFleet\n  karpenter    makes as many nodes as it finds fit, of m6i.large, own\n", "node leases  3m20s\n"}, "heartbeats a second"},
		{&spec.Karpenter{InstanceTypes: []string{"own"}}, true, []string{"  karpenter    makes as many nodes", "heartbeats a second"}, ""},
	} {
		p := buildFile(t, "../quickstart.yaml", nil)
		p.Cluster.Karpenter = test.karpenter
		if !test.pools {
			p.Fleet.Pools = nil
		}
		var b bytes.Buffer
		if err := p.WriteText(&b); err != nil {
			t.Fatal(err)
		}
		for _, want := range test.want {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%+v, pools %t: the plan lacks %q:\n%s", test.karpenter, test.pools, want, &b)
			}
		}
		if test.not != "" && strings.Contains(b.String(), test.not) {
			t.Errorf("%+v, pools %t: the plan says %q:\n%s", test.karpenter, test.pools, test.not, &b)
		}
		if strings.Count(b.String(), "\nFleet\n") > 1 {
			t.Errorf("two fleets:\n%s", &b)
		}
	}
}
