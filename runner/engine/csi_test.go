package engine_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"

	"github.com/kubedyno/kubedyno/kwok/fleet"
	"github.com/kubedyno/kubedyno/kwok/stages"
	"github.com/kubedyno/kubedyno/kwok/storage/csi"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/action"
	"github.com/kubedyno/kubedyno/runner/engine"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// slowVolumes starts a StatefulSet whose volumes take 1.2 s to be made and 1.3 s to be attached, and
// claims that are made at once.
const slowVolumes = `
  fleet:
    podStartup: {distribution: fixed, value: 100ms}
    pools: [{name: volumes, nodeType: m6i.2xlarge, count: 2}]
  storage:
    limit: 9
    classes:
      - name: slow
        provision: {distribution: fixed, value: 1200ms}
        attach: {distribution: fixed, value: 1300ms}
        detach: {distribution: fixed, value: 200ms}
      - {name: quick, binding: Immediate, topology: none}
  workloads:
    - name: db
      manifest:
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: db}
        spec:
          replicas: 3
          podManagementPolicy: Parallel
          selector: {matchLabels: {app: db}}
          template:
            metadata: {labels: {app: db}}
            spec:
              terminationGracePeriodSeconds: 1
              containers: [{name: main, image: fake}]
          volumeClaimTemplates:
            - metadata: {name: data}
              spec: {accessModes: [ReadWriteOnce], storageClassName: slow, resources: {requests: {storage: 1Gi}}}
    - name: claims
      count: 2
      manifest:
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: "claim-${index}"}
        spec: {accessModes: [ReadWriteOnce], storageClassName: quick, resources: {requests: {storage: 1Gi}}}
    - {name: plain, manifest: {apiVersion: v1, kind: Pod, metadata: {name: plain}, spec: {containers: [{name: main, image: fake}]}}}
  phases:
    - name: start
      actions: [{nodes: {pool: volumes}}, {create: {workload: db}}, {create: {workload: plain}}, {wait: {workload: db}}, {wait: {workload: plain}}]
    - name: claims
      actions: [{create: {workload: claims}}, {wait: {workload: claims}}, {delete: {workload: claims}}]
`

// TestSlowVolumes lets pods wait for their volumes, and looks that nothing is left of these.
func TestSlowVolumes(t *testing.T) {
	t.Parallel()
	c, _ := attach(t)
	sink := &recording{}
	o := options(t, c, planOf(t, slowVolumes), sink)
	if err := run(t, t.Context(), o); err != nil {
		t.Fatal(err)
	}
	pods := sink.podsOf("db")
	for _, p := range pods {
		if p.Ready == nil || time.Duration(*p.Ready-p.Created) < 2500*time.Millisecond {
			t.Errorf("pod %s was Ready at %v, created at %v: not after 1.2 s and 1.3 s", p.Name, p.Ready, p.Created)
		}
	}
	if plain := sink.podsOf("plain"); len(pods) != 3 || len(plain) != 1 || plain[0].Ready == nil {
		t.Errorf("%d pods with volumes, without: %+v", len(pods), plain)
	}
	for operation, least := range map[string]time.Duration{"provision": 1200 * time.Millisecond, "attach": 1300 * time.Millisecond} {
		slow := sample.Labels{"class": "slow", "operation": operation}
		given := sink.distribution(sample.CSIGiven, slow)
		if given.Count() != 3 || given.Min() < least.Seconds()*0.99 || sink.last(sample.CSIAttempts, slow) != 3 || sink.last(sample.CSIFailures, slow) != 0 {
			t.Errorf("%s: %d calls of at least %v, counted %g and %g failed", operation, given.Count(), given.Min(),
				sink.last(sample.CSIAttempts, slow), sink.last(sample.CSIFailures, slow))
		}
	}
	checkClean(t, o.Run, "volumes")
	checkNoVolumes(t, o.Run)
}

