package sample

// FromCSI is a CSI driver without storage.
const FromCSI Source = "csi"

// The names of the metrics of a CSI driver without storage.
const (
	CSIGiven    = "csi_given_seconds"
	CSIAttempts = "csi_attempts_total"
	CSIFailures = "csi_failures_total"
)

// csiMetrics are the part of the registry that a CSI driver without storage has: what it put between
// the controllers' wishes and their fulfilment. What the cluster made of that is measured apart.
func csiMetrics() []Metric {
	labels := []string{"class", "operation"}
	return []Metric{
		{Name: CSIGiven, Unit: Seconds, Better: Neither, Shape: Distribution, Source: FromCSI, Labels: labels,
			Help: "How long the CSI driver held a call back (provision, delete, attach, detach, resize): the wait for the storage's limit of " +
				"calls a second and the delay, without the wait for its parallelism."},
		{Name: CSIAttempts, Unit: Count, Better: Neither, Shape: Counter, Source: FromCSI, Labels: labels,
			Help: "Calls so far, those that failed included."},
		{Name: CSIFailures, Unit: Count, Better: Neither, Shape: Counter, Source: FromCSI, Labels: labels,
			Help: "Calls so far that the CSI driver let fail, as the scenario asks for."},
	}
}
