package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/kubedyno/kubedyno/kwok/storage/csi"
)

func newVolumesCommand(a *app) *cobra.Command {
	var output string
	command := &cobra.Command{
		Use:   "volumes",
		Short: "List the kinds of storage that volumes can be of",
		Long: `Lists the presets of spec.storage.classes: how long a driver takes to make, attach and detach a
volume, as the median and the p99 of a lognormal, how many calls a second the storage takes, and from
where a volume can be reached. Each number can be set by the class instead. Few of them are published;
the last column says which are assumptions.`,
		Example: "  kubedyno volumes\n  kubedyno run storage/classes --set preset=ebs-gp3",
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			if err := checkOutput(output); err != nil {
				return err
			}
			presets, err := csi.Presets()
			if err != nil {
				return err
			}
			if output == "json" {
				return a.printJSON(presets)
			}
			table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "STORAGE\tPROVISION\tATTACH\tDETACH\tCALLS/S\tTOPOLOGY\tDATE\tSOURCE\tASSUMED")
			for _, p := range presets {
				limit := "no limit"
				if p.Rate > 0 {
					limit = fmt.Sprintf("%g", p.Rate)
				}
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", p.Name, p.Provision, p.Attach, p.Detach, limit, p.Topology,
					p.Date, p.Source, p.Assumed)
			}
			return table.Flush()
		},
	}
	outputFlag(command, &output)
	return command
}
