package engine

import (
	"context"
	"fmt"

	"github.com/kubedyno/kubedyno/scenarios/plan"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// startKarpenter starts Karpenter, if the scenario has one.
func (e *engine) startKarpenter(ctx context.Context) error {
	if e.Plan.Cluster.Karpenter == nil {
		return nil
	}
	types, err := InstanceTypes(e.Plan)
	if err != nil {
		return err
	}
	o := e.Karpenter
	o.InstanceTypes = types
	if err := e.Cluster.StartKarpenter(ctx, o); err != nil {
		return fmt.Errorf("start Karpenter: %w", err)
	}
	return nil
}

// InstanceTypes returns what Karpenter may choose from in a plan that has one, in the format of its kwok
// provider. The error names the types that cannot be offered.
func InstanceTypes(p *plan.Plan) ([]byte, error) {
	types, err := NodeTypes(p.Fleet.NodeTypes)
	if err != nil {
		return nil, err
	}
	text, err := types.Karpenter(p.Cluster.Karpenter.InstanceTypes, spec.DefaultZones())
	if err != nil {
		return nil, fmt.Errorf("offer node types to Karpenter: %w", err)
	}
	return text, nil
}
