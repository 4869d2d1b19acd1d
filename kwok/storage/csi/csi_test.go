package csi

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/kubedyno/kubedyno/kwok/fleet"
	"github.com/kubedyno/kubedyno/kwok/stages"
)

var run = map[string]string{"kubedyno.dev/run": "test"}

// patience is how long anything may take that is expected.
const patience = 30 * time.Second

// A stand is a driver on a fake API server, whose controllers the test plays.
type stand struct {
	*testing.T
	client *fake.Clientset
	driver *Driver

	mutex    sync.Mutex
	attempts map[Operation]int
}

func start(t *testing.T, class Class, objects ...*corev1.Node) *stand {
	t.Helper()
	s := &stand{T: t, client: fake.NewClientset(), attempts: map[Operation]int{}}
	for _, node := range objects {
		if _, err := s.client.CoreV1().Nodes().Create(t.Context(), node, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	s.open(class)
	return s
}

func (s *stand) open(class Class) {
	s.Helper()
	var err error
	s.driver, err = Start(s.Context(), Options{Sidecars: s.client, Kubelets: s.client, Classes: []Class{class}, Labels: run,
		Limit: func(string) int { return 7 }, Trouble: func(err error) { s.Log(err) },
		Observe: func(a Attempt) {
			s.mutex.Lock()
			defer s.mutex.Unlock()
			s.attempts[a.Operation]++
		}})
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(s.driver.Close)
}

// until waits until a condition holds.
func (s *stand) until(what string, holds func(ctx context.Context) bool) {
	s.Helper()
	err := wait.PollUntilContextTimeout(s.Context(), 5*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		return holds(ctx), nil
	})
	if err != nil {
		s.Fatalf("waiting until %s: %v", what, err)
	}
}

func node(name, zone string) *corev1.Node {
	return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, UID: "node-uid", Labels: map[string]string{
		"kubedyno.dev/run": "test", fleet.AliveLabel: "true", corev1.LabelTopologyZone: zone, corev1.LabelHostname: name}}}
}

// claimed makes a claim that the scheduler has given a node, and returns it.
func (s *stand) claimed(name, class, node string) *corev1.PersistentVolumeClaim {
	s.Helper()
	claim := &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, UID: "claim-uid", Labels: run,
			Annotations: map[string]string{provisionerAnnotation: Name, selectedNodeAnnotation: node}},
		Spec: corev1.PersistentVolumeClaimSpec{StorageClassName: &class, AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Resources: corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("3Gi")}}},
	}
	claim, err := s.client.CoreV1().PersistentVolumeClaims("default").Create(s.Context(), claim, metav1.CreateOptions{})
	if err != nil {
		s.Fatal(err)
	}
	return claim
}

// TestDriver follows a volume from its claim to its end, with another driver in the middle.
func TestDriver(t *testing.T) {
	class := Class{Name: "gp3", Parallelism: 4, Topology: Zone, Delays: map[Operation]stages.Latency{Attach: fixed(t, 10*time.Millisecond)}}
	s := start(t, class, node("n-0", "zone-b"))
	volume := s.provisioned(s.claimed("data", "gp3", "n-0"))
	want := []corev1.NodeSelectorRequirement{{Key: corev1.LabelTopologyZone, Operator: corev1.NodeSelectorOpIn, Values: []string{"zone-b"}}}
	if diff := cmp.Diff(want, volume.Spec.NodeAffinity.Required.NodeSelectorTerms[0].MatchExpressions); diff != "" {
		t.Errorf("affinity (-want +got):\n%s", diff)
	}
	if got := volume.Spec.Capacity.Storage(); got.String() != "3Gi" || !labelled(volume, run) {
		t.Errorf("a volume of %s with labels %v", got, volume.Labels)
	}
	unique := s.podWith("web", "data")
	s.driver.Close()
	s.attachmentOf(volume)
	slow := class
	slow.Delays = map[Operation]stages.Latency{Attach: fixed(t, time.Hour)}
	s.open(slow)
	s.until("the attachment is taken", func(ctx context.Context) bool { return slices.Contains(s.attachmentNow(ctx).Finalizers, Finalizer) })
	if s.attachmentNow(t.Context()).Status.Attached || s.told(t.Context()) {
		t.Error("attached before the delay is over")
	}
	s.driver.Close()
	s.open(class)
	s.until("the volume is attached", func(ctx context.Context) bool { return s.attachmentNow(ctx).Status.Attached })
	if s.told(t.Context()) {
		t.Error("the pod was told before the controller has reported the volume")
	}
	s.report(unique)
	s.until("the pod is told", s.told)
	s.end(volume)
}

