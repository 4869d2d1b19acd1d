package audit_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/metrics"

	"github.com/kubedyno/kubedyno/runner/audit"
)

// TestThrottleSeesARateLimit registers with client-go as the composition root does; this process
// can do so once.
func TestThrottleSeesARateLimit(t *testing.T) {
	throttle := &audit.Throttle{}
	metrics.Register(metrics.RegisterOpts{RateLimiterLatency: throttle})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"n"}}`))
	}))
	defer server.Close()
	for _, test := range []struct {
		qps  float32
		want bool
	}{{-1, false}, {20, true}} {
		config := &rest.Config{Host: server.URL, QPS: test.qps, Burst: 1}
		client, err := rest.HTTPClientFor(config)
		if err != nil {
			t.Fatal(err)
		}
		api, err := kubernetes.NewForConfigAndClient(config, client)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if _, err := api.CoreV1().Namespaces().Get(context.Background(), "n", metav1.GetOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		client.CloseIdleConnections()
		requests, held := throttle.Total()
		if (requests > 0) != test.want || (held > 0) != test.want {
			t.Errorf("at %v requests per second, %d were held back for %s; want some: %t", test.qps, requests, held, test.want)
		}
	}
}
