package spec

import "slices"

// A kindTraits says what kubedyno knows about a kind of workload.
type kindTraits struct {
	replicas  []string // Where the number of pods stands; none: always one pod.
	everyNode bool     // A pod on each node; the number of nodes is meant where one of pods is asked for.
	rolls     bool     // A change of the template replaces the pods.
	scales    bool
}

// podKinds are the kinds whose number of pods is known before they run.
var podKinds = map[string]kindTraits{
	"Pod":         {},
	"Job":         {replicas: []string{"spec", "parallelism"}},
	"ReplicaSet":  {replicas: []string{"spec", "replicas"}, scales: true},
	"Deployment":  {replicas: []string{"spec", "replicas"}, rolls: true, scales: true},
	"DaemonSet":   {everyNode: true, rolls: true},
	"StatefulSet": {replicas: []string{"spec", "replicas"}, rolls: true, scales: true},
}

// refusedKinds make pods in a number that cannot be known before, so that no books could be
// kept of created and observed pods; or they are no single objects.
var refusedKinds = []string{"CronJob", "ReplicationController", "List", "Node"}

// quotaKind is what makes a workload's objects quotas, which are ready once their status says what
// they allow.
const quotaKind = "ResourceQuota"

// Kind returns the kind of the workload's objects.
func (w Workload) Kind() string {
	kind, _ := w.Manifest["kind"].(string)
	return kind
}

// PodsEach returns how many pods an object of the workload has in a fleet of so many nodes; 0 if its
// kind has none.
func (w Workload) PodsEach(nodes int) int {
	traits, ok := podKinds[w.Kind()]
	switch {
	case !ok:
		return 0
	case traits.everyNode:
		return nodes
	}
	if traits.replicas == nil {
		return 1
	}
	if n, ok := Lookup(w.Manifest, traits.replicas...).(int64); ok {
		return int(n)
	}
	return 1 // As the API server defaults it.
}

// HasPods reports whether the workload's objects make pods when they are scaled above zero.
func (w Workload) HasPods() bool {
	_, ok := podKinds[w.Kind()]
	return ok
}

func refused(kind string) bool { return slices.Contains(refusedKinds, kind) }

// Lookup returns the value at a path of keys, or nil.
func Lookup(m map[string]any, keys ...string) any {
	var value any = m
	for _, key := range keys {
		below, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = below[key]
	}
	return value
}
