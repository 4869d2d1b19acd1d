package csi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

// Finalizer keeps a VolumeAttachment until its volume is detached, as external-attacher's does.
const Finalizer = "kubedyno.dev/attached"

// attachment returns a VolumeAttachment by name and the lanes of its volume's class; nil if it is
// none of the run's.
func (d *Driver) attachment(name string) (*storagev1.VolumeAttachment, map[Operation]*lane) {
	found, err := d.attachments.Get(name)
	if err != nil || found.Spec.Attacher != Name || found.Spec.Source.PersistentVolumeName == nil {
		return nil, nil
	}
	if lanes := d.lanesOf(*found.Spec.Source.PersistentVolumeName); lanes != nil {
		return found, lanes
	}
	return nil, nil
}

// lanesOf returns the lanes of a volume's class. The attach/detach controller may ask for a volume
// before its object is seen here: nil then, and the object brings its attachments back.
func (d *Driver) lanesOf(volume string) map[Operation]*lane {
	found, err := d.volumes.Get(volume)
	if err != nil {
		return nil
	}
	return d.lanes[found.Spec.StorageClassName]
}

// review puts an attachment into the queue of what is to be done about it.
func (d *Driver) review(name string) {
	found, lanes := d.attachment(name)
	switch {
	case found == nil:
	case found.DeletionTimestamp != nil && slices.Contains(found.Finalizers, Finalizer):
		lanes[Detach].queue.Add(name)
	case found.DeletionTimestamp == nil && !found.Status.Attached:
		lanes[Attach].queue.Add(name)
	}
}

// attachEnded brings a volume that is to be detached by now to its detaching, which has waited.
func (d *Driver) attachEnded(name string) {
	if found, _ := d.attachment(name); found != nil && found.DeletionTimestamp != nil {
		d.review(name)
	}
}

// attach attaches a volume to a node.
func (d *Driver) attach(ctx context.Context, name string) (*task, error) {
	found, _ := d.attachment(name)
	if found == nil || found.DeletionTimestamp != nil || found.Status.Attached {
		return nil, nil
	}
	if !slices.Contains(found.Finalizers, Finalizer) {
		metadata := map[string]any{"labels": d.Labels, "finalizers": append(slices.Clone(found.Finalizers), Finalizer),
			"resourceVersion": found.ResourceVersion} // So that another's finalizer is not lost.
		err := d.patch(ctx, name, map[string]any{"metadata": metadata})
		if apierrors.IsNotFound(err) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("take VolumeAttachment %s: %w", name, err)
		}
	}
	return &task{
		uid: string(found.UID),
		finish: func(ctx context.Context) error {
			status := map[string]any{"attached": true, "attachError": nil}
			return gone(d.patch(ctx, name, map[string]any{"status": status}, "status"))
		},
		fail: func(ctx context.Context, cause error) error { return d.complain(ctx, name, "attachError", cause) },
	}, nil
}

// detach takes a volume from a node. One that is being attached is left until that has ended.
func (d *Driver) detach(_ context.Context, name string) (*task, error) {
	found, lanes := d.attachment(name)
	if found == nil || found.DeletionTimestamp == nil || !slices.Contains(found.Finalizers, Finalizer) || lanes[Attach].working(name) {
		return nil, nil
	}
	return &task{
		uid: string(found.UID),
		finish: func(ctx context.Context) error {
			latest, err := d.Sidecars.StorageV1().VolumeAttachments().Get(ctx, name, metav1.GetOptions{})
			if err != nil {
				return gone(err)
			}
			left := slices.DeleteFunc(slices.Clone(latest.Finalizers), func(f string) bool { return f == Finalizer })
			metadata := map[string]any{"finalizers": left, "resourceVersion": latest.ResourceVersion}
			return gone(d.patch(ctx, name, map[string]any{"metadata": metadata}))
		},
		fail: func(ctx context.Context, cause error) error { return d.complain(ctx, name, "detachError", cause) },
	}, nil
}

// complain writes what went wrong into the status of a VolumeAttachment.
func (d *Driver) complain(ctx context.Context, name, field string, cause error) error {
	fault := map[string]any{"time": metav1.NewTime(time.Now()), "message": cause.Error()}
	return gone(d.patch(ctx, name, map[string]any{"status": map[string]any{field: fault}}, "status"))
}

func (d *Driver) patch(ctx context.Context, name string, change map[string]any, subresources ...string) error {
	body, err := json.Marshal(change)
	if err != nil {
		return fmt.Errorf("encode a patch of VolumeAttachment %s: %w", name, err)
	}
	_, err = d.Sidecars.StorageV1().VolumeAttachments().Patch(ctx, name, types.MergePatchType, body, metav1.PatchOptions{}, subresources...)
	return err
}

// gone makes nothing of the error that the object does not exist any more.
func gone(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// Release removes the finalizer of the driver from the VolumeAttachments that own names and deletes
// them, for a driver that does not run any more; it returns how many there were.
func Release(ctx context.Context, client kubernetes.Interface, own func(*storagev1.VolumeAttachment) bool) (int, error) {
	attachments := client.StorageV1().VolumeAttachments()
	found, err := attachments.List(ctx, metav1.ListOptions{})
	if err != nil {
		return 0, fmt.Errorf("list VolumeAttachments: %w", err)
	}
	released := 0
	var faults []error
	for i := range found.Items {
		a := &found.Items[i]
		if a.Spec.Attacher != Name || !own(a) {
			continue
		}
		released++
		a.Finalizers = slices.DeleteFunc(a.Finalizers, func(f string) bool { return f == Finalizer })
		_, err := attachments.Update(ctx, a, metav1.UpdateOptions{})
		if gone(err) == nil {
			err = attachments.Delete(ctx, a.Name, metav1.DeleteOptions{})
		}
		if err := gone(err); err != nil {
			faults = append(faults, fmt.Errorf("release VolumeAttachment %s: %w", a.Name, err))
		}
	}
	return released, errors.Join(faults...)
}

// labelled reports whether an object has all of these labels.
func labelled(object metav1.Object, labels map[string]string) bool {
	has := object.GetLabels()
	for key := range maps.Keys(labels) {
		if has[key] != labels[key] {
			return false
		}
	}
	return true
}
