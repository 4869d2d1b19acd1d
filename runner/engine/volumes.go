package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kubedyno/kubedyno/kwok/storage/csi"
)

// releaseLimit bounds the wait for VolumeAttachments that come back.
const releaseLimit = 2 * time.Minute

// releaseVolumes ends the VolumeAttachments of runs, which their CSI driver does not any more: those
// with the run's label, and those of its volumes and nodes that the driver had not seen. It returns
// when none is left; the pods are gone by then, so that the attach/detach controller makes no more.
func releaseVolumes(ctx context.Context, config *rest.Config, client kubernetes.Interface, selector string) error {
	wanted, err := labels.Parse(selector)
	if err != nil {
		return fmt.Errorf("parse the selector %s: %w", selector, err)
	}
	found, err := client.StorageV1().VolumeAttachments().List(ctx, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("list VolumeAttachments: %w", err)
	}
	if !slices.ContainsFunc(found.Items, func(a storagev1.VolumeAttachment) bool { return a.Spec.Attacher == csi.Name }) {
		return nil
	}
	volumes, err := client.CoreV1().PersistentVolumes().List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return fmt.Errorf("list the volumes of runs: %w", err)
	}
	nodes, err := nodeNames(ctx, config, selector)
	if err != nil {
		return err
	}
	names := map[string]bool{}
	for i := range volumes.Items {
		names[volumes.Items[i].Name] = true
	}
	own := func(a *storagev1.VolumeAttachment) bool {
		source := a.Spec.Source.PersistentVolumeName
		return wanted.Matches(labels.Set(a.Labels)) || nodes[a.Spec.NodeName] || source != nil && names[*source]
	}
	ctx, cancel := context.WithTimeout(ctx, releaseLimit)
	defer cancel()
	var fault error
	err = wait.PollUntilContextCancel(ctx, goneInterval, true, func(ctx context.Context) (bool, error) {
		var left int
		left, fault = csi.Release(ctx, client, own)
		return left == 0 && fault == nil, nil // An error may pass; ctx bounds the attempts.
	})
	if err != nil {
		return fmt.Errorf("release the volumes of runs: %w", errors.Join(err, fault))
	}
	return nil
}
