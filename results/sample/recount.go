package sample

// The names of the metrics that hold quotas against a recount of their objects.
const (
	QuotaRecounted  = "quota_recounted_total"
	QuotaSaid       = "quota_recount_used_total"
	QuotaDifference = "quota_recount_difference_total"
	QuotaUncounted  = "quota_not_recounted_total"
	QuotaSettle     = "quota_settle_seconds"
	QuotaBeyond     = "quota_beyond_hard_total"
	RecountDuration = "quota_recount_seconds"
)

// recountMetrics are the part of the registry that recounts have.
func recountMetrics() []Metric {
	resource := []string{"quota", "resource"}
	return []Metric{
		{Name: QuotaRecounted, Unit: Count, Better: Neither, Shape: Scalar, Source: FromQuota, Labels: resource,
			Help: "What the objects take of a ResourceQuota by kubedyno's own count after a phase, in base units."},
		{Name: QuotaSaid, Unit: Count, Better: Neither, Shape: Scalar, Source: FromQuota, Labels: resource,
			Help: "What the ResourceQuota's status counted as used at that moment, in base units."},
		{Name: QuotaDifference, Unit: Count, Better: LowerIsBetter, Shape: Scalar, Source: FromQuota, Labels: resource,
			Help: "By how much the status of a ResourceQuota and kubedyno's own count differed, either way, when last compared " +
				"after a phase: when they agreed, or after 10 s; 0 is agreement."},
		{Name: QuotaUncounted, Unit: Count, Better: LowerIsBetter, Shape: Scalar, Source: FromQuota,
			Labels: []string{"quota", "resource", "reason"},
			Help: "Resources of a ResourceQuota that kubedyno could not recount after a phase: unknown (its rule is not known), " +
				"unread (the objects could not be read), many (there are too many), unset (the status does not say it)."},
		{Name: QuotaSettle, Unit: Seconds, Better: LowerIsBetter, Shape: Distribution, Source: FromQuota, Labels: []string{"quota"},
			Help: "From the end of a phase until a ResourceQuota's status agreed with kubedyno's own count of all its resources; looked at every 0.5 s."},
		{Name: QuotaBeyond, Unit: Count, Better: LowerIsBetter, Shape: Scalar, Source: FromQuota, Labels: resource,
			Help: "The most by which a ResourceQuota's status counted more as used than it allows, in base units; 0 if it never did."},
		{Name: RecountDuration, Unit: Seconds, Better: Neither, Shape: Scalar, Source: FromQuota,
			Help: "How long kubedyno recounted quotas after a phase; no phase has a part in it."},
	}
}
