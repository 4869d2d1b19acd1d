package fleet

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

// TestOutOfService taints a node twice and takes the taint away, beside one of another and against a
// change of another.
func TestOutOfService(t *testing.T) {
	other := corev1.Taint{Key: corev1.TaintNodeUnreachable, Effect: corev1.TaintEffectNoExecute}
	client := fake.NewClientset(&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "m-0"}, Spec: corev1.NodeSpec{Taints: []corev1.Taint{other}}})
	conflicts := 1
	client.PrependReactor("update", "nodes", func(clienttesting.Action) (bool, runtime.Object, error) {
		if conflicts > 0 {
			conflicts--
			return true, nil, apierrors.NewConflict(schema.GroupResource{Resource: "nodes"}, "m-0", nil)
		}
		return false, nil, nil
	})
	check := func(want ...corev1.Taint) {
		t.Helper()
		node, err := client.CoreV1().Nodes().Get(t.Context(), "m-0", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, node.Spec.Taints); diff != "" {
			t.Errorf("taints (-want +got):\n%s", diff)
		}
	}
	for range 2 {
		if err := OutOfService(t.Context(), client, []string{"m-0"}); err != nil {
			t.Fatal(err)
		}
		check(other, outOfService())
	}
	if err := InService(t.Context(), client, []string{"m-0"}); err != nil {
		t.Fatal(err)
	}
	check(other)
	if err := OutOfService(t.Context(), client, []string{"gone"}); err == nil {
		t.Error("a node that is not there was tainted")
	}
}
