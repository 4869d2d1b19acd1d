package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// defaultName is the cluster that up, down and status mean when none is named.
const defaultName = "default"

var clusterName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`)

// clusterDirectory returns where a named cluster lives.
func (a *app) clusterDirectory(given []string) (name, directory string, err error) {
	name = defaultName
	if len(given) > 0 {
		name = given[0]
	}
	if !clusterName.MatchString(name) {
		return "", "", invalid(fmt.Errorf("cluster name %q: must be up to 40 lower-case letters, digits and dashes", name))
	}
	cache, err := a.cacheDirectory()
	return name, filepath.Join(cache, "clusters", name), err
}

func newUpCommand(a *app) *cobra.Command {
	var flags clusterFlags
	command := &cobra.Command{
		Use:   "up [NAME]",
		Short: "Start a named cluster that keeps running",
		Long: `Starts a control plane on loopback that runs until 'kubedyno down', and prints the path of
its kubeconfig. Scenarios use it with 'kubedyno run --cluster NAME'.`,
		Example: `  kubedyno up
  kubectl --kubeconfig "$(kubedyno up lab)" get namespaces
  kubedyno up lab --controller-manager-flag kube-api-qps=100`,
		Args: arguments(0, 1, "at most one cluster name"),
		RunE: func(c *cobra.Command, given []string) error { return a.up(c.Context(), given, flags) },
	}
	flags.register(command)
	return command
}

func (a *app) up(ctx context.Context, given []string, flags clusterFlags) error {
	name, directory, err := a.clusterDirectory(given)
	if err != nil {
		return err
	}
	if status, err := cluster.Inspect(directory); err == nil {
		return a.upAlready(status, flags)
	}
	settings, err := flags.settings(&spec.Cluster{})
	if err != nil {
		return err
	}
	binary, err := a.controlPlane(ctx, flags.kubernetes)
	if err != nil {
		return err
	}
	c, err := cluster.Start(ctx, cluster.Options{
		Name: name, Directory: directory, Binary: binary, Settings: settings, Detached: true,
	})
	if err != nil {
		return startFailed(fmt.Errorf("start the cluster %q: %w", name, err))
	}
	fmt.Fprintf(a.stderr, "The cluster %q was ready after %s; 'kubedyno down %[1]s' ends it.\n",
		name, c.Took().Round(100*time.Millisecond))
	fmt.Fprintln(a.stdout, c.Kubeconfig())
	return nil
}

// upAlready is what up does about a cluster that was started before.
func (a *app) upAlready(status cluster.Status, flags clusterFlags) error {
	anew := fmt.Sprintf("'kubedyno down %s' ends it, so that it can be started anew", status.Name)
	if !status.Running() {
		return hinted(environment(fmt.Errorf("the cluster %q was started but is broken; 'kubedyno status %[1]s' shows why", status.Name)), anew)
	}
	given := flags.given()
	if flags.kubernetes != "" {
		given = append(given, "--kubernetes")
	}
	if len(given) > 0 {
		return hinted(invalid(fmt.Errorf("the cluster %q is running already, and %s cannot change it now",
			status.Name, strings.Join(given, " and "))), anew)
	}
	fmt.Fprintf(a.stderr, "The cluster %q is running already.\n", status.Name)
	fmt.Fprintln(a.stdout, status.Kubeconfig)
	return nil
}

func newDownCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "down [NAME]",
		Short:   "End a named cluster and remove its data",
		Example: "  kubedyno down\n  kubedyno down lab",
		Args:    arguments(0, 1, "at most one cluster name"),
		RunE: func(c *cobra.Command, given []string) error {
			name := defaultName
			if len(given) > 0 {
				name = given[0]
			}
			directory, err := a.existingCluster(name)
			if err != nil {
				return err
			}
			if err := cluster.Down(c.Context(), directory); err != nil {
				return environment(fmt.Errorf("end the cluster %q: %w", name, err))
			}
			fmt.Fprintf(a.stderr, "The cluster %q is gone.\n", name)
			return nil
		},
	}
}

func newStatusCommand(a *app) *cobra.Command {
	var output string
	command := &cobra.Command{
		Use:     "status [NAME]",
		Short:   "Show the named clusters and their processes",
		Example: "  kubedyno status\n  kubedyno status lab -o json",
		Args:    arguments(0, 1, "at most one cluster name"),
		RunE: func(_ *cobra.Command, given []string) error {
			if err := checkOutput(output); err != nil {
				return err
			}
			found, err := a.inspect(given)
			if err != nil {
				return err
			}
			if output == "json" {
				return a.printJSON(found)
			}
			a.printStatus(found)
			return nil
		},
	}
	outputFlag(command, &output)
	return command
}

// inspect returns the status of one cluster, or of all.
func (a *app) inspect(given []string) ([]cluster.Status, error) {
	if len(given) > 0 {
		directory, err := a.existingCluster(given[0])
		if err != nil {
			return nil, err
		}
		status, err := cluster.Inspect(directory)
		return []cluster.Status{status}, environment(err)
	}
	cache, err := a.cacheDirectory()
	if err != nil {
		return nil, err
	}
	parent := filepath.Join(cache, "clusters")
	entries, err := os.ReadDir(parent)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, environment(fmt.Errorf("list the clusters: %w", err))
	}
	found := []cluster.Status{}
	for _, entry := range entries {
		status, err := cluster.Inspect(filepath.Join(parent, entry.Name()))
		if errors.Is(err, cluster.ErrNoCluster) {
			continue // It is just starting, or its start was killed.
		}
		if err != nil {
			return nil, environment(err)
		}
		found = append(found, status)
	}
	return found, nil
}

func (a *app) printStatus(found []cluster.Status) {
	if len(found) == 0 {
		fmt.Fprintln(a.stdout, "No cluster is up. 'kubedyno up' starts one.")
	}
	for _, status := range found {
		state := "running"
		if !status.Running() {
			state = "broken"
		}
		fmt.Fprintf(a.stdout, "%s  %s\n  kubeconfig  %s\n", status.Name, state, status.Kubeconfig)
		for _, c := range status.Components {
			if c.Alive {
				fmt.Fprintf(a.stdout, "  %-24s process %d\n", c.Component, c.PID)
				continue
			}
			fmt.Fprintf(a.stdout, "  %-24s ended; the end of %s:\n%s\n", c.Component, c.Log, c.Tail)
		}
	}
}