// provisioned waits for the volume of a claim and plays the binder.
func (s *stand) provisioned(claim *corev1.PersistentVolumeClaim) *corev1.PersistentVolume {
	s.Helper()
	var volume *corev1.PersistentVolume
	s.until("there is a volume", func(ctx context.Context) bool {
		var err error
		volume, err = s.client.CoreV1().PersistentVolumes().Get(ctx, volumeName(claim), metav1.GetOptions{})
		return err == nil
	})
	claim.Spec.VolumeName, claim.Status.Phase, claim.Status.Capacity = volume.Name, corev1.ClaimBound, volume.Spec.Capacity
	if _, err := s.client.CoreV1().PersistentVolumeClaims("default").Update(s.Context(), claim, metav1.UpdateOptions{}); err != nil {
		s.Fatal(err)
	}
	return volume
}

// podWith makes a pod on n-0 that waits for its volume, and waits until the node reports it in use.
func (s *stand) podWith(name, claim string) corev1.UniqueVolumeName {
	s.Helper()
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, UID: "pod-uid", Labels: run,
		Annotations: map[string]string{stages.VolumesAnnotation: stages.VolumesWait}},
		Spec: corev1.PodSpec{NodeName: "n-0", Volumes: []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim}}}}},
		Status: corev1.PodStatus{Phase: corev1.PodPending}}
	if _, err := s.client.CoreV1().Pods("default").Create(s.Context(), pod, metav1.CreateOptions{}); err != nil {
		s.Fatal(err)
	}
	const unique = corev1.UniqueVolumeName(volumePrefix + "pvc-claim-uid")
	s.until("the volume is in use", func(ctx context.Context) bool { return slices.Contains(s.nodeNow(ctx).Status.VolumesInUse, unique) })
	return unique
}

func (s *stand) nodeNow(ctx context.Context) *corev1.Node {
	found, err := s.client.CoreV1().Nodes().Get(ctx, "n-0", metav1.GetOptions{})
	if err != nil {
		s.Fatal(err)
	}
	return found
}

// attachmentOf plays the attach/detach controller.
func (s *stand) attachmentOf(volume *corev1.PersistentVolume) {
	s.Helper()
	attachment := &storagev1.VolumeAttachment{ObjectMeta: metav1.ObjectMeta{Name: "csi-1", UID: "attachment-uid"},
		Spec: storagev1.VolumeAttachmentSpec{Attacher: Name, NodeName: "n-0", Source: storagev1.VolumeAttachmentSource{PersistentVolumeName: &volume.Name}}}
	if _, err := s.client.StorageV1().VolumeAttachments().Create(s.Context(), attachment, metav1.CreateOptions{}); err != nil {
		s.Fatal(err)
	}
}

func (s *stand) attachmentNow(ctx context.Context) *storagev1.VolumeAttachment {
	found, err := s.client.StorageV1().VolumeAttachments().Get(ctx, "csi-1", metav1.GetOptions{})
	if err != nil {
		s.Fatal(err)
	}
	return found
}

