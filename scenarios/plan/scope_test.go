package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// scopedScenario updates 8 pods within a quota, beside other objects of the namespace.
const scopedScenario = `
apiVersion: kubedyno.dev/v1alpha1
kind: Scenario
metadata: {name: scoped}
spec:
  fleet: {pools: [{name: general, nodeType: m6i.4xlarge, count: 2}]}
  workloads:
    - {name: quota, manifest: {apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: %s}}
    - {name: beside, manifest: %s}
    - name: web
      manifest:
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 8
          strategy: {rollingUpdate: {maxSurge: 2, maxUnavailable: 0}}
          selector: {matchLabels: {app: web}}
          template: {metadata: {labels: {app: web}}, spec: %s}
  phases:
    - name: update
      actions:
        - nodes: {pool: general}
        - create: {workload: quota}
        - create: {workload: web%s}
        - wait: {workload: web}
        - rollout: {workload: web, patch: {spec: {template: {metadata: {annotations: {version: "2"}}}}}}
`

// TestNeedsOfScopes compares with what the admission of quotas makes of the same objects.
func TestNeedsOfScopes(t *testing.T) {
	const (
		plain   = `{containers: [{name: web, image: web}]}`
		stated  = `{containers: [{name: web, image: web, resources: {requests: {cpu: 500m}}}]}`
		limited = `{containers: [{name: web, image: web, resources: {limits: {cpu: 500m}}}]}`
		nothing = `{apiVersion: v1, kind: ConfigMap, metadata: {name: beside}}`
		ranged  = `{apiVersion: v1, kind: LimitRange, metadata: {name: range}, spec: {limits: [{type: Container, default: {cpu: 300m}, defaultRequest: {cpu: 100m}}]}}`
		far     = `{apiVersion: v1, kind: LimitRange, metadata: {name: range, namespace: far}, spec: {limits: [{type: Container, defaultRequest: {cpu: 100m}}]}}`
		usual   = `{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: usual}, value: 1, globalDefault: true}`
		unusual = `{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: usual}, value: 1}`
	)
	pods := []Need{{Quota: "q", Resource: "pods", Hard: 8, Each: 1}}
	cpu := func(resource string, each float64) []Need {
		return []Need{{Quota: "q", Resource: resource, Hard: 4, Each: each}}
	}
	inClass := func(operator, values string) string {
		return fmt.Sprintf(`{hard: {pods: "8"}, scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: %s%s}]}}`, operator, values)
	}
	with := func(fields string) string { return "{" + fields + ", " + plain[1:] }
	for _, test := range []struct {
		name, quota, beside, pod string
		needs                    []Need
		refused                  string // The resources that have to be stated; "" if none.
		forecast                 string
	}{
		{"no scope", `{hard: {pods: "8"}}`, nothing, plain, pods, "", Never},
		{"best effort", `{hard: {pods: "8"}, scopes: [BestEffort]}`, nothing, plain, pods, "", Never},
		{"best effort is none with a request", `{hard: {pods: "8"}, scopes: [BestEffort]}`, nothing, stated, nil, "", ""},
		{"nor with a default", `{hard: {pods: "8"}, scopes: [BestEffort]}`, ranged, plain, nil, "", ""},
		{"not best effort", `{hard: {pods: "8"}, scopes: [NotBestEffort]}`, nothing, stated, pods, "", Never},
		{"not best effort by a default", `{hard: {pods: "8"}, scopes: [NotBestEffort]}`, ranged, plain, pods, "", Never},
		{"a default elsewhere is none", `{hard: {pods: "8"}, scopes: [NotBestEffort]}`, far, plain, nil, "", ""},
		{"terminating", `{hard: {pods: "8"}, scopes: [Terminating]}`, nothing, plain, nil, "", ""},
		{"terminating by a deadline", `{hard: {pods: "8"}, scopes: [Terminating]}`, nothing, with("activeDeadlineSeconds: 60"), pods, "", Never},
		{"both scopes", `{hard: {pods: "8"}, scopes: [NotTerminating, BestEffort]}`, nothing, plain, pods, "", Never},
		{"one of two", `{hard: {pods: "8"}, scopes: [NotTerminating, BestEffort]}`, nothing, stated, nil, "", ""},
		{"a class", inClass("In", ", values: [high]"), nothing, with("priorityClassName: high"), pods, "", Never},
		{"another class", inClass("In", ", values: [high]"), nothing, with("priorityClassName: low"), nil, "", ""},
		{"the class by default", inClass("In", ", values: [usual]"), usual, plain, pods, "", Never},
		{"not the default", inClass("In", ", values: [usual]"), unusual, plain, nil, "", ""},
		{"no class", inClass("DoesNotExist", ""), nothing, plain, pods, "", Never},
		{"affinity", `{hard: {pods: "8"}, scopes: [CrossNamespacePodAffinity]}`, nothing,
			with("affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone, namespaceSelector: {}}]}}"), pods, "", Never},
		{"volumes", `{hard: {persistentvolumeclaims: "8"}, scopeSelector: {matchExpressions: [{scopeName: VolumeAttributesClass, operator: DoesNotExist}]}}`, nothing, plain, nil, "", ""},
		{"a request", `{hard: {requests.cpu: "4"}}`, nothing, stated, cpu("requests.cpu", 0.5), "", Never},
		{"a limit is a request", `{hard: {requests.cpu: "4"}}`, nothing, limited, cpu("requests.cpu", 0.5), "", Never},
		{"the default request", `{hard: {requests.cpu: "4"}}`, ranged, plain, cpu("requests.cpu", 0.1), "", ""},
		{"the default limit", `{hard: {limits.cpu: "4"}}`, ranged, plain, cpu("limits.cpu", 0.3), "", ""},
		{"nothing is stated", `{hard: {requests.cpu: "4", limits.memory: 1Gi}}`, nothing, plain, nil, "limits.memory and requests.cpu", Never},
		{"nor elsewhere", `{hard: {requests.cpu: "4"}}`, far, plain, nil, "requests.cpu", Never},
		{"that is no matter of a scope that it is not in", `{hard: {requests.cpu: "4"}, scopes: [Terminating]}`, nothing, plain, nil, "", ""},
		{"storage needs no statement", `{hard: {requests.ephemeral-storage: "4"}}`, nothing, plain, nil, "", ""},
		{"sidecars and overhead count", `{hard: {requests.cpu: "4"}}`, nothing,
			`{overhead: {cpu: 100m}, initContainers: [{name: side, image: web, restartPolicy: Always, resources: {requests: {cpu: 100m}}}], containers: [{name: web, image: web, resources: {requests: {cpu: 0.3}}}]}`,
			cpu("requests.cpu", 0.5), "", Never},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, counted := range []string{"", ", refused: count"} {
				p := planOf(t, fmt.Sprintf(scopedScenario, test.quota, test.beside, test.pod, counted))
				u := p.Updates[0]
				if diff := cmp.Diff(test.needs, u.Needs); diff != "" {
					t.Errorf("needs (-want +got):\n%s", diff)
				}
				warnings := strings.Join(p.Warnings, "\n")
				words := "No pod of workload web can be made under quota q, which counts " + test.refused + ":"
				if want := test.refused != "" && counted == ""; strings.Contains(warnings, words) != want {
					t.Errorf("create%s: warnings %q, want %q: %t", counted, warnings, words, want)
				}
				if want := test.forecast; u.Forecast != want && (counted == "" || test.refused == "") {
					t.Errorf("forecast %q, want %q", u.Forecast, want)
				}
			}
		})
	}
}

func planOf(t *testing.T, text string) *Plan {
	t.Helper()
	s, err := spec.Decode("scoped.yaml", []byte(text), spec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Build(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
