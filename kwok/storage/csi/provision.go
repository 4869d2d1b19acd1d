package csi

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/tools/cache"
)

// The annotations by which the scheduler, the persistent-volume controller and a provisioner talk.
const (
	provisionerAnnotation  = "volume.kubernetes.io/storage-provisioner" // On a claim: who is to make its volume.
	selectedNodeAnnotation = "volume.kubernetes.io/selected-node"       // On a claim: where its pod is to run.
	provisionedAnnotation  = "pv.kubernetes.io/provisioned-by"          // On a volume: who made it.
)

// wantsVolume reports whether a volume is to be made for a claim now.
func (d *Driver) wantsVolume(claim *corev1.PersistentVolumeClaim, class *Class) bool {
	return claim.DeletionTimestamp == nil && claim.Spec.VolumeName == "" && claim.Annotations[provisionerAnnotation] == Name &&
		(class.Immediate || claim.Annotations[selectedNodeAnnotation] != "")
}

// provision makes the volume of a claim.
func (d *Driver) provision(ctx context.Context, key string) (*task, error) {
	claim, class := d.claim(key)
	if claim == nil || !d.wantsVolume(claim, class) {
		return nil, nil
	}
	if _, err := d.volumes.Get(volumeName(claim)); err == nil {
		return nil, nil
	}
	place, err := d.place(claim, class)
	if err != nil {
		return nil, err
	}
	if err := d.reserve(claim, class, place); err != nil {
		return nil, d.refuse(ctx, claim, err)
	}
	return &task{
		uid: string(claim.UID),
		finish: func(ctx context.Context) error {
			_, err := d.Sidecars.CoreV1().PersistentVolumes().Create(ctx, d.volume(claim, affinity(class, place)), metav1.CreateOptions{})
			if apierrors.IsAlreadyExists(err) {
				return nil
			}
			return err
		},
		fail: func(ctx context.Context, cause error) error {
			d.release(volumeName(claim))
			return d.tell(ctx, claim, "ProvisioningFailed", cause)
		},
	}, nil
}

// volumeName is what external-provisioner calls the volume of a claim.
func volumeName(claim *corev1.PersistentVolumeClaim) string { return "pvc-" + string(claim.UID) }

// volume is the object of the volume of a claim.
func (d *Driver) volume(claim *corev1.PersistentVolumeClaim, affinity *corev1.VolumeNodeAffinity) *corev1.PersistentVolume {
	name := volumeName(claim)
	return &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: maps.Clone(d.Labels), Annotations: map[string]string{provisionedAnnotation: Name}},
		Spec: corev1.PersistentVolumeSpec{
			Capacity:                      corev1.ResourceList{corev1.ResourceStorage: claim.Spec.Resources.Requests[corev1.ResourceStorage]},
			AccessModes:                   claim.Spec.AccessModes,
			VolumeMode:                    claim.Spec.VolumeMode,
			PersistentVolumeReclaimPolicy: corev1.PersistentVolumeReclaimDelete,
			StorageClassName:              *claim.Spec.StorageClassName,
			ClaimRef: &corev1.ObjectReference{APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: claim.Namespace,
				Name: claim.Name, UID: claim.UID, ResourceVersion: claim.ResourceVersion},
			PersistentVolumeSource: corev1.PersistentVolumeSource{CSI: &corev1.CSIPersistentVolumeSource{Driver: Name, VolumeHandle: name}},
			NodeAffinity:           affinity,
		},
	}
}

