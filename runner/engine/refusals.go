package engine

import (
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/runner/measure"
	"github.com/kubedyno/kubedyno/scenarios/plan"
)

// maxOwners is how many objects are known by their names as those of workloads.
const maxOwners = 100_000

// An owner is an object whose controller makes pods.
type owner struct{ namespace, kind, name string }

// refusals says whose refused attempts are counted: of all workloads whose pods controllers make.
func (e *engine) refusals() measure.RefusalsOptions {
	options := measure.RefusalsOptions{Run: e.env.Measure, Config: e.env.REST}
	for name, w := range e.Plan.Workloads {
		if makesPods(w) {
			options.Workloads = append(options.Workloads, name)
		}
	}
	slices.Sort(options.Workloads)
	var owners map[owner]string // Made for the first event; most runs have none.
	options.Workload = func(namespace, kind, name string) string {
		if owners == nil {
			owners = ownersOf(e.Plan, e.env.Namespace)
		}
		return workloadOf(owners, owner{namespace, kind, name})
	}
	return options
}

// workloadOf returns the workload of an object whose controller makes pods; "" if it is not one of those.
func workloadOf(owners map[owner]string, of owner) string {
	if workload, ok := owners[of]; ok || of.kind != "ReplicaSet" {
		return workload
	}
	// A Deployment's has its name and a hash.
	return owners[owner{of.namespace, "Deployment", of.name[:max(strings.LastIndex(of.name, "-"), 0)]}]
}

// makesPods reports whether a controller makes pods for a workload's objects.
func makesPods(w plan.Workload) bool {
	return slices.Contains([]string{"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job"}, w.Kind)
}

// ownersOf names the objects of a plan for which controllers make pods. Those without a namespace are
// in that of the run.
func ownersOf(p *plan.Plan, own string) map[owner]string {
	owners := map[owner]string{}
	for name, w := range p.Workloads {
		if !makesPods(w) {
			continue
		}
		for i := range min(w.Count, maxOwners-len(owners)) {
			namespace, object := plan.Named(w.Render(i))
			if namespace == "" {
				namespace = own
			}
			owners[owner{namespace, w.Kind, object}] = name
		}
	}
	return owners
}
