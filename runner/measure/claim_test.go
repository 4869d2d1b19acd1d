package measure

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestClaimBound(t *testing.T) {
	for name, test := range map[string]struct {
		phase, asked, has string
		want              bool
	}{
		"waits for a volume":        {"Pending", "1Gi", "", false},
		"has one":                   {"Bound", "1Gi", "1Gi", true},
		"has a larger one":          {"Bound", "1Gi", "2Gi", true},
		"is to grow":                {"Bound", "3Gi", "2Gi", false},
		"its size is not known yet": {"Bound", "1Gi", "", false},
		"has lost it":               {"Lost", "1Gi", "1Gi", false},
	} {
		object := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "PersistentVolumeClaim",
			"spec":   map[string]any{"resources": map[string]any{"requests": map[string]any{"storage": test.asked}}},
			"status": map[string]any{"phase": test.phase, "capacity": map[string]any{"storage": test.has}}}}
		if got := RolloutComplete(object); got != test.want {
			t.Errorf("a claim that %s is complete: %t", name, got)
		}
	}
}
