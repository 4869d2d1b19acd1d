package spec

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// typesScenario is a scenario whose fleet is as given, indented by four.
func typesScenario(fleet, more string) string {
	return `apiVersion: kubedyno.dev/v1alpha1
kind: Scenario
metadata:
  name: types
spec:
  fleet:
` + fleet + `
  phases:
    - name: join
      actions:
        - nodes: {pool: general}
` + more
}

const onePool = "    pools: [{name: general, nodeType: r1, count: 2}]\n"

const ownFile = `provider: rack
region: basement
date: "2026-08"
reservation: gke
types:
- {name: r1, arch: amd64, vcpu: 4, memory: 16Gi, maxPods: 110, pricePerHour: 0.9, source: mine}
- {name: r2, arch: arm64, vcpu: 64, memory: 128Gi, maxPods: 250, allocatableCPU: 63500m, allocatableMemory: 120Gi}
- {name: r3, arch: arm64, vcpu: 2, memory: 8Gi, interfaces: 3, addresses: 10, reservation: eks, region: attic, pricePerHour: 2, spotPerHour: 1}
`

const karpenterFile = `[
  {"name": "c-1x-amd64-linux", "architecture": "amd64", "operatingSystems": ["linux"],
   "offerings": [
     {"Price": 0.019, "Available": true, "Requirements": [{"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["spot"]}]},
     {"Price": 0.03, "Available": true, "Requirements": [{"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["on-demand"]}]},
     {"Price": 0.027, "Available": true, "Requirements": [{"key": "zone", "values": ["a"]}, {"key": "karpenter.sh/capacity-type", "values": ["on-demand"]}]},
     {"Price": 0.001, "Available": false, "Requirements": [{"key": "karpenter.sh/capacity-type", "values": ["on-demand"]}]}],
   "resources": {"cpu": "1", "memory": "2Gi", "ephemeral-storage": "20Gi", "pods": "16"}},
  {"name": "m-256x-arm64-linux", "architecture": "arm64", "operatingSystems": ["linux"],
   "offerings": [{"CapacityType": "spot", "Zone": "test-zone-a", "Price": 5.5, "Available": true}],
   "resources": {"cpu": "256", "memory": "2048Gi", "pods": "1024"}},
  {"name": "c-1x-amd64-windows", "architecture": "amd64", "operatingSystems": ["windows"], "offerings": [],
   "resources": {"cpu": "1", "memory": "2Gi", "pods": "16"}}
]`

