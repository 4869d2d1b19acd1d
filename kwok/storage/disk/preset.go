package disk

import "time"

// A Preset is a disk by the name of a kind of volume.
type Preset struct {
	Name  string `json:"name"`
	Model Model  `json:"model"`
	// Source says where the figures are from, and which of them are assumptions.
	Source string `json:"source"`
}

// Presets returns the kinds of volumes in the order of their names. Where a source gives a mean m and
// a standard deviation s, the lognormal has sigma² = ln(1 + s²/m²) and the median m·exp(-sigma²/2);
// where it gives a mean and a p99, median·exp(sigma²/2) and median·exp(2.326·sigma).
func Presets() []Preset {
	const us, ms = time.Microsecond, time.Millisecond
	return []Preset{
		{"efs", Model{Median: 2700 * us, P99: 10 * ms},
			"write latency as low as 2.7 ms, docs.aws.amazon.com/efs/latest/ug/performance.html; that this is the median, and the p99, " +
				"are assumptions. Stands for NFS and other network file systems; etcd advises against them"},
		{"gp2", Model{Median: 1270 * us, P99: 2670 * us, IOPS: 900, Burst: 1},
			"fio --fdatasync=1 on 300 GB: mean 1.42 ms, p99 2.67 ms, besthub.dev \"Why Upgrading EBS Volumes Boosted etcd Write Performance\"; " +
				"3 IOPS per GiB without burst credits, docs.aws.amazon.com/ebs"},
		{"gp3", Model{Median: 660 * us, P99: 1440 * us, IOPS: 3000, Burst: 1},
			"fio --fdatasync=1: mean 0.70 ms, standard deviation 0.24 ms, besthub.dev \"Why Upgrading EBS Volumes Boosted etcd Write Performance\"; " +
				"3,000 IOPS by default, docs.aws.amazon.com/ebs"},
		{"hdd", Model{Median: 8300 * us, P99: 25 * ms, IOPS: 120, Burst: 1},
			"one turn of a disk with 7,200 turns a minute takes 8.3 ms, and so does a synchronous append; the p99 and 120 IOPS are assumptions"},
		{"io2", Model{Median: 450 * us, P99: 800 * us},
			"on average below 0.5 ms for 16 KiB, rarely above 0.8 ms, docs.aws.amazon.com/ebs/latest/userguide/ebs-optimization.html; " +
				"median and p99 within that are assumptions, and no limit of IOPS"},
		{"pd-ssd", Model{Median: 1500 * us, P99: 5 * ms, IOPS: 6000, Burst: 1},
			"an assumption: persistent disks are said to take single-digit milliseconds; 6,000 IOPS before those for its size"},
		{"premium-ssd", Model{Median: 2700 * us, P99: 8500 * us, IOPS: 5000, Burst: 1},
			"fio fsync of OpenShift's 1 TB Premium SSD by region, such as West US 2: mean 3.06 ms, p99 8.48 ms, " +
				"Red Hat knowledge base 5956421; 5,000 IOPS of a P30"},
		{"premium-ssd-v2", Model{Median: 800 * us, P99: 2 * ms, IOPS: 3000, Burst: 1},
			"below a millisecond, and 3,000 IOPS by default, by Azure's documentation; median and p99 are assumptions"},
	}
}

// Lookup returns the disk of that name: real, none, tmpfs or that of a preset.
func Lookup(name string) (Disk, bool) {
	switch Kind(name) {
	case "real":
		return Disk{}, true
	case NoSync, Memory:
		return Disk{Kind: Kind(name)}, true
	}
	for _, p := range Presets() {
		if p.Name == name {
			return Disk{Kind: Emulated, Model: p.Model, Preset: p.Name, Source: p.Source}, true
		}
	}
	return Disk{}, false
}

// Names returns every name that Lookup knows.
func Names() []string {
	names := []string{"real", string(NoSync), string(Memory)}
	for _, p := range Presets() {
		names = append(names, p.Name)
	}
	return names
}
