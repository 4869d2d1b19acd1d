// Package nodetype knows machine types that can be rented: what each has, what the provider's
// published rules leave of it to pods, and what it costs, with the source and the date of both.
//
//	all, err := nodetype.Catalog()
//	m, ok := all.Find("m6i.2xlarge")
//
// A price that no source states is unknown, never estimated.
package nodetype

import (
	"errors"
	"fmt"
	"slices"
)

// MostPods is how many pod addresses a fake node has, so how many pods a type can take.
const MostPods = 510

// The disk of every node in GiB, and what is left of it to pods; the catalog's sources do not state one.
const (
	DiskGiB            = 100
	AllocatableDiskGiB = 90
)

// mostVCPU keeps a slip of the finger out; the largest machines have a quarter of it.
const mostVCPU = 4096

// A Type is a machine type. Those of New and Catalog are complete and sound.
type Type struct {
	Name     string `json:"name"`
	Provider string `json:"provider"`         // aws, gcp, azure, or a user's own word.
	Region   string `json:"region,omitempty"` // Where the price holds; not empty with a price.
	Arch     string `json:"arch"`             // amd64 or arm64.
	VCPU     int    `json:"vcpu"`             // Virtual cores of the machine.
	// MemoryMiB is the memory of the machine by its data sheet. A hypervisor keeps a part of it,
	// on EC2 up to 7.5% (the default of karpenter-provider-aws), which no formula here takes off.
	MemoryMiB   int64  `json:"memoryMiB"`
	MaxPods     int    `json:"maxPods"`     // Pods that the kubelet takes.
	MaxPodsRule string `json:"maxPodsRule"` // Why so many.
	// AllocatableMilliCPU and AllocatableMiB are what is left to pods, by the Reservation.
	AllocatableMilliCPU int64       `json:"allocatableMilliCPU"`
	AllocatableMiB      int64       `json:"allocatableMiB"`
	Reservation         Reservation `json:"reservation"`
	PricePerHour        float64     `json:"pricePerHour,omitempty"` // US dollars, on demand; 0 if not known.
	SpotPerHour         float64     `json:"spotPerHour,omitempty"`  // US dollars, when it may be taken away; 0 if not known.
	PerPod              *Tariff     `json:"perPod,omitempty"`       // What a pod costs where nodes are not paid for; nil elsewhere.
	Volumes             int         `json:"volumes,omitempty"`      // Data volumes attachable; 0 if not known.
	Burstable           bool        `json:"burstable,omitempty"`    // The cores are shared, with credits.
	Source              string      `json:"source"`                 // Where capacity and price were read.
	Date                string      `json:"date,omitempty"`         // When the source was written, YYYY-MM-DD or YYYY-MM; not empty with a price.
}

// A Row is a type as a data file or a user states it: what can be computed is left out.
type Row struct {
	Name         string      `json:"name"`
	Provider     string      `json:"provider"`
	Region       string      `json:"region"`
	Arch         string      `json:"arch"`
	VCPU         int         `json:"vcpu"`
	Memory       int64       `json:"-"`          // Bytes.
	MaxPods      int         `json:"maxPods"`    // 0 if Interfaces and Addresses say it.
	Interfaces   int         `json:"interfaces"` // Network interfaces, of EC2.
	Addresses    int         `json:"addresses"`  // IPv4 addresses of each interface, of EC2.
	MaxPodsRule  string      `json:"maxPodsRule"`
	Reservation  Reservation `json:"reservation"`
	PricePerHour float64     `json:"pricePerHour"`
	SpotPerHour  float64     `json:"spotPerHour"`
	Volumes      int         `json:"volumes"`
	Burstable    bool        `json:"burstable"`
	Source       string      `json:"source"`
	Date         string      `json:"date"`
	PerPod       *Tariff     `json:"-"`
	// AllocatableMilliCPU and AllocatableBytes are set where the reservation is Stated.
	AllocatableMilliCPU int64 `json:"-"`
	AllocatableBytes    int64 `json:"-"`
}

// New computes what a row leaves open and checks all. The error names everything that is wrong.
func New(r Row) (Type, error) {
	t := Type{Name: r.Name, Provider: r.Provider, Region: r.Region, Arch: r.Arch, VCPU: r.VCPU, MemoryMiB: r.Memory >> 20,
		MaxPods: r.MaxPods, MaxPodsRule: r.MaxPodsRule, Reservation: r.Reservation, PricePerHour: r.PricePerHour,
		SpotPerHour: r.SpotPerHour, PerPod: r.PerPod, Volumes: r.Volumes, Burstable: r.Burstable, Source: r.Source, Date: r.Date}
	if err := t.countPods(r); err != nil {
		return Type{}, err
	}
	if err := errors.Join(t.capacityFaults()...); err != nil {
		return Type{}, err
	}
	var err error
	if r.Reservation == Stated {
		t.AllocatableMilliCPU, t.AllocatableMiB = r.AllocatableMilliCPU, r.AllocatableBytes>>20
	} else if t.AllocatableMilliCPU, t.AllocatableMiB, err = r.Reservation.Allocatable(t.VCPU, r.Memory, t.MaxPods); err != nil {
		return Type{}, fmt.Errorf("node type %s: %w", t.Name, err)
	}
	return t, errors.Join(t.allocatableFaults()...)
}

