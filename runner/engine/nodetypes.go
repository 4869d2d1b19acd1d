package engine

import (
	"fmt"

	"github.com/kubedyno/kubedyno/kwok/nodetype"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// NodeTypes returns the node types of the catalog and those that a scenario brings.
func NodeTypes(own []spec.NodeType) (nodetype.Types, error) {
	all, err := nodetype.Catalog()
	if err != nil {
		return nil, err
	}
	for _, t := range own {
		converted, err := NodeType(t)
		if err != nil {
			return nil, err
		}
		all = append(all, converted)
	}
	return all, nil
}

// NodeType computes what a scenario's own node type leaves open. The error names everything that is
// wrong with it.
func NodeType(t spec.NodeType) (nodetype.Type, error) {
	memory, milliCPU, bytes, err := t.Amounts()
	if err != nil {
		return nodetype.Type{}, fmt.Errorf("node type %s: %w", t.Name, err)
	}
	row := nodetype.Row{Name: t.Name, Provider: t.Provider, Region: t.Region, Arch: t.Arch, VCPU: t.VCPU, Memory: memory,
		MaxPods: t.MaxPods, Interfaces: t.Interfaces, Addresses: t.Addresses, MaxPodsRule: t.MaxPodsRule,
		Reservation: nodetype.Reservation(t.Reservation), PricePerHour: t.PricePerHour, SpotPerHour: t.SpotPerHour,
		Volumes: t.Volumes, Burstable: t.Burstable, Source: t.Source, Date: t.Date}
	if t.Reservation == "" {
		row.Reservation, row.AllocatableMilliCPU, row.AllocatableBytes = nodetype.Stated, milliCPU, bytes
	}
	return nodetype.New(row)
}
