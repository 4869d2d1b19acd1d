package view

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
)

// cluster shows what was measured: versions, settings and the fleet.
func (b *builder) cluster() Section {
	c := b.manifest.Cluster
	section := Section{
		ID: "cluster", Title: "The cluster under test", Nav: "Cluster",
		Facts: known([]Fact{
			{"Control plane", strings.TrimSpace(c.Origin + " " + c.Name)},
			{"Kubernetes", c.Kubernetes},
			{"Pod start-up", c.PodStartup},
			{"Pod stop", c.PodStop},
			{"Control plane ready after", b.scalarText(sample.ClusterReady)},
			{"Disk under etcd", b.diskWords()},
			{"Source of the disk's figures", b.diskSource()},
			{"Holding a call back costs by itself", b.scalarText(sample.DiskInterception)},
		}),
		Tables: []Table{b.versionTable()},
	}
	for _, component := range c.Components {
		if len(component.Arguments) > 0 {
			section.Codes = append(section.Codes, Code{
				Title:  "Arguments of " + component.Name,
				Text:   strings.Join(component.Arguments, "\n"),
				Folded: true,
			})
		}
	}
	return section
}

func (b *builder) scalarText(metric string) string {
	if all := b.scalars(metric); len(all) > 0 {
		return format(all[0].Value, unitOf(metric))
	}
	return ""
}

func (b *builder) versionTable() Table {
	table := Table{ID: "versions", Caption: "Components",
		Empty:   "The components of an attached cluster are not known to kubedyno.",
		Columns: []Column{{Name: "Component"}, {Name: "Version"}, {"Arguments", true}}}
	for _, c := range b.manifest.Cluster.Components {
		table.Rows = append(table.Rows, []string{c.Name, orDash(c.Version), count(int64(len(c.Arguments)))})
	}
	return table
}

// appendix holds what is needed to do it again.
func (b *builder) appendix() Section {
	m := b.manifest
	section := Section{
		ID: "reproduce", Title: "How to do it again", Nav: "Reproduce",
		Lead: strings.TrimSpace(m.Description),
		Facts: known(append([]Fact{
			{"Machine", b.machine()},
			{"Kernel", strings.TrimSpace(m.Machine.OS + " " + m.Machine.Arch + " " + m.Machine.Kernel)},
			{"Built with", m.Tool.Go},
			{"Commit", m.Tool.Commit},
			{"Run folder format", fmt.Sprint(m.FormatVersion)},
		}, pairs("Label ", m.Labels)...)),
		Tables: []Table{parameterTable(m)},
	}
	if len(m.Command) > 0 {
		section.Codes = append(section.Codes, Code{Title: "Command", Text: shellQuote(m.Command)})
	}
	text := string(b.scenario)
	if text == "" {
		text = "# The run folder has no " + bundle.ScenarioFile + "."
	}
	section.Codes = append(section.Codes, Code{Title: "The scenario with every parameter replaced", Text: text, Folded: true})
	return section
}

func (b *builder) machine() string {
	m := b.manifest.Machine
	var parts []string
	if m.CPUs > 0 {
		parts = append(parts, plural(m.CPUs, "CPU", "CPUs"))
	}
	if m.CPUModel != "" {
		parts = append(parts, m.CPUModel)
	}
	if m.MemoryBytes > 0 {
		parts = append(parts, format(float64(m.MemoryBytes), sample.Bytes)+" memory")
	}
	return strings.Join(parts, ", ")
}

func pairs(prefix string, values map[string]string) []Fact {
	var facts []Fact
	for _, name := range slices.Sorted(maps.Keys(values)) {
		facts = append(facts, Fact{prefix + name, values[name]})
	}
	return facts
}

func parameterTable(m bundle.Manifest) Table {
	table := Table{ID: "parameters", Caption: "Parameters", Empty: "The scenario has no parameters.",
		Columns: []Column{{Name: "Parameter"}, {Name: "Value"}}}
	for _, name := range slices.Sorted(maps.Keys(m.Parameters)) {
		table.Rows = append(table.Rows, []string{name, m.Parameters[name]})
	}
	return table
}
