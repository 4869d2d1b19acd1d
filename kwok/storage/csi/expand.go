package csi

import (
	"context"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// outgrown reports whether a claim asks for more than its volume has.
func outgrown(claim *corev1.PersistentVolumeClaim) bool {
	asked, has := claim.Spec.Resources.Requests[corev1.ResourceStorage], claim.Status.Capacity[corev1.ResourceStorage]
	return claim.DeletionTimestamp == nil && claim.Status.Phase == corev1.ClaimBound && asked.Cmp(has) > 0
}

// resize lets the volume of a claim grow, as external-resizer does for a volume whose file system
// grows by itself.
func (d *Driver) resize(_ context.Context, key string) (*task, error) {
	claim, class := d.claim(key)
	if claim == nil || !class.Expansion || !outgrown(claim) {
		return nil, nil
	}
	asked := claim.Spec.Resources.Requests[corev1.ResourceStorage]
	capacity := map[string]any{"capacity": map[string]string{"storage": asked.String()}}
	return &task{
		uid: string(claim.UID) + "/" + asked.String(),
		finish: func(ctx context.Context) error {
			volume, err := json.Marshal(map[string]any{"spec": capacity})
			if err != nil {
				return err
			}
			status, err := json.Marshal(map[string]any{"status": capacity})
			if err != nil {
				return err
			}
			_, err = d.Sidecars.CoreV1().PersistentVolumes().Patch(ctx, claim.Spec.VolumeName, types.MergePatchType, volume, metav1.PatchOptions{})
			if err != nil {
				return fmt.Errorf("let the volume %s grow: %w", claim.Spec.VolumeName, err)
			}
			_, err = d.Sidecars.CoreV1().PersistentVolumeClaims(claim.Namespace).Patch(ctx, claim.Name, types.MergePatchType, status,
				metav1.PatchOptions{}, "status")
			return err
		},
		fail: func(ctx context.Context, cause error) error { return d.tell(ctx, claim, "VolumeResizeFailed", cause) },
	}, nil
}
