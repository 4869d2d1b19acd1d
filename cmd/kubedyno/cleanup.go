package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/runner/engine"
)

// cleanupLimit bounds the cleanup command.
const cleanupLimit = 15 * time.Minute

func newCleanupCommand(a *app) *cobra.Command {
	var t target
	var id string
	command := &cobra.Command{
		Use:   "cleanup",
		Short: "Remove what killed runs left in a cluster and on this machine",
		Long: `Deletes every object that carries the label of a kubedyno run from a cluster that you name,
and the files of killed runs on this machine. It asks nothing and touches nothing else.`,
		Example: `  kubedyno cleanup                                  # files of killed runs, on this machine
  kubedyno cleanup --cluster lab
  kubedyno cleanup --kubeconfig ~/.kube/config --context staging --run 20260102-030405-1a2b`,
		Args: arguments(0, 0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			if id != "" && !t.given() {
				return invalid(errors.New("--run names a run in a cluster: name that with --cluster or --kubeconfig"))
			}
			if err := a.checkTarget(t); err != nil {
				return err
			}
			return a.cleanUp(c.Context(), t, id)
		},
	}
	t.register(command)
	f := command.Flags()
	f.StringVar(&id, "run", "", "only this run's objects (default: those of all runs)")
	return command
}

func (a *app) cleanUp(ctx context.Context, t target, id string) error {
	ctx, cancel := context.WithTimeout(ctx, cleanupLimit)
	defer cancel()
	cache, err := a.cacheDirectory()
	if err != nil {
		return err
	}
	if err := cluster.Sweep(filepath.Join(cache, "runs")); err != nil {
		return environment(fmt.Errorf("remove the files of killed runs: %w", err))
	}
	if !t.given() {
		fmt.Fprintln(a.stderr, "The files of killed runs are gone. No cluster was named, so none was touched.")
		return nil
	}
	directory, err := os.MkdirTemp("", "kubedyno-cleanup-")
	if err != nil {
		return environment(err)
	}
	defer os.RemoveAll(directory)
	var c *cluster.Cluster
	if t.name != "" {
		c, err = cluster.Open(filepath.Join(cache, "clusters", t.name), directory, "")
	} else {
		c, err = cluster.Attach(ctx, cluster.AttachOptions{Kubeconfig: t.kubeconfig, Context: t.context, Directory: directory})
	}
	if err != nil {
		return environment(err)
	}
	config, err := c.RESTConfig()
	if err != nil {
		return environment(err)
	}
	cleaned, err := engine.Cleanup(ctx, config, id)
	if err != nil {
		return environment(err)
	}
	fmt.Fprintf(a.stderr, "Removed %d namespaces and %d nodes from %s.\n", cleaned.Namespaces, cleaned.Nodes, c.Name())
	return nil
}
