package action

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
)

// definitions are what custom resources are made by.
var definitions = schema.GroupResource{Group: "apiextensions.k8s.io", Resource: "customresourcedefinitions"}

// How long a definition may take until its resource is served. The API server needs about a
// second; nothing can be watched that says when its discovery has caught up.
const (
	servedLimit    = 60 * time.Second
	servedInterval = 200 * time.Millisecond
)

// untilServed waits until the custom resources of a workload's definitions are served and this
// run knows them, so that what comes next can use them.
func (s Step) untilServed(ctx context.Context, t *target) error {
	ctx, cancel := context.WithTimeout(ctx, servedLimit)
	defer cancel()
	err := t.objects.Wait(ctx, func(objects map[string]*unstructured.Unstructured) (int, int) {
		done := 0
		for _, object := range objects {
			if established(object) {
				done++
			}
		}
		return done, t.workload.Count
	}, s.progress(t.workload.Count).set)
	if err != nil {
		return fmt.Errorf("wait until the definitions of %s are established: %w", t.workload.Name, err)
	}
	for i := range t.workload.Count {
		object, err := s.object(t, i)
		if err != nil {
			return err
		}
		if err := s.untilMapped(ctx, object); err != nil {
			return fmt.Errorf("wait until the cluster serves what %s defines: %w", describe(object), err)
		}
	}
	return nil
}

// established reports whether the API server has taken a definition up.
func established(object *unstructured.Unstructured) bool {
	conditions, _, _ := unstructured.NestedSlice(object.Object, "status", "conditions")
	for _, condition := range conditions {
		c, _ := condition.(map[string]any)
		if c["type"] == "Established" && c["status"] == "True" {
			return true
		}
	}
	return false
}

// untilMapped waits until discovery shows the kind of a definition.
func (s Step) untilMapped(ctx context.Context, definition *unstructured.Unstructured) error {
	group, _, _ := unstructured.NestedString(definition.Object, "spec", "group")
	kind, _, _ := unstructured.NestedString(definition.Object, "spec", "names", "kind")
	var last error
	err := wait.PollUntilContextCancel(ctx, servedInterval, true, func(ctx context.Context) (bool, error) {
		meta.MaybeResetRESTMapperWithContext(ctx, s.Mapper)
		_, last = s.Mapper.RESTMappingWithContext(ctx, schema.GroupKind{Group: group, Kind: kind})
		return last == nil, nil
	})
	if err != nil && last != nil {
		return fmt.Errorf("%w: %w", err, last)
	}
	return err
}
