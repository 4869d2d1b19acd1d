package action

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/kubedyno/kubedyno/kwok/stages"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// everywhere is a registry that notes for which nodes it is asked.
type everywhere struct{ asked []string }

func (e *everywhere) WaitRegistered(_ context.Context, nodes []string) error {
	e.asked = append(e.asked, nodes...)
	return nil
}

// TestClaimsCarryTheLabels puts the run's labels on claims, and lets the pods that have any wait for
// their volumes where there is a driver.
func TestClaimsCarryTheLabels(t *testing.T) {
	own := map[string]any{"labels": map[string]any{RunLabel: "r1", WorkloadLabel: "web"}}
	for _, test := range []struct {
		name, manifest string
		pod            []string // The pod's path.
		claim          []any    // The metadata of the claims.
		waits          bool
	}{
		{"a StatefulSet", `{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: "web-${index}"}, spec: {template: {spec: {}},
        volumeClaimTemplates: [{metadata: {name: data}}, {spec: {}}]}}`, []string{"spec", "template"},
			[]any{map[string]any{"name": "data", "labels": own["labels"]}, own}, true},
		{"a pod with an ephemeral volume", `{apiVersion: v1, kind: Pod, metadata: {name: "web-${index}", annotations: {a: b}},
        spec: {volumes: [{name: tmp, emptyDir: {}}, {name: data, ephemeral: {volumeClaimTemplate: {spec: {}}}}]}}`, nil, []any{own}, true},
		{"a Deployment with a claim", `{apiVersion: apps/v1, kind: Deployment, metadata: {name: "web-${index}"},
        spec: {template: {spec: {volumes: [{name: data, persistentVolumeClaim: {claimName: x}}]}}}}`, []string{"spec", "template"}, nil, true},
		{"a pod without", `{apiVersion: v1, kind: Pod, metadata: {name: "web-${index}"}, spec: {volumes: [{name: tmp, emptyDir: {}}]}}`, nil, nil, false},
		{"no pod", `{apiVersion: v1, kind: ConfigMap, metadata: {name: "web-${index}"}}`, nil, nil, false},
	} {
		for _, driver := range []Registry{nil, &everywhere{}} {
			step := Step{Env: &Env{Run: "r1", Namespace: "n", Storage: driver}}
			object, err := step.object(&target{workload: workload(t, test.manifest), mapping: &meta.RESTMapping{Scope: meta.RESTScopeNamespace}}, 0)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.claim, claimsOf(object, test.pod)); diff != "" {
				t.Errorf("%s, claims (-want +got):\n%s", test.name, diff)
			}
			value, _, _ := unstructured.NestedString(object.Object, sub(test.pod, "metadata", "annotations", stages.VolumesAnnotation)...)
			if (value == stages.VolumesWait) != (test.waits && driver != nil) {
				t.Errorf("%s with %v: the annotation is %q", test.name, driver, value)
			}
		}
	}
}

// claimsOf returns the metadata of the claims that an object makes.
func claimsOf(object *unstructured.Unstructured, pod []string) (all []any) {
	templates, _, _ := unstructured.NestedSlice(object.Object, "spec", "volumeClaimTemplates")
	for _, template := range templates {
		all = append(all, template.(map[string]any)["metadata"])
	}
	volumes, _, _ := unstructured.NestedSlice(object.Object, sub(pod, "spec", "volumes")...)
	for _, volume := range volumes {
		metadata, found, _ := unstructured.NestedMap(volume.(map[string]any), "ephemeral", "volumeClaimTemplate", "metadata")
		if found {
			all = append(all, any(metadata))
		}
	}
	return all
}

func TestRemedies(t *testing.T) {
	pod := func(name, run, node string) *corev1.Pod {
		return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: name, UID: "uid", Labels: map[string]string{RunLabel: run}},
			Spec: corev1.PodSpec{NodeName: node}}
	}
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "m-0"},
		Spec: corev1.NodeSpec{Taints: []corev1.Taint{{Key: corev1.TaintNodeUnreachable, Effect: corev1.TaintEffectNoExecute}}}}
	for remedy, want := range map[string]struct{ pods, taints int }{"": {2, 1}, "none": {2, 1}, "forceDelete": {1, 1}, "outOfService": {2, 2}} {
		client := fake.NewClientset(node.DeepCopy(), pod("own", "r1", "m-0"), pod("other", "r2", "m-0"))
		step := Step{Env: &Env{Run: "r1", Client: client}}
		if err := step.remedy(t.Context(), &spec.Fail{Pool: "m", Remedy: remedy}, []string{"m-0"}); err != nil {
			t.Fatal(err)
		}
		pods, err := client.CoreV1().Pods("n").List(t.Context(), metav1.ListOptions{})
		if err != nil || len(pods.Items) != want.pods {
			t.Errorf("%q: %d pods are left, want %d: %v", remedy, len(pods.Items), want.pods, err)
		}
		tainted, err := client.CoreV1().Nodes().Get(t.Context(), "m-0", metav1.GetOptions{})
		if err != nil || len(tainted.Spec.Taints) != want.taints || step.tainted["m"] != (want.taints == 2) {
			t.Errorf("%q: taints %v, %v", remedy, tainted.Spec.Taints, err)
		}
		if want.taints == 2 && !slices.ContainsFunc(tainted.Spec.Taints, func(t corev1.Taint) bool {
			return t.Key == corev1.TaintNodeOutOfService && t.Effect == corev1.TaintEffectNoExecute
		}) {
			t.Errorf("taints %v", tainted.Spec.Taints)
		}
	}
}
