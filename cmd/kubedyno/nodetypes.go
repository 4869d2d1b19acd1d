package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubedyno/kubedyno/kwok/nodetype"
	"github.com/kubedyno/kubedyno/runner/engine"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// nodeTypesHelp describes the format of a user's own file by an example that can be used as it is.
const nodeTypesHelp = `Lists the node types that the pools of a scenario can have: what each has, what the
provider's published rules leave of it to pods, and what it costs, with region and date.
A price that no source states is shown as -, and never estimated.

A scenario takes more types in spec.fleet.nodeTypes, or from files beside it that it names
in spec.fleet.nodeTypeFiles; --node-types lists those of such a file here. The file is
karpenter's instance-type JSON, or YAML such as

  provider: rack
  region: basement
  date: "2026-08"
  types:
  - {name: r1, arch: amd64, vcpu: 32, memory: 128Gi, maxPods: 250, reservation: none, pricePerHour: 0.9}
  - {name: r2, arch: arm64, vcpu: 64, memory: 128Gi, maxPods: 250, allocatableCPU: 63500m, allocatableMemory: 120Gi}

Where pods are paid for and nodes are not, as on serverless containers, perPod stands in
place of a price, such as perPod: {cpuHour: 0.04, gibHour: 0.005, overhead: 256Mi}, with
sizes: [{cpu: 250m, from: 512Mi, to: 2Gi, step: 512Mi}] where pods are rounded up to some.

The reservations are eks, gke, aks, karpenter-kwok and none.`

// A nodeTypesQuery is what the flags of nodetypes ask for.
type nodeTypesQuery struct {
	filter    nodetype.Filter
	minMemory string
	sort      string
	files     []string
}

func newNodeTypesCommand(a *app) *cobra.Command {
	var output string
	var query nodeTypesQuery
	command := &cobra.Command{
		Use:     "nodetypes",
		Short:   "List the catalog of node types",
		Long:    nodeTypesHelp,
		Example: "  kubedyno nodetypes --arch arm64 --sort cpu-price\n  kubedyno nodetypes --node-types my-types.yaml --min-memory 16Gi -o json",
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			if err := checkOutput(output); err != nil {
				return err
			}
			types, err := listNodeTypes(query)
			if err != nil {
				return err
			}
			if output == "json" {
				return a.printJSON(types)
			}
			return writeNodeTypes(a.stdout, types)
		},
	}
	flags := command.Flags()
	flags.StringVar(&query.filter.Provider, "cloud", "", "only those of this provider: aws, gcp or azure")
	flags.StringVar(&query.filter.Arch, "arch", "", "only those of this architecture: amd64 or arm64")
	flags.IntVar(&query.filter.MinVCPU, "min-cpu", 0, "only those with at least so many virtual cores")
	flags.StringVar(&query.minMemory, "min-memory", "0", "only those with at least so much memory, such as 16Gi")
	flags.Float64Var(&query.filter.MaxPrice, "max-price", 0, "only those that cost at most so many US dollars an hour on demand")
	flags.StringVar(&query.sort, "sort", "", "sort by "+strings.Join(nodetype.Orders(), ", ")+" (default: by provider)")
	flags.StringArrayVar(&query.files, "node-types", nil, "a file with more node types; may be repeated")
	outputFlag(command, &output)
	return command
}

// listNodeTypes returns the types that a query asks for.
func listNodeTypes(query nodeTypesQuery) (nodetype.Types, error) {
	memory, err := resource.ParseQuantity(query.minMemory)
	if err != nil || memory.Sign() < 0 {
		return nil, hinted(invalid(fmt.Errorf("--min-memory %q is no amount of memory", query.minMemory)), "write a quantity such as 16Gi")
	}
	query.filter.MinMemoryMiB = (memory.Value() + 1<<20 - 1) >> 20
	if query.filter.MinVCPU < 0 || query.filter.MaxPrice < 0 {
		return nil, invalid(fmt.Errorf("--min-cpu and --max-price must be 0 or more"))
	}
	all, err := nodetype.Catalog()
	if err != nil {
		return nil, err
	}
	for _, file := range query.files {
		if all, err = addNodeTypes(all, file); err != nil {
			return nil, err
		}
	}
	for flag, value := range map[string]string{"cloud": query.filter.Provider, "arch": query.filter.Arch} {
		if value != "" && !has(all, flag, value) {
			return nil, hinted(invalid(fmt.Errorf("--%s %q: there is no such node type", flag, value)), "there are types of "+strings.Join(valuesOf(all, flag), ", "))
		}
	}
	chosen := query.filter.Of(all)
	if query.sort != "" {
		err = invalid(nodetype.Sort(chosen, query.sort))
	}
	return chosen, err
}

