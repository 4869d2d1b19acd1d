package engine_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/action"
)

// testProvisioner is the driver that playDriver stands for.
const testProvisioner = "csi.test.example"

// claimed starts a StatefulSet whose pods have two volumes each, of a class that waits for the pod and of one
// that does not, and stops it. A claim beside it is of a class that nobody provides.
const claimed = `
  fleet:
    podStartup: {distribution: fixed, value: 100ms}
    pools: [{name: general, nodeType: m6i.large, count: 2}]
  workloads:
    - name: alone
      manifest: {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: alone}, spec: {storageClassName: test-nobody, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}
    - name: db
      manifest:
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: db}
        spec:
          serviceName: db
          replicas: 2
          podManagementPolicy: Parallel
          selector: {matchLabels: {app: db}}
          template:
            metadata: {labels: {app: db}}
            spec:
              terminationGracePeriodSeconds: 1
              containers: [{name: main, image: fake}]
          volumeClaimTemplates:
            - {metadata: {name: data}, spec: {storageClassName: test-lazy, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}
            - {metadata: {name: log}, spec: {storageClassName: test-fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}
  phases:
    - name: fleet
      actions: [{nodes: {pool: general}}]
    - name: start
      actions: [{create: {workload: alone}}, {create: {workload: db}}, {wait: {workload: db}}, {hold: {duration: 6s}}]
    - name: stop
      actions: [{scale: {workload: db, replicas: 0}}, {wait: {workload: db}}, {hold: {duration: 4s}}]
`

// TestVolumesAreMeasured runs real scheduler and controllers, and plays the driver.
func TestVolumesAreMeasured(t *testing.T) {
	t.Parallel()
	sink := &recording{}
	c, stop := attach(t)
	defer stop()
	config, err := c.RESTConfig()
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var driver sync.WaitGroup
	driver.Go(func() { playDriver(ctx, t, client) })
	err = run(t, t.Context(), options(t, c, planOf(t, claimed), sink))
	cancel()
	driver.Wait()
	clearStorage(t, client)
	if err != nil {
		t.Fatal(err)
	}
	sink.checkNesting(t)
	for _, want := range []struct {
		metric string
		labels sample.Labels
		n      int64
	}{
		{sample.VolumeProvision, sample.Labels{"class": "test-lazy", "phase": "start"}, 2},
		{sample.VolumeProvision, sample.Labels{"class": "test-fast", "phase": "start"}, 2},
		{sample.VolumeProvision, sample.Labels{"class": "test-nobody", "phase": "start"}, 1},
		{sample.VolumeAttach, sample.Labels{"phase": "start"}, 4},
		{sample.VolumeDetach, sample.Labels{"phase": "stop"}, 4},
		{sample.PodVolumeStage, sample.Labels{"workload": "db", "stage": "schedule"}, 2},
		{sample.PodVolumeStage, sample.Labels{"workload": "db", "stage": "provision"}, 2},
		{sample.PodVolumeStage, sample.Labels{"workload": "db", "stage": "attach"}, 2},
		{sample.PodVolumeStage, sample.Labels{"workload": "db", "stage": "start"}, 2},
		{sample.PodVolumeStage, sample.Labels{"workload": "db", "stage": "ready"}, 2},
	} {
		if got := sink.distribution(want.metric, want.labels); got.Count() != want.n {
			t.Errorf("%s%v has %d values, want %d", want.metric, want.labels, got.Count(), want.n)
		}
	}
	most := 0.0
	for _, class := range []string{"test-lazy", "test-fast"} {
		for _, n := range sink.values(sample.VolumesByState, sample.Labels{"class": class, "state": "bound"}) {
			most = max(most, n)
		}
	}
	if most != 2 {
		t.Errorf("at most %v volumes of a class were bound, want 2", most)
	}
	for _, w := range sink.windows {
		if w.Metric == sample.VolumeProvision && w.Censored != (w.Labels["class"] == "test-nobody") {
			t.Errorf("provisioning of class %s is censored: %t", w.Labels["class"], w.Censored)
		}
	}
	if left := sink.last(sample.NodeVolumes, sample.Labels{"driver": testProvisioner}); left != 0 {
		t.Errorf("%v volumes are on a node at the end, want 0", left)
	}
}

