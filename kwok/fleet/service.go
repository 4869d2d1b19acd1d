package fleet

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/util/retry"
)

// outOfService is what an operator puts on a node that is known to be off:
// https://kubernetes.io/docs/concepts/cluster-administration/node-shutdown/#non-graceful-node-shutdown
func outOfService() corev1.Taint {
	return corev1.Taint{Key: corev1.TaintNodeOutOfService, Value: "nodeshutdown", Effect: corev1.TaintEffectNoExecute}
}

// OutOfService taints nodes that have failed, so that their pods are deleted and their volumes are
// detached without waiting for their kubelets.
func OutOfService(ctx context.Context, client kubernetes.Interface, names []string) error {
	return changeTaints(ctx, client, names, func(taints []corev1.Taint) []corev1.Taint { return append(inService(taints), outOfService()) })
}

// InService takes the taint of OutOfService away.
func InService(ctx context.Context, client kubernetes.Interface, names []string) error {
	return changeTaints(ctx, client, names, inService)
}

func inService(taints []corev1.Taint) []corev1.Taint {
	return slices.DeleteFunc(slices.Clone(taints), func(t corev1.Taint) bool { return t.Key == corev1.TaintNodeOutOfService })
}

// changeTaints changes the taints of nodes, which the node-lifecycle controller may be changing, too.
func changeTaints(ctx context.Context, client kubernetes.Interface, names []string, change func([]corev1.Taint) []corev1.Taint) error {
	return parallel(ctx, len(names), 0, func(ctx context.Context, i int) error {
		_, err := attempt(ctx, func(ctx context.Context) error {
			return retry.RetryOnConflict(retry.DefaultBackoff, func() error {
				node, err := client.CoreV1().Nodes().Get(ctx, names[i], metav1.GetOptions{})
				if err != nil {
					return err
				}
				node.Spec.Taints = change(node.Spec.Taints)
				_, err = client.CoreV1().Nodes().Update(ctx, node, metav1.UpdateOptions{})
				return err
			})
		})
		if err != nil {
			return fmt.Errorf("change the taints of node %s: %w", names[i], err)
		}
		return nil
	})
}
