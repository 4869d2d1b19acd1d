package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

const budgetScenario = `
apiVersion: kubedyno.dev/v1alpha1
kind: Scenario
metadata: {name: budget}
spec:
  fleet: {pools: [{name: general, nodeType: m6i.large, count: 4}]}
  workloads:
    - name: budget
      manifest: {apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b}, spec: %s}
    - name: web
      manifest:
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec: {replicas: 10, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web, tier: gold}}, spec: {containers: [{name: web, image: web}]}}}
  phases:
    - name: empty
      actions: [{nodes: {pool: general}}, {create: {workload: budget}}, {create: {workload: web}}, {wait: {workload: web}}, {drain: {pool: general, nodes: 1%s}}]
`

func TestBudgetWarnings(t *testing.T) {
	const never, given = "would run into its timeout", "given up after 1m"
	for _, test := range []struct{ budget, giveUp, want string }{
		{"{maxUnavailable: 0, selector: {matchLabels: {app: web}}}", "", never},
		{"{maxUnavailable: 0%, selector: {matchLabels: {app: web}}}", ", giveUp: 1m", given},
		{"{maxUnavailable: 1%, selector: {matchLabels: {app: web}}}", "", ""}, // Rounded up to one.
		{"{minAvailable: 10, selector: {matchLabels: {app: web}}}", "", never},
		{"{minAvailable: 91%, selector: {matchLabels: {app: web}}}", "", never}, // Rounded up to 10.
		{"{minAvailable: 90%, selector: {matchLabels: {app: web}}}", "", ""},
		{"{minAvailable: 10, selector: {matchLabels: {app: web, tier: silver}}}", "", ""},
		{"{selector: {matchLabels: {app: web}}}", "", ""},
	} {
		s, err := spec.Decode("budget.yaml", []byte(fmt.Sprintf(budgetScenario, test.budget, test.giveUp)), spec.Options{})
		if err != nil {
			t.Fatal(err)
		}
		p, err := Build(s, 1)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(p.Warnings, "\n")
		if (test.want == "") != (got == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: warnings %q, want %q", test.budget, got, test.want)
		}
	}
}