// place chooses where the volume of a claim is to be: the value of the label that the class's topology
// goes by, or nothing if it can be reached from everywhere.
func (d *Driver) place(claim *corev1.PersistentVolumeClaim, class *Class) (string, error) {
	key, values := class.label(), class.Zones
	if key == "" {
		return "", nil
	}
	if selected := claim.Annotations[selectedNodeAnnotation]; selected != "" {
		node, err := d.nodes.Get(selected)
		if err != nil {
			return "", fmt.Errorf("find the node that the scheduler has chosen for claim %s/%s: %w", claim.Namespace, claim.Name, err)
		}
		values = []string{node.Labels[key]}
	} else if len(values) == 0 {
		values = d.zones()
	}
	if len(values) == 0 || values[0] == "" {
		return "", fmt.Errorf("no node has the label %s that says where the volume of claim %s/%s could be", key, claim.Namespace, claim.Name)
	}
	values = d.roomy(claim, class, values)
	return values[int(draw(string(claim.UID), Provision, 0, "zone")*float64(len(values)))], nil
}

// affinity says from which nodes a volume in a place can be reached; nil for all.
func affinity(class *Class, place string) *corev1.VolumeNodeAffinity {
	if class.label() == "" {
		return nil
	}
	return &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{
		MatchExpressions: []corev1.NodeSelectorRequirement{{Key: class.label(), Operator: corev1.NodeSelectorOpIn, Values: []string{place}}},
	}}}}
}

// zones returns the zones that have nodes.
func (d *Driver) zones() []string {
	all := map[string]bool{}
	nodes, _ := d.nodes.List(labels.Everything()) // A cache does not fail.
	for _, node := range nodes {
		if zone := node.Labels[corev1.LabelTopologyZone]; zone != "" {
			all[zone] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// remove deletes a volume whose claim is gone and that is attached to no node any more.
func (d *Driver) remove(_ context.Context, name string) (*task, error) {
	volume, err := d.volumes.Get(name)
	if err != nil || !released(volume) || len(d.attachmentsOf(name)) > 0 {
		return nil, nil // The end of its last attachment brings it back here.
	}
	return &task{
		uid: string(volume.UID),
		finish: func(ctx context.Context) error {
			err := d.Sidecars.CoreV1().PersistentVolumes().Delete(ctx, name, metav1.DeleteOptions{})
			if apierrors.IsNotFound(err) {
				return nil
			}
			return err
		},
		fail: func(context.Context, error) error { return nil },
	}, nil
}

// released reports whether a volume is to be deleted.
func released(volume *corev1.PersistentVolume) bool {
	return volume.DeletionTimestamp == nil && volume.Status.Phase == corev1.VolumeReleased &&
		volume.Spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimDelete
}

// claim returns a claim by namespace and name, with its class; nil if it is none of the driver's.
func (d *Driver) claim(key string) (*corev1.PersistentVolumeClaim, *Class) {
	namespace, name, err := cache.SplitMetaNamespaceKey(key)
	if err != nil {
		return nil, nil
	}
	claim, err := d.claims.PersistentVolumeClaims(namespace).Get(name)
	if err != nil || claim.Spec.StorageClassName == nil || d.lanes[*claim.Spec.StorageClassName] == nil {
		return nil, nil
	}
	return claim, d.lanes[*claim.Spec.StorageClassName][Provision].class
}

// tell writes an event on a claim.
func (d *Driver) tell(ctx context.Context, claim *corev1.PersistentVolumeClaim, reason string, cause error) error {
	now := metav1.Now()
	_, err := d.Sidecars.CoreV1().Events(claim.Namespace).Create(ctx, &corev1.Event{
		ObjectMeta: metav1.ObjectMeta{GenerateName: claim.Name + ".", Labels: maps.Clone(d.Labels)},
		InvolvedObject: corev1.ObjectReference{APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: claim.Namespace,
			Name: claim.Name, UID: claim.UID, ResourceVersion: claim.ResourceVersion},
		Type: corev1.EventTypeWarning, Reason: reason, Message: cause.Error(), Count: 1, FirstTimestamp: now, LastTimestamp: now,
		Source: corev1.EventSource{Component: Name},
	}, metav1.CreateOptions{})
	if err != nil {
		return errors.Join(fmt.Errorf("write an event on claim %s/%s", claim.Namespace, claim.Name), err)
	}
	return nil
}
