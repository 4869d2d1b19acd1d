package nodetype

import (
	"fmt"
	"strings"
)

// A Reservation names the rule by which a provider keeps CPU and memory from pods.
type Reservation string

// The rules.
const (
	// EKS keeps CPU as GKE does, and 255 MiB + 11 MiB for each of the most pods + 100 MiB before
	// eviction (https://github.com/awslabs/amazon-eks-ami, nodeadm's kubelet defaults).
	EKS Reservation = "eks"
	// GKE keeps 6% of the first core, 1% of the second, 0.5% of the third and fourth and 0.25% of
	// those above; 255 MiB of a machine with less than 1 GiB, or else 25% of the first 4 GiB, 20%
	// of the next 4, 10% of the next 8, 6% of the next 112 and 2% above; + 100 MiB before eviction
	// (https://cloud.google.com/kubernetes-engine/docs/concepts/plan-node-sizes).
	GKE Reservation = "gke"
	// AKS keeps CPU by a table of core counts, and from Kubernetes 1.29 on the lesser of 20 MB for
	// each of the most pods + 50 MB and 25% of the memory; + 100 MiB before eviction
	// (https://learn.microsoft.com/azure/aks/node-resource-reservations).
	AKS Reservation = "aks"
	// KarpenterKwok keeps 100 millicores and 10 MiB, as the kwok provider of sigs.k8s.io/karpenter
	// does.
	KarpenterKwok Reservation = "karpenter-kwok"
	// Whole keeps nothing.
	Whole Reservation = "none"
	// Stated says that a row states itself what is left.
	Stated Reservation = "stated"
)

// What the kwok provider of Karpenter keeps, whatever the machine.
const kwokMilliCPU, kwokMiB = 100, 10

const (
	mib = 1 << 20
	gib = 1 << 30
	// evictionMiB is kept by a kubelet that evicts at memory.available<100Mi, its default.
	evictionMiB = 100
)

// Reservations returns the rules that compute what is left.
func Reservations() []string {
	return []string{string(EKS), string(GKE), string(AKS), string(KarpenterKwok), string(Whole)}
}

// Allocatable returns what the rule leaves to pods of so many cores and bytes on a node that takes
// maxPods pods; parts of a millicore and of a MiB are lost. The error says that the provider
// documents nothing for such a machine, or that there is no such rule.
func (r Reservation) Allocatable(vcpu int, memory int64, maxPods int) (milliCPU, memoryMiB int64, err error) {
	whole := int64(vcpu) * 1000
	switch r {
	case EKS:
		return whole - coreSteps(vcpu), memory/mib - 255 - 11*int64(maxPods) - evictionMiB, nil
	case GKE:
		left := float64(memory) - memorySteps(float64(memory))
		return whole - coreSteps(vcpu), int64(left/mib) - evictionMiB, nil
	case AKS:
		kept, ok := aksCPU[vcpu]
		if !ok {
			return 0, 0, fmt.Errorf("AKS documents how much CPU it keeps of 1, 2, 4, 8, 16, 32 or 64 cores, not of %d: state allocatableCPU and allocatableMemory", vcpu)
		}
		reserved := min(20e6*float64(maxPods)+50e6, float64(memory)/4)
		return whole - kept, int64((float64(memory) - reserved - evictionMiB*mib) / mib), nil
	case KarpenterKwok:
		return whole - kwokMilliCPU, memory/mib - kwokMiB, nil
	case Whole:
		return whole, memory / mib, nil
	}
	return 0, 0, fmt.Errorf("there is no rule %q of what a provider keeps: use %s, or state allocatableCPU and allocatableMemory",
		r, strings.Join(Reservations(), ", "))
}

// aksCPU is what AKS keeps of so many cores, in millicores.
var aksCPU = map[int]int64{1: 60, 2: 100, 4: 140, 8: 180, 16: 260, 32: 420, 64: 740}

// coreSteps is what GKE and EKS keep of so many cores, in millicores, a part of one counted as one.
func coreSteps(vcpu int) int64 {
	tenths := 0 // Of a millicore.
	for core := 1; core <= vcpu; core++ {
		switch {
		case core == 1:
			tenths += 600
		case core == 2:
			tenths += 100
		case core <= 4:
			tenths += 50
		default:
			tenths += 25
		}
	}
	return int64(tenths+9) / 10
}

// memorySteps is what GKE keeps of so many bytes before eviction.
func memorySteps(memory float64) float64 {
	if memory < gib {
		return 255 * mib
	}
	kept := 0.0
	for _, step := range []struct{ size, share float64 }{{4 * gib, 0.25}, {4 * gib, 0.2}, {8 * gib, 0.1}, {112 * gib, 0.06}} {
		part := min(memory, step.size)
		kept += part * step.share
		memory -= part
	}
	return kept + memory*0.02
}
