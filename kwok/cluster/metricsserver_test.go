//go:build unix

package cluster_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubedyno/kubedyno/kwok/cluster"
)

// metrics-server may find nodes and pods and ask who its callers are, and nothing else; the metrics
// adapter needs no nodes.
func TestMetricsServerMayDoOnlyWhatItNeeds(t *testing.T) {
	for _, component := range []cluster.Component{cluster.MetricsServer, cluster.MetricsAdapter} {
		t.Run(string(component), func(t *testing.T) { checkAggregatedRights(t, component) })
	}
}

func checkAggregatedRights(t *testing.T, component cluster.Component) {
	ctx := t.Context()
	server := clientOf(t, configOf(t, shared, string(component)))
	if _, err := server.CoreV1().Nodes().List(ctx, metav1.ListOptions{}); apierrors.IsForbidden(err) != (component == cluster.MetricsAdapter) {
		t.Errorf("when %s lists nodes, it gets %v", component, err)
	}
	for name, try := range map[string]func() error{
		"list secrets": func() error { _, err := server.CoreV1().Secrets("").List(ctx, metav1.ListOptions{}); return err },
		"read another configmap": func() error {
			_, err := server.CoreV1().ConfigMaps("kube-system").Get(ctx, "another", metav1.GetOptions{})
			return err
		},
		"delete a pod": func() error {
			return server.CoreV1().Pods("default").Delete(ctx, "none", metav1.DeleteOptions{})
		},
		"read what a kubelet serves": func() error {
			return server.CoreV1().RESTClient().Get().AbsPath("/api/v1/nodes/none/proxy/metrics/resource").Do(ctx).Error()
		},
	} {
		if err := try(); !apierrors.IsForbidden(err) {
			t.Errorf("it may %s: got %v, want forbidden", name, err)
		}
	}
	if _, err := server.CoreV1().Pods("").List(ctx, metav1.ListOptions{}); err != nil {
		t.Errorf("it may not list pods: %v", err)
	}
	if _, err := server.CoreV1().ConfigMaps("kube-system").Get(ctx, "extension-apiserver-authentication", metav1.GetOptions{}); err != nil {
		t.Errorf("it may not know who vouches for its callers: %v", err)
	}
	review := &authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: "none"}}
	if _, err := server.AuthenticationV1().TokenReviews().Create(ctx, review, metav1.CreateOptions{}); err != nil {
		t.Errorf("it may not ask who its callers are: %v", err)
	}
}

// The API server of another's cluster cannot reach what runs here.
func TestMetricsServerIsRefusedOnAnAttachedCluster(t *testing.T) {
	c, err := cluster.Attach(t.Context(), cluster.AttachOptions{
		Kubeconfig: shared.Kubeconfig(), Directory: filepath.Join(t.TempDir(), "run"),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Stop(t.Context())
	err = c.StartMetricsServer(t.Context(), cluster.MetricsServerOptions{Resolution: 10 * time.Second})
	if err == nil || !strings.Contains(err.Error(), "is not kubedyno's: metrics-server can only") {
		t.Errorf("got %v", err)
	}
	err = c.StartMetricsAdapter(t.Context(), cluster.MetricsAdapterOptions{URL: "http://127.0.0.1:1"})
	if err == nil || !strings.Contains(err.Error(), "is not kubedyno's: metrics-adapter can only") {
		t.Errorf("got %v", err)
	}
	if running := c.Processes(); len(running) > 0 {
		t.Errorf("%v run", running)
	}
}
