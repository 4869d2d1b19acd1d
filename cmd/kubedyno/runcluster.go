package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/kubedyno/kubedyno/kwok/cluster"
)

// Where a run's cluster comes from, as the manifest says it.
const (
	originEmbedded = "embedded"
	originNamed    = "named"
	originAttached = "attached"
)

// leaseMargin is how much longer than a node's lease the node-lifecycle controller waits
// before it takes a node for lost, as upstream (50 s for 40 s leases).
const leaseMargin = 1.25

// openCluster starts, opens or attaches to the run's cluster.
func (r *run) openCluster(ctx context.Context) error {
	cache, err := r.cacheDirectory()
	if err != nil {
		return err
	}
	binary, err := r.controlPlane(ctx, r.kubernetes())
	if err != nil {
		return err
	}
	parent := filepath.Join(cache, "runs")
	if err := cluster.Sweep(parent); err != nil {
		return environment(fmt.Errorf("remove what a killed run left: %w", err))
	}
	directory := filepath.Join(parent, r.id)
	switch {
	case r.flags.name != "":
		r.origin = originNamed
		r.cluster, err = cluster.Open(filepath.Join(cache, "clusters", r.flags.name), directory, binary)
	case r.flags.kubeconfig != "":
		r.origin = originAttached
		r.cluster, err = cluster.Attach(ctx, cluster.AttachOptions{
			Kubeconfig: r.flags.kubeconfig, Context: r.flags.context, Directory: directory, Binary: binary,
		})
	default:
		r.origin = originEmbedded
		r.suitLeases()
		fmt.Fprintln(r.stderr, "Starting a control plane of its own for this run.")
		r.cluster, err = cluster.Start(ctx, cluster.Options{
			Name: "run", Directory: directory, Binary: binary, Settings: r.settings,
		})
		if err == nil {
			fmt.Fprintf(r.stderr, "It is ready after %s.\n", r.cluster.Took().Round(100*time.Millisecond))
		}
	}
	return environment(err)
}

// kubernetes returns the version asked for: on the command line, or in the scenario.
func (r *run) kubernetes() string {
	if r.flags.cluster.kubernetes != "" {
		return r.flags.cluster.kubernetes
	}
	return r.plan.Cluster.Kubernetes
}

// suitLeases makes the node-lifecycle controller wait as much longer for slow leases.
func (r *run) suitLeases() {
	const name = "node-monitor-grace-period"
	lease := r.plan.Fleet.LeaseDuration
	if _, set := r.settings[cluster.ControllerManager].Flags[name]; set || lease <= 40*time.Second {
		return
	}
	set(r.settings, cluster.ControllerManager, name, time.Duration(float64(lease)*leaseMargin).String())
}

// closeCluster ends what the run started and removes its files.
func (r *run) closeCluster() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	if err := r.cluster.Stop(ctx); err != nil {
		return fmt.Errorf("end the run's processes: %w", err)
	}
	return r.cluster.Remove()
}
