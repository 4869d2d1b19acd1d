package plan

import (
	"bytes"
	"fmt"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// writeDisk says what is under etcd, if it is not the machine's own disk.
func (p *Plan) writeDisk(b *bytes.Buffer) {
	if d := p.Cluster.Etcd.Disk; !d.Own() {
		b.WriteString("\nControl plane\n")
		writeLabelled(b, "  etcd's disk  ", diskWords(*d))
	}
}

// diskWords describes a disk that is not the machine's own.
func diskWords(d spec.Disk) string {
	switch {
	case d.Preset == "none":
		return "none: etcd does not wait for one"
	case d.Plain():
		return "memory"
	}
	words := "as " + d.Preset + ", see kubedyno disks"
	switch f := d.Fsync; {
	case f == nil && d.Preset == "":
		words = "fsyncs as fast as the machine's own"
	case f != nil && f.Distribution == "fixed":
		words = "every fsync takes " + short(f.Value)
	case f != nil:
		words = fmt.Sprintf("an fsync takes a median of %s, p99 %s", short(f.Median), short(f.P99))
	}
	if d.IOPS > 0 {
		words += ", at most " + number(d.IOPS) + " a second"
	}
	if d.Burst > 1 {
		words += fmt.Sprintf(" after a burst of %s", grouped(d.Burst))
	}
	return words + "; on top of the machine's own disk"
}
