package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/kubedyno/kubedyno/kwok/fleet"
)

func newNodeTypesCommand(a *app) *cobra.Command {
	var output string
	command := &cobra.Command{
		Use:   "nodetypes",
		Short: "List the catalog of node types",
		Args:  arguments(0, 0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			if err := checkOutput(output); err != nil {
				return err
			}
			types, err := fleet.Catalog()
			if err != nil {
				return err
			}
			if output == "json" {
				return a.printJSON(types)
			}
			table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "TYPE\tPROVIDER\tARCH\tVCPU\tGIB\tALLOCATABLE CPU\tALLOCATABLE MIB\tMAX PODS\t$/HOUR\tDATE")
			for _, t := range types {
				fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%d\t%dm\t%d\t%d\t%.4f\t%s\n", t.Name, t.Provider, t.Arch, t.VCPU, t.MemoryGiB,
					t.AllocatableMilliCPU, t.AllocatableMiB, t.MaxPods, t.PricePerHour, t.Date)
			}
			return table.Flush()
		},
	}
	outputFlag(command, &output)
	return command
}
