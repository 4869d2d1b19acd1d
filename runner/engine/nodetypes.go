package engine

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/resource"

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
	if row.PerPod, err = tariff(t.PerPod); err != nil {
		return nodetype.Type{}, fmt.Errorf("node type %s: %w", t.Name, err)
	}
	if t.Reservation == "" {
		row.Reservation, row.AllocatableMilliCPU, row.AllocatableBytes = nodetype.Stated, milliCPU, bytes
	}
	return nodetype.New(row)
}

// tariff converts what pods cost; nil for nil.
func tariff(p *spec.PerPod) (*nodetype.Tariff, error) {
	if p == nil {
		return nil, nil
	}
	var err error
	amount := func(text string, of func(resource.Quantity) int64) int64 {
		if text == "" || err != nil {
			return 0
		}
		var q resource.Quantity
		if q, err = resource.ParseQuantity(text); err != nil {
			err = fmt.Errorf("read what pods cost: %q: %w", text, err)
		}
		return of(q)
	}
	milli := func(q resource.Quantity) int64 { return q.MilliValue() }
	mib := func(q resource.Quantity) int64 { return q.Value() >> 20 }
	t := &nodetype.Tariff{CPUHour: p.CPUHour, GiBHour: p.GiBHour, OverheadMiB: amount(p.Overhead, mib)}
	for _, s := range p.Sizes {
		t.Sizes = append(t.Sizes, nodetype.Size{MilliCPU: amount(s.CPU, milli), FromMiB: amount(s.From, mib), ToMiB: amount(s.To, mib), StepMiB: amount(s.Step, mib)})
	}
	return t, err
}
