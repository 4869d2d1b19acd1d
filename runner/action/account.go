package action

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"
)

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
	_, err := watchtools.UntilWithSync(ctx, source, &corev1.ServiceAccount{}, nil, func(event watch.Event) (bool, error) {
		return event.Type == watch.Added || event.Type == watch.Modified, nil
	})
	if err != nil {
		return fmt.Errorf("watch service accounts: %w", err)
	}
	return nil
}
