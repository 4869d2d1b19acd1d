package plan

import (
	"bytes"
	"testing"
	"time"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

func TestDiskWords(t *testing.T) {
	const ms = time.Millisecond
	fixed := &spec.Fsync{Distribution: "fixed", Value: 500 * time.Microsecond}
	for _, test := range []struct {
		disk *spec.Disk
		want string
	}{
		{nil, ""},
		{&spec.Disk{Preset: "real"}, ""},
		{&spec.Disk{Preset: "none"}, "none: etcd does not wait for one"},
		{&spec.Disk{Preset: "tmpfs"}, "memory"},
		{&spec.Disk{Preset: "gp3"}, "as gp3, see kubedyno disks; on top of the machine's own disk"},
		{&spec.Disk{Fsync: fixed}, "every fsync takes 500µs; on top of the machine's own disk"},
		{&spec.Disk{Fsync: &spec.Fsync{Distribution: "lognormal", Median: 2 * ms, P99: 8 * ms}, IOPS: 3000},
			"an fsync takes a median of 2ms, p99 8ms, at most 3,000 a second; on top of the machine's own disk"},
		{&spec.Disk{IOPS: 100, Burst: 50}, "fsyncs as fast as the machine's own, at most 100 a second after a burst of 50; on top of the machine's own disk"},
	} {
		p := &Plan{}
		p.Cluster.Etcd.Disk = test.disk
		var got bytes.Buffer
		p.writeDisk(&got)
		var want bytes.Buffer
		if test.want != "" {
			want.WriteString("\nControl plane\n")
			writeLabelled(&want, "  etcd's disk  ", test.want)
		}
		if got.String() != want.String() {
			t.Errorf("%+v: %q, want %q", test.disk, got.String(), want.String())
		}
	}
}
