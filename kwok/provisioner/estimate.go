package provisioner

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/go-logr/logr"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/component-helpers/resource"
	corehelpers "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
)

// amounts are so much of each resource, in thousandths.
type amounts map[corev1.ResourceName]int64

// requests is what a pod takes up on a node.
func requests(pod *corev1.Pod) amounts {
	all := amounts{corev1.ResourcePods: 1000}
	for name, quantity := range resource.PodRequests(pod, resource.PodResourcesOptions{}) {
		all[name] = quantity.MilliValue()
	}
	return all
}

// allocatable is what a node has for pods.
func allocatable(node *corev1.Node) amounts {
	all := amounts{}
	for name, quantity := range node.Status.Allocatable {
		all[name] = quantity.MilliValue()
	}
	return all
}

func (a amounts) holds(b amounts) bool {
	for name, n := range b {
		if n > 0 && n > a[name] {
			return false
		}
	}
	return true
}

func (a amounts) take(b amounts) {
	for name, n := range b {
		a[name] -= n
	}
}

// A bin is a node, there or to come, and the room on it.
type bin struct {
	node *corev1.Node
	free amounts
}

// takes reports whether the rules of a node and a pod go together: the node's taints, and the pod's node
// selector and required node affinity. A node that is not Ready yet is taken to become so.
func takes(node *corev1.Node, pod *corev1.Pod) bool {
	if fits, err := nodeaffinity.GetRequiredNodeAffinity(pod).Match(node); err != nil || !fits {
		return false
	}
	_, kept := corehelpers.FindMatchingUntoleratedTaint(logr.Discard(), node.Spec.Taints, pod.Spec.Tolerations, func(t *corev1.Taint) bool {
		return t.Effect != corev1.TaintEffectPreferNoSchedule && t.Key != corev1.TaintNodeNotReady
	}, false)
	return !kept
}

// pack puts pods into bins: the largest first, by the sum of their shares of a node's CPU and memory, each
// into the first bin that takes it, else into the one that more opens for it, if it does. It returns those
// that are left. It is cluster-autoscaler's estimate (first-fit decreasing). It ignores what depends on
// other pods or on volumes: pod affinity and anti-affinity, topology spread, host ports, volumes' zones
// and limits, and claims of devices.
func pack(pods []*corev1.Pod, size amounts, bins []*bin, more func(*corev1.Pod, amounts) *bin) (left []*corev1.Pod) {
	type sized struct {
		pod   *corev1.Pod
		takes amounts
		score float64
	}
	all := make([]sized, 0, len(pods))
	for _, pod := range pods {
		s := sized{pod: pod, takes: requests(pod)}
		for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
			s.score += float64(s.takes[name]) / float64(max(size[name], 1))
		}
		all = append(all, s)
	}
	slices.SortStableFunc(all, func(a, b sized) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.pod.Namespace, b.pod.Namespace), cmp.Compare(a.pod.Name, b.pod.Name))
	})
	first := map[string]int{}    // By kind of pod: the bin before which none has room for one.
	refused := map[string]bool{} // By kind of pod: no bin was opened for one.
	for _, s := range all {
		kind := kindOf(s.pod)
		i := first[kind]
		for ; i < len(bins); i++ {
			if bins[i].free.holds(s.takes) && takes(bins[i].node, s.pod) {
				break
			}
		}
		if i == len(bins) && more != nil && !refused[kind] {
			if b := more(s.pod, s.takes); b != nil {
				bins = append(bins, b)
			} else if kind != "" {
				refused[kind] = true
			}
		}
		if i == len(bins) {
			left = append(left, s.pod)
		} else {
			bins[i].free.take(s.takes)
		}
		if kind != "" {
			first[kind] = i
		}
	}
	return left
}

// kindOf names pods that are alike, which one controller made; empty for a pod without one.
func kindOf(pod *corev1.Pod) string {
	if owner := metav1.GetControllerOf(pod); owner != nil && owner.Kind != "StatefulSet" { // Its pods can differ by their zone.
		return string(owner.UID)
	}
	return ""
}

// A state is what the API shows at a scan.
type state struct {
	nodes   map[string]*corev1.Node
	pods    map[string][]*corev1.Pod // By node, those that have not ended.
	pending []*corev1.Pod            // Without room.
	daemons []*appsv1.DaemonSet
}

func (p *Provisioner) state() (*state, error) {
	nodes, err := p.nodes.List(labels.Everything())
	if err != nil {
		return nil, fmt.Errorf("list nodes: %w", err)
	}
	pods, err := p.pods.List(labels.Everything())
	if err != nil {
		return nil, fmt.Errorf("list pods: %w", err)
	}
	daemons, err := p.daemons.List(labels.Everything())
	if err != nil {
		return nil, fmt.Errorf("list DaemonSets: %w", err)
	}
	s := &state{nodes: map[string]*corev1.Node{}, pods: map[string][]*corev1.Pod{}, daemons: daemons}
	for _, n := range nodes {
		s.nodes[n.Name] = n
	}
	for _, pod := range pods {
		switch {
		case pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed:
		case pod.Spec.NodeName != "":
			s.pods[pod.Spec.NodeName] = append(s.pods[pod.Spec.NodeName], pod)
		case withoutRoom(pod):
			s.pending = append(s.pending, pod)
		}
	}
	return s, nil
}

// withoutRoom reports whether a node would help a pod: the scheduler says Unschedulable of it, and does not
// make room for it by evicting others.
func withoutRoom(pod *corev1.Pod) bool {
	if pod.DeletionTimestamp != nil || pod.Status.NominatedNodeName != "" || ofDaemon(pod) {
		return false
	}
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodScheduled {
			return c.Status == corev1.ConditionFalse && c.Reason == corev1.PodReasonUnschedulable
		}
	}
	return false
}

func ofDaemon(pod *corev1.Pod) bool {
	owner := metav1.GetControllerOf(pod)
	return owner != nil && owner.Kind == "DaemonSet"
}

// bins are the nodes that take pods, in the order of their names.
func (s *state) bins() []*bin {
	var all []*bin
	for _, name := range slices.Sorted(maps.Keys(s.nodes)) {
		if node := s.nodes[name]; !node.Spec.Unschedulable && node.DeletionTimestamp == nil {
			all = append(all, &bin{node: node, free: s.free(node)})
		}
	}
	return all
}

// free is the room on a node beside its pods and those that DaemonSets have yet to put there.
func (s *state) free(node *corev1.Node) amounts {
	room := allocatable(node)
	there := map[string]bool{}
	for _, pod := range s.pods[node.Name] {
		room.take(requests(pod))
		if ofDaemon(pod) {
			there[string(metav1.GetControllerOf(pod).UID)] = true
		}
	}
	for _, d := range s.daemons {
		pod := &corev1.Pod{Spec: d.Spec.Template.Spec}
		if !there[string(d.UID)] && takes(node, pod) {
			room.take(requests(pod))
		}
	}
	return room
}
