package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/kubedyno/kubedyno/kwok/builder"
	"github.com/kubedyno/kubedyno/kwok/cluster"
)

// Where a run's cluster comes from, as the manifest says it.
const (
	originEmbedded = "embedded"
	originNamed    = "named"
	originAttached = "attached"
	originKept     = "kept" // Of several trials of a search.
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
	if r.plan.Cluster.Karpenter != nil {
		if r.karpenter, err = r.buildKarpenter(ctx); err != nil {
			return err
		}
	}
	parent := filepath.Join(cache, "runs")
	if err := cluster.Sweep(parent); err != nil {
		return environment(fmt.Errorf("remove what a killed run left: %w", err))
	}
	directory, to := filepath.Join(parent, r.id), r.flags.target
	switch {
	case r.lent != nil:
		r.origin = originKept
		r.cluster, err = r.lent.Lend(directory)
	case to.name != "":
		r.origin = originNamed
		r.cluster, err = cluster.Open(filepath.Join(cache, "clusters", to.name), directory, binary)
	case to.kubeconfig != "":
		r.origin = originAttached
		r.cluster, err = cluster.Attach(ctx, cluster.AttachOptions{
			Kubeconfig: to.kubeconfig, Context: to.context, Directory: directory, Binary: binary,
		})
	default:
		r.origin = originEmbedded
		err = r.startCluster(ctx, directory, binary)
	}
	if err != nil {
		return errors.Join(startFailed(err), environment(os.RemoveAll(directory)))
	}
	r.warnOfSettings()
	return nil
}

// startCluster starts a control plane that ends with the run.
func (r *run) startCluster(ctx context.Context, directory, binary string) (err error) {
	r.suitLeases()
	fmt.Fprintln(r.stderr, "Starting a control plane of its own for this run.")
	r.cluster, err = cluster.Start(ctx, cluster.Options{
		Name: "run", Directory: directory, Binary: binary, Settings: r.settings, Disk: r.disk,
	})
	if err != nil {
		return fmt.Errorf("start the run's control plane: %w", err)
	}
	fmt.Fprintf(r.stderr, "It is ready after %s.\n", r.cluster.Took().Round(100*time.Millisecond))
	return nil
}

// warnOfSettings says that settings of the scenario have no effect on a cluster that exists.
func (r *run) warnOfSettings() {
	if r.origin == originEmbedded || r.origin == originKept {
		return
	}
	for _, component := range slices.Sorted(maps.Keys(r.settings)) {
		if s := r.settings[component]; !ofRun(component) && len(s.Flags)+len(s.Env) > 0 {
			fmt.Fprintf(r.stderr, "The scenario's settings of %s have no effect: the cluster %q exists already.\n", component, r.cluster.Name())
		}
	}
}

// kubernetes returns the version asked for: on the command line, or in the scenario.
func (r *run) kubernetes() string {
	return cmp.Or(r.flags.cluster.kubernetes, r.plan.Cluster.Kubernetes, builder.DefaultKubernetes)
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
