package plan

import (
	"cmp"
	"maps"
	"slices"

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

// needs lists what a pod of each workload takes of the scenario's quotas in its namespace. Quotas with
// scopes are left out: which pods they are about is not known here.
func needs(workloads []spec.Workload) map[string][]Need {
	all := map[string][]Need{}
	for _, w := range workloads {
		namespace, _ := Named(w.Manifest)
		for _, quotas := range workloads {
			if in, _ := Named(quotas.Manifest); quotas.Kind() == QuotaKind && in == namespace && !scoped(quotas.Manifest) {
				all[w.Name] = append(all[w.Name], needsOf(quotas, w)...)
			}
		}
		slices.SortFunc(all[w.Name], func(a, b Need) int {
			return cmp.Or(cmp.Compare(a.Quota, b.Quota), cmp.Compare(a.Resource, b.Resource))
		})
	}
	return all
}

func scoped(quota map[string]any) bool {
	return spec.Lookup(quota, "spec", "scopes") != nil || spec.Lookup(quota, "spec", "scopeSelector") != nil
}

// needsOf lists what a pod of a workload takes of the quotas that another one makes.
func needsOf(quotas, w spec.Workload) []Need {
	var all []Need
	hard, _ := spec.Lookup(quotas.Manifest, "spec", "hard").(map[string]any)
	for i := range quotas.Count {
		namespace, name := Named(quotas.Manifest)
		if name = spec.ReplaceIndex(name, i); namespace != "" {
			name = namespace + "/" + name
		}
		for resource, amount := range hard {
			if each := w.Takes(resource); each > 0 {
				all = append(all, Need{Quota: name, Resource: resource, Hard: quantity(amount, 0), Each: each})
			}
		}
	}
	return all
}
