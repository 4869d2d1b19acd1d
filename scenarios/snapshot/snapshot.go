// Package snapshot turns the pods and nodes of a cluster into a scenario with the same load on the
// scheduler and none of the names: what pods request and where they may go, how many there are, and
// what the nodes have.
//
//	s := snapshot.New()
//	s.AddNode(node) // Each of them.
//	s.AddPod(pod)
//	written, err := s.Write(snapshot.Options{Name: "shop", Taken: time.Now(), Most: 500, Catalog: types})
//
// It is pure: reading a cluster is its caller's business. Names, labels, annotations, images, commands,
// environments and volumes are not in what it writes; what rules of placement refer to, such as a label
// that an affinity selects, has a new name, the same one everywhere.
package snapshot

import (
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubedyno/kubedyno/scenarios/evaluator"
)

// Options say what is written.
type Options struct {
	Name    string    // Of the scenario: a DNS label.
	Taken   time.Time // When the cluster was read.
	Catalog []Type    // The machine types that a scenario can name.
	// Most is how many workloads are written. Where there are more shapes of pods, objects that differ
	// in their number of pods alone become one, which changes no request; and then, as far as Within
	// allows, pods are given the requests of a larger shape.
	Most int
	// Within is by how much the sum of all requests may grow through that: 0.05 is 5%, 0 nothing.
	Within float64
	// Fit leaves it to the run how many nodes the largest pool needs; otherwise all are as in the cluster.
	Fit bool
}

// A Type is a machine type of the catalog, with what it leaves to pods, and what it costs.
type Type struct {
	Name, Arch string
	VCPU       int
	MilliCPU   int64
	MiB        int64
	Pods       int

	PricePerHour, SpotPerHour float64 // US dollars; 0 if not known.
	Region, Date              string  // For which the prices hold.
}

// A Snapshot collects the objects of a cluster. It is not safe for concurrent use, and keeps parts of
// what it is given.
type Snapshot struct {
	pods  []pod
	nodes []node
	left  left
	names names
}

// left counts what is not, or not wholly, in the scenario.
type left struct {
	completed, static, terminating, windows int // Pods that are left out.
	staticTake                              amount

	volumes, devices, gated, schedulers, rules, custom, rolling int // Pods that are in it, but for a part of them.

	windowsNodes, otherNodes, unready int
}

// New returns a snapshot of nothing.
func New() *Snapshot { return &Snapshot{names: newNames()} }

// Pods and Nodes return how many are in the snapshot.
func (s *Snapshot) Pods() int { return len(s.pods) }

// Nodes returns how many nodes are in the snapshot.
func (s *Snapshot) Nodes() int { return len(s.nodes) }

// An amount is what a pod requests, and what it is limited to; a limit of 0 is none.
type amount struct{ milliCPU, bytes, limitMilliCPU, limitBytes int64 }

// holds reports whether requests of b are no larger.
func (a amount) holds(b amount) bool { return a.milliCPU >= b.milliCPU && a.bytes >= b.bytes }

// A pod is what is kept of one.
type pod struct {
	namespace, kind, owner string
	labels                 map[string]string
	spec                   corev1.PodSpec // The rules of placement alone.
	takes                  amount
}

// The kinds that pods are grouped by. Pods of a Job are written as pods of their own: a fake node ends
// those of a Job as soon as they run, and they would take up no room.
const (
	deployment  = "Deployment"
	statefulSet = "StatefulSet"
	daemonSet   = "DaemonSet"
	job         = "Job"
	bare        = "Pod"
)

// AddPod takes a pod in. One that has ended, is being deleted, or is not the scheduler's is counted only.
func (s *Snapshot) AddPod(p *corev1.Pod) {
	kind, owner := ownerOf(p)
	switch {
	case p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed:
		s.left.completed++
	case static(p, kind):
		s.left.static++
		takes := takesOf(p.Spec)
		s.left.staticTake.milliCPU += takes.milliCPU
		s.left.staticTake.bytes += takes.bytes
	case p.DeletionTimestamp != nil:
		s.left.terminating++
	case windows(p.Spec):
		s.left.windows++
	default:
		s.note(p, kind)
		if _, known := prefixes[kind]; !known {
			kind = deployment
		}
		s.pods = append(s.pods, pod{namespace: p.Namespace, kind: kind, owner: owner, labels: p.Labels, spec: rulesOf(p.Spec), takes: takesOf(p.Spec)})
	}
}

