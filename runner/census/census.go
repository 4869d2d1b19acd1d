// Package census reads the pods and nodes of a cluster, page by page. It lists them and asks for nothing
// else, and it never writes.
package census

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// The limits of a census.
const (
	pageSize   = 500              // Objects in a page, as kubectl asks for.
	MostPods   = 300_000          // Twice what Kubernetes is tested with (https://kubernetes.io/docs/setup/best-practices/cluster-large/).
	MostNodes  = 50_000           // Ten times that.
	pageLimit  = time.Minute      // The longest that a page may take.
	totalLimit = 30 * time.Minute // The longest that a census may take.
)

// ErrTooMany says that a cluster has more objects than are read.
var ErrTooMany = errors.New("there are too many")

// A NoNamespace error says that a namespace that was asked for is not there.
type NoNamespace struct{ Name string }

func (e *NoNamespace) Error() string { return fmt.Sprintf("there is no namespace %q", e.Name) }

// Options say what is read.
type Options struct {
	Namespaces []string // Whose pods; all for none.
	Node       func(*corev1.Node)
	Pod        func(*corev1.Pod)
}

// Read lists the nodes and then the pods of a cluster, and gives each to its function, which may keep it.
// All pages of a list are of one revision; what changes between the lists is in one of them or in none.
// The error names what could not be read; it wraps ErrTooMany, or is a NoNamespace.
func Read(ctx context.Context, config *rest.Config, o Options) error {
	ctx, cancel := context.WithTimeout(ctx, totalLimit)
	defer cancel()
	// A copy: protobuf takes less of both sides, and the client must not pace what waits for answers anyway.
	config = rest.CopyConfig(config)
	config.ContentType, config.AcceptContentTypes = runtime.ContentTypeProtobuf, runtime.ContentTypeProtobuf+","+runtime.ContentTypeJSON
	config.Timeout = pageLimit
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("make a client to read the cluster: %w", err)
	}
	for _, name := range o.Namespaces {
		_, err := client.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return &NoNamespace{Name: name}
		}
		// Who may list pods of a namespace need not be allowed to read the namespace.
		if err != nil && !apierrors.IsForbidden(err) {
			return fmt.Errorf("read the namespace %s: %w", name, err)
		}
	}
	err = pages(ctx, MostNodes, client.CoreV1().Nodes().List, func(list *corev1.NodeList) int {
		for i := range list.Items {
			o.Node(&list.Items[i])
		}
		return len(list.Items)
	})
	if err != nil {
		return fmt.Errorf("list the nodes: %w", err)
	}
	namespaces := o.Namespaces
	if len(namespaces) == 0 {
		namespaces = []string{metav1.NamespaceAll}
	}
	left := MostPods
	for _, namespace := range namespaces {
		err := pages(ctx, left, client.CoreV1().Pods(namespace).List, func(list *corev1.PodList) int {
			for i := range list.Items {
				o.Pod(&list.Items[i])
			}
			left -= len(list.Items)
			return len(list.Items)
		})
		if err != nil {
			return fmt.Errorf("list the pods%s: %w", within(namespace), err)
		}
	}
	return nil
}

func within(namespace string) string {
	if namespace == metav1.NamespaceAll {
		return " of all namespaces"
	}
	return " of namespace " + namespace
}

// pages reads a list of at most so many objects and gives each page to take, which returns how many
// objects it has.
func pages[L runtime.Object](ctx context.Context, most int, read func(context.Context, metav1.ListOptions) (L, error), take func(L) int) error {
	options := metav1.ListOptions{Limit: pageSize}
	for total := 0; ; {
		page, err := read(ctx, options)
		if err != nil {
			return err
		}
		if total += take(page); total > most {
			return fmt.Errorf("%w: more than %d", ErrTooMany, most)
		}
		list, err := meta.ListAccessor(page)
		if err != nil {
			return err
		}
		if options.Continue = list.GetContinue(); options.Continue == "" {
			return nil
		}
	}
}
