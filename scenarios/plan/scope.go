package plan

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubedyno/kubedyno/scenarios/evaluator"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// A limited is a workload's pod as admission completes it, with the quotas that are about it.
type limited struct {
	workload string
	pod      corev1.PodSpec
	quotas   []quota
}

// A quota is one object of a workload of ResourceQuotas.
type quota struct {
	workload string
	name     string // As the metrics of quotas label it.
	spec     corev1.ResourceQuotaSpec
}

// limitedPods returns the pods of all workloads with the quotas of their namespaces whose scopes they
// are in. A manifest that the API server would refuse has none.
func limitedPods(workloads []spec.Workload) []limited {
	var all []limited
	quotas, ranges := map[string][]quota{}, map[string][]corev1.LimitRangeSpec{}
	priority := ""
	for _, w := range workloads {
		namespace, name := Named(w.Manifest)
		switch w.Kind() {
		case QuotaKind:
			quotas[namespace] = append(quotas[namespace], quotasOf(w)...)
		case "LimitRange":
			var limits corev1.LimitRangeSpec
			if decode(spec.Lookup(RenderManifest(w.Manifest, 0), "spec"), &limits) {
				ranges[namespace] = append(ranges[namespace], limits)
			}
		case "PriorityClass":
			if w.Manifest["globalDefault"] == true {
				priority = name
			}
		}
	}
	for _, w := range workloads {
		namespace, _ := Named(w.Manifest)
		rendered := spec.Workload{Manifest: RenderManifest(w.Manifest, 0)}
		var pod corev1.PodSpec
		if !w.HasPods() || !decode(rendered.PodSpec(), &pod) {
			continue
		}
		if pod.PriorityClassName == "" {
			pod.PriorityClassName = priority // As admission does.
		}
		pod = evaluator.Defaulted(pod, ranges[namespace])
		about := slices.DeleteFunc(slices.Clone(quotas[namespace]), func(q quota) bool { return !evaluator.PodInScope(q.spec, pod) })
		all = append(all, limited{w.Name, pod, about})
	}
	return all
}

// quotasOf returns the quotas of a workload of them.
func quotasOf(w spec.Workload) []quota {
	var all []quota
	for i := range w.Count {
		object := RenderManifest(w.Manifest, i)
		namespace, name := Named(object)
		if namespace != "" {
			name = namespace + "/" + name
		}
		q := quota{workload: w.Name, name: name}
		if decode(object["spec"], &q.spec) {
			all = append(all, q)
		}
	}
	return all
}

// decode reads a part of a manifest as the API server does; false if it is none.
func decode(part, into any) bool {
	text, err := json.Marshal(part)
	return err == nil && json.Unmarshal(text, into) == nil
}

// warnRefused says which pods a quota refuses because their containers do not state what it counts. A
// workload whose refusals a create action counts is meant to be refused.
func (p *Plan) warnRefused(s spec.Spec) {
	made, meant := map[string]bool{}, map[string]bool{}
	for _, phase := range s.Phases {
		for _, a := range phase.Actions {
			if a.Create != nil {
				made[a.Create.Workload] = true
				meant[a.Create.Workload] = meant[a.Create.Workload] || a.Create.Refused != ""
			}
		}
	}
	for _, limited := range limitedPods(s.Workloads) {
		for _, quota := range limited.quotas {
			unstated := evaluator.Unstated(quota.spec.Hard, limited.pod)
			if len(unstated) == 0 || meant[limited.workload] || !made[limited.workload] || !made[quota.workload] {
				continue
			}
			p.Warnings = append(p.Warnings, fmt.Sprintf("No pod of workload %s can be made under quota %s, which counts %s: "+
				"not every container states it. State it, or give the namespace a LimitRange with a default.",
				limited.workload, quota.name, join(unstated)))
			for i := range p.Updates {
				if p.Updates[i].Workload == limited.workload {
					p.Updates[i].Forecast = Never
				}
			}
		}
	}
}

// join writes names of resources one after another.
func join(names []corev1.ResourceName) string {
	var words []string
	for _, name := range names {
		words = append(words, string(name))
	}
	return strings.Join(words, " and ")
}
