package sample

// FromVolumes is a create action of a workload whose pods have volume claims, or of such claims.
const FromVolumes Source = "volumes"

// The names of the metrics of volumes. All are on the clock of kubedyno: the moments at which its watches
// brought a change.
const (
	VolumeProvision    = "volume_provision_seconds"
	VolumeAttach       = "volume_attach_seconds"
	VolumeDetach       = "volume_detach_seconds"
	PodVolumeStage     = "pod_volume_stage_seconds"
	VolumesByState     = "volumes_total"
	VolumeErrors       = "volume_errors_total"
	VolumePendingPods  = "volume_pending_pods_total"
	NodeVolumes        = "node_volumes_total"
	NodeVolumesAllowed = "node_volumes_allowed_total"
	NodeVolumesShare   = "node_volumes_ratio"
)

// VolumeStages are the values of the stage label of PodVolumeStage, in the order of a pod's life. Those of
// a pod add up to the time from when it was first seen until it was seen Ready.
func VolumeStages() []string { return []string{"schedule", "provision", "attach", "start", "ready"} }

// VolumeStates are the values of the state label of VolumesByState.
func VolumeStates() []string { return []string{"asked", "bound", "attaching", "attached", "detaching"} }

// storageMetrics are the part of the registry that volumes have.
func storageMetrics() []Metric {
	class := []string{"class"}
	took := func(name string, labels []string, help string) Metric {
		return Metric{Name: name, Unit: Seconds, Better: LowerIsBetter, Shape: Distribution, Source: FromVolumes, Labels: labels,
			HarnessDelays: []string{WatchLag}, Help: help}
	}
	node := func(name string, unit Unit, help string) Metric {
		return Metric{Name: name, Unit: unit, Better: Neither, Shape: Gauge, Source: FromVolumes, Labels: []string{"driver"}, Help: help}
	}
	return []Metric{
		took(VolumeProvision, class, "From when a claim's volume was asked for until the claim is Bound. It is asked for when the claim is seen, or, if its "+
			"class waits for the first consumer, when the scheduler has selected a node for it; one that is bound without that was not provisioned and does not count."),
		took(VolumeAttach, class, "From when a VolumeAttachment of a volume of the run is seen until it is attached."),
		took(VolumeDetach, class, "From when a VolumeAttachment of a volume of the run is seen to be deleted until it is gone."),
		took(PodVolumeStage, []string{"workload", "stage"}, "One stage of the start of a pod with volume claims: schedule (the scheduler, without what follows), "+
			"provision (of the last volume to be bound), attach (of the last one, from when the pod has a node), start (until Running) and ready. Those of a pod add up to the time "+
			"from when it was first seen until it is seen Ready."),
		{Name: VolumesByState, Unit: Count, Better: Neither, Shape: Gauge, Source: FromVolumes, Labels: []string{"class", "state"},
			Help: "Volumes of the run: claims that asked for one, bound ones, and attachments that are attaching, attached or detaching."},
		{Name: VolumeErrors, Unit: Count, Better: LowerIsBetter, Shape: Counter, Source: FromVolumes, Labels: []string{"class", "operation"},
			Help: "Errors that were written into the status of VolumeAttachments of the run so far: operation attach or detach."},
		{Name: VolumePendingPods, Unit: Count, Better: LowerIsBetter, Shape: Gauge, Source: FromVolumes, Labels: []string{"reason"},
			Help: "Pods with volume claims that have no node, by what the scheduler says of their volumes; a pod with several reasons counts under each."},
		node(NodeVolumes, Count, "The most volumes that a driver has VolumeAttachments of on one node, those of others included."),
		node(NodeVolumesAllowed, Count, "The fewest volumes of a driver that a node may have (allocatable.count of its CSINode); no value without a limit."),
		node(NodeVolumesShare, Ratio, "The largest share of the volumes that a node may have of a driver which are there."),
	}
}
