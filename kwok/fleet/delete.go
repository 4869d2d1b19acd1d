package fleet

import (
	"context"
	"fmt"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// pageSize is how many nodes are listed at once.
const pageSize = 500

// Deleted counts what Delete removed.
type Deleted struct {
	Nodes  int // Nodes removed; not those that someone else removed first.
	Leases int // Leases removed; not those that the garbage collector removed first.
}

// Delete removes all nodes with these labels, and their leases, which carry no label and
// would make a later kwok wait until they expire. It refuses an empty selector. Requests
// under way at once are limited by parallelism; 0 is DefaultParallelism.
//
// It deletes nodes one by one, because the API server works through one DELETE of a
// collection with a single worker, within the time limit of one request.
func Delete(ctx context.Context, client kubernetes.Interface, selector string, parallelism int) (Deleted, error) {
	if selector == "" || parallelism < 0 {
		return Deleted{}, fmt.Errorf("delete nodes with selector %q and parallelism %d: want a selector, and 0 or more", selector, parallelism)
	}
	names, err := list(ctx, client, selector)
	if err != nil {
		return Deleted{}, err
	}
	nodes, err := remove(ctx, names, parallelism, func(name string) *rest.Request {
		return client.CoreV1().RESTClient().Delete().Resource("nodes").Name(name)
	})
	if err != nil {
		return Deleted{Nodes: nodes}, fmt.Errorf("delete node %w", err)
	}
	leases, err := remove(ctx, names, parallelism, func(name string) *rest.Request {
		return client.CoordinationV1().RESTClient().Delete().
			Namespace(corev1.NamespaceNodeLease).Resource("leases").Name(name)
	})
	if err != nil {
		return Deleted{Nodes: nodes, Leases: leases}, fmt.Errorf("delete lease %s/%w", corev1.NamespaceNodeLease, err)
	}
	return Deleted{Nodes: nodes, Leases: leases}, nil
}

// list returns the names of the nodes with these labels.
func list(ctx context.Context, client kubernetes.Interface, selector string) ([]string, error) {
	var names []string
	options := metav1.ListOptions{LabelSelector: selector, Limit: pageSize}
	for {
		var page *corev1.NodeList
		_, err := attempt(ctx, func(ctx context.Context) (err error) {
			page, err = client.CoreV1().Nodes().List(ctx, options)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("list nodes with %s: %w", selector, err)
		}
		for i := range page.Items {
			names = append(names, page.Items[i].Name)
		}
		if options.Continue = page.Continue; options.Continue == "" {
			return names, nil
		}
	}
}

// remove sends the request for every name, and counts those that removed something.
func remove(ctx context.Context, names []string, parallelism int, request func(name string) *rest.Request) (int, error) {
	var removed atomic.Int64
	err := parallel(ctx, len(names), parallelism, func(ctx context.Context, i int) error {
		_, err := attempt(ctx, func(ctx context.Context) error {
			return request(names[i]).MaxRetries(0).Do(ctx).Error()
		})
		switch {
		case apierrors.IsNotFound(err):
			return nil
		case err != nil:
			return fmt.Errorf("%s: %w", names[i], err)
		}
		removed.Add(1)
		return nil
	})
	return int(removed.Load()), err
}
