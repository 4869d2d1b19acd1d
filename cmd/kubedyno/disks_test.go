package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/kwok/storage/disk"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

func TestEtcdDisk(t *testing.T) {
	const ms = time.Millisecond
	gp3, _ := disk.Lookup("gp3")
	gp3.Seed = 7
	wide := gp3
	wide.Model.IOPS, wide.Model.Burst = 16000, 50
	for _, test := range []struct {
		name   string
		wanted *spec.Disk
		want   disk.Disk
	}{
		{"nothing", nil, disk.Disk{}},
		{"real", &spec.Disk{Preset: "real"}, disk.Disk{}},
		{"none", &spec.Disk{Preset: "none"}, disk.Disk{Kind: disk.NoSync}},
		{"tmpfs", &spec.Disk{Preset: "tmpfs"}, disk.Disk{Kind: disk.Memory}},
		{"preset", &spec.Disk{Preset: "gp3"}, gp3},
		{"more of a preset", &spec.Disk{Preset: "gp3", IOPS: 16000, Burst: 50}, wide},
		{"constant", &spec.Disk{Fsync: &spec.Fsync{Distribution: "fixed", Value: 5 * ms}},
			disk.Disk{Kind: disk.Emulated, Seed: 7, Model: disk.Model{Median: 5 * ms, P99: 5 * ms}}},
		{"lognormal", &spec.Disk{Fsync: &spec.Fsync{Distribution: "lognormal", Median: 2 * ms, P99: 8 * ms}, IOPS: 3000},
			disk.Disk{Kind: disk.Emulated, Seed: 7, Model: disk.Model{Median: 2 * ms, P99: 8 * ms, IOPS: 3000, Burst: 1}}},
		{"limit alone", &spec.Disk{IOPS: 100, Burst: 9}, disk.Disk{Kind: disk.Emulated, Seed: 7, Model: disk.Model{IOPS: 100, Burst: 9}}},
	} {
		got, err := etcdDisk(test.wanted, 7)
		if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", test.name, err, diff)
		}
	}
	if _, err := etcdDisk(&spec.Disk{Preset: "floppy"}, 1); err == nil {
		t.Error("an unknown preset is taken")
	}
}
