package nodetype

import (
	"errors"
	"fmt"
)

// A Tariff says what a pod costs an hour where each pod is paid for by what is set aside for it, and no
// node is: on virtual nodes, which stand for serverless containers.
type Tariff struct {
	CPUHour     float64 `json:"cpuHour"`               // US dollars for a vCPU.
	GiBHour     float64 `json:"gibHour"`               // US dollars for a GiB of memory.
	OverheadMiB int64   `json:"overheadMiB,omitempty"` // Added to the memory of each pod, and paid for.
	// Sizes are what pods are rounded up to, with the least CPU first; without any a pod is paid for
	// to the millicore and the MiB.
	Sizes []Size `json:"sizes,omitempty"`
}

// A Size is the CPU of a pod and the memory that it can have with that: FromMiB and further steps of
// StepMiB up to ToMiB.
type Size struct {
	MilliCPU int64 `json:"milliCPU"`
	FromMiB  int64 `json:"fromMiB"`
	ToMiB    int64 `json:"toMiB"`
	StepMiB  int64 `json:"stepMiB,omitempty"` // 0 where FromMiB is all there is.
}

// Billed returns what is set aside and paid for of a pod that requests so much: the first size that
// holds it. Ok is false if no size does.
func (t Tariff) Billed(milliCPU, bytes int64) (billedMilliCPU, billedMiB int64, ok bool) {
	mib := (bytes+mib-1)/mib + t.OverheadMiB
	if len(t.Sizes) == 0 {
		return milliCPU, mib, true
	}
	for _, size := range t.Sizes {
		if size.MilliCPU >= milliCPU && size.ToMiB >= mib {
			return size.MilliCPU, size.memory(mib), true
		}
	}
	return 0, 0, false
}

// memory rounds up to what the size can have.
func (s Size) memory(mib int64) int64 {
	if mib <= s.FromMiB {
		return s.FromMiB
	}
	return s.FromMiB + (mib-s.FromMiB+s.StepMiB-1)/s.StepMiB*s.StepMiB
}

// Hour is what a pod costs an hour that requests so much; false if it is not for sale.
func (t Tariff) Hour(milliCPU, bytes int64) (dollars float64, ok bool) {
	cpu, memory, ok := t.Billed(milliCPU, bytes)
	return float64(cpu)/1000*t.CPUHour + float64(memory)/1024*t.GiBHour, ok
}

// check returns everything that is wrong with a tariff of a type.
func (t Tariff) check(name string) error {
	var faults []error
	if t.CPUHour < 0 || t.GiBHour < 0 || t.CPUHour+t.GiBHour == 0 || t.OverheadMiB < 0 {
		faults = append(faults, fmt.Errorf("node type %s: a pod costs $%v for a vCPU and $%v for a GiB an hour with %d MiB more", name, t.CPUHour, t.GiBHour, t.OverheadMiB))
	}
	for i, s := range t.Sizes {
		whole := s.FromMiB == s.ToMiB || s.StepMiB > 0 && (s.ToMiB-s.FromMiB)%s.StepMiB == 0
		if s.MilliCPU < 1 || s.FromMiB < 1 || s.ToMiB < s.FromMiB || !whole {
			faults = append(faults, fmt.Errorf("node type %s: pods of %d millicores cannot have %d to %d MiB in steps of %d", name, s.MilliCPU, s.FromMiB, s.ToMiB, s.StepMiB))
		}
		if i > 0 && s.MilliCPU < t.Sizes[i-1].MilliCPU {
			faults = append(faults, fmt.Errorf("node type %s: the sizes of pods do not begin with the least CPU", name))
		}
	}
	return errors.Join(faults...)
}