// report plays what the attach/detach controller writes into the node's status.
func (s *stand) report(unique corev1.UniqueVolumeName) {
	s.Helper()
	latest := s.nodeNow(s.Context())
	latest.Status.VolumesAttached = []corev1.AttachedVolume{{Name: unique}}
	if _, err := s.client.CoreV1().Nodes().UpdateStatus(s.Context(), latest, metav1.UpdateOptions{}); err != nil {
		s.Fatal(err)
	}
}

// told reports whether the pod has the condition.
func (s *stand) told(ctx context.Context) bool {
	pod, err := s.client.CoreV1().Pods("default").Get(ctx, "web", metav1.GetOptions{})
	if err != nil {
		s.Fatal(err)
	}
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == ConditionAttached && c.Status == corev1.ConditionTrue
	})
}

// end deletes the pod and the claim, and looks that everything goes.
func (s *stand) end(volume *corev1.PersistentVolume) {
	s.Helper()
	ctx := s.Context()
	if err := s.client.CoreV1().Pods("default").Delete(ctx, "web", metav1.DeleteOptions{}); err != nil {
		s.Fatal(err)
	}
	s.until("the volume is in use no more", func(ctx context.Context) bool { return len(s.nodeNow(ctx).Status.VolumesInUse) == 0 })
	latest, err := s.client.CoreV1().PersistentVolumes().Get(ctx, volume.Name, metav1.GetOptions{})
	if err != nil {
		s.Fatal(err)
	}
	latest.Status.Phase = corev1.VolumeReleased
	if _, err := s.client.CoreV1().PersistentVolumes().UpdateStatus(ctx, latest, metav1.UpdateOptions{}); err != nil {
		s.Fatal(err)
	}
	leaving, now := s.attachmentNow(ctx), metav1.Now()
	leaving.DeletionTimestamp = &now
	if _, err := s.client.StorageV1().VolumeAttachments().Update(ctx, leaving, metav1.UpdateOptions{}); err != nil {
		s.Fatal(err)
	}
	s.until("the volume is detached", func(ctx context.Context) bool { return len(s.attachmentNow(ctx).Finalizers) == 0 })
	if _, err := s.client.CoreV1().PersistentVolumes().Get(ctx, volume.Name, metav1.GetOptions{}); err != nil {
		s.Errorf("a volume was deleted that is attached: %v", err)
	}
	if err := s.client.StorageV1().VolumeAttachments().Delete(ctx, "csi-1", metav1.DeleteOptions{}); err != nil {
		s.Fatal(err)
	}
	s.until("the volume is deleted", func(ctx context.Context) bool {
		_, err := s.client.CoreV1().PersistentVolumes().Get(ctx, volume.Name, metav1.GetOptions{})
		return err != nil
	})
	s.mutex.Lock()
	defer s.mutex.Unlock()
	want := map[Operation]int{Provision: 1, Attach: 1, Detach: 1, Delete: 1}
	if diff := cmp.Diff(want, s.attempts); diff != "" {
		s.Errorf("attempts (-want +got):\n%s", diff)
	}
}