// note counts what the scenario does not have of a pod.
func (s *Snapshot) note(p *corev1.Pod, kind string) {
	count := func(of *int, what bool) {
		if what {
			*of++
		}
	}
	claims, devices := false, len(p.Spec.ResourceClaims) > 0
	for _, v := range p.Spec.Volumes {
		claims = claims || v.PersistentVolumeClaim != nil || v.Ephemeral != nil
	}
	for _, c := range p.Spec.Containers {
		for name := range c.Resources.Requests {
			devices = devices || name != corev1.ResourceCPU && name != corev1.ResourceMemory
		}
	}
	_, known := prefixes[kind]
	count(&s.left.volumes, claims)
	count(&s.left.devices, devices)
	count(&s.left.gated, len(p.Spec.SchedulingGates) > 0)
	count(&s.left.schedulers, p.Spec.SchedulerName != "" && p.Spec.SchedulerName != corev1.DefaultSchedulerName)
	count(&s.left.custom, !known)
}

// ownerOf returns the kind of what controls a pod, and a name that pods of the same owner share. Pods of
// a Deployment belong to a ReplicaSet whose name is the Deployment's with a hash that is also a label of
// the pod (pkg/controller/deployment/sync.go), so that no other object needs to be read.
func ownerOf(p *corev1.Pod) (kind, owner string) {
	for _, o := range p.OwnerReferences {
		if o.Controller == nil || !*o.Controller {
			continue
		}
		if o.Kind == "ReplicaSet" && strings.HasPrefix(o.APIVersion, "apps/") {
			hash := p.Labels["pod-template-hash"]
			return deployment, deployment + "/" + strings.TrimSuffix(o.Name, "-"+hash)
		}
		return o.Kind, o.Kind + "/" + o.Name
	}
	return bare, bare + "/" + p.Name
}

// static reports whether a kubelet has made a pod by itself.
func static(p *corev1.Pod, kind string) bool {
	_, mirror := p.Annotations[corev1.MirrorPodAnnotationKey]
	return mirror || kind == "Node"
}

func windows(spec corev1.PodSpec) bool {
	return spec.OS != nil && spec.OS.Name == corev1.Windows || stableValue(spec.NodeSelector, corev1.LabelOSStable) == string(corev1.Windows)
}

// stableValue returns the value of a label by its key of today.
func stableValue(labels map[string]string, key string) string {
	for k, v := range labels {
		if stable(k) == key {
			return v
		}
	}
	return ""
}

// takesOf adds up the requests of a pod as the scheduler does, with init containers, sidecars and
// overhead. A pod has a limit only where each of its containers has.
func takesOf(spec corev1.PodSpec) amount {
	usage := evaluator.PodUsage(spec)
	a := amount{milliCPU: usage.Cpu().MilliValue(), bytes: usage.Memory().Value()}
	if limited(spec, corev1.ResourceCPU) {
		limit := usage[corev1.ResourceLimitsCPU]
		a.limitMilliCPU = max(limit.MilliValue(), a.milliCPU)
	}
	if limited(spec, corev1.ResourceMemory) {
		limit := usage[corev1.ResourceLimitsMemory]
		a.limitBytes = max(limit.Value(), a.bytes)
	}
	return a
}

func limited(spec corev1.PodSpec, name corev1.ResourceName) bool {
	if spec.Resources != nil {
		if _, there := spec.Resources.Limits[name]; there {
			return true
		}
	}
	for _, c := range spec.Containers {
		if _, there := c.Resources.Limits[name]; !there {
			return false
		}
	}
	return len(spec.Containers) > 0
}

// rulesOf keeps of a pod what decides on which nodes it may be.
func rulesOf(spec corev1.PodSpec) corev1.PodSpec {
	return corev1.PodSpec{
		NodeSelector: spec.NodeSelector, Affinity: spec.Affinity, Tolerations: spec.Tolerations,
		TopologySpreadConstraints: spec.TopologySpreadConstraints, PriorityClassName: spec.PriorityClassName,
		Priority: spec.Priority, PreemptionPolicy: spec.PreemptionPolicy,
		Containers: []corev1.Container{{Ports: hostPorts(spec)}},
	}
}

// hostPorts returns the ports that a pod takes up on its node, of which there is one each.
func hostPorts(spec corev1.PodSpec) []corev1.ContainerPort {
	var ports []corev1.ContainerPort
	for _, c := range spec.Containers {
		for _, p := range c.Ports {
			if p.HostPort > 0 && oneOf(p.Protocol, "", corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP) {
				ports = append(ports, corev1.ContainerPort{ContainerPort: p.HostPort, HostPort: p.HostPort, Protocol: p.Protocol})
			}
		}
	}
	return ports
}