func TestNodeTypesOfFiles(t *testing.T) {
	files := fstest.MapFS{"mine.yaml": {Data: []byte(ownFile)}, "karpenter.json": {Data: []byte(karpenterFile)}}
	text := typesScenario(onePool+"    nodeTypes:\n      - {name: r0, arch: amd64, vcpu: 1, memory: 1Gi, maxPods: 8, reservation: none}\n    nodeTypeFiles: [mine.yaml, karpenter.json]\n", "")
	s, err := Decode("types.yaml", []byte(text), Options{Files: files, NodeTypes: []string{"m6i.large"}})
	if err != nil {
		t.Fatal(err)
	}
	want := []NodeType{
		{Name: "r0", Arch: "amd64", VCPU: 1, Memory: "1Gi", MaxPods: 8, Reservation: "none"},
		{Name: "r1", Provider: "rack", Region: "basement", Date: "2026-08", Source: "mine", Arch: "amd64", VCPU: 4, Memory: "16Gi",
			MaxPods: 110, Reservation: "gke", PricePerHour: 0.9},
		{Name: "r2", Provider: "rack", Region: "basement", Date: "2026-08", Arch: "arm64", VCPU: 64, Memory: "128Gi", MaxPods: 250,
			AllocatableCPU: "63500m", AllocatableMemory: "120Gi"},
		{Name: "r3", Provider: "rack", Region: "attic", Date: "2026-08", Arch: "arm64", VCPU: 2, Memory: "8Gi", Interfaces: 3, Addresses: 10,
			Reservation: "eks", PricePerHour: 2, SpotPerHour: 1},
		{Name: "c-1x-amd64-linux", Provider: "karpenter", Region: "not-stated", Date: "not-stated", Source: "instance types of karpenter's kwok provider",
			Arch: "amd64", VCPU: 1, Memory: "2Gi", MaxPods: 16, Reservation: "karpenter-kwok", PricePerHour: 0.027, SpotPerHour: 0.019},
		{Name: "m-256x-arm64-linux", Provider: "karpenter", Region: "not-stated", Date: "not-stated", Source: "instance types of karpenter's kwok provider",
			Arch: "arm64", VCPU: 256, Memory: "2048Gi", MaxPods: 510, MaxPodsRule: "the file says 1024, a fake node takes 510",
			Reservation: "karpenter-kwok", SpotPerHour: 5.5},
	}
	if diff := cmp.Diff(want, s.Spec.Fleet.NodeTypes); diff != "" {
		t.Errorf("node types (-want +got):\n%s", diff)
	}
	again, err := Decode("again.yaml", s.Resolved, Options{NodeTypes: []string{"m6i.large"}})
	if err != nil {
		t.Fatalf("the resolved scenario needs no file, but: %v\n%s", err, s.Resolved)
	}
	if diff := cmp.Diff(s.Spec, again.Spec); diff != "" {
		t.Errorf("the resolved scenario differs (-first +again):\n%s", diff)
	}
}

