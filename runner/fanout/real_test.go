package fanout

import (
	"context"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/kwok/cluster/clustertest"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/load"
)

// A real API server delivers every event to every watcher, in both encodings and of both kinds.
func TestRealServerDeliversEveryEvent(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a control plane")
	}
	binary, err := clustertest.Binary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c, err := cluster.Start(t.Context(), cluster.Options{Name: "fanout", Directory: t.TempDir(), Binary: binary})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	config, err := c.RESTConfig()
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "bench"}}
	if _, err := client.CoreV1().Namespaces().Create(t.Context(), namespace, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	secrets := configMaps
	secrets.Resource = "secrets"
	for name, change := range map[string]func(*Options){
		"protobuf": func(*Options) {},
		"json":     func(o *Options) { o.Encoding = load.JSON },
		"secrets":  func(o *Options) { o.Resource = secrets },
	} {
		t.Run(name, func(t *testing.T) {
			sink := newRecording()
			o := Options{
				Config: config, Namespace: "bench", Name: "real-" + name, Resource: configMaps, Watchers: 20, Connections: 2,
				Objects: 5, Rate: 20, Size: 3000, Duration: 2 * time.Second, Timeout: 20 * time.Second,
				Encoding: load.Protobuf, Phase: "steady", Seed: 1, Clock: sample.StartClock(), Sink: sink,
			}
			change(&o)
			f, err := Prepare(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			result, err := f.Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if want := (Result{Writes: 40, Expected: 800, Delivered: 800}); result != want {
				t.Errorf("result %+v, want %+v", result, want)
			}
			if n := total(sink.values[sample.WatchDelivery]); n != 800 {
				t.Errorf("%d values of %s, want 800", n, sample.WatchDelivery)
			}
			if err := f.Cleanup(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	left, err := client.CoreV1().ConfigMaps("bench").List(t.Context(), metav1.ListOptions{LabelSelector: load.LoadLabel})
	if err != nil || len(left.Items) > 0 {
		t.Errorf("%d objects left, error %v", len(left.Items), err)
	}
}
