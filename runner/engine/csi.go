package engine

import (
	"context"
	"fmt"

	"github.com/kubedyno/kubedyno/kwok/stages"
	"github.com/kubedyno/kubedyno/kwok/storage/csi"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/action"
	"github.com/kubedyno/kubedyno/runner/measure"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// storage is the CSI driver of a run and what counts its calls; nil without one.
type storage struct {
	driver *csi.Driver
	calls  *measure.CSI
}

// startStorage starts the CSI driver, if the scenario has storage.
func (e *engine) startStorage(ctx context.Context) (*storage, error) {
	wanted := e.Plan.Storage
	if wanted == nil {
		return nil, nil
	}
	classes, err := StorageClasses(wanted.Classes)
	if err != nil {
		return nil, err
	}
	limit, err := e.volumeLimit()
	if err != nil {
		return nil, err
	}
	sidecars, kubelets, err := csi.Clients(e.env.REST, wanted.QPS, wanted.Burst)
	if err != nil {
		return nil, err
	}
	s := &storage{calls: measure.StartCSI(ctx, e.env.Measure)}
	s.driver, err = csi.Start(ctx, csi.Options{
		Sidecars: sidecars, Kubelets: kubelets, Classes: classes, Labels: map[string]string{action.RunLabel: e.Run}, Limit: limit,
		Namespace: e.env.Namespace,
		Observe:   s.calls.Observe,
		Trouble: func(err error) {
			e.event(sample.Event{Kind: sample.Warning, Phase: e.phaseNow(), Message: err.Error()})
		},
	})
	if err != nil {
		s.close()
		return nil, fmt.Errorf("start the CSI driver: %w", err)
	}
	e.env.Storage = s.driver
	return s, nil
}

func (s *storage) close() {
	if s != nil {
		s.driver.Close()
		s.calls.Close()
	}
}

// volumeLimit returns how many volumes a node of a type can have: what the scenario says, or else
// what is known of the type.
func (e *engine) volumeLimit() (func(nodeType string) int, error) {
	if fixed := e.Plan.Storage.Limit; fixed > 0 {
		return func(string) int { return fixed }, nil
	}
	types, err := NodeTypes(e.Plan.Fleet.NodeTypes)
	if err != nil {
		return nil, err
	}
	return func(name string) int {
		found, _ := types.Find(name)
		return found.Volumes
	}, nil
}

// nodeAnnotations are those of the nodes whose volumes are attached by the controller.
func (e *engine) nodeAnnotations() map[string]string {
	if e.Plan.Storage == nil {
		return nil
	}
	return map[string]string{csi.ManagedAnnotation: "true"}
}

// StorageClasses converts the classes of a scenario.
func StorageClasses(wanted []spec.StorageClass) ([]csi.Class, error) {
	classes := make([]csi.Class, 0, len(wanted))
	for _, w := range wanted {
		class := csi.Class{Name: w.Name, Delays: map[csi.Operation]stages.Latency{}, Parallelism: w.Parallelism, Rate: w.Rate, Burst: w.Burst,
			Failures: w.FailureShare(), Topology: csi.Topology(w.Topology), Zones: w.Zones, Capacity: w.CapacityBytes(),
			Immediate: w.Binding == "Immediate", Expansion: w.Expansion}
		for operation, delay := range w.Delays() {
			latency, err := Latency(delay)
			if err != nil {
				return nil, fmt.Errorf("storage class %s: %s: %w", w.Name, operation, err)
			}
			class.Delays[csi.Operation(operation)] = latency
		}
		if err := class.Check(); err != nil {
			return nil, err
		}
		classes = append(classes, class)
	}
	return classes, nil
}

// VolumePresets returns the kinds of storage in the words of the scenario language.
func VolumePresets() (map[string]spec.StorageClass, error) {
	presets, err := csi.Presets()
	if err != nil {
		return nil, err
	}
	all := make(map[string]spec.StorageClass, len(presets))
	for _, p := range presets {
		all[p.Name] = spec.StorageClass{Name: p.Name, Provision: spread(p.Provision), Delete: spread(p.Delete), Attach: spread(p.Attach),
			Detach: spread(p.Detach), Resize: spread(p.Resize), Parallelism: p.Parallelism, Rate: p.Rate, Burst: p.Burst,
			Topology: string(p.Topology), Expansion: p.Expansion}
	}
	return all, nil
}

func spread(s *csi.Spread) *spec.Latency {
	if s == nil {
		return nil
	}
	return &spec.Latency{Distribution: "lognormal", Median: s.Median.Duration, P99: s.P99.Duration}
}
