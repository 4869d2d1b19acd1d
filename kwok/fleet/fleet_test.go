package fleet

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"strings"
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

func TestCatalogIsSound(t *testing.T) {
	types, err := Catalog()
	if err != nil {
		t.Fatal(err)
	}
	if len(types) != 25 {
		t.Errorf("%d types, want 25", len(types))
	}
	for _, k := range types {
		switch {
		case k.AllocatableMilliCPU <= 0 || k.AllocatableMilliCPU >= int64(k.VCPU)*1000:
			t.Errorf("%s leaves %d millicores of %d cores", k.Name, k.AllocatableMilliCPU, k.VCPU)
		case k.AllocatableMiB <= 0 || k.AllocatableMiB >= int64(k.MemoryGiB)<<10:
			t.Errorf("%s leaves %d MiB of %d GiB", k.Name, k.AllocatableMiB, k.MemoryGiB)
		case k.PricePerHour <= 0 || k.MaxPods <= 0 || k.MaxPods > MaxPodsPerNode:
			t.Errorf("%s costs %v and takes %d pods", k.Name, k.PricePerHour, k.MaxPods)
		case k.Arch != "amd64" && k.Arch != "arm64":
			t.Errorf("%s has architecture %q", k.Name, k.Arch)
		case k.Source == "" || k.Date == "" || k.Region == "":
			t.Errorf("%s has no source, date or region", k.Name)
		}
	}
}

// TestCatalogFollowsTheFormulas recomputes the memory that AWS nodes leave to pods from the
// provider's formula, and the cores of all AWS and GCP nodes.
func TestCatalogFollowsTheFormulas(t *testing.T) {
	types, err := Catalog()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range types {
		if k.Provider == "azure" {
			continue
		}
		reserved := 60.0 + 10*min(1, float64(k.VCPU-1)) + 5*max(0, min(2, float64(k.VCPU-2))) + 2.5*max(0, float64(k.VCPU-4))
		if want := int64(float64(k.VCPU)*1000 - reserved); k.AllocatableMilliCPU != want {
			t.Errorf("%s leaves %d millicores, the formula gives %d", k.Name, k.AllocatableMilliCPU, want)
		}
		want := int64(k.MemoryGiB)<<10 - 255 - 11*int64(k.MaxPods) - 100
		if k.Provider == "aws" && k.AllocatableMiB != want {
			t.Errorf("%s leaves %d MiB, the formula gives %d", k.Name, k.AllocatableMiB, want)
		}
	}
}

func TestParseCatalogRejects(t *testing.T) {
	const head = "providers: [{name: p}]\ntypes:\n"
	for name, text := range map[string]string{
		"unknown provider": head + "- {name: a, provider: q}",
		"twice":            head + "- {name: a, provider: p}\n- {name: a, provider: p}",
		"unknown field":    head + "- {name: a, provider: p, cores: 3}",
		"not YAML":         "{",
	} {
		if _, err := parseCatalog([]byte(text)); err == nil {
			t.Errorf("%s: parsed, want an error", name)
		}
	}
}

func FuzzParseCatalog(f *testing.F) {
	f.Add(catalogYAML)
	f.Add([]byte("types: [{name: a, provider: p}]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		types, err := parseCatalog(text)
		if err != nil {
			return
		}
		for _, k := range types {
			if _, err := yaml.Marshal(k); err != nil {
				t.Errorf("type %q cannot be written again: %v", k.Name, err)
			}
		}
	})
}

func TestLookup(t *testing.T) {
	if k, err := Lookup("m7g.xlarge"); err != nil || k.Arch != "arm64" || k.MemoryGiB != 16 {
		t.Errorf("got %+v, %v", k, err)
	}
	if _, err := Lookup("m6i.2xlrage"); err == nil || !strings.Contains(err.Error(), "m6i.2xlrage") {
		t.Errorf("lookup of a name that does not exist: %v", err)
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