// TestVolumePresets takes every kind of storage through the scenario language, and compares what a
// driver would do with what the kind says.
func TestVolumePresets(t *testing.T) {
	known, err := engine.VolumePresets()
	if err != nil {
		t.Fatal(err)
	}
	presets, err := csi.Presets()
	if err != nil || len(known) != len(presets) {
		t.Fatalf("%d kinds of storage, %d in the language: %v", len(presets), len(known), err)
	}
	for _, p := range presets {
		text := fmt.Sprintf(`{apiVersion: kubedyno.dev/v1alpha1, kind: Scenario, metadata: {name: a}, spec: {storage: {classes: [{name: fast, preset: %s}]},
  fleet: {pools: [{name: a, nodeType: b, count: 1}]}, phases: [{name: run, actions: [{hold: {duration: 1s}}]}]}}`, p.Name)
		scenario, err := spec.Decode("a.yaml", []byte(text), spec.Options{VolumePresets: known})
		if err != nil {
			t.Errorf("%s: %v", p.Name, err)
			continue
		}
		got, err := engine.StorageClasses(scenario.Spec.Storage.Classes)
		want, fault := p.Class("fast")
		if err != nil || fault != nil {
			t.Errorf("%s: %v, %v", p.Name, err, fault)
			continue
		}
		for _, o := range csi.Operations() {
			if got[0].Delays[o].String() != want.Delays[o].String() {
				t.Errorf("%s: %s takes %s, want %s", p.Name, o, got[0].Delays[o], want.Delays[o])
			}
		}
		got[0].Delays, want.Delays = nil, nil
		if !reflect.DeepEqual(got[0], want) {
			t.Errorf("%s: %+v, want %+v", p.Name, got[0], want)
		}
	}
	wrong := []spec.StorageClass{{Name: "fast", Parallelism: 1, Topology: "zone", Attach: &spec.Latency{Distribution: "gamma"}}}
	if _, err := engine.StorageClasses(wrong); err == nil {
		t.Error("a class of an unknown distribution was taken")
	}
	if _, err := engine.StorageClasses([]spec.StorageClass{{Name: "fast"}}); err == nil {
		t.Error("a class without parallelism and topology was taken")
	}
}

// checkNoVolumes fails the test if a VolumeAttachment of a driver is left; the controller puts no label on them.
func checkNoVolumes(t *testing.T, nodes string) {
	t.Helper()
	found, err := clientOf(t).StorageV1().VolumeAttachments().List(context.Background(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range found.Items {
		t.Errorf("after %s VolumeAttachment %s to %s is left", nodes, a.Name, a.Spec.NodeName)
	}
}

func clientOf(t *testing.T) kubernetes.Interface {
	t.Helper()
	config, err := shared.RESTConfig()
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// A restartable is a CSI driver on the shared control plane with two nodes that no kwok keeps alive,
// and a StatefulSet of three that tolerates that.
type restartable struct {
	*testing.T
	client kubernetes.Interface
	run    string

	mutex sync.Mutex
	calls map[csi.Operation]int
}

// TestDriverRestarts ends the driver while volumes are being attached, and looks that the next one
// finishes what it left; then it ends that one with volumes attached, and cleans up without one.
func TestDriverRestarts(t *testing.T) {
	r := &restartable{T: t, client: clientOf(t), run: id(t), calls: map[csi.Operation]int{}}
	r.fill()
	endless, err := stages.Fixed(time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	first := r.start(endless)
	defer first.Close()
	r.create()
	r.until("the attachments are taken", func(ctx context.Context) bool { return r.attachments(ctx, false) == 3 })
	first.Close()
	if told := r.told(t.Context()); told != 0 {
		t.Errorf("%d pods were told of volumes that are not attached", told)
	}
	second := r.start(stages.Latency{})
	defer second.Close()
	r.until("all volumes are attached and the pods are told", func(ctx context.Context) bool {
		return r.attachments(ctx, true) == 3 && r.told(ctx) == 3
	})
	r.scaleDown()
	r.until("the controller and the driver have detached a volume", func(ctx context.Context) bool { return r.attachments(ctx, true) == 2 })
	second.Close()
	r.mutex.Lock()
	if r.calls[csi.Provision] != 3 || r.calls[csi.Attach] != 3 || r.calls[csi.Detach] != 1 {
		t.Errorf("calls that ended: %v", r.calls)
	}
	r.mutex.Unlock()
	config, err := shared.RESTConfig()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Cleanup(t.Context(), config, r.run); err != nil {
		t.Error(err)
	}
	checkClean(t, r.run, "restart")
	r.until("no attachment is left", func(ctx context.Context) bool { return r.attachments(ctx, false) == 0 })
}

func (r *restartable) labels() map[string]string { return map[string]string{action.RunLabel: r.run} }

// fill makes the namespace and the nodes.
func (r *restartable) fill() {
	r.Helper()
	ctx := r.Context()
	space := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: r.run, Labels: r.labels()}}
	if _, err := r.client.CoreV1().Namespaces().Create(ctx, space, metav1.CreateOptions{}); err != nil {
		r.Fatal(err)
	}
	nodes, err := fleet.New([]fleet.Pool{{Name: "restart", NodeType: "m6i.2xlarge", Count: 2}}, fleet.Options{Labels: r.labels(),
		Annotations: map[string]string{csi.ManagedAnnotation: "true"}})
	if err != nil {
		r.Fatal(err)
	}
	if _, err := nodes.Create(ctx, r.client, fleet.CreateOptions{}, nil); err != nil {
		r.Fatal(err)
	}
}

func (r *restartable) start(attach stages.Latency) *csi.Driver {
	r.Helper()
	config, err := shared.RESTConfig()
	if err != nil {
		r.Fatal(err)
	}
	sidecars, kubelets, err := csi.Clients(config, 100, 100)
	if err != nil {
		r.Fatal(err)
	}
	class := csi.Class{Name: "restart", Parallelism: 10, Topology: csi.Zone, Delays: map[csi.Operation]stages.Latency{csi.Attach: attach}}
	driver, err := csi.Start(r.Context(), csi.Options{Sidecars: sidecars, Kubelets: kubelets, Classes: []csi.Class{class}, Labels: r.labels(),
		Trouble: func(err error) { r.Log(err) },
		Observe: func(a csi.Attempt) {
			r.mutex.Lock()
			defer r.mutex.Unlock()
			r.calls[a.Operation]++
		}})
	if err != nil {
		r.Fatal(err)
	}
	return driver
}

func (r *restartable) create() {
	r.Helper()
	name, replicas := "restart", int32(3)
	pod := map[string]string{"app": name, action.RunLabel: r.run}
	set := &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: r.labels()}, Spec: appsv1.StatefulSetSpec{
		Replicas: &replicas, PodManagementPolicy: appsv1.ParallelPodManagement, Selector: &metav1.LabelSelector{MatchLabels: pod},
		Template: corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: pod, Annotations: map[string]string{stages.VolumesAnnotation: stages.VolumesWait}},
			Spec: corev1.PodSpec{NodeSelector: r.labels(), Tolerations: []corev1.Toleration{{Operator: corev1.TolerationOpExists}},
				Containers: []corev1.Container{{Name: "main", Image: "fake"}}},
		},
		VolumeClaimTemplates: []corev1.PersistentVolumeClaim{{ObjectMeta: metav1.ObjectMeta{Name: "data", Labels: r.labels()},
			Spec: corev1.PersistentVolumeClaimSpec{StorageClassName: &name, AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
				Resources: corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}}}}},
	}}
	r.until("the StatefulSet is made", func(ctx context.Context) bool { // The namespace needs its service account.
		_, err := r.client.CoreV1().ServiceAccounts(r.run).Get(ctx, "default", metav1.GetOptions{})
		return err == nil
	})
	if _, err := r.client.AppsV1().StatefulSets(r.run).Create(r.Context(), set, metav1.CreateOptions{}); err != nil {
		r.Fatal(err)
	}
}