// countPods fills in how many pods the type takes. Without prefixes a pod on EC2 has an address of
// a network interface to itself; the first of each is the interface's own, and two pods of the
// system use the host's network
// (https://github.com/awslabs/amazon-eks-ami, eni-max-pods.txt).
func (t *Type) countPods(r Row) error {
	computed := r.Interfaces*(r.Addresses-1) + 2
	switch {
	case (r.Interfaces > 0) != (r.Addresses > 0):
		return fmt.Errorf("node type %s: interfaces and addresses belong together", t.Name)
	case r.Interfaces > 0 && r.MaxPods > 0:
		return fmt.Errorf("node type %s: maxPods, or interfaces and addresses say how many pods it takes, not both", t.Name)
	case r.Interfaces > 0:
		t.MaxPods = computed
		t.MaxPodsRule = fmt.Sprintf("%d network interfaces x (%d addresses - 1) + 2", r.Interfaces, r.Addresses)
	case t.MaxPodsRule == "":
		t.MaxPodsRule = "as stated"
	}
	return nil
}

func (t Type) capacityFaults() []error {
	var faults []error
	bad := func(wrong bool, format string, args ...any) {
		if wrong {
			faults = append(faults, fmt.Errorf("node type %s: "+format, append([]any{t.Name}, args...)...))
		}
	}
	bad(t.Name == "", "it has no name")
	bad(t.Arch != "amd64" && t.Arch != "arm64", "the architecture is %q, not amd64 or arm64", t.Arch)
	bad(t.VCPU < 1 || t.VCPU > mostVCPU, "%d vCPU are outside of 1 to %d", t.VCPU, mostVCPU)
	bad(t.MemoryMiB < 1, "%d MiB of memory are too little", t.MemoryMiB)
	bad(t.MaxPods < 1 || t.MaxPods > MostPods, "%d pods are outside of 1 to %d, the addresses of a fake node", t.MaxPods, MostPods)
	bad(t.PricePerHour < 0 || t.SpotPerHour < 0 || t.Volumes < 0, "a price or a number of volumes is negative")
	bad(t.PricePerHour > 0 && t.SpotPerHour > t.PricePerHour, "the spot price of %v is above the price on demand of %v", t.SpotPerHour, t.PricePerHour)
	if t.PerPod != nil {
		bad(t.PricePerHour > 0 || t.SpotPerHour > 0, "nodes have a price, or pods have, not both")
		if err := t.PerPod.check(t.Name); err != nil {
			faults = append(faults, err)
		}
	}
	bad((t.PricePerHour > 0 || t.SpotPerHour > 0 || t.PerPod != nil) && (t.Region == "" || t.Date == ""), "a price needs the region and the date for which it holds")
	return faults
}

func (t Type) allocatableFaults() []error {
	var faults []error
	bad := func(what string, left, whole int64, unit string) {
		switch {
		case left < 1 && t.Reservation != Stated:
			faults = append(faults, fmt.Errorf("node type %s: the rule %s keeps %d of its %d %s of %s from pods, so that none is left; state allocatableCPU and allocatableMemory if it is so",
				t.Name, t.Reservation, whole-left, whole, unit, what))
		case left < 1:
			faults = append(faults, fmt.Errorf("node type %s: no %s is left to pods", t.Name, what))
		case left > whole:
			faults = append(faults, fmt.Errorf("node type %s: the %d %s of %s that are left to pods are more than the %d that it has", t.Name, left, unit, what, whole))
		}
	}
	bad("CPU", t.AllocatableMilliCPU, int64(t.VCPU)*1000, "millicores")
	bad("memory", t.AllocatableMiB, t.MemoryMiB, "MiB")
	return faults
}

// Types are node types with distinct names.
type Types []Type

// Find returns the type of this name.
func (all Types) Find(name string) (Type, bool) {
	i := slices.IndexFunc(all, func(t Type) bool { return t.Name == name })
	if i < 0 {
		return Type{}, false
	}
	return all[i], true
}

// Names returns the names in their order.
func (all Types) Names() []string {
	names := make([]string, len(all))
	for i, t := range all {
		names[i] = t.Name
	}
	return names
}
