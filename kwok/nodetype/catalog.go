package nodetype

import (
	"embed"
	"fmt"

	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/yaml"
)

// data holds one file for each provider, in the format of a user's own file.
//
//go:embed data/*.yaml
var data embed.FS

// Files returns the names and texts of the catalog's data files, in the order of the catalog.
func Files() ([]File, error) {
	var files []File
	for _, name := range []string{"aws", "gcp", "azure", "fargate"} {
		text, err := data.ReadFile("data/" + name + ".yaml")
		if err != nil {
			return nil, fmt.Errorf("read the catalog of node types: %w", err)
		}
		files = append(files, File{Name: name + ".yaml", Text: text})
	}
	return files, nil
}

// A File is a data file of the catalog.
type File struct {
	Name string
	Text []byte
}

// Catalog returns the node types of all data files, by provider, family and size.
func Catalog() (Types, error) {
	files, err := Files()
	if err != nil {
		return nil, err
	}
	var all Types
	for _, file := range files {
		types, err := parse(file)
		if err != nil {
			return nil, err
		}
		for _, t := range types {
			if _, twice := all.Find(t.Name); twice {
				return nil, fmt.Errorf("read the catalog of node types: %s is listed twice", t.Name)
			}
			all = append(all, t)
		}
	}
	return all, nil
}

// parse reads a data file. What stands at its head holds for the rows that do not say otherwise.
func parse(file File) (Types, error) {
	type row struct {
		Row    `json:",inline"`
		Memory resource.Quantity `json:"memory"`
		PerPod *tariffRow        `json:"perPod"`
	}
	var parsed struct {
		Provider    string      `json:"provider"`
		Region      string      `json:"region"`
		Date        string      `json:"date"`
		Reservation Reservation `json:"reservation"`
		Types       []row       `json:"types"`
	}
	if err := yaml.UnmarshalStrict(file.Text, &parsed); err != nil {
		return nil, fmt.Errorf("read the node types of %s: %w", file.Name, err)
	}
	var all Types
	for _, r := range parsed.Types {
		r.Row.Provider, r.Row.Region, r.Row.Date, r.Row.Reservation = parsed.Provider, parsed.Region, parsed.Date, parsed.Reservation
		r.Row.Memory, r.Row.PerPod = r.Memory.Value(), r.PerPod.tariff()
		t, err := New(r.Row)
		if err != nil {
			return nil, fmt.Errorf("read the node types of %s: %w", file.Name, err)
		}
		all = append(all, t)
	}
	return all, nil
}

// A tariffRow is a Tariff as a data file states it.
type tariffRow struct {
	CPUHour  float64           `json:"cpuHour"`
	GiBHour  float64           `json:"gibHour"`
	Overhead resource.Quantity `json:"overhead"`
	Sizes    []struct {
		CPU  resource.Quantity `json:"cpu"`
		From resource.Quantity `json:"from"`
		To   resource.Quantity `json:"to"`
		Step resource.Quantity `json:"step"`
	} `json:"sizes"`
}

// tariff is nil for nil.
func (r *tariffRow) tariff() *Tariff {
	if r == nil {
		return nil
	}
	t := &Tariff{CPUHour: r.CPUHour, GiBHour: r.GiBHour, OverheadMiB: r.Overhead.Value() / mib}
	for _, s := range r.Sizes {
		t.Sizes = append(t.Sizes, Size{s.CPU.MilliValue(), s.From.Value() / mib, s.To.Value() / mib, s.Step.Value() / mib})
	}
	return t
}
