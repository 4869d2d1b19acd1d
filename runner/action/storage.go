package action

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/kubedyno/kubedyno/kwok/fleet"
	"github.com/kubedyno/kubedyno/kwok/stages"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// A Registry knows on which nodes a CSI driver is registered.
type Registry interface {
	// WaitRegistered waits until it is on all of these nodes.
	WaitRegistered(ctx context.Context, nodes []string) error
}

// registered waits until nodes can have volumes, if there is a driver of volumes.
func (e *Env) registered(ctx context.Context, nodes []string) error {
	if e.Storage == nil {
		return nil
	}
	return e.Storage.WaitRegistered(ctx, nodes)
}

// claim puts the run's labels on the claims that an object makes, and lets its pods wait for their
// volumes if there is a driver of volumes. Pod is the path of the pod, of which that of a Pod is empty.
func (s Step) claim(object *unstructured.Unstructured, workload string, pod ...string) error {
	labels := s.labels(workload)
	own, templated, err := labelled(object, labels, "spec", "volumeClaimTemplates")
	if err != nil {
		return err
	}
	volumes, _, err := unstructured.NestedSlice(object.Object, sub(pod, "spec", "volumes")...)
	if err != nil {
		return err
	}
	claims := templated > 0
	for _, v := range volumes {
		volume, _ := v.(map[string]any)
		template, ephemeral, _ := unstructured.NestedMap(volume, "ephemeral", "volumeClaimTemplate")
		if ephemeral {
			holder := &unstructured.Unstructured{Object: template}
			if err := addLabels(holder, labels); err != nil {
				return err
			}
			volume["ephemeral"] = map[string]any{"volumeClaimTemplate": template}
		}
		claims = claims || ephemeral || volume["persistentVolumeClaim"] != nil
	}
	if own != nil {
		err = unstructured.SetNestedSlice(object.Object, own, "spec", "volumeClaimTemplates")
	}
	if len(volumes) > 0 {
		err = errors.Join(err, unstructured.SetNestedSlice(object.Object, volumes, sub(pod, "spec", "volumes")...))
	}
	if claims && s.Storage != nil {
		at := sub(pod, "metadata", "annotations", stages.VolumesAnnotation)
		err = errors.Join(err, unstructured.SetNestedField(object.Object, stages.VolumesWait, at...))
	}
	return err
}

// labelled returns the items of a list with labels added to each, and how many there are.
func labelled(object *unstructured.Unstructured, labels map[string]string, path ...string) ([]any, int, error) {
	items, _, err := unstructured.NestedSlice(object.Object, path...)
	for _, item := range items {
		if m, ok := item.(map[string]any); ok {
			err = errors.Join(err, addLabels(&unstructured.Unstructured{Object: m}, labels))
		}
	}
	return items, len(items), err
}

// remedy does what an operator does about nodes that have failed.
func (s Step) remedy(ctx context.Context, a *spec.Fail, nodes []string) error {
	switch a.Remedy {
	case "outOfService":
		s.mutex.Lock()
		if s.tainted == nil {
			s.tainted = make(map[string]bool)
		}
		s.tainted[a.Pool] = true
		s.mutex.Unlock()
		return fleet.OutOfService(ctx, s.Client, nodes)
	case "forceDelete":
		return each(ctx, len(nodes), 0, func(ctx context.Context, c call) error { return s.deletePods(ctx, nodes[c.index]) })
	}
	return nil
}

// deletePods deletes the run's pods of a node without waiting for its kubelet.
func (s Step) deletePods(ctx context.Context, node string) error {
	found, err := s.Client.CoreV1().Pods(metav1.NamespaceAll).List(ctx, metav1.ListOptions{
		LabelSelector: RunLabel + "=" + s.Run, FieldSelector: fields.OneTermEqualSelector("spec.nodeName", node).String(),
	})
	if err != nil {
		return fmt.Errorf("list the pods of node %s: %w", node, err)
	}
	var faults []error
	for i := range found.Items {
		pod := &found.Items[i]
		err := s.Client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, forced(pod))
		if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) { // A conflict: another pod has the name by now.
			faults = append(faults, fmt.Errorf("delete pod %s/%s by force: %w", pod.Namespace, pod.Name, err))
		}
	}
	return errors.Join(faults...)
}

// forced are the options of a deletion that waits for nobody, of this pod and of no later one of its name.
func forced(pod *corev1.Pod) metav1.DeleteOptions {
	options := metav1.NewDeleteOptions(0)
	options.Preconditions = &metav1.Preconditions{UID: &pod.UID}
	return *options
}
