package measure

import (
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// claimBound reports whether a PersistentVolumeClaim has a volume of the size that it asks for.
func claimBound(object *unstructured.Unstructured) bool {
	phase, _, _ := unstructured.NestedString(object.Object, "status", "phase")
	asked, _, _ := unstructured.NestedString(object.Object, "spec", "resources", "requests", "storage")
	has, _, _ := unstructured.NestedString(object.Object, "status", "capacity", "storage")
	want, err := resource.ParseQuantity(asked)
	if err != nil {
		return phase == "Bound"
	}
	size, err := resource.ParseQuantity(has)
	return phase == "Bound" && err == nil && size.Cmp(want) >= 0
}
