package engine

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubedyno/kubedyno/kwok/fleet"
	"github.com/kubedyno/kubedyno/kwok/stages"
	"github.com/kubedyno/kubedyno/runner/action"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// newFleet resolves the scenario's pools against the catalog.
func (e *engine) newFleet(version string) (*fleet.Fleet, error) {
	types, err := NodeTypes(e.Plan.Fleet.NodeTypes)
	if err != nil {
		return nil, err
	}
	var pools []fleet.Pool
	for _, p := range e.Plan.Fleet.Pools {
		pool := fleet.Pool{Name: p.Name, NodeType: p.NodeType, Count: p.Count, Zones: p.Zones, Labels: p.Labels}
		for _, t := range p.Taints {
			pool.Taints = append(pool.Taints, corev1.Taint{Key: t.Key, Value: t.Value, Effect: corev1.TaintEffect(t.Effect)})
		}
		if e.pinned() {
			pool.Taints = append(pool.Taints, corev1.Taint{Key: action.RunLabel, Value: e.Run, Effect: corev1.TaintEffectNoSchedule})
		}
		pools = append(pools, pool)
	}
	return fleet.New(pools, fleet.Options{Types: types, Version: version, Labels: map[string]string{action.RunLabel: e.Run},
		Kubelet: e.kubelets.address(), Annotations: e.nodeAnnotations()})
}

// pinned reports whether the run's pods and nodes keep to one another: where the cluster does
// not end with the run there may be other pods, which must not land on fake nodes, and other
// nodes. A cluster of the run's own is spared the work that this is for the scheduler.
func (e *engine) pinned() bool { return !e.ThrowAway && len(e.Plan.Fleet.Pools) > 0 }

// startKwok runs the simulator for this run's nodes and no others.
func (e *engine) startKwok(ctx context.Context, startup stages.Latency) error {
	if len(e.Plan.Fleet.Pools) == 0 && e.Plan.Cluster.Karpenter == nil {
		return nil
	}
	stop, err := StopLatency(e.Plan.Fleet)
	if err != nil {
		return err
	}
	config, err := stages.Render(stages.Config{
		NodeSelector: fmt.Sprintf("%s=%s,%s=true", action.RunLabel, e.Run, fleet.AliveLabel),
		NodeLease:    e.Plan.Fleet.LeaseDuration,
		PodStartup:   startup,
		PodStop:      stop,

		WaitForVolumes: e.Plan.Storage != nil,
	})
	if err != nil {
		return fmt.Errorf("configure kwok: %w", err)
	}
	if err := e.Cluster.StartKwok(ctx, config, e.Kwok); err != nil {
		return fmt.Errorf("start kwok: %w", err)
	}
	return nil
}

// StopLatency returns how long pods of a fleet take to stop.
func StopLatency(f spec.Fleet) (stages.Latency, error) {
	if f.PodStop == nil {
		return stages.Latency{}, nil
	}
	return Latency(*f.PodStop)
}

// Latency returns the distribution that a scenario names.
func Latency(l spec.Latency) (stages.Latency, error) {
	switch l.Distribution {
	case "fixed":
		return stages.Fixed(l.Value)
	case "uniform":
		return stages.Uniform(l.Min, l.Max)
	case "lognormal":
		return stages.Lognormal(l.Median, l.P99)
	case "quantiles":
		return stages.Quantiles(l.Quantiles)
	}
	return stages.Latency{}, fmt.Errorf("there is no distribution %q of pod start-up or stop", l.Distribution)
}

// configuredStart returns the delay that kwok was told to put before a pod is Running.
func configuredStart(startup stages.Latency) func(uid string) (seconds float64, ok bool) {
	return func(uid string) (float64, bool) {
		return time.Duration(startup.Of(uid)).Seconds(), true
	}
}
