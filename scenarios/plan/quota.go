package plan

import (
	"cmp"
	"maps"
	"slices"

	"github.com/kubedyno/kubedyno/scenarios/evaluator"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// QuotaKind is the kind of the objects that limit what a namespace may use.
const QuotaKind = "ResourceQuota"

// A Need is what a pod of a workload takes of a ResourceQuota's resource, in base units: pods,
// cores or bytes.
type Need struct {
	Quota    string  `json:"quota"` // As the metrics of quotas label it: its name, with a namespace of its own before it.
	Resource string  `json:"resource"`
	Hard     float64 `json:"hard"` // What the quota allows.
	Each     float64 `json:"each"` // Above 0.
}

// IsQuota reports whether the workload's objects are ResourceQuotas.
func (w Workload) IsQuota() bool { return w.Kind == QuotaKind }

// HasQuotas reports whether the scenario makes ResourceQuotas.
func (p *Plan) HasQuotas() bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(p.Workloads)), Workload.IsQuota)
}

// MayRefuse reports whether controllers may try to make pods that admission refuses: the scenario makes
// ResourceQuotas or LimitRanges, or updates workloads.
func (p *Plan) MayRefuse() bool {
	limits := func(w Workload) bool { return w.IsQuota() || w.Kind == "LimitRange" }
	return len(p.Updates) > 0 || slices.ContainsFunc(slices.Collect(maps.Values(p.Workloads)), limits)
}

// needs lists what a pod of each workload takes of the scenario's quotas that are about it.
func needs(workloads []spec.Workload) map[string][]Need {
	all := map[string][]Need{}
	for _, limited := range limitedPods(workloads) {
		usage := evaluator.PodUsage(limited.pod)
		for _, quota := range limited.quotas {
			for resource, hard := range quota.spec.Hard {
				if each := usage[resource]; each.Sign() > 0 {
					all[limited.workload] = append(all[limited.workload], Need{Quota: quota.name, Resource: string(resource),
						Hard: hard.AsApproximateFloat64(), Each: each.AsApproximateFloat64()})
				}
			}
		}
		slices.SortFunc(all[limited.workload], func(a, b Need) int {
			return cmp.Or(cmp.Compare(a.Quota, b.Quota), cmp.Compare(a.Resource, b.Resource))
		})
	}
	return all
}
