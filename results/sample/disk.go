package sample

// FromDisk is an emulated disk under etcd.
const FromDisk Source = "disk"

// The names of the metrics of an emulated disk.
const (
	DiskAsked        = "etcd_disk_asked_seconds"
	DiskGiven        = "etcd_disk_given_seconds"
	DiskLate         = "etcd_disk_late_seconds"
	DiskLost         = "etcd_disk_lost_total"
	DiskInterception = "etcd_disk_interception_seconds"
)

// diskMetrics are the part of the registry that an emulated disk has. All are on the clock of
// kubedyno; how long etcd's calls took by its own is in EtcdFsync and EtcdCommit.
func diskMetrics() []Metric {
	held := func(name string, better Direction, help string) Metric {
		return Metric{Name: name, Unit: Seconds, Better: better, Shape: Distribution, Source: FromDisk,
			Labels: []string{"call"}, Help: help}
	}
	return []Metric{
		held(DiskAsked, Neither, "How long the emulated disk was to hold a call of etcd back, fsync or fdatasync, the wait for the disk's limit of operations included."),
		held(DiskGiven, Neither, "How long kubedyno held a call of etcd back, from when it learned of the call until it let it go; the machine's own disk comes after it."),
		held(DiskLate, LowerIsBetter, "How much longer than asked kubedyno held a call of etcd back, for lack of CPU."),
		{Name: DiskLost, Unit: Count, Better: LowerIsBetter, Shape: Counter, Source: FromDisk,
			Help: "Calls of etcd so far that a signal or its end took back before kubedyno had let them go."},
		{Name: DiskInterception, Unit: Seconds, Better: LowerIsBetter, Shape: Scalar, Source: FromDisk,
			Help: "What it adds to a call of etcd that kubedyno learns of it and answers, beside the delay: the mean of 200 calls of a probe before the cluster was started."},
	}
}