// has reports whether a type is of a provider or an architecture.
func has(all nodetype.Types, flag, value string) bool {
	one := nodetype.Filter{Provider: value}
	if flag == "arch" {
		one = nodetype.Filter{Arch: value}
	}
	return len(one.Of(all)) > 0
}

// valuesOf returns the providers or the architectures of types, each once and sorted.
func valuesOf(all nodetype.Types, flag string) []string {
	var values []string
	for _, t := range all {
		if flag == "arch" {
			values = append(values, t.Arch)
		} else {
			values = append(values, t.Provider)
		}
	}
	slices.Sort(values)
	return slices.Compact(values)
}

// addNodeTypes adds the types of a file.
func addNodeTypes(all nodetype.Types, file string) (nodetype.Types, error) {
	open, err := os.Open(file)
	if err != nil {
		return nil, invalid(fileFault("node types", file, err))
	}
	defer open.Close()
	text, err := readLimited(open)
	if err != nil {
		return nil, invalid(fileFault("node types", file, err))
	}
	own, err := spec.DecodeNodeTypes(file, text, checkNodeType)
	if err != nil {
		return nil, invalid(err)
	}
	for _, t := range own {
		converted, err := engine.NodeType(t)
		if err != nil {
			return nil, invalid(err)
		}
		if _, twice := all.Find(converted.Name); twice {
			return nil, hinted(invalid(fmt.Errorf("%s: there is a node type %q already", file, converted.Name)), "call it otherwise")
		}
		all = append(all, converted)
	}
	return all, nil
}

// checkNodeType finds what is wrong with a node type of a scenario beyond the language.
func checkNodeType(t spec.NodeType) error {
	_, err := engine.NodeType(t)
	return err
}

func writeNodeTypes(w io.Writer, types nodetype.Types) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "TYPE\tPROVIDER\tARCH\tVCPU\tMEMORY\tALLOCATABLE CPU\tALLOCATABLE MEMORY\tPODS\tVOLUMES\t$/HOUR\tSPOT\tREGION\tDATE")
	for _, t := range types {
		volumes := "-"
		if t.Volumes > 0 {
			volumes = fmt.Sprint(t.Volumes)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%s\t%dm\t%dMi\t%d\t%s\t%s\t%s\t%s\t%s\n", t.Name, orNone(t.Provider), t.Arch, t.VCPU, memoryWords(t.MemoryMiB),
			t.AllocatableMilliCPU, t.AllocatableMiB, t.MaxPods, volumes, hourWords(t), priceWords(t.SpotPerHour), orNone(t.Region), orNone(t.Date))
	}
	return table.Flush()
}

func memoryWords(mib int64) string {
	if mib%1024 == 0 {
		return fmt.Sprintf("%dGi", mib/1024)
	}
	return fmt.Sprintf("%dMi", mib)
}

// hourWords is the price of a node on demand, or what a pod costs where nodes are not paid for.
func hourWords(t nodetype.Type) string {
	if t.PerPod != nil {
		return fmt.Sprintf("by the pod: %v a vCPU, %v a GiB", t.PerPod.CPUHour, t.PerPod.GiBHour)
	}
	return priceWords(t.PricePerHour)
}

// priceWords is a price, or - where none is known.
func priceWords(dollars float64) string {
	if dollars == 0 {
		return "-"
	}
	return fmt.Sprintf("%.4f", dollars)
}

func orNone(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
