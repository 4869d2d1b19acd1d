package load

import (
	"context"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes"

	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/kwok/cluster/clustertest"
	"github.com/kubedyno/kubedyno/results/sample"
)

// A real API server takes every request that a class can make, and what was read of its answers
// is at least the payload that is in them.
func TestRealServerTakesEveryRequest(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a control plane")
	}
	binary, err := clustertest.Binary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c, err := cluster.Start(t.Context(), cluster.Options{Name: "load", Directory: t.TempDir(), Binary: binary})
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
	const objects, size = 12, 3000
	sink := &recording{}
	o := Options{
		Config: config, Namespace: "bench", Name: "real", Classes: everyClass(objects, size), Duration: 2 * time.Second,
		Timeout: 20 * time.Second, Phase: "steady", Seed: 1, Clock: sample.StartClock(), Sink: sink,
	}
	for name, class := range run(t, o) {
		if strings.Contains(name, WatchList) && class.Failed[Connection] < 10 {
			delete(class.Failed, Connection) // On a starved machine the server ends watches that it finds slow.
		}
		if class.Sent != 10 || len(class.Failed) != 0 {
			t.Errorf("%s: counts %+v, want 10 sent and none failed", name, class)
		}
	}
	for _, class := range o.Classes {
		received := sink.values(sample.APIReceived, sample.Labels{"class": class.Name})
		if class.Verb == List && class.Mode != WatchList && received[len(received)-1] < 10*objects*size {
			t.Errorf("%s: %v bytes received in 10 lists, want at least those of %d objects of %d bytes each",
				class.Name, received[len(received)-1], objects, size)
		}
	}
}

// everyClass is a class of every verb, mode, patch type, kind and encoding.
func everyClass(objects, size int) []Class {
	classes := []Class{
		{Verb: List, Mode: Cached, LabelSelector: LoadLabel + "=real"}, {Verb: List, Mode: Consistent},
		{Verb: List, Mode: Paged, PageSize: 5}, {Verb: List, Mode: WatchList}, {Verb: List, Mode: WatchList, LabelSelector: LoadLabel},
		{Verb: Watch}, {Verb: Watch, FieldSelector: "metadata.name=real-0-0"},
		{Verb: Get}, {Verb: Get, Mode: Consistent}, {Verb: Create}, {Verb: Delete}, {Verb: Update}, {Verb: Apply},
		{Verb: Patch}, {Verb: Patch, PatchType: StrategicPatch}, {Verb: Patch, PatchType: JSONPatch},
	}
	for kind := range kinds {
		if resource := kind.WithVersion("v1"); resource != configMaps {
			classes = append(classes, Class{Verb: Create, Resource: resource}, Class{Verb: Patch, PatchType: JSONPatch, Resource: resource})
		}
	}
	var all []Class
	for _, encoding := range []string{Protobuf, JSON} {
		for _, class := range classes {
			class.Encoding, class.Rate, class.Objects, class.Size, class.Scope = encoding, 5, objects, size, ScopeResource
			if class.ofMany() {
				class.Scope = ScopeNamespace
			}
			if class.Resource == (schema.GroupVersionResource{}) {
				class.Resource = configMaps
			}
			class.Name = class.Verb + " " + class.Resource.Resource + " " + class.Mode + class.PatchType +
				class.LabelSelector + class.FieldSelector + " " + encoding
			all = append(all, class)
		}
	}
	return all
}
