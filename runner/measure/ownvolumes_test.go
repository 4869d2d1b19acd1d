package measure

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestOwnVolumes: a claim that several pods may share, and what is no claim, do not count.
func TestOwnVolumes(t *testing.T) {
	claimed := func(volume, claim string) corev1.Volume {
		return corev1.Volume{Name: volume, VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim}}}
	}
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "db-0"}, Spec: corev1.PodSpec{Volumes: []corev1.Volume{
		claimed("data", "data-db-0"), claimed("log", "log-db-0"), claimed("shared", "shared"), claimed("other", "data-db-1"),
		{Name: "scratch", VolumeSource: corev1.VolumeSource{Ephemeral: &corev1.EphemeralVolumeSource{}}},
		{Name: "tmp", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
	}}}
	if n := ownVolumes(pod); n != 3 {
		t.Errorf("%d volumes of its own, want data, log and scratch", n)
	}
}
