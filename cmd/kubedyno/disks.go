package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/kubedyno/kubedyno/kwok/storage/disk"
	"github.com/kubedyno/kubedyno/scenarios/plan"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// diskFlag adds the flag that puts etcd on another disk than the scenario says.
func diskFlag(command *cobra.Command, disk *string) {
	command.Flags().StringVar(disk, "disk", "", "the disk under etcd, in place of spec.cluster.etcd.disk: a duration, or one of 'kubedyno disks'")
}

// checkDisks refuses another disk under the etcd of a cluster that exists, and one that cannot be
// emulated here, before the first of several trials.
func checkDisks(ctx context.Context, e *plan.Experiment, to target) error {
	emulated := false
	for _, v := range e.Variants {
		wanted := v.Plan.Cluster.Etcd.Disk
		if to.given() && !wanted.Own() {
			return hinted(invalid(errors.New("spec.cluster.etcd.disk: the disk of a cluster that exists cannot be changed")),
				"leave out --cluster and --kubeconfig, or say disk: real")
		}
		emulated = emulated || !wanted.Plain()
	}
	if !emulated {
		return nil
	}
	if _, err := disk.Probe(ctx); err != nil {
		return hinted(environment(fmt.Errorf("spec.cluster.etcd.disk: %w", err)), "the disks real and none need nothing of the kind")
	}
	return nil
}

// etcdDisk returns the disk that a scenario wants under etcd. The seed decides what an emulated one
// draws.
func etcdDisk(wanted *spec.Disk, seed uint64) (disk.Disk, error) {
	if wanted.Own() {
		return disk.Disk{}, nil
	}
	var d disk.Disk
	if wanted.Preset != "" {
		var known bool
		if d, known = disk.Lookup(wanted.Preset); !known {
			return disk.Disk{}, invalid(fmt.Errorf("spec.cluster.etcd.disk: there is no disk %q", wanted.Preset))
		}
		if d.Kind != disk.Emulated {
			return d, nil
		}
	}
	d.Kind, d.Seed = disk.Emulated, seed
	switch f := wanted.Fsync; {
	case f != nil && f.Distribution == "fixed":
		d.Model.Median, d.Model.P99 = f.Value, f.Value
	case f != nil:
		d.Model.Median, d.Model.P99 = f.Median, f.P99
	}
	if wanted.IOPS > 0 {
		d.Model.IOPS = wanted.IOPS
	}
	if d.Model.IOPS > 0 {
		d.Model.Burst = max(wanted.Burst, d.Model.Burst, 1)
	}
	return d, invalid(d.Model.Check())
}

func newDisksCommand(a *app) *cobra.Command {
	var output string
	command := &cobra.Command{
		Use:   "disks",
		Short: "List the disks that etcd can be put on",
		Long: `Lists the presets of spec.cluster.etcd.disk. The disk of the run's own control plane is emulated
by holding every fsync of etcd back, on top of what the machine's own disk takes; it takes Linux 5.5
and no rights. Beside these there are real (the machine's own), none (etcd does not wait for a disk),
tmpfs (memory), and any duration, such as 5ms.`,
		Example: "  kubedyno disks\n  kubedyno run storage/etcd-disk --set disk=gp3\n  kubedyno run api/latency --disk gp3",
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			if err := checkOutput(output); err != nil {
				return err
			}
			if output == "json" {
				return a.printJSON(disk.Presets())
			}
			table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "DISK\tFSYNC MEDIAN\tP99\tFSYNCS/S\tSOURCE")
			for _, p := range disk.Presets() {
				limit := "no limit"
				if p.Model.IOPS > 0 {
					limit = fmt.Sprintf("%g", p.Model.IOPS)
				}
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", p.Name, p.Model.Median, p.Model.P99, limit, p.Source)
			}
			return table.Flush()
		},
	}
	outputFlag(command, &output)
	return command
}
