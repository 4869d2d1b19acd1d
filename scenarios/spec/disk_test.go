package spec

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// onDisk is a scenario whose etcd has a disk, which follows "disk: ".
const onDisk = `apiVersion: kubedyno.dev/v1alpha1
kind: Scenario
metadata: {name: on-disk}
spec:
  parameters:
    - {name: disk, type: string, default: 5ms}
  cluster:
    etcd:
      disk: DISK
      flags: {snapshot-count: "${disk}"}
  phases:
    - name: run
      actions:
        - hold: {duration: 1s}
`

var disks = Options{Disks: []string{"real", "none", "tmpfs", "gp3"}}

func TestDisk(t *testing.T) {
	fixed := func(d time.Duration) *Disk { return &Disk{Fsync: &Fsync{Distribution: "fixed", Value: d}} }
	for text, want := range map[string]*Disk{
		"none":           {Preset: "none"},
		"tmpfs":          {Preset: "tmpfs"},
		"{preset: real}": {Preset: "real"},
		"gp3":            {Preset: "gp3"},
		"${disk}":        fixed(5 * time.Millisecond),
		`"500us"`:        fixed(500 * time.Microsecond),
		"{fsync: {distribution: fixed, value: 1ms}}": fixed(time.Millisecond),
		"{iops: 500}":                           {IOPS: 500},
		"{preset: gp3, iops: 16000, burst: 10}": {Preset: "gp3", IOPS: 16000, Burst: 10},
		"{fsync: {distribution: lognormal, median: 500us, p99: 8ms}, iops: 3000}": {IOPS: 3000, Fsync: &Fsync{Distribution: "lognormal", Median: 500 * time.Microsecond, P99: 8 * time.Millisecond}},
	} {
		s, err := Decode("on-disk.yaml", []byte(strings.Replace(onDisk, "DISK", text, 1)), disks)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, s.Spec.Cluster.Etcd.Disk); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
		again, err := Decode("again.yaml", s.Resolved, disks)
		if err != nil || !cmp.Equal(again.Spec.Cluster.Etcd, s.Spec.Cluster.Etcd) {
			t.Errorf("%s: the resolved scenario says %+v, %v", text, again, err)
		}
	}
}

func TestDiskKinds(t *testing.T) {
	var none *Disk
	for _, test := range []struct {
		disk       *Disk
		own, plain bool
	}{
		{none, true, true},
		{&Disk{Preset: "real"}, true, true},
		{&Disk{Preset: "none"}, false, true},
		{&Disk{Preset: "tmpfs"}, false, true},
		{&Disk{Preset: "gp3"}, false, false},
		{&Disk{IOPS: 10}, false, false},
	} {
		if own, plain := test.disk.Own(), test.disk.Plain(); own != test.own || plain != test.plain {
			t.Errorf("%+v: own %t, plain %t", test.disk, own, plain)
		}
	}
}

// TestDiskFaults has all faults of many disks in one golden file.
func TestDiskFaults(t *testing.T) {
	var all strings.Builder
	for _, text := range []string{
		"gp33", "5", "2s", "0s", "[none]", "{}", "{burst: 3}", "{presets: gp3}",
		"{preset: none, iops: 100}",
		"{preset: tmpfs, burst: 3}",
		"{preset: gp3, fsync: {distribution: fixed, value: 1ms}}",
		"{fsync: {distribution: uniform, value: 1ms}}",
		"{fsync: {distribution: lognormal, median: 2ms}}",
		"{fsync: {distribution: lognormal, median: 2ms, p99: 1ms, value: 1ms}, iops: 5, burst: 0}",
	} {
		_, err := Decode("on-disk.yaml", []byte(strings.Replace(onDisk, "DISK", text, 1)), disks)
		if err == nil {
			t.Errorf("%s: no fault was found", text)
			continue
		}
		all.WriteString(err.Error() + "\n\n")
	}
	text := strings.Replace(onDisk, "DISK", "none", 1)
	text = strings.Replace(text, "snapshot-count", "unsafe-no-fsync", 1)
	_, err := Decode("on-disk.yaml", []byte(text), disks)
	all.WriteString(err.Error() + "\n\n")
	text = strings.Replace(onDisk, "      disk: DISK\n", "", 1) +
		"  objectives:\n    - {metric: etcd_disk_given_seconds, percentile: 99, most: 1s}\n"
	_, err = Decode("on-disk.yaml", []byte(text), disks)
	all.WriteString(err.Error() + "\n")
	golden(t, "disks", all.String())
}

// TestDiskIsPut gives scenarios another disk than they say, and judges it as their own.
func TestDiskIsPut(t *testing.T) {
	options := disks
	options.Disk = "gp3"
	for name, text := range map[string]string{
		"own":        strings.Replace(onDisk, "DISK", "${disk}", 1),
		"no disk":    strings.Replace(onDisk, "      disk: DISK\n", "", 1),
		"no cluster": "apiVersion: kubedyno.dev/v1alpha1\nkind: Scenario\nmetadata: {name: plain}\nspec:\n  phases:\n    - {name: run, actions: [{hold: {duration: 1s}}]}\n",
	} {
		s, err := Decode("on-disk.yaml", []byte(text), options)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		again, err := Decode("again.yaml", s.Resolved, disks)
		if want := (&Disk{Preset: "gp3"}); err != nil || !cmp.Equal(want, s.Spec.Cluster.Etcd.Disk) || !cmp.Equal(want, again.Spec.Cluster.Etcd.Disk) {
			t.Errorf("%s: %+v, %v", name, s.Spec.Cluster.Etcd.Disk, err)
		}
	}
	for text, want := range map[string]string{
		strings.Replace(onDisk, "DISK\n      flags: {", "real\n      flags: {unsafe-no-fsync: \"true\", ", 1): "contradict each other",
		strings.Replace(onDisk, "    etcd:\n      disk: DISK", "    etcd: 7\n    scheduler:\n     ", 1):       "must be a mapping",
	} {
		if _, err := Decode("on-disk.yaml", []byte(text), options); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
