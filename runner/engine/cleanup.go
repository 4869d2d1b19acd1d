package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kubedyno/kubedyno/kwok/fleet"
	"github.com/kubedyno/kubedyno/runner/action"
)

// goneInterval is the time between two looks at whether a namespace is gone.
const goneInterval = 500 * time.Millisecond

// cleanUp removes what the run made, unless the cluster ends with it.
func (e *engine) cleanUp(ctx context.Context) error {
	if e.env == nil {
		return nil
	}
	e.env.Close()
	if e.ThrowAway {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupLimit)
	defer cancel()
	if _, err := Cleanup(ctx, e.env.REST, e.Run); err != nil {
		return fmt.Errorf("clean up (try again with 'kubedyno cleanup'): %w", err)
	}
	return nil
}

// Cleaned counts what Cleanup removed.
type Cleaned struct{ Namespaces, Nodes int }

// Cleanup deletes every object that carries the label of a run, or of any run if run is
// empty: its namespaces with all that is in them, its nodes, and other cluster-wide objects.
// It does not need kwok: pods are removed without waiting for a kubelet.
func Cleanup(ctx context.Context, config *rest.Config, run string) (Cleaned, error) {
	var cleaned Cleaned
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return cleaned, fmt.Errorf("make a client: %w", err)
	}
	untyped, err := dynamic.NewForConfig(config)
	if err != nil {
		return cleaned, fmt.Errorf("make a client: %w", err)
	}
	selector := action.RunLabel
	if run != "" {
		selector += "=" + run
	}
	var faults []error
	cleaned.Namespaces, err = deleteNamespaces(ctx, client, selector)
	faults = append(faults, err)
	deleted, err := fleet.Delete(ctx, client, selector, 0)
	cleaned.Nodes = deleted.Nodes
	faults = append(faults, err, deleteClusterWide(ctx, client.Discovery(), untyped, selector))
	return cleaned, errors.Join(faults...)
}

// deleteNamespaces deletes namespaces and waits until they are gone. Their pods are removed
// with a grace period of zero: those on fake nodes have nobody else to confirm their end.
func deleteNamespaces(ctx context.Context, client kubernetes.Interface, selector string) (int, error) {
	found, err := client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return 0, fmt.Errorf("list the namespaces of runs: %w", err)
	}
	for _, namespace := range found.Items {
		err := client.CoreV1().Namespaces().Delete(ctx, namespace.Name, metav1.DeleteOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			return 0, fmt.Errorf("delete the namespace %s: %w", namespace.Name, err)
		}
	}
	for _, namespace := range found.Items {
		if err := untilGone(ctx, client, namespace.Name, selector); err != nil {
			return 0, fmt.Errorf("wait for the namespace %s to be gone: %w", namespace.Name, err)
		}
	}
	return len(found.Items), nil
}

func untilGone(ctx context.Context, client kubernetes.Interface, namespace, selector string) error {
	now := metav1.NewDeleteOptions(0)
	return wait.PollUntilContextCancel(ctx, goneInterval, true, func(ctx context.Context) (bool, error) {
		_, err := client.CoreV1().Namespaces().Get(ctx, namespace, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return true, nil
		}
		_ = client.CoreV1().Pods(namespace).DeleteCollection(ctx, *now, metav1.ListOptions{LabelSelector: selector})
		return false, nil // An error may pass; ctx bounds the attempts.
	})
}

// deleteClusterWide deletes what a scenario created outside of namespaces.
func deleteClusterWide(ctx context.Context, served discovery.DiscoveryInterface, client dynamic.Interface, selector string) error {
	lists, err := served.ServerPreferredResources()
	if err != nil && len(lists) == 0 {
		return fmt.Errorf("ask the API server what it serves: %w", err)
	}
	var faults []error
	for _, list := range lists {
		group, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			continue
		}
		for _, resource := range list.APIResources {
			if resource.Namespaced || resource.Name == "nodes" || !slices.Contains(resource.Verbs, "deletecollection") {
				continue
			}
			err := client.Resource(group.WithResource(resource.Name)).
				DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: selector})
			if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsMethodNotSupported(err) {
				faults = append(faults, fmt.Errorf("delete the %s of runs: %w", resource.Name, err))
			}
		}
	}
	return errors.Join(faults...)
}
