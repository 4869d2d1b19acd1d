package nodetype

import (
	"math"
	"strings"
	"testing"
)

// TestFargateSizes holds the sizes against the table of the EKS user guide, and its example of a pod of
// 1 vCPU and 8 GiB, which becomes one of 2 vCPU and 9 GiB by the 256 MiB that are added.
func TestFargateSizes(t *testing.T) {
	all, err := Catalog()
	if err != nil {
		t.Fatal(err)
	}
	fargate, ok := all.Find("fargate")
	if !ok || fargate.PerPod == nil {
		t.Fatal("the catalog has no fargate with a price by the pod")
	}
	for _, c := range []struct {
		milliCPU, mib        int64
		billedCPU, billedMiB int64
		ok                   bool
	}{
		{0, 0, 250, 512, true}, {250, 256, 250, 512, true}, {250, 257, 250, 1024, true}, {250, 768, 250, 1024, true}, {250, 769, 250, 2048, true},
		{250, 1793, 500, 3072, true}, {251, 256, 500, 1024, true}, {500, 1024, 500, 2048, true}, {1000, 8192, 2000, 9216, true},
		{1000, 1024, 1000, 2048, true}, {500, 6144, 1000, 7168, true}, {4000, 30 << 10, 8000, 32 << 10, true}, {4001, 1024, 8000, 16 << 10, true},
		{16000, 119 << 10, 16000, 120 << 10, true}, {16001, 1024, 0, 0, false}, {1000, 120 << 10, 0, 0, false},
	} {
		cpu, memory, ok := fargate.PerPod.Billed(c.milliCPU, c.mib<<20)
		if cpu != c.billedCPU || memory != c.billedMiB || ok != c.ok {
			t.Errorf("%dm and %d MiB are billed as %dm and %d MiB, %v; want %dm and %d MiB, %v", c.milliCPU, c.mib, cpu, memory, ok, c.billedCPU, c.billedMiB, c.ok)
		}
	}
	// A pod of 500m and 1 GiB pays for 0.5 vCPU and 2 GiB.
	if dollars, ok := fargate.PerPod.Hour(500, gib); !ok || math.Abs(dollars-(0.5*0.04048+2*0.004445)) > 1e-12 {
		t.Errorf("it costs $%v an hour, %v", dollars, ok)
	}
}

func TestTariffWithoutSizes(t *testing.T) {
	tariff := Tariff{CPUHour: 0.04, GiBHour: 0.01, OverheadMiB: 24}
	if cpu, memory, ok := tariff.Billed(130, 1000*mib+1); cpu != 130 || memory != 1025 || !ok {
		t.Errorf("billed are %dm and %d MiB, %v", cpu, memory, ok)
	}
}

func TestTariffFaults(t *testing.T) {
	head := "provider: p\nregion: r\ndate: 2026-08\nreservation: none\ntypes:\n- {name: v, arch: amd64, vcpu: 4, memory: 8Gi, maxPods: 10, "
	for text, want := range map[string]string{
		"perPod: {cpuHour: 0.04, gibHour: -1}}":                                                                  "a pod costs $0.04 for a vCPU and $-1",
		"perPod: {}}":                                                                                            "a pod costs $0 for a vCPU",
		"pricePerHour: 1, perPod: {cpuHour: 1, gibHour: 1}}":                                                     "nodes have a price, or pods have, not both",
		"perPod: {cpuHour: 1, gibHour: 1, sizes: [{cpu: 1, from: 2Gi, to: 1Gi}]}}":                               "cannot have 2048 to 1024 MiB",
		"perPod: {cpuHour: 1, gibHour: 1, sizes: [{cpu: 1, from: 1Gi, to: 2Gi}]}}":                               "in steps of 0",
		"perPod: {cpuHour: 1, gibHour: 1, sizes: [{cpu: 1, from: 1Gi, to: 4Gi, step: 2Gi}]}}":                    "in steps of 2048",
		"perPod: {cpuHour: 1, gibHour: 1, sizes: [{cpu: 2, from: 1Gi, to: 1Gi}, {cpu: 1, from: 1Gi, to: 1Gi}]}}": "do not begin with the least CPU",
	} {
		if _, err := parse(File{Text: []byte(head + text)}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v\nwant %s", text, err, want)
		}
	}
}
