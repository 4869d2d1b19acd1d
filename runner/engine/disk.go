package engine

import (
	"context"

	"github.com/kubedyno/kubedyno/kwok/storage/disk"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/measure"
)

// startDisk begins to count what the emulated disk under etcd does; nil if it has none.
func (e *engine) startDisk(ctx context.Context) *measure.Disk {
	if e.Cluster.Disk().Kind != disk.Emulated {
		return nil
	}
	e.Sink.Point(sample.Point{At: e.Clock.Now(), Metric: sample.DiskInterception, Value: e.Cluster.Interception().Seconds()})
	return measure.StartDisk(ctx, e.env.Measure, e.Cluster.ObserveDisk)
}
