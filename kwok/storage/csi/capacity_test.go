package csi

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// left returns what the driver tells of a class in a zone; empty if it tells nothing.
func (s *stand) left(ctx context.Context, name string) string {
	object, err := s.client.StorageV1().CSIStorageCapacities("").Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return ""
	}
	return object.Capacity.String()
}

// another makes a further claim on the scheduler's node.
func (s *stand) another(name, class, node string) {
	s.Helper()
	claim := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, UID: "uid-of-another", Labels: run,
		Annotations: map[string]string{provisionerAnnotation: Name, selectedNodeAnnotation: node}},
		Spec: corev1.PersistentVolumeClaimSpec{StorageClassName: &class, AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Resources: corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("3Gi")}}}}
	if _, err := s.client.CoreV1().PersistentVolumeClaims("default").Create(s.Context(), claim, metav1.CreateOptions{}); err != nil {
		s.Fatal(err)
	}
}

// TestCapacity: what a zone has left is told, a claim beyond it is sent back to the scheduler, and what a
// volume took is given back.
func TestCapacity(t *testing.T) {
	class := Class{Name: "gp3", Parallelism: 4, Topology: Zone, Capacity: 5 << 30}
	s := start(t, class, node("n-0", "zone-b"))
	s.until("all room is told", func(ctx context.Context) bool { return s.left(ctx, "gp3.zone-b") == "5Gi" })
	driver, err := s.client.StorageV1().CSIDrivers().Get(t.Context(), Name, metav1.GetOptions{})
	if err != nil || driver.Spec.StorageCapacity == nil || !*driver.Spec.StorageCapacity {
		t.Errorf("the scheduler does not know that capacity counts: %+v, %v", driver, err)
	}
	volume := s.provisioned(s.claimed("data", "gp3", "n-0"))
	s.until("the rest is told", func(ctx context.Context) bool { return s.left(ctx, "gp3.zone-b") == "2Gi" })
	s.another("more", "gp3", "n-0")
	s.until("the claim is sent back", func(ctx context.Context) bool {
		claim, err := s.client.CoreV1().PersistentVolumeClaims("default").Get(ctx, "more", metav1.GetOptions{})
		return err == nil && claim.Annotations[selectedNodeAnnotation] == ""
	})
	if all, err := s.client.CoreV1().PersistentVolumes().List(t.Context(), metav1.ListOptions{}); err != nil || len(all.Items) != 1 {
		t.Errorf("%d volumes, %v", len(all.Items), err)
	}
	if err := s.client.CoreV1().PersistentVolumes().Delete(t.Context(), volume.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	s.until("the room is given back", func(ctx context.Context) bool { return s.left(ctx, "gp3.zone-b") == "5Gi" })
}

// TestNoCapacity: without a limit nothing is told, and the scheduler asks for nothing.
func TestNoCapacity(t *testing.T) {
	s := start(t, Class{Name: "gp3", Parallelism: 4, Topology: Zone}, node("n-0", "zone-b"))
	s.provisioned(s.claimed("data", "gp3", "n-0"))
	driver, err := s.client.StorageV1().CSIDrivers().Get(t.Context(), Name, metav1.GetOptions{})
	if err != nil || *driver.Spec.StorageCapacity {
		t.Errorf("capacity counts: %+v, %v", driver, err)
	}
	if told := s.left(t.Context(), "gp3.zone-b"); told != "" {
		t.Errorf("%s is told", told)
	}
}
