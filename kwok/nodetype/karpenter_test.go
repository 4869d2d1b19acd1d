package nodetype

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestKarpenterLeavesToPodsWhatTheTypeDoes(t *testing.T) {
	text, err := catalog(t).Karpenter([]string{"m6i.large", "e2-standard-4"}, []string{"b", "a", "b"})
	if err != nil {
		t.Fatal(err)
	}
	var got []karpenterType
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	in := func(capacity, zone string, price float64) karpenterOffering {
		return karpenterOffering{price, true, []karpenterRequirement{
			{"karpenter.sh/capacity-type", "In", []string{capacity}}, {"topology.kubernetes.io/zone", "In", []string{zone}}}}
	}
	want := []karpenterType{
		{"m6i.large", []karpenterOffering{in("on-demand", "a", 0.096), in("on-demand", "b", 0.096)},
			"amd64", []string{"linux"}, map[string]string{"cpu": "2030m", "memory": "7528Mi", "pods": "29", "ephemeral-storage": "90Gi"}},
		{"e2-standard-4", []karpenterOffering{in("on-demand", "a", 0.13402), in("spot", "a", 0.04021), in("on-demand", "b", 0.13402), in("spot", "b", 0.04021)},
			"amd64", []string{"linux"}, map[string]string{"cpu": "4020m", "memory": "13631Mi", "pods": "110", "ephemeral-storage": "90Gi"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestKarpenterNamesWhatIsWrong(t *testing.T) {
	types := Types{{Name: "free", Arch: "amd64"}, {Name: "dear", Arch: "arm64", PricePerHour: 1}}
	text, err := types.Karpenter([]string{"dear", "free", "none"}, []string{"a"})
	if err == nil || text != nil {
		t.Fatalf("got %s, %v", text, err)
	}
	for _, want := range []string{"the price of the node type free is not known", `there is no node type "none"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
