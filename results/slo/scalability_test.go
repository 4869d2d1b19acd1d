package slo

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestScalabilityObjectives(t *testing.T) {
	got := ScalabilityObjectives(Traffic{
		Requests: []TrafficClass{
			{"create", "configmaps", "resource", 2000},
			{"list", "pods", "cluster", 60},
			{"list", "pods", "cluster", 60}, // Another mode.
			{"get", "pods", "resource", 600},
			{"get", "pods", "resource", 600},
			{"apply", "roles.rbac.authorization.k8s.io", "resource", 1000},
			{"patch", "deployments.apps", "resource", 999},
			{"create", "widgets.example.com", "resource", 5000}, // A custom resource.
		},
		Pods: []TrafficPods{{"web", 1200}, {"few", 10}},
	})
	var words []string
	for _, o := range got {
		words = append(words, o.Subject()+" "+o.LimitWords())
	}
	want := []string{
		"api request p99 (resource=configmaps,scope=resource,verb=create) ≤ 1 s",
		"api request max (resource=pods,scope=cluster,verb=list) ≤ 30 s",
		"api request p99 (resource=pods,scope=resource,verb=get) ≤ 1 s",
		"api request p99 (resource=roles.rbac.authorization.k8s.io,scope=resource,verb=apply) ≤ 1 s",
		"api request max (resource=deployments.apps,scope=resource,verb=patch) ≤ 1 s",
		"pod startup p99 (workload=web) ≤ 5 s",
		"pod startup max (workload=few) ≤ 5 s",
	}
	if diff := cmp.Diff(want, words); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
