package fleet

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func newFleet(t testing.TB, o Options, pools ...Pool) *Fleet {
	t.Helper()
	f, err := New(pools, o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestAddressesSuffice: a node has as many pod addresses as a type can take.
func TestAddressesSuffice(t *testing.T) {
	if want := 1<<(32-podRangeBits) - 2; MaxPodsPerNode != want {
		t.Errorf("a type can take %d pods, a range has %d addresses", MaxPodsPerNode, want)
	}
}

func TestNewRejects(t *testing.T) {
	good := Pool{Name: "a", NodeType: "m6i.large", Count: 1}
	for name, pools := range map[string][]Pool{
		"unknown type": {{Name: "a", NodeType: "m6i.huge", Count: 1}},
		"bad name":     {{Name: "A_b", NodeType: "m6i.large", Count: 1}},
		"no name":      {{NodeType: "m6i.large", Count: 1}},
		"twice":        {good, good},
		"negative":     {{Name: "a", NodeType: "m6i.large", Count: -1}},
		"too many":     {good, {Name: "b", NodeType: "m6i.large", Count: MaxNodes}},
	} {
		if _, err := New(pools, Options{}); err == nil {
			t.Errorf("%s: accepted, want an error", name)
		}
	}
}

func TestNodeGolden(t *testing.T) {
	f := newFleet(t, Options{
		Labels:  map[string]string{"kubedyno.dev/run": "r1"},
		Version: "v1.37.2",
		Kubelet: Kubelet{Host: "localhost", Port: 10250, Path: "/nodes/{node}/metrics/resource"},
	},
		Pool{Name: "first", NodeType: "t3.medium", Count: 2},
		Pool{
			Name: "arm", NodeType: "m7g.xlarge", Count: 5, Zones: []string{"z1", "z2"},
			Labels: map[string]string{"tier": "batch", PoolLabel: "not this"},
			Taints: []corev1.Taint{{Key: "batch", Value: "true", Effect: corev1.TaintEffectNoSchedule}},
		})
	node, err := f.Node("arm", 3)
	if err != nil {
		t.Fatal(err)
	}
	got, err := yaml.Marshal(node)
	if err != nil {
		t.Fatal(err)
	}
	const path = "testdata/node.golden.yaml"
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("node differs (run with -update to accept):\n%s", diff)
	}
}

func TestNodeRejects(t *testing.T) {
	f := newFleet(t, Options{}, Pool{Name: "a", NodeType: "m6i.large", Count: 2})
	for _, at := range []struct {
		pool  string
		index int
	}{{"b", 0}, {"a", -1}, {"a", 2}} {
		if n, err := f.Node(at.pool, at.index); err == nil {
			t.Errorf("%v: got %s, want an error", at, n.Name)
		}
	}
}

// TestAddressesAreUnique checks every node of the largest fleet.
func TestAddressesAreUnique(t *testing.T) {
	f := newFleet(t, Options{},
		Pool{Name: "a", NodeType: "m6i.large", Count: 1000},
		Pool{Name: "b", NodeType: "m6i.4xlarge", Count: MaxNodes - 1000})
	space, nodes := netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12")
	seen := map[string]string{}
	for _, p := range f.pools {
		for i := range p.Count {
			n := p.node(i, f.options)
			r, a := netip.MustParsePrefix(n.Spec.PodCIDR), netip.MustParseAddr(n.Status.Addresses[0].Address)
			if r != r.Masked() || !space.Contains(r.Addr()) || !nodes.Contains(a) {
				t.Fatalf("%s has pod range %s and address %s", n.Name, r, a)
			}
			for _, key := range []string{r.String(), a.String(), n.Name} {
				if other, taken := seen[key]; taken {
					t.Fatalf("%s and %s share %s", n.Name, other, key)
				}
				seen[key] = n.Name
			}
		}
	}
	if want := 3 * MaxNodes; len(seen) != want {
		t.Errorf("%d names and addresses, want %d", len(seen), want)
	}
}

func TestSize(t *testing.T) {
	f := newFleet(t, Options{}, Pool{Name: "a", NodeType: "B2s", Count: 3}, Pool{Name: "b", NodeType: "B2s", Count: 4})
	got := fmt.Sprint(f.Size(), f.Size("a"), f.Size("b", "a"), f.Size("c"))
	if got != "7 3 7 0" {
		t.Errorf("sizes are %s", got)
	}
}