func TestNodeTypeFaults(t *testing.T) {
	row := func(change ...string) string {
		text := "{name: r1, arch: amd64, vcpu: 4, memory: 16Gi, maxPods: 110, reservation: gke}"
		return "    nodeTypes:\n      - " + strings.NewReplacer(change...).Replace(text) + "\n"
	}
	cost := "  objectives:\n    - {metric: capacity_month_dollars, most: \"100\"}\n"
	for _, c := range []struct{ name, fleet, more, want, hint string }{
		{"unknown type", row("r1", "r2"), "", `types.yaml:9:39: there is no node type "r1"`, "did you mean r2?"},
		{"of the catalog", row("r1", "m6i.large"), "", `types.yaml:8:16: the catalog has a node type "m6i.large" already`, "call it otherwise"},
		{"twice", row() + "      - {name: r1, arch: amd64, vcpu: 4, memory: 16Gi, maxPods: 110, reservation: gke}\n", "", `types.yaml:9:16: there is a node type "r1" already`, ""},
		{"no cores", row("vcpu: 4", "vcpu: 0"), "", "types.yaml:8:39: vcpu must be a whole number from 1 to 4,096, not 0", ""},
		{"no memory", row("16Gi", "much"), "", `memory must be a quantity`, ""},
		{"too many pods", row("110", "511"), "", "maxPods must be a whole number from 1 to 510", ""},
		{"no pods", row(", maxPods: 110", ""), "", "types.yaml:8:9: a node type needs maxPods", ""},
		{"half an interface", row("maxPods: 110", "interfaces: 3"), "", "interfaces and addresses belong together", ""},
		{"pods twice", row("maxPods: 110", "maxPods: 110, interfaces: 3, addresses: 4"), "", "types.yaml:8:65: maxPods, or interfaces", ""},
		{"no reservation", row(", reservation: gke", ""), "", "a node type needs a reservation", "use eks, gke"},
		{"unknown reservation", row("gke", "gek"), "", `reservation must be eks, gke, aks, karpenter-kwok or none, not "gek"`, "did you mean gke?"},
		{"reserved twice", row("gke", "gke, allocatableCPU: 3, allocatableMemory: 1Gi"), "", "not both", ""},
		{"half stated", row("reservation: gke", "allocatableCPU: 3"), "", "belong together", ""},
		{"negative price", row("gke}", "gke, pricePerHour: -1, region: a, date: 2026-08}"), "", "pricePerHour must be US dollars an hour, from 0.000001 to 100,000, not -1", ""},
		{"undated price", row("gke}", "gke, pricePerHour: 1, region: a}"), "", "types.yaml:8:102: a price says little", "add region and date"},
		{"bad date", row("gke}", "gke, pricePerHour: 1, region: a, date: 2026-13}"), "", "date must be a day or a month", ""},
		{"dear spot", row("gke}", "gke, pricePerHour: 1, spotPerHour: 2, region: a, date: 2026-08}"), "", "the spot price of 2 is above the price on demand of 1", ""},
		{"no price", row(), cost, "types.yaml:9:39: the price of r1 is not known, so capacity_month_dollars would have no data", "give the node type pricePerHour"},
		{"further", row("16Gi", "13Gi"), "", "types.yaml:8:9: bad luck", ""},
		{"no file", row() + "    nodeTypeFiles: [../a.yaml]\n", "", `cannot read "../a.yaml" from here`, "name a file beside the scenario"},
		{"missing file", row() + "    nodeTypeFiles: [a.yaml]\n", "", "a.yaml: file does not exist", ""},
		{"file with faults", row() + "    nodeTypeFiles: [bad.yaml]\n", "", "bad.yaml:3:32: vcpu must be a whole number", ""},
		{"file with an unknown field", row() + "    nodeTypeFiles: [bad.yaml]\n", "", `bad.yaml:1:1: unknown field "regin"`, "did you mean region?"},
		{"file without types", row() + "    nodeTypeFiles: [none.yaml]\n", "", "none.yaml:1:1: a file of node types has a list called types", "karpenter"},
		{"no instance type", row() + "    nodeTypeFiles: [list.json]\n", "", "list.json:1:2: this is no instance type", "karpenter"},
		{"files are no list", row() + "    nodeTypeFiles: a.yaml\n", "", "types.yaml:9:20: there must be a list", ""},
	} {
		files := fstest.MapFS{"none.yaml": {Data: []byte("provider: a\n")}, "list.json": {Data: []byte(`[{"name": "x"}]`)},
			"bad.yaml": {Data: []byte("regin: a\ntypes:\n- {name: b, arch: amd64, vcpu: x, memory: 1Gi, maxPods: 1, reservation: none}\n")}}
		_, err := Decode("types.yaml", []byte(typesScenario(c.fleet+onePool, c.more)), Options{Files: files, NodeTypes: []string{"m6i.large"},
			CheckNodeType: func(n NodeType) error {
				if n.Memory == "13Gi" {
					return errors.New("bad luck")
				}
				return nil
			}})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.hint) {
			t.Errorf("%s: %v\nwant %s\nand %s", c.name, err, c.want, c.hint)
		}
	}
}

// FuzzDecodeNodeTypes: a file leads to sound types or to faults that stand in it.
func FuzzDecodeNodeTypes(f *testing.F) {
	f.Add([]byte(ownFile))
	f.Add([]byte(karpenterFile))
	f.Add([]byte("types: [a, {name: &a b}, *a]"))
	f.Add([]byte("[{name: a, architecture: [], resources: {cpu: {}, pods: 1e9}, offerings: [{Price: x}]}]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		types, err := DecodeNodeTypes("f.yaml", text, nil)
		if faults, ok := errors.AsType[Faults](err); err != nil && (!ok || len(faults) == 0) {
			t.Fatalf("an error that is not Faults: %v", err)
		}
		if err != nil {
			return
		}
		for _, k := range types {
			memory, cpu, bytes, err := k.Amounts()
			if err != nil || memory < 0 || cpu < 0 || bytes < 0 || k.Name == "" || k.VCPU < 1 {
				t.Errorf("%q leads to %+v (%v)", text, k, err)
			}
		}
	})
}
