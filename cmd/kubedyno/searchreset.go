package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"time"

	"github.com/kubedyno/kubedyno/kwok/cluster"
	record "github.com/kubedyno/kubedyno/results/search"
	"github.com/kubedyno/kubedyno/scenarios/plan"
)

// keptName is the name of a control plane that a search keeps for its trials.
const keptName = "search"

// checkReset refuses --reset compact for what needs a control plane of each trial's own: the load must
// not change how it is set up, and no trial may end or bring what it cannot leave as it was.
func (x *searching) checkReset(first, last *plan.Plan) error {
	if x.record.Reset != record.ResetCompact {
		return nil
	}
	const hint = "leave --reset out: every trial then has a new control plane"
	if !reflect.DeepEqual(first.Cluster, last.Cluster) {
		return hinted(invalid(fmt.Errorf("--reset compact: the load %s changes how the control plane is set up, so it cannot stay", x.record.Parameter)), hint)
	}
	if first.Cluster.Karpenter != nil {
		return hinted(invalid(errors.New("--reset compact: Karpenter runs beside a control plane of the run's own only")), hint)
	}
	for _, phase := range first.Phases {
		for _, step := range phase.Steps {
			if o := step.Action.Outage; o != nil && !ofRun(cluster.Component(o.Component)) {
				return hinted(invalid(fmt.Errorf("--reset compact: in phase %s %s is killed, and the control plane is to stay", phase.Name, o.Component)), hint)
			}
		}
	}
	return nil
}

// ready makes the control plane ready for a trial, if trials share one: it starts it, or compacts its
// etcd.
func (x *searching) ready(ctx context.Context, r *run, t *record.Trial) error {
	if x.record.Reset != record.ResetCompact {
		return nil
	}
	if x.kept == nil {
		return x.startKept(ctx, r)
	}
	done, err := x.kept.Compact(ctx)
	if err != nil {
		return environment(fmt.Errorf("between two trials: %w", err))
	}
	t.Compacted = &record.Compacted{Before: done.Before, After: done.After}
	r.lent = x.kept
	return nil
}

// startKept starts the control plane that the trials from this one on share.
func (x *searching) startKept(ctx context.Context, r *run) (err error) {
	if r.settings, err = r.flags.cluster.settings(&r.plan.Cluster); err != nil {
		return err
	}
	if r.disk, err = etcdDisk(r.plan.Cluster.Etcd.Disk, r.plan.Seed); err != nil {
		return err
	}
	cache, err := r.cacheDirectory()
	if err != nil {
		return err
	}
	binary, err := r.controlPlane(ctx, r.kubernetes())
	if err != nil {
		return err
	}
	r.suitLeases()
	fmt.Fprintln(r.stderr, "Starting a control plane for the trials of this search.")
	x.kept, err = cluster.Start(ctx, cluster.Options{Name: keptName, Directory: filepath.Join(cache, "runs", r.id+"-"+keptName),
		Binary: binary, Settings: r.settings, Disk: r.disk})
	if err != nil {
		return startFailed(fmt.Errorf("start the search's control plane: %w", err))
	}
	fmt.Fprintf(r.stderr, "It is ready after %s.\n", x.kept.Took().Round(100*time.Millisecond))
	r.lent = x.kept
	return nil
}

// drop ends the control plane that trials share, if there is one; the next trial gets a new one.
func (x *searching) drop() error {
	if x.kept == nil {
		return nil
	}
	kept := x.kept
	x.kept = nil
	ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	if err := errors.Join(kept.Stop(ctx), kept.Remove()); err != nil {
		return environment(fmt.Errorf("end the search's control plane: %w", err))
	}
	return nil
}
