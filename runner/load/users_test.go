package load

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// flowSchemas is what the scripted server says about priority and fairness.
const flowSchemas = `{"items": [
	{"metadata": {"name": "tenants", "uid": "1"}, "spec": {"priorityLevelConfiguration": {"name": "low"}}},
	{"metadata": {"name": "other", "uid": "2"}, "spec": {"priorityLevelConfiguration": {"name": "high"}}}]}`

// What spec says that a load makes, it makes; spec cannot ask this package.
func TestSpecKnowsTheKinds(t *testing.T) {
	for resource := range kinds {
		if r := (spec.Request{Resource: resource.String()}); !r.Own() || r.Custom() {
			t.Errorf("spec does not know %s", resource)
		}
	}
	if (spec.Request{Resource: "deployments.apps"}).Own() {
		t.Error("spec says that a load makes deployments")
	}
}

// Users send in turn, with all their groups, and only what is measured: the objects are made and
// removed as kubedyno itself. Answers are counted by the flow schema that they name.
func TestUsersSendInTurn(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(n int, w http.ResponseWriter, r *http.Request) {
		uid := map[bool]string{true: "1", false: "2"}[strings.HasPrefix(r.Header.Get("Impersonate-User"), "tenant-")]
		if n == 0 {
			uid = "3" // Of a flow schema that came later.
		}
		w.Header().Set("X-Kubernetes-PF-FlowSchema-UID", uid)
	})
	s.other = func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/flowschemas") {
			fmt.Fprint(w, flowSchemas)
		}
	}
	var mu sync.Mutex
	seen := map[string]int{}
	s.seen = func(r *http.Request, _ []byte) {
		mu.Lock()
		defer mu.Unlock()
		user := strings.Join(append(r.Header["Impersonate-User"], r.Header["Impersonate-Group"]...), " ")
		if measured := r.Header.Get("X-Vegeta-Seq") != ""; measured || user != "" {
			seen[fmt.Sprint(measured, " ", user)]++
		}
	}
	tenants := Class{Name: "tenants", Verb: Patch, Resource: configMaps, Scope: ScopeResource, Objects: 4, Rate: 15,
		Users: &Users{Name: "tenant", Count: 3, Groups: []string{"tenants", "run"}}}
	controller, own := readPods("controller", 5), readPods("own", 5)
	controller.Users = &Users{Name: "system:serviceaccount:a:b"}
	sink := &recording{}
	run(t, options(s, sink, tenants, controller, own))
	s.check(t)
	want := map[string]int{"true tenant-0 tenants run": 10, "true tenant-1 tenants run": 10, "true tenant-2 tenants run": 10,
		"true system:serviceaccount:a:b": 10, "true ": 10}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("requests by user (-want +got):\n%s", diff)
	}
	total := 0.0
	for _, flow := range []sample.Labels{
		{"flow_schema": "tenants", "priority_level": "low"}, {"flow_schema": "other", "priority_level": "high"},
		{"flow_schema": unknownFlow},
	} {
		for _, class := range []string{"tenants", "controller", "own"} {
			flow["class"] = class
			values := sink.values(sample.APIFlowSchema, flow)
			if len(values) == 0 {
				continue
			}
			if class == "tenants" && flow["flow_schema"] == "other" || class != "tenants" && flow["flow_schema"] == "tenants" {
				t.Errorf("%s was counted under %s", class, flow)
			}
			total += slices.Max(values)
		}
	}
	if total != 50 {
		t.Errorf("%v answers were counted by flow schema, want 50", total)
	}
}
