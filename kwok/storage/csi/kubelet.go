package csi

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubedyno/kubedyno/kwok/fleet"
	"github.com/kubedyno/kubedyno/kwok/stages"
)

// The pauses of a kubelet after a request that failed.
const (
	kubeletPause   = 100 * time.Millisecond
	kubeletLongest = 5 * time.Second
)

// volumePrefix is before the handle of a volume in a node's status.
const volumePrefix = "kubernetes.io/csi/" + Name + "^"

// machines is what the kubelets remember, to send nothing twice while the answer is on its way.
type machines struct {
	mutex      sync.Mutex
	registered map[string]bool                      // Nodes with a CSINode.
	inUse      map[string][]corev1.UniqueVolumeName // As last reported, by node.
	told       map[types.UID]bool                   // Pods whose volumes were said to be attached.
}

func (m *machines) forget(node string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	delete(m.registered, node)
	delete(m.inUse, node)
}

func (m *machines) forgetPod(uid types.UID) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	delete(m.told, uid)
}

// update changes what is remembered.
func (m *machines) update(change func(*machines)) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.registered == nil {
		m.registered, m.inUse, m.told = map[string]bool{}, map[string][]corev1.UniqueVolumeName{}, map[types.UID]bool{}
	}
	change(m)
}

// waits reports whether a pod does not start before its volumes are attached.
func waits(pod *corev1.Pod) bool {
	return pod.Annotations[stages.VolumesAnnotation] == stages.VolumesWait
}

// claimNames returns the claims that a pod uses.
func claimNames(pod *corev1.Pod) []string {
	var names []string
	for _, v := range pod.Spec.Volumes {
		switch {
		case v.PersistentVolumeClaim != nil:
			names = append(names, v.PersistentVolumeClaim.ClaimName)
		case v.Ephemeral != nil:
			names = append(names, pod.Name+"-"+v.Name) // https://kubernetes.io/docs/concepts/storage/ephemeral-volumes/
		}
	}
	return names
}

// volumesOf returns what a node's status calls the volumes of a pod, and whether all are known.
func (d *Driver) volumesOf(pod *corev1.Pod) (names []corev1.UniqueVolumeName, all bool) {
	all = true
	for _, name := range claimNames(pod) {
		claim, err := d.claims.PersistentVolumeClaims(pod.Namespace).Get(name)
		if err != nil || claim.Spec.VolumeName == "" {
			all = false
			continue
		}
		volume, err := d.volumes.Get(claim.Spec.VolumeName)
		switch {
		case err != nil:
			class := claim.Spec.StorageClassName
			all = all && (class == nil || d.lanes[*class] == nil) // Another's: nothing to wait for.
		case volume.Spec.CSI != nil && volume.Spec.CSI.Driver == Name:
			names = append(names, corev1.UniqueVolumeName(volumePrefix+volume.Spec.CSI.VolumeHandle))
		}
	}
	return names, all
}

// syncNode does what the volume manager of a node's kubelet does.
func (d *Driver) syncNode(ctx context.Context, name string) error {
	node, err := d.nodes.Get(name)
	if err != nil {
		return nil // It is gone, or not seen yet.
	}
	if err := d.registerNode(ctx, node); err != nil {
		return err
	}
	if node.Labels[fleet.AliveLabel] != "true" {
		return nil // It has no power.
	}
	found, _ := d.pods.ByIndex(byNode, name) // There is such an index.
	inUse := map[corev1.UniqueVolumeName]bool{}
	var attached []*corev1.Pod
	for _, object := range found {
		pod := object.(*corev1.Pod)
		if pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed {
			continue
		}
		names, all := d.volumesOf(pod)
		for _, volume := range names {
			inUse[volume] = true
		}
		if all && ready(node, names) {
			attached = append(attached, pod)
		}
	}
	if err := d.reportInUse(ctx, node, inUse); err != nil {
		return err
	}
	for _, pod := range attached {
		if err := d.tellAttached(ctx, pod); err != nil {
			return err
		}
	}
	return nil
}

// ready reports whether volumes are both reported to be in use and attached: a kubelet mounts none before.
func ready(node *corev1.Node, names []corev1.UniqueVolumeName) bool {
	for _, name := range names {
		attached := slices.ContainsFunc(node.Status.VolumesAttached, func(v corev1.AttachedVolume) bool { return v.Name == name })
		if !attached || !slices.Contains(node.Status.VolumesInUse, name) {
			return false
		}
	}
	return true
}

// reportInUse writes the volumes in use into a node's status, if they have changed.
func (d *Driver) reportInUse(ctx context.Context, node *corev1.Node, inUse map[corev1.UniqueVolumeName]bool) error {
	want := make([]corev1.UniqueVolumeName, 0, len(inUse))
	for name := range inUse {
		want = append(want, name)
	}
	slices.Sort(want)
	var last []corev1.UniqueVolumeName
	d.machines.update(func(m *machines) {
		var known bool
		if last, known = m.inUse[node.Name]; !known {
			last = slices.Sorted(slices.Values(node.Status.VolumesInUse))
		}
	})
	if slices.Equal(want, last) {
		return nil
	}
	body, err := json.Marshal(map[string]any{"status": map[string]any{"volumesInUse": want}})
	if err != nil {
		return fmt.Errorf("encode the volumes in use of node %s: %w", node.Name, err)
	}
	_, err = d.Kubelets.CoreV1().Nodes().Patch(ctx, node.Name, types.MergePatchType, body, metav1.PatchOptions{}, "status")
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("report the volumes in use of node %s: %w", node.Name, err)
	}
	d.machines.update(func(m *machines) { m.inUse[node.Name] = want })
	return nil
}

// tellAttached sets the pod's condition, once.
func (d *Driver) tellAttached(ctx context.Context, pod *corev1.Pod) error {
	done := pod.Status.Phase != corev1.PodPending || pod.DeletionTimestamp != nil ||
		slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
			return c.Type == ConditionAttached && c.Status == corev1.ConditionTrue
		})
	d.machines.update(func(m *machines) { done = done || m.told[pod.UID] })
	if done {
		return nil
	}
	condition := corev1.PodCondition{Type: ConditionAttached, Status: corev1.ConditionTrue, LastTransitionTime: metav1.Now()}
	body, err := json.Marshal(map[string]any{"metadata": map[string]any{"uid": pod.UID},
		"status": map[string]any{"conditions": []corev1.PodCondition{condition}}})
	if err != nil {
		return fmt.Errorf("encode the condition of pod %s/%s: %w", pod.Namespace, pod.Name, err)
	}
	_, err = d.Kubelets.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.StrategicMergePatchType, body, metav1.PatchOptions{}, "status")
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) { // A conflict: another pod has the name by now.
		return fmt.Errorf("tell that the volumes of pod %s/%s are attached: %w", pod.Namespace, pod.Name, err)
	}
	d.machines.update(func(m *machines) { m.told[pod.UID] = true })
	return nil
}