// TestDeadNode leaves the volumes of a node without power in use, until it lives again.
func TestDeadNode(t *testing.T) {
	s := start(t, Class{Name: "gp3", Parallelism: 1, Topology: Anywhere}, node("n-0", "zone-a"))
	s.provisioned(s.claimed("data", "gp3", "n-0"))
	s.podWith("web", "data")
	alive := func(value string) {
		latest := s.nodeNow(t.Context())
		latest.Labels[fleet.AliveLabel] = value
		if _, err := s.client.CoreV1().Nodes().Update(t.Context(), latest, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	alive("false")
	s.until("the driver knows it", func(context.Context) bool {
		known, err := s.driver.nodes.Get("n-0")
		return err == nil && known.Labels[fleet.AliveLabel] == "false"
	})
	if err := s.client.CoreV1().Pods("default").Delete(t.Context(), "web", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	s.until("the driver knows it", func(context.Context) bool { return len(s.driver.pods.List()) == 0 })
	if err := s.driver.syncNode(t.Context(), "n-0"); err != nil || len(s.nodeNow(t.Context()).Status.VolumesInUse) != 1 {
		t.Errorf("a dead node reports %v, %v", s.nodeNow(t.Context()).Status.VolumesInUse, err)
	}
	alive("true")
	s.until("the volume is in use no more", func(ctx context.Context) bool { return len(s.nodeNow(ctx).Status.VolumesInUse) == 0 })
}

// TestFailures has every failed call told where users look, and tries again.
func TestFailures(t *testing.T) {
	s := start(t, Class{Name: "gp3", Parallelism: 1, Topology: Node, Failures: MaxFailures}, node("n-0", "zone-a"))
	s.claimed("data", "gp3", "n-0")
	s.until("an event is written", func(ctx context.Context) bool {
		events, err := s.client.CoreV1().Events("default").List(ctx, metav1.ListOptions{})
		return err == nil && len(events.Items) > 0 && events.Items[0].Reason == "ProvisioningFailed" && events.Items[0].InvolvedObject.Name == "data"
	})
}

// TestObjects makes what Kubernetes must know of a driver and refuses what is another's.
func TestObjects(t *testing.T) {
	class := Class{Name: "gp3", Parallelism: 1, Topology: Zone, Zones: []string{"zone-a"}, Immediate: true, Expansion: true}
	s := start(t, class, node("n-0", "zone-a"))
	if err := s.driver.WaitRegistered(t.Context(), []string{"n-0"}); err != nil {
		t.Fatal(err)
	}
	registered, err := s.client.StorageV1().CSINodes().Get(t.Context(), "n-0", metav1.GetOptions{})
	if err != nil || *registered.Spec.Drivers[0].Allocatable.Count != 7 || registered.OwnerReferences[0].UID != "node-uid" {
		t.Errorf("CSINode %+v, %v", registered, err)
	}
	made, err := s.client.StorageV1().StorageClasses().Get(t.Context(), "gp3", metav1.GetOptions{})
	if err != nil || *made.VolumeBindingMode != storagev1.VolumeBindingImmediate || !*made.AllowVolumeExpansion ||
		made.AllowedTopologies[0].MatchLabelExpressions[0].Values[0] != "zone-a" {
		t.Errorf("StorageClass %+v, %v", made, err)
	}
	others := Options{Sidecars: s.client, Kubelets: s.client, Classes: []Class{class}, Labels: map[string]string{"kubedyno.dev/run": "other"}}
	if _, err := Start(t.Context(), others); err == nil {
		t.Error("another run's driver has started beside it")
	}
	if _, err := Start(t.Context(), Options{Sidecars: s.client, Kubelets: s.client}); err == nil {
		t.Error("a driver without labels has started")
	}
	two := Options{Sidecars: s.client, Kubelets: s.client, Classes: []Class{class, {Name: "bad"}}, Labels: run}
	if _, err := Start(t.Context(), two); err == nil {
		t.Error("a driver with a bad class has started")
	}
}

// TestResize lets a claim grow.
func TestResize(t *testing.T) {
	s := start(t, Class{Name: "gp3", Parallelism: 1, Topology: Anywhere, Expansion: true}, node("n-0", "zone-a"))
	volume := s.provisioned(s.claimed("data", "gp3", "n-0"))
	claims := s.client.CoreV1().PersistentVolumeClaims("default")
	claim, err := claims.Get(t.Context(), "data", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	claim.Spec.Resources.Requests[corev1.ResourceStorage] = resource.MustParse("5Gi")
	if _, err := claims.Update(t.Context(), claim, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	s.until("both are larger", func(ctx context.Context) bool {
		claim, err := claims.Get(ctx, "data", metav1.GetOptions{})
		grown, fault := s.client.CoreV1().PersistentVolumes().Get(ctx, volume.Name, metav1.GetOptions{})
		return err == nil && fault == nil && claim.Status.Capacity.Storage().String() == "5Gi" && grown.Spec.Capacity.Storage().String() == "5Gi"
	})
}
