package view

import (
	"github.com/kubedyno/kubedyno/results/sample"
)

// diskWords is what is under etcd; "" if it is the machine's own disk.
func (b *builder) diskWords() string {
	if d := b.manifest.Cluster.Disk; d != nil {
		return d.Words
	}
	return ""
}

func (b *builder) diskSource() string {
	if d := b.manifest.Cluster.Disk; d != nil {
		return d.Source
	}
	return ""
}

// diskTable sets what the emulated disk was to do beside what it did, and both beside what etcd
// measured, by phase.
func (b *builder) diskTable() Table {
	table := Table{ID: "etcd-disk", Caption: "The emulated disk under etcd: asked for, given, and as etcd measured its fsyncs",
		Columns: []Column{{Name: "Phase"}, {"Calls held back", true}, {"Asked p50", true}, {"Asked p99", true}, {"Given p50", true},
			{"Given p99", true}, {"Late p99", true}, {"etcd's log n", true}, {"Mean", true}, {"p50", true}, {"p99", true}}}
	byPhase := func(l sample.Labels) string { return l["phase"] }
	_, asked := b.merged(sample.DiskAsked, byPhase)
	_, given := b.merged(sample.DiskGiven, byPhase)
	_, late := b.merged(sample.DiskLate, byPhase)
	measured := b.byPhase(sample.EtcdFsync)
	for _, phase := range b.summary.Phases {
		name := phase.Name
		if asked[name] == nil || given[name] == nil || late[name] == nil {
			continue
		}
		row := []string{name, count(given[name].Histogram.Count())}
		row = append(row, clientQuantile(&asked[name].Histogram, 0.5), clientQuantile(&asked[name].Histogram, 0.99),
			clientQuantile(&given[name].Histogram, 0.5), clientQuantile(&given[name].Histogram, 0.99),
			clientQuantile(&late[name].Histogram, 0.99))
		cells, mean := serverCells(measured[name], 50, 99), Dash
		if measured[name].N > 0 {
			mean = format(measured[name].Mean, sample.Seconds)
		}
		table.Rows = append(table.Rows, append(row, cells[0], mean, cells[1], cells[2]))
	}
	return table
}