// scaleDown takes the last pod away, whose end no kubelet confirms.
func (r *restartable) scaleDown() {
	r.Helper()
	ctx := r.Context()
	if _, err := r.client.AppsV1().StatefulSets(r.run).Patch(ctx, "restart", types.MergePatchType, []byte(`{"spec":{"replicas":2}}`), metav1.PatchOptions{}); err != nil {
		r.Fatal(err)
	}
	if err := r.client.CoreV1().Pods(r.run).Delete(ctx, "restart-2", *metav1.NewDeleteOptions(0)); err != nil {
		r.Fatal(err)
	}
}

// attachments counts the driver's VolumeAttachments on the test's nodes that it has taken, or that are attached.
func (r *restartable) attachments(ctx context.Context, attached bool) (n int) {
	found, err := r.client.StorageV1().VolumeAttachments().List(ctx, metav1.ListOptions{})
	if err != nil {
		r.Log(err)
		return -1
	}
	for _, a := range found.Items {
		own := a.Spec.NodeName == "restart-0" || a.Spec.NodeName == "restart-1"
		if own && slices.Contains(a.Finalizers, csi.Finalizer) && (!attached || a.Status.Attached) {
			n++
		}
	}
	return n
}

// told counts the pods with the condition that they wait for.
func (r *restartable) told(ctx context.Context) (n int) {
	pods, err := r.client.CoreV1().Pods(r.run).List(ctx, metav1.ListOptions{})
	if err != nil {
		r.Log(err)
		return -1
	}
	for _, pod := range pods.Items {
		if slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
			return c.Type == csi.ConditionAttached && c.Status == corev1.ConditionTrue
		}) {
			n++
		}
	}
	return n
}

func (r *restartable) until(what string, holds func(context.Context) bool) {
	r.Helper()
	err := wait.PollUntilContextTimeout(r.Context(), 50*time.Millisecond, limit, true, func(ctx context.Context) (bool, error) {
		return holds(ctx), nil
	})
	if err != nil {
		r.Fatal(fmt.Errorf("waiting until %s: %w", what, err))
	}
}