// playDriver makes a volume for every claim that asks for one, and attaches what is to be attached, until
// ctx ends. It looks once in 100 ms.
func playDriver(ctx context.Context, t *testing.T, client kubernetes.Interface) {
	lazy, now := storagev1.VolumeBindingWaitForFirstConsumer, storagev1.VolumeBindingImmediate
	for name, mode := range map[string]*storagev1.VolumeBindingMode{"test-lazy": &lazy, "test-fast": &now, "test-nobody": &now} {
		class := &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: name}, Provisioner: testProvisioner, VolumeBindingMode: mode}
		if _, err := client.StorageV1().StorageClasses().Create(ctx, class, metav1.CreateOptions{}); err != nil {
			t.Error(err)
			return
		}
	}
	for ctx.Err() == nil {
		manageNodes(ctx, client, action.RunLabel+"="+id(t))
		provideVolumes(ctx, client)
		attachVolumes(ctx, client)
		time.Sleep(100 * time.Millisecond)
	}
}

// manageNodes lets the controller attach volumes to the nodes of a run, as kubelets do.
func manageNodes(ctx context.Context, client kubernetes.Interface, selector string) {
	nodes, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return
	}
	const managed = "volumes.kubernetes.io/controller-managed-attach-detach"
	for i := range nodes.Items {
		if n := &nodes.Items[i]; n.Annotations[managed] == "" {
			_, _ = client.CoreV1().Nodes().Patch(ctx, n.Name, types.MergePatchType, []byte(`{"metadata":{"annotations":{"`+managed+`":"true"}}}`), metav1.PatchOptions{})
		}
	}
}

func provideVolumes(ctx context.Context, client kubernetes.Interface) {
	claims, err := client.CoreV1().PersistentVolumeClaims("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return
	}
	for i := range claims.Items {
		claim := &claims.Items[i]
		class := ""
		if claim.Spec.StorageClassName != nil {
			class = *claim.Spec.StorageClassName
		}
		if claim.Spec.VolumeName != "" || class != "test-fast" && (class != "test-lazy" || claim.Annotations["volume.kubernetes.io/selected-node"] == "") {
			continue
		}
		volume := &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "test-pv-" + string(claim.UID)}, Spec: corev1.PersistentVolumeSpec{
			Capacity: claim.Spec.Resources.Requests, AccessModes: claim.Spec.AccessModes, StorageClassName: class,
			ClaimRef:               &corev1.ObjectReference{Kind: "PersistentVolumeClaim", Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID},
			PersistentVolumeSource: corev1.PersistentVolumeSource{CSI: &corev1.CSIPersistentVolumeSource{Driver: testProvisioner, VolumeHandle: string(claim.UID)}}}}
		_, _ = client.CoreV1().PersistentVolumes().Create(ctx, volume, metav1.CreateOptions{})
	}
}

func attachVolumes(ctx context.Context, client kubernetes.Interface) {
	attachments, err := client.StorageV1().VolumeAttachments().List(ctx, metav1.ListOptions{})
	if err != nil {
		return
	}
	for i := range attachments.Items {
		if a := &attachments.Items[i]; a.Spec.Attacher == testProvisioner && !a.Status.Attached {
			_, _ = client.StorageV1().VolumeAttachments().Patch(ctx, a.Name, types.MergePatchType, []byte(`{"status":{"attached":true}}`), metav1.PatchOptions{}, "status")
		}
	}
}

// clearStorage removes what playDriver has made.
func clearStorage(t *testing.T, client kubernetes.Interface) {
	ctx := context.WithoutCancel(t.Context())
	volumes, err := client.CoreV1().PersistentVolumes().List(ctx, metav1.ListOptions{})
	if err != nil {
		t.Error(err)
		return
	}
	for i := range volumes.Items {
		if name := volumes.Items[i].Name; strings.HasPrefix(name, "test-pv-") {
			_ = client.CoreV1().PersistentVolumes().Delete(ctx, name, metav1.DeleteOptions{})
		}
	}
	for _, name := range []string{"test-lazy", "test-fast", "test-nobody"} {
		_ = client.StorageV1().StorageClasses().Delete(ctx, name, metav1.DeleteOptions{})
	}
}
