package engine

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
)

var (
	nodeResource  = schema.GroupVersionResource{Version: "v1", Resource: "nodes"}
	leaseResource = schema.GroupVersionResource{Group: "coordination.k8s.io", Version: "v1", Resource: "leases"}
)

// nodeNames returns the names of the nodes with these labels.
func nodeNames(ctx context.Context, config *rest.Config, selector string) (map[string]bool, error) {
	client, err := metadata.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	found, err := client.Resource(nodeResource).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return nil, fmt.Errorf("list the nodes of runs: %w", err)
	}
	names := make(map[string]bool, len(found.Items))
	for _, node := range found.Items {
		names[node.Name] = true
	}
	return names, nil
}

// deleteLeases deletes the leases of nodes that were deleted, until none has come back for
// goneInterval: a kwok that is still alive may be renewing one at this moment. A lease that was
// left would keep the nodes of the next run from being Ready until it expires.
func deleteLeases(ctx context.Context, config *rest.Config, nodes map[string]bool) error {
	client, err := metadata.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	leases := client.Resource(leaseResource).Namespace(corev1.NamespaceNodeLease)
	var fault error
	err = wait.PollUntilContextCancel(ctx, goneInterval, false, func(ctx context.Context) (bool, error) {
		var found *metav1.PartialObjectMetadataList
		if found, fault = leases.List(ctx, metav1.ListOptions{}); fault != nil {
			return false, nil // It may pass; ctx bounds the attempts.
		}
		there := false
		for _, lease := range found.Items {
			if !nodes[lease.Name] {
				continue
			}
			there = true
			if fault = leases.Delete(ctx, lease.Name, metav1.DeleteOptions{}); fault != nil && !apierrors.IsNotFound(fault) {
				return false, nil
			}
		}
		return !there, nil
	})
	if err != nil {
		return fmt.Errorf("delete the leases of the nodes of runs: %w", errors.Join(err, fault))
	}
	return nil
}
