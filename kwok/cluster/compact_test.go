//go:build unix

package cluster_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubedyno/kubedyno/kwok/cluster"
)

// TestCompact fills the real etcd, removes what it was filled with, and gets the room back; the API
// server works on afterwards. A run that was lent the cluster can do it, too.
func TestCompact(t *testing.T) {
	const objects, size = 40, 200_000
	client := clientOf(t, configOf(t, shared, "admin")).CoreV1().ConfigMaps("default")
	for i := range objects {
		_, err := client.Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("compact-%d", i)},
			Data: map[string]string{"payload": strings.Repeat("x", size)}}, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range objects {
		if err := client.Delete(t.Context(), fmt.Sprintf("compact-%d", i), metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	lent, err := shared.Lend(filepath.Join(t.TempDir(), "run"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = lent.Stop(t.Context()) })
	done, err := lent.Compact(t.Context())
	if err != nil || done.Before < objects*size || done.After > done.Before-objects*size/2 {
		t.Fatalf("%+v, %v: want most of %d bytes back", done, err, objects*size)
	}
	if again, err := shared.Compact(t.Context()); err != nil || again.After > done.Before/2 {
		t.Errorf("again: %+v, %v", again, err)
	}
	if _, err := client.Get(t.Context(), "compact-0", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("get what was deleted: %v", err)
	}
}

// TestLentClusterIsReturned ends a run on a lent cluster, and the cluster goes on.
func TestLentClusterIsReturned(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "run")
	lent, err := shared.Lend(directory)
	if err != nil {
		t.Fatal(err)
	}
	if len(lent.Processes()) != 4 || lent.Disk() != shared.Disk() {
		t.Errorf("processes %v, disk %v", lent.Processes(), lent.Disk())
	}
	if err := lent.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := lent.Remove(); err != nil {
		t.Fatal(err)
	}
	status, err := cluster.Inspect(root(shared))
	if err != nil || !status.Running() {
		t.Errorf("after the run: %+v, %v", status, err)
	}
}
