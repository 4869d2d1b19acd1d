package fleet

import (
	_ "embed"
	"fmt"
	"slices"

	"sigs.k8s.io/yaml"
)

//go:embed catalog.yaml
var catalogYAML []byte

// A Type is a node type: a machine that can be rented, and what it leaves to pods.
type Type struct {
	Name                string  `json:"name"`
	Provider            string  `json:"provider"`            // aws, gcp or azure.
	Region              string  `json:"region"`              // Where the price holds.
	Arch                string  `json:"arch"`                // amd64 or arm64.
	VCPU                int     `json:"vcpu"`                // Virtual cores of the machine.
	MemoryGiB           int     `json:"memoryGiB"`           // Memory of the machine.
	MaxPods             int     `json:"maxPods"`             // Pods that the kubelet takes.
	AllocatableMilliCPU int64   `json:"allocatableMilliCPU"` // Thousandths of a core left to pods.
	AllocatableMiB      int64   `json:"allocatableMiB"`      // Memory left to pods.
	PricePerHour        float64 `json:"pricePerHour"`        // US dollars, on demand.
	Volumes             int     `json:"volumes"`             // Data volumes attachable; 0 if not known.
	Burstable           bool    `json:"burstable"`           // The cores are shared, with credits.
	Source              string  `json:"source"`              // Where capacity and price were read.
	Date                string  `json:"date"`                // When the source was written, YYYY-MM-DD or YYYY-MM.
}

// provider holds what the types of one provider have in common.
type provider struct {
	Name, Region, Date, Source string
}

// Catalog returns the node types, in the order of the data file: by provider, family, size.
func Catalog() ([]Type, error) {
	return parseCatalog(catalogYAML)
}

func parseCatalog(text []byte) ([]Type, error) {
	var file struct {
		Providers []provider `json:"providers"`
		Types     []Type     `json:"types"`
	}
	if err := yaml.UnmarshalStrict(text, &file); err != nil {
		return nil, fmt.Errorf("read node-type catalog: %w", err)
	}
	seen := map[string]bool{}
	for i := range file.Types {
		t := &file.Types[i]
		p := slices.IndexFunc(file.Providers, func(p provider) bool { return p.Name == t.Provider })
		if p < 0 {
			return nil, fmt.Errorf("read node-type catalog: %s has unknown provider %q", t.Name, t.Provider)
		}
		if seen[t.Name] {
			return nil, fmt.Errorf("read node-type catalog: %s is listed twice", t.Name)
		}
		seen[t.Name] = true
		t.Region, t.Date, t.Source = file.Providers[p].Region, file.Providers[p].Date, file.Providers[p].Source
	}
	return file.Types, nil
}

// Lookup returns the node type of this name.
func Lookup(name string) (Type, error) {
	types, err := Catalog()
	if err != nil {
		return Type{}, err
	}
	i := slices.IndexFunc(types, func(t Type) bool { return t.Name == name })
	if i < 0 {
		return Type{}, fmt.Errorf("node type %q is not in the catalog", name)
	}
	return types[i], nil
}
