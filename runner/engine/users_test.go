package engine_test

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/action"
	"github.com/kubedyno/kubedyno/runner/load"
)

// asUsers sends what clients of three kinds send: tenants with a flow schema of their own, a
// controller by its service account, and kubedyno itself.
const asUsers = `
  workloads:
    - name: definition
      manifest:
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: gadgets.users.example.com}
        spec:
          group: users.example.com
          names: {kind: Gadget, plural: gadgets, singular: gadget}
          scope: Namespaced
          versions:
            - name: v1
              served: true
              storage: true
              subresources: {status: {}, scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}}
              schema:
                openAPIV3Schema:
                  type: object
                  properties:
                    spec: {type: object, properties: {owner: {type: string}, replicas: {type: integer}}}
                    status: {type: object, properties: {observedGeneration: {type: integer}, replicas: {type: integer}}}
    - name: gadgets
      count: 2
      manifest: {apiVersion: users.example.com/v1, kind: Gadget, metadata: {name: "made-${index}"}}
    - name: schema
      manifest:
        apiVersion: flowcontrol.apiserver.k8s.io/v1
        kind: FlowSchema
        metadata: {name: users-tenants}
        spec:
          matchingPrecedence: 500
          priorityLevelConfiguration: {name: workload-high}
          rules:
            - subjects: [{kind: Group, group: {name: tenants}}]
              resourceRules: [{verbs: ["*"], apiGroups: ["*"], resources: ["*"], namespaces: ["*"], clusterScope: true}]
  phases:
    - name: prepare
      actions:
        - create: {workload: definition}
        - create: {workload: gadgets}
        - create: {workload: schema}
        - hold: {duration: 2s}
    - name: work
      actions:
        - load:
            rate: 120
            duration: 2s
            timeout: 20s
            users:
              - {name: tenant, count: 3, groups: [tenants]}
              - {name: "system:serviceaccount:kube-system:builder"}
            requests:
              - {verb: create, resource: gadgets.users.example.com, user: tenant, manifest: &gadget {apiVersion: users.example.com/v1, kind: Gadget, spec: {owner: "o-${index}", replicas: 1}}}
              - {verb: get, resource: gadgets.users.example.com, user: tenant, manifest: *gadget}
              - {verb: apply, resource: gadgets.users.example.com, user: tenant, manifest: *gadget, size: 100}
              - {verb: delete, resource: gadgets.users.example.com, user: tenant, manifest: *gadget}
              - {verb: patch, resource: gadgets.users.example.com, patchType: json, user: tenant, manifest: *gadget}
              - {verb: list, resource: gadgets.users.example.com, mode: watch-list, user: tenant}
              - {verb: list, resource: gadgets.users.example.com, mode: paged, pageSize: 2, user: tenant}
              - {verb: watch, resource: gadgets.users.example.com, scope: cluster, user: tenant}
              - {verb: patch, resource: gadgets.users.example.com, subresource: status, user: "system:serviceaccount:kube-system:builder", manifest: *gadget}
              - {verb: update, resource: gadgets.users.example.com, subresource: scale, user: "system:serviceaccount:kube-system:builder", manifest: *gadget}
              - {verb: patch, resource: gadgets.users.example.com, subresource: scale, manifest: *gadget}
              - {verb: get, resource: gadgets.users.example.com, subresource: scale, manifest: *gadget}
              - verb: update
                resource: deployments.apps
                subresource: scale
                objects: 3
                user: system:serviceaccount:kube-system:builder
                manifest: &paused
                  apiVersion: apps/v1
                  kind: Deployment
                  spec:
                    paused: true
                    replicas: 1
                    selector: {matchLabels: {app: "d-${index}"}}
                    template:
                      metadata: {labels: {app: "d-${index}"}}
                      spec: {containers: [{name: main, image: fake}]}
              - {verb: patch, resource: deployments.apps, subresource: scale, objects: 3, manifest: *paused}
              - {verb: get, resource: deployments.apps, subresource: scale, mode: consistent, objects: 3, manifest: *paused}
              - {verb: update, resource: deployments.apps, subresource: status, objects: 3, manifest: *paused}
              - {verb: patch, resource: deployments.apps, subresource: status, patchType: strategic, objects: 3, manifest: *paused}
              - {verb: get, resource: deployments.apps, subresource: status, objects: 3, user: tenant, manifest: *paused}
              - {verb: update, resource: deployments.apps, objects: 3, manifest: *paused}
              - {verb: create, resource: serviceaccounts, subresource: token, objects: 2, user: "system:serviceaccount:kube-system:builder"}
              - {verb: create, resource: serviceaccounts, subresource: token, objects: 2, encoding: json}
`

// A real API server takes every such request from every user, serves each by the flow schema that
// is meant for it, and has no role for them once the load is over.
func TestUsersSubresourcesAndCustomResources(t *testing.T) {
	t.Parallel()
	c, _ := attach(t)
	config, err := shared.RESTConfig()
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	o := options(t, c, planOf(t, asUsers), nil)
	sink := &recording{on: func(e sample.Event) {
		if e.Kind == sample.StepFinished && e.Phase == "work" {
			checkNoRoles(t, client, o.Run)
		}
	}}
	o.Sink = sink
	if err := run(t, t.Context(), o); err != nil {
		t.Fatal(err)
	}
	for _, p := range sink.points {
		// The API server cuts the streams of a custom resource when it takes up a change of its definition's
		// status, which on a busy machine may be after the load has begun.
		cut := p.Labels["kind"] == load.Connection && strings.Contains(p.Labels["class"], "gadgets") && p.Value <= 2
		if p.Metric == sample.APIErrors && p.Value > 0 && !cut {
			t.Errorf("%s: %v requests failed (%s)", p.Labels["class"], p.Value, p.Labels["kind"])
		}
	}
	for _, test := range []struct{ class, schema, level string }{
		{"get gadgets.users.example.com as tenant", "users-tenants", "workload-high"},
		{"patch gadgets.users.example.com/status as system:serviceaccount:kube-system:builder", "kube-system-service-accounts", "workload-high"},
		{"create serviceaccounts/token json", "exempt", "exempt"}, // The kubeconfig's user is in system:masters.
	} {
		want := sample.Labels{"class": test.class, "flow_schema": test.schema, "priority_level": test.level}
		sent := sink.distribution(sample.APIRequest, sample.Labels{"class": test.class}).Count()
		if served := sink.last(sample.APIFlowSchema, want); sent == 0 || served != float64(sent) {
			t.Errorf("%s: %v of %d requests were served as %s", test.class, served, sent, test.schema)
		}
	}
	checkClean(t, o.Run)
}

// checkNoRoles fails the test if a role of the run is left.
func checkNoRoles(t *testing.T, client kubernetes.Interface, run string) {
	t.Helper()
	own := metav1.ListOptions{LabelSelector: action.RunLabel + "=" + run}
	roles, err := client.RbacV1().ClusterRoles().List(t.Context(), own)
	if err != nil || len(roles.Items) != 0 {
		t.Errorf("%d cluster roles are left after the load (%v)", len(roles.Items), err)
	}
	bindings, err := client.RbacV1().ClusterRoleBindings().List(t.Context(), own)
	if err != nil || len(bindings.Items) != 0 {
		t.Errorf("%d bindings are left after the load (%v)", len(bindings.Items), err)
	}
}
