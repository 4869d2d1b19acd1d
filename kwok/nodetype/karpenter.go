package nodetype

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// The labels by which Karpenter tells the offerings of a type apart.
const (
	capacityLabel = "karpenter.sh/capacity-type"
	zoneLabel     = "topology.kubernetes.io/zone"
)

// A karpenterType is an instance type of Karpenter's kwok provider
// (https://github.com/kubernetes-sigs/karpenter, kwok/cloudprovider/helpers.go, v1.14).
type karpenterType struct {
	Name      string              `json:"name"`
	Offerings []karpenterOffering `json:"offerings"`
	Arch      string              `json:"architecture"`
	Systems   []string            `json:"operatingSystems"`
	Resources map[string]string   `json:"resources"`
}

// A karpenterOffering is a type in a zone at a price.
type karpenterOffering struct {
	Price        float64 // US dollars per hour.
	Available    bool
	Requirements []karpenterRequirement
}

type karpenterRequirement struct {
	Key      string   `json:"key"`
	Operator string   `json:"operator"`
	Values   []string `json:"values"`
}

// Karpenter writes the types of these names as the file of instance types of Karpenter's kwok provider:
// each in every zone on demand, and as spot where the price of that is known. The provider takes the
// reservation of KarpenterKwok off whatever a file says, so that much is added here and what is left to
// pods is what the type says; the labels karpenter.kwok.sh/instance-cpu and -memory have the sum. The
// error names every type that is not there, or has no price on demand: to Karpenter it would be free.
func (all Types) Karpenter(names, zones []string) ([]byte, error) {
	types, faults := make([]karpenterType, 0, len(names)), []error(nil)
	for _, name := range names {
		t, ok := all.Find(name)
		switch {
		case !ok:
			faults = append(faults, fmt.Errorf("there is no node type %q", name))
		case t.PricePerHour <= 0:
			faults = append(faults, fmt.Errorf("the price of the node type %s is not known, and Karpenter chooses by price: give it pricePerHour", name))
		}
		types = append(types, t.karpenter(zones))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return json.MarshalIndent(types, "", "  ")
}

func (t Type) karpenter(zones []string) karpenterType {
	k := karpenterType{Name: t.Name, Arch: t.Arch, Systems: []string{"linux"}, Resources: map[string]string{
		"cpu":    fmt.Sprintf("%dm", t.AllocatableMilliCPU+kwokMilliCPU),
		"memory": fmt.Sprintf("%dMi", t.AllocatableMiB+kwokMiB),
		"pods":   fmt.Sprint(t.MaxPods),
		// The provider takes nothing off this.
		"ephemeral-storage": fmt.Sprintf("%dGi", AllocatableDiskGiB),
	}}
	for _, zone := range slices.Compact(slices.Sorted(slices.Values(zones))) {
		k.Offerings = append(k.Offerings, offering("on-demand", zone, t.PricePerHour))
		if t.SpotPerHour > 0 {
			k.Offerings = append(k.Offerings, offering("spot", zone, t.SpotPerHour))
		}
	}
	return k
}

func offering(capacity, zone string, price float64) karpenterOffering {
	return karpenterOffering{Price: price, Available: true, Requirements: []karpenterRequirement{
		{capacityLabel, "In", []string{capacity}}, {zoneLabel, "In", []string{zone}}}}
}
