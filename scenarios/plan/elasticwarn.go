package plan

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// warnElastic warns of pods that may wait for a node which is never ordered: how many nodes an elastic pool
// gets is estimated by requests, taints, node selectors and node affinity, and nothing else.
func (p *Plan) warnElastic() {
	if !p.Fleet.Elastic() {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(p.Workloads)) {
		w := p.Workloads[name]
		if w.PodsEach == 0 || w.Kind == "DaemonSet" {
			continue
		}
		if ignored := w.beyondEstimate(); ignored != "" {
			p.Warnings = append(p.Warnings, fmt.Sprintf("The pods of %s have %s, which the estimate of how many nodes an elastic pool needs ignores: "+
				"where that alone keeps them off nodes with room, no node is ordered for them.", name, ignored))
		}
	}
}

// beyondEstimate names what keeps the pods of a workload off nodes that have room for them; empty if
// nothing does.
func (w Workload) beyondEstimate() string {
	path := []string{"spec", "template", "spec"}
	if w.Kind == "Pod" {
		path = []string{"spec"}
	}
	pod, _ := spec.Lookup(w.template, path...).(map[string]any)
	required := func(kind string) bool {
		return spec.Lookup(pod, "affinity", kind, "requiredDuringSchedulingIgnoredDuringExecution") != nil
	}
	switch {
	case required("podAntiAffinity"):
		return "a required podAntiAffinity"
	case required("podAffinity"):
		return "a required podAffinity"
	case someOf(pod["topologySpreadConstraints"], func(c map[string]any) bool { return c["whenUnsatisfiable"] != "ScheduleAnyway" }):
		return "topologySpreadConstraints"
	case someOf(pod["containers"], func(c map[string]any) bool {
		return someOf(c["ports"], func(port map[string]any) bool { return port["hostPort"] != nil })
	}):
		return "a hostPort"
	case pod["resourceClaims"] != nil:
		return "resourceClaims"
	case spec.Lookup(w.template, "spec", "volumeClaimTemplates") != nil || someOf(pod["volumes"], func(v map[string]any) bool {
		return v["persistentVolumeClaim"] != nil || v["ephemeral"] != nil
	}):
		return "persistent volumes"
	}
	return ""
}

// someOf reports whether a list has an item for which holds is true.
func someOf(list any, holds func(item map[string]any) bool) bool {
	items, _ := list.([]any)
	return slices.ContainsFunc(items, func(item any) bool {
		one, ok := item.(map[string]any)
		return ok && holds(one)
	})
}
