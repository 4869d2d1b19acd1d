package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

// Kill takes the heartbeats of nodes away: a kwok that selects by AliveLabel renews no lease of
// theirs any more, reports no status, and starts and ends none of their pods, as if the machine
// had lost its power. It calls observe, if not nil, with each node just before the request
// leaves, from many goroutines at once. Requests under way at once are limited by
// DefaultParallelism.
func Kill(ctx context.Context, client kubernetes.Interface, names []string, observe func(name string, sent time.Time)) error {
	return setAlive(ctx, client, names, "false", observe)
}

// Revive gives the nodes that Kill took their heartbeats back.
func Revive(ctx context.Context, client kubernetes.Interface, names []string, observe func(name string, sent time.Time)) error {
	return setAlive(ctx, client, names, "true", observe)
}

func setAlive(ctx context.Context, client kubernetes.Interface, names []string, value string, observe func(string, time.Time)) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"labels": map[string]string{AliveLabel: value}}})
	if err != nil {
		return fmt.Errorf("encode the label of nodes: %w", err)
	}
	return patchNodes(ctx, client, names, patch, fmt.Sprintf("label it with %s=%s", AliveLabel, value), observe)
}

// Uncordon lets nodes take pods that were created cordoned. Requests under way at once are limited by
// DefaultParallelism.
func Uncordon(ctx context.Context, client kubernetes.Interface, names []string) error {
	return patchNodes(ctx, client, names, []byte(`{"spec":{"unschedulable":null}}`), "uncordon it", nil)
}

// patchNodes changes nodes with a merge patch; what says so in words. It calls observe, if not nil, with
// each node just before the request leaves.
func patchNodes(ctx context.Context, client kubernetes.Interface, names []string, patch []byte, what string, observe func(string, time.Time)) error {
	return parallel(ctx, len(names), 0, func(ctx context.Context, i int) error {
		if observe != nil {
			observe(names[i], time.Now())
		}
		_, err := attempt(ctx, func(ctx context.Context) error {
			_, err := client.CoreV1().Nodes().Patch(ctx, names[i], types.MergePatchType, patch, metav1.PatchOptions{})
			return err
		})
		if err != nil {
			return fmt.Errorf("node %s: %s: %w", names[i], what, err)
		}
		return nil
	})
}
