package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/kubedyno/kubedyno/kwok/builder"
	"github.com/kubedyno/kubedyno/results/bundle"
)

// version and commit are set by the Makefile; an installed binary has them from its module.
var version, commit string

func tool() bundle.Tool {
	t := bundle.Tool{Version: version, Commit: commit, Go: runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok && t.Version == "" {
		t.Version = info.Main.Version
	}
	if t.Version == "" {
		t.Version = "unknown"
	}
	return t
}

func newVersionCommand(a *app) *cobra.Command {
	var output string
	command := &cobra.Command{
		Use:   "version",
		Short: "Print the versions of kubedyno and of what it can build",
		Args:  arguments(0, 0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			if err := checkOutput(output); err != nil {
				return err
			}
			t := tool()
			if output == "json" {
				return a.printJSON(map[string]any{"kubedyno": t, "kubernetes": builder.Versions()})
			}
			fmt.Fprintf(a.stdout, "kubedyno %s (%s)\nKubernetes %v\n", t.Version, t.Go, builder.Versions())
			return nil
		},
	}
	outputFlag(command, &output)
	return command
}
