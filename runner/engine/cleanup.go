package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
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

// goneInterval is the time between two looks at whether something deleted is gone.
const goneInterval = 500 * time.Millisecond

// cleanUp removes what the run made, unless the cluster ends with it. An interruption does not
// stop it.
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
// It returns when all are gone. It does not need kwok: pods are removed without waiting for a
// kubelet.
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
	faults := []error{deleteMetricsAPI(ctx, untyped, selector)}
	cleaned.Namespaces, err = deleteNamespaces(ctx, client, selector)
	faults = append(faults, err, releaseVolumes(ctx, config, client, selector))
	cleaned.Nodes, err = deleteNodes(ctx, config, client, selector)
	faults = append(faults, err, deleteClusterWide(ctx, client.Discovery(), untyped, selector))
	return cleaned, errors.Join(faults...)
}

// deleteNodes deletes nodes with their leases and returns how many nodes there were.
func deleteNodes(ctx context.Context, config *rest.Config, client kubernetes.Interface, selector string) (int, error) {
	names, err := nodeNames(ctx, config, selector)
	if err != nil || len(names) == 0 {
		return 0, err
	}
	deleted, err := fleet.Delete(ctx, client, selector, 0)
	if err != nil {
		return deleted.Nodes, err
	}
	return deleted.Nodes, deleteLeases(ctx, config, names)
}

// deleteNamespaces deletes namespaces, waits until they are gone and returns how many are.
func deleteNamespaces(ctx context.Context, client kubernetes.Interface, selector string) (int, error) {
	found, err := client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return 0, fmt.Errorf("list the namespaces of runs: %w", err)
	}
	var faults []error
	for _, namespace := range found.Items {
		err := client.CoreV1().Namespaces().Delete(ctx, namespace.Name, metav1.DeleteOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			faults = append(faults, fmt.Errorf("delete the namespace %s: %w", namespace.Name, err))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return 0, err
	}
	gone := 0
	for _, namespace := range found.Items {
		if err := untilGone(ctx, client, namespace.Name); err != nil {
			return gone, fmt.Errorf("wait for the namespace %s to be gone: %w", namespace.Name, err)
		}
		gone++
	}
	return gone, nil
}

// untilGone waits for the end of a namespace that is being deleted. Its pods, also those that
// do not carry the run's label, are removed with a grace period of zero: those on fake nodes
// may have nobody else to confirm their end.
func untilGone(ctx context.Context, client kubernetes.Interface, name string) error {
	now := metav1.NewDeleteOptions(0)
	var held error
	err := wait.PollUntilContextCancel(ctx, goneInterval, true, func(ctx context.Context) (bool, error) {
		namespace, err := client.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return true, nil
		}
		if err == nil {
			err = client.CoreV1().Pods(name).DeleteCollection(ctx, *now, metav1.ListOptions{})
		}
		if ctx.Err() == nil { // An error may pass; ctx bounds the attempts.
			held = errors.Join(err, obstacles(namespace))
		}
		return false, nil
	})
	if err != nil {
		return errors.Join(err, held)
	}
	return nil
}

// obstacles returns what the namespace controller says that it waits for, or nil.
func obstacles(namespace *corev1.Namespace) error {
	var all []string
	for _, condition := range namespace.Status.Conditions {
		if condition.Status == corev1.ConditionTrue {
			all = append(all, condition.Message)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return errors.New(strings.Join(all, "; "))
}

// deleteClusterWide deletes what a scenario created outside of namespaces, and waits until it
// is gone.
func deleteClusterWide(ctx context.Context, served discovery.ServerResourcesInterfaceWithContext, client dynamic.Interface, selector string) error {
	lists, err := served.ServerPreferredResourcesWithContext(ctx)
	if err != nil && len(lists) == 0 {
		return fmt.Errorf("ask the API server what it serves: %w", err)
	}
	var faults []error
	var deleted []schema.GroupVersionResource
	for _, resource := range clusterWide(lists) {
		there, err := deleteAll(ctx, client, resource, selector)
		faults = append(faults, err)
		if there {
			deleted = append(deleted, resource)
		}
	}
	for _, resource := range deleted {
		err := wait.PollUntilContextCancel(ctx, goneInterval, true, func(ctx context.Context) (bool, error) {
			there, err := deleteAll(ctx, client, resource, selector)
			return err == nil && !there, nil // An error may pass; ctx bounds the attempts.
		})
		if err != nil {
			faults = append(faults, fmt.Errorf("wait for the %s of runs to be gone: %w", resource.Resource, err))
		}
	}
	return errors.Join(faults...)
}

// clusterWide returns the resources outside of namespaces that can be listed and deleted, but
// for nodes.
func clusterWide(lists []*metav1.APIResourceList) []schema.GroupVersionResource {
	var all []schema.GroupVersionResource
	for _, list := range lists {
		group, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			continue // Nothing could have been created in a group without a valid name.
		}
		for _, resource := range list.APIResources {
			deletable := slices.Contains(resource.Verbs, "list") && slices.Contains(resource.Verbs, "deletecollection")
			if !resource.Namespaced && resource.Name != "nodes" && deletable {
				all = append(all, group.WithResource(resource.Name))
			}
		}
	}
	return all
}

// deleteAll deletes the objects of a resource and reports whether there were any.
func deleteAll(ctx context.Context, client dynamic.Interface, resource schema.GroupVersionResource, selector string) (bool, error) {
	found, err := client.Resource(resource).List(ctx, metav1.ListOptions{LabelSelector: selector, Limit: 1})
	if apierrors.IsNotFound(err) || apierrors.IsMethodNotSupported(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("list the %s of runs: %w", resource.Resource, err)
	}
	if len(found.Items) == 0 {
		return false, nil
	}
	err = client.Resource(resource).DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return true, fmt.Errorf("delete the %s of runs: %w", resource.Resource, err)
	}
	return true, nil
}
