package snapshot

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// names gives everything that a cluster's owner has named another name, the same one each time.
type names struct {
	given map[string]string // By kind and name.
	count map[string]int    // By kind.
	// types are the node types of the scenario by what the cluster calls them.
	types map[string][]string
}

func newNames() names {
	return names{given: map[string]string{}, count: map[string]int{}, types: map[string][]string{}}
}

// of returns the new name of something of a kind, such as key-1; nothing has none.
func (n names) of(kind, name string) string {
	if name == "" {
		return ""
	}
	id := kind + "\x00" + name
	if n.given[id] == "" {
		n.count[kind]++
		n.given[id] = fmt.Sprintf("%s-%d", kind, n.count[kind])
	}
	return n.given[id]
}

// known reports whether a name has been given.
func (n names) known(kind, name string) bool { return n.given[kind+"\x00"+name] != "" }

// stableKeys are labels of nodes by their former keys (https://kubernetes.io/docs/reference/labels-annotations-taints/).
var stableKeys = map[string]string{
	corev1.LabelFailureDomainBetaZone:   corev1.LabelTopologyZone,
	corev1.LabelFailureDomainBetaRegion: corev1.LabelTopologyRegion,
	corev1.LabelInstanceType:            corev1.LabelInstanceTypeStable,
	"beta.kubernetes.io/arch":           corev1.LabelArchStable,
	"beta.kubernetes.io/os":             corev1.LabelOSStable,
}

// fleetKeys are the labels that fake nodes have by themselves.
var fleetKeys = []string{corev1.LabelTopologyZone, corev1.LabelTopologyRegion, corev1.LabelInstanceTypeStable,
	corev1.LabelArchStable, corev1.LabelOSStable, corev1.LabelHostname}

// stable returns the key of today for a label of nodes.
func stable(key string) string {
	if now, former := stableKeys[key]; former {
		return now
	}
	return key
}

// nodeKey returns what a label of nodes is called in the scenario.
func (n names) nodeKey(key string) string {
	if key = stable(key); slices.Contains(fleetKeys, key) {
		return key
	}
	return n.of("node-key", key)
}

// nodeValues returns the values of a label of nodes in the scenario. Ok is false if fake nodes have
// nothing that stands for it: the names of nodes, and regions.
func (n names) nodeValues(key, value string) (values []string, ok bool) {
	switch stable(key) {
	case corev1.LabelHostname, corev1.LabelTopologyRegion:
		return nil, false
	case corev1.LabelTopologyZone:
		return []string{n.of("zone", value)}, true
	case corev1.LabelInstanceTypeStable:
		if known := n.types[value]; len(known) > 0 {
			return known, true
		}
		return []string{n.of("absent-type", value)}, true
	case corev1.LabelArchStable, corev1.LabelOSStable:
		if oneOf(value, "amd64", "arm64", "linux", "windows") {
			return []string{value}, true
		}
	}
	return []string{n.of("value", value)}, true
}

// roleTaints are taints whose keys say nothing of the cluster.
var roleTaints = []string{"node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"}

func (n names) taintKey(key string) string {
	if slices.Contains(roleTaints, key) {
		return key
	}
	return n.of("taint", key)
}

// passing reports whether a taint is one that controllers set for what a node goes through.
func passing(key string) bool {
	return strings.HasPrefix(key, "node.kubernetes.io/") || strings.HasPrefix(key, "node.cloudprovider.kubernetes.io/") ||
		key == "ToBeDeletedByClusterAutoscaler" || key == "DeletionCandidateOfClusterAutoscaler"
}

// ofController reports whether controllers give a pod a label, so that no template has it.
func ofController(key string) bool {
	return oneOf(key, "pod-template-hash", "controller-revision-hash", "pod-template-generation", "controller-uid", "job-name") ||
		strings.HasPrefix(key, "statefulset.kubernetes.io/") || strings.HasPrefix(key, "apps.kubernetes.io/") ||
		strings.HasPrefix(key, "batch.kubernetes.io/")
}

func oneOf[T comparable](value T, all ...T) bool { return slices.Contains(all, value) }
