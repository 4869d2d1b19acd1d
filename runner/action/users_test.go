package action

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubedyno/kubedyno/runner/load"
	"github.com/kubedyno/kubedyno/scenarios/plan"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

func TestRulesAreWhatTheClassesNeed(t *testing.T) {
	deployments := schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
	pods := schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	tenant, other := &load.Users{Name: "tenant"}, &load.Users{Name: "other"}
	got := rules([]load.Class{
		{Verb: load.Apply, Resource: deployments, Users: tenant},
		{Verb: load.Patch, Resource: deployments, Subresource: load.Scale, Users: tenant},
		{Verb: load.List, Mode: load.WatchList, Resource: pods, Users: tenant},
		{Verb: load.List, Mode: load.Paged, Resource: pods, Users: tenant},
		{Verb: load.Delete, Resource: pods, Users: other},
		{Verb: load.Delete, Resource: pods},
	}, "tenant")
	rule := func(group, resource, verb string) rbacv1.PolicyRule {
		return rbacv1.PolicyRule{APIGroups: []string{group}, Resources: []string{resource}, Verbs: []string{verb}}
	}
	want := []rbacv1.PolicyRule{rule("apps", "deployments", "patch"), rule("apps", "deployments/scale", "patch"),
		rule("", "pods", "watch"), rule("", "pods", "list")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestUsersHaveTheGroupOfTheirGrant(t *testing.T) {
	a := &spec.Load{Rate: 5, Users: []spec.Users{
		{Name: "tenant", Count: 3, Groups: []string{"tenants"}}, {Name: "system:serviceaccount:ci:builder"}, {Name: "system:serviceaccount:ci"},
	}}
	step := Step{Env: &Env{Run: "r1"}, Phase: "work", Plan: plan.Step{Name: "load 5/s", Action: spec.Action{Load: a}}}
	for name, want := range map[string]*load.Users{
		"":       nil,
		"tenant": {Name: "tenant", Count: 3, Groups: []string{"tenants", "kubedyno-r1-work-load-5-s-0"}},
		"system:serviceaccount:ci:builder": {Name: "system:serviceaccount:ci:builder",
			Groups: []string{"kubedyno-r1-work-load-5-s-1", "system:serviceaccounts", "system:serviceaccounts:ci"}},
		"system:serviceaccount:ci": {Name: "system:serviceaccount:ci", Groups: []string{"kubedyno-r1-work-load-5-s-2"}},
	} {
		if diff := cmp.Diff(want, step.users(a, name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if len(a.Users[0].Groups) != 1 {
		t.Error("the plan was changed")
	}
}

func TestEstablished(t *testing.T) {
	for status, want := range map[string]bool{"True": true, "False": false} {
		object := &unstructured.Unstructured{Object: map[string]any{"status": map[string]any{"conditions": []any{
			map[string]any{"type": "NamesAccepted", "status": "True"}, map[string]any{"type": "Established", "status": status}}}}}
		if established(object) != want {
			t.Errorf("Established %s is taken for %v", status, !want)
		}
	}
	if established(&unstructured.Unstructured{}) {
		t.Error("a definition without a status is taken for established")
	}
}

// What is sent for a resource must be what the cluster serves as it.
func TestManifestMustBeOfTheResource(t *testing.T) {
	served := schema.GroupVersionKind{Group: "example.com", Version: "v1", Kind: "Widget"}
	r := spec.Request{Resource: "widgets.example.com", Manifest: map[string]any{"apiVersion": "example.com/v1", "kind": "Gadget"}}
	if _, err := manifestOf(r, served); err == nil {
		t.Error("a manifest of another kind is taken")
	}
	r.Manifest["kind"], r.Manifest["name"] = "Widget", "w-${index}"
	render, err := manifestOf(r, served)
	if err != nil || render(3)["name"] != "w-3" {
		t.Errorf("%v, rendered %v", err, render(3))
	}
}
