package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// TestUpdateOf compares with what kubectl shows after the API server and the controllers have
// resolved the strategies.
func TestUpdateOf(t *testing.T) {
	for _, test := range []struct {
		name, kind string
		strategy   map[string]any
		replicas   int
		want       Update
	}{
		{"default of 10", "Deployment", nil, 10, Update{Strategy: rollingUpdate, Unavailable: 2, Surge: 3}},
		{"default of 3: none may lack", "Deployment", nil, 3, Update{Strategy: rollingUpdate, Surge: 1}},
		{"numbers", "Deployment", rolling(int64(4), int64(2)), 10, Update{Strategy: rollingUpdate, Unavailable: 4, Surge: 2}},
		{"both come to 0", "Deployment", rolling("5%", "0%"), 10, Update{Strategy: rollingUpdate, Unavailable: 1}},
		{"surge is rounded up", "Deployment", rolling("19%", "1%"), 10, Update{Strategy: rollingUpdate, Unavailable: 1, Surge: 1}},
		{"Recreate", "Deployment", map[string]any{"type": recreate}, 10, Update{Strategy: recreate, Unavailable: 10}},
		{"StatefulSet", "StatefulSet", nil, 10, Update{Strategy: rollingUpdate, Unavailable: 1}},
		{"StatefulSet, parallel", "StatefulSet", rolling("35%", nil), 10, Update{Strategy: rollingUpdate, Unavailable: 3}},
		{"StatefulSet, at least 1", "StatefulSet", rolling("5%", nil), 10, Update{Strategy: rollingUpdate, Unavailable: 1}},
		{"OnDelete", "StatefulSet", map[string]any{"type": onDelete}, 10, Update{Strategy: onDelete}},
		{"DaemonSet", "DaemonSet", nil, 1, Update{Strategy: rollingUpdate, Unavailable: 1}},
		{"DaemonSet, rounded up, of the nodes", "DaemonSet", rolling("1%", nil), 1, Update{Strategy: rollingUpdate, Unavailable: 2}},
	} {
		t.Run(test.name, func(t *testing.T) {
			key := "updateStrategy"
			if test.kind == "Deployment" {
				key = "strategy"
			}
			template := map[string]any{"spec": map[string]any{}}
			if test.strategy != nil {
				template["spec"] = map[string]any{key: test.strategy}
			}
			w := Workload{Name: "web", Kind: test.kind, Count: 2, template: template}
			test.want.Workload, test.want.Kind, test.want.Objects = "web", test.kind, 2
			if diff := cmp.Diff(test.want, updateOf(w, test.replicas, 101)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func rolling(unavailable, surge any) map[string]any {
	return map[string]any{"rollingUpdate": map[string]any{"maxUnavailable": unavailable, "maxSurge": surge}}
}

// quotaScenario updates 8 pods of 500m under a quota.
const quotaScenario = `
apiVersion: kubedyno.dev/v1alpha1
kind: Scenario
metadata: {name: quota}
spec:
  fleet:
    %s
    pools: [{name: general, nodeType: m6i.4xlarge, count: 2}]
  workloads:
    - name: quota
      manifest: {apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: %s}
    - name: web
      manifest:
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 8
          strategy: {rollingUpdate: {maxSurge: %s, maxUnavailable: %s}}
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              containers: [{name: web, image: web, resources: {requests: {cpu: 500m}}}]
  phases:
    - name: update
      actions:
        - nodes: {pool: general}
        - create: {workload: quota}
        - create: {workload: web}
        - wait: {workload: web}
        - rollout: {workload: web, patch: {spec: {template: {metadata: {annotations: {version: "2"}}}}}}
`

func TestQuotaWarnings(t *testing.T) {
	const deadlock, refused, tooSmall = "cannot finish the rollout of web", "attempts are refused", "fewer pods than there are with workload web"
	const slow = "podStop: {distribution: fixed, value: 20s}"
	for _, test := range []struct{ name, fleet, quota, surge, unavailable, want string }{
		{"room for the surge", "", `{hard: {pods: "10"}}`, "2", "0", ""},
		{"room for one at a time", "", `{hard: {pods: "9"}}`, "2", "0", refused},
		{"no room, none may lack", "", `{hard: {pods: "8"}}`, "2", "0", deadlock},
		{"no room, one may lack", "", `{hard: {pods: "8"}}`, "2", "1", refused},
		{"no room and no surge", "", `{hard: {pods: "8"}}`, "0", "2", ""},
		{"the same with pods that are slow to stop", slow, `{hard: {pods: "8"}}`, "0", "2", refused},
		{"room for both", slow, `{hard: {pods: "10"}}`, "0", "2", ""},
		{"too small a quota", "", `{hard: {pods: "7"}}`, "0", "2", tooSmall},
		{"CPU is the tighter one", "", `{hard: {pods: "20", requests.cpu: "4.4"}}`, "2", "0", deadlock},
		{"CPU for one more", "", `{hard: {cpu: "4.5"}}`, "1", "0", ""},
		{"not about pods", "", `{hard: {services: "1"}}`, "2", "0", ""},
		{"with a scope", "", `{hard: {pods: "8"}, scopes: [BestEffort]}`, "2", "0", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := fmt.Sprintf(quotaScenario, test.fleet, test.quota, test.surge, test.unavailable)
			s, err := spec.Decode("quota.yaml", []byte(text), spec.Options{})
			if err != nil {
				t.Fatal(err)
			}
			p, err := Build(s, 1)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(p.Warnings, "\n")
			if test.want == "" && got != "" || !strings.Contains(got, test.want) {
				t.Errorf("warnings %q, want %q", got, test.want)
			}
		})
	}
}
