package csi

import (
	"context"
	"fmt"
	"maps"
	"math"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
)

// registeredInterval is the time between two looks at whether nodes are registered.
const registeredInterval = 20 * time.Millisecond

// register makes the CSIDriver and the StorageClasses.
func (d *Driver) register(ctx context.Context) error {
	storage := d.Sidecars.StorageV1()
	driver := &storagev1.CSIDriver{ObjectMeta: d.meta(Name),
		Spec: storagev1.CSIDriverSpec{AttachRequired: new(true), PodInfoOnMount: new(false), StorageCapacity: new(limited(d.Classes))}}
	_, err := storage.CSIDrivers().Create(ctx, driver, metav1.CreateOptions{})
	err = d.owned(err, func() (metav1.Object, error) { return storage.CSIDrivers().Get(ctx, Name, metav1.GetOptions{}) })
	if err != nil {
		return fmt.Errorf("create the CSIDriver %s: %w", Name, err)
	}
	for i := range d.Classes {
		class := d.storageClass(&d.Classes[i])
		_, err := storage.StorageClasses().Create(ctx, class, metav1.CreateOptions{})
		err = d.owned(err, func() (metav1.Object, error) {
			return storage.StorageClasses().Get(ctx, class.Name, metav1.GetOptions{})
		})
		if err != nil {
			return fmt.Errorf("create the StorageClass %s: %w", class.Name, err)
		}
	}
	return nil
}

func (d *Driver) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Labels: maps.Clone(d.Labels)}
}

func (d *Driver) storageClass(c *Class) *storagev1.StorageClass {
	binding, policy := storagev1.VolumeBindingWaitForFirstConsumer, corev1.PersistentVolumeReclaimDelete
	if c.Immediate {
		binding = storagev1.VolumeBindingImmediate
	}
	class := &storagev1.StorageClass{ObjectMeta: d.meta(c.Name), Provisioner: Name, ReclaimPolicy: &policy,
		VolumeBindingMode: &binding, AllowVolumeExpansion: new(c.Expansion)}
	if len(c.Zones) > 0 {
		class.AllowedTopologies = []corev1.TopologySelectorTerm{{MatchLabelExpressions: []corev1.TopologySelectorLabelRequirement{
			{Key: corev1.LabelTopologyZone, Values: c.Zones}}}}
	}
	return class
}

// owned makes an error of an object that is there already, unless it has the run's labels: a driver
// of the run has made it before.
func (d *Driver) owned(err error, get func() (metav1.Object, error)) error {
	if !apierrors.IsAlreadyExists(err) {
		return err
	}
	object, err := get()
	if err != nil {
		return err
	}
	if !labelled(object, d.Labels) {
		return fmt.Errorf("it exists and is not this run's: give the class another name, or end the run that has made it with 'kubedyno cleanup'")
	}
	return nil
}

// registerNode makes a node's CSINode, as its kubelet does when a driver registers.
func (d *Driver) registerNode(ctx context.Context, node *corev1.Node) error {
	done := false
	d.machines.update(func(m *machines) { done = m.registered[node.Name] })
	if done {
		return nil
	}
	driver := storagev1.CSINodeDriver{Name: Name, NodeID: node.Name,
		TopologyKeys: []string{corev1.LabelTopologyZone, corev1.LabelHostname}}
	if d.Limit != nil {
		if limit := d.Limit(node.Labels[corev1.LabelInstanceTypeStable]); limit > 0 {
			driver.Allocatable = &storagev1.VolumeNodeResources{Count: new(int32(min(limit, math.MaxInt32)))}
		}
	}
	object := &storagev1.CSINode{ObjectMeta: d.meta(node.Name), Spec: storagev1.CSINodeSpec{Drivers: []storagev1.CSINodeDriver{driver}}}
	object.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "Node", Name: node.Name, UID: node.UID}}
	_, err := d.Kubelets.StorageV1().CSINodes().Create(ctx, object, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("create the CSINode of node %s: %w", node.Name, err)
	}
	d.machines.update(func(m *machines) { m.registered[node.Name] = true })
	return nil
}

// WaitRegistered waits until the nodes have their CSINodes, without which the scheduler knows no limit
// of their volumes.
func (d *Driver) WaitRegistered(ctx context.Context, nodes []string) error {
	err := wait.PollUntilContextCancel(ctx, registeredInterval, true, func(context.Context) (all bool, _ error) {
		all = true
		d.machines.update(func(m *machines) {
			for _, name := range nodes {
				all = all && m.registered[name]
			}
		})
		return all, nil
	})
	if err != nil {
		return fmt.Errorf("wait until the CSI driver is registered on %d nodes: %w", len(nodes), err)
	}
	return nil
}
