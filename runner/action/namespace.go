package action

import (
	"context"
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"
)

// Prepare makes the run's own namespace.
func (e *Env) Prepare(ctx context.Context) error { return e.ensureNamespace(ctx, e.Namespace) }

// ensureNamespaces makes the namespaces that a target's objects name, before the first object
// is due: no object's time may include the making of its namespace.
func (s Step) ensureNamespaces(ctx context.Context, t *target) error {
	wanted := make(map[string]bool)
	var names []string
	for i := s.Plan.From; i < s.Plan.Until; i++ {
		object, err := s.object(t, i)
		if err != nil {
			return err
		}
		if name := object.GetNamespace(); name != "" && !wanted[name] {
			wanted[name] = true
			names = append(names, name)
		}
	}
	return each(ctx, len(names), 0, func(ctx context.Context, c call) error {
		return s.ensureNamespace(ctx, names[c.index])
	})
}

// ensureNamespace creates a namespace for the run's objects and waits until pods can be
// created in it, which the service-account controller decides. Doing it twice does no harm.
func (e *Env) ensureNamespace(ctx context.Context, name string) error {
	e.mutex.Lock()
	known := e.namespaces[name]
	e.mutex.Unlock()
	if known {
		return nil
	}
	if err := e.createNamespace(ctx, name); err != nil {
		return err
	}
	if err := e.waitServiceAccount(ctx, name); err != nil {
		return fmt.Errorf("wait for the default service account of namespace %s, without which no pod can be created: %w", name, err)
	}
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.namespaces == nil {
		e.namespaces = make(map[string]bool)
	}
	e.namespaces[name] = true
	return nil
}

// createNamespace creates a namespace, or finds that it is the run's already. Another's is
// refused: the run deletes its namespaces at the end, and objects in others would be left.
func (e *Env) createNamespace(ctx context.Context, name string) error {
	namespaces := e.Client.CoreV1().Namespaces()
	own := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{RunLabel: e.Run}}}
	_, err := namespaces.Create(ctx, own, metav1.CreateOptions{})
	if err == nil {
		return nil
	}
	if !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("create the namespace %s: %w", name, err)
	}
	found, err := namespaces.Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("read the namespace %s: %w", name, err)
	}
	if found.Labels[RunLabel] != e.Run {
		return fmt.Errorf("the namespace %s exists and is not this run's: leave the namespace out of the manifest, "+
			"for the run has its own, or give it a name that is new", name)
	}
	return nil
}

// waitServiceAccount waits for the "default" service account of a namespace.
func (e *Env) waitServiceAccount(ctx context.Context, namespace string) error {
	selector := fields.OneTermEqualSelector(metav1.ObjectNameField, "default").String()
	accounts := e.Client.CoreV1().ServiceAccounts(namespace)
	source := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			options.FieldSelector = selector
			return accounts.List(ctx, options)
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			options.FieldSelector = selector
			return accounts.Watch(ctx, options)
		},
	}
	there := []watch.EventType{watch.Added, watch.Modified}
	_, err := watchtools.UntilWithSync(ctx, source, &corev1.ServiceAccount{}, nil, func(event watch.Event) (bool, error) {
		return slices.Contains(there, event.Type), nil
	})
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return cause // UntilWithSync says only that it was interrupted.
	}
	if err != nil {
		return errors.Join(errors.New("watch service accounts"), err)
	}
	return nil
}
