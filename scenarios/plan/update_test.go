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
		{"room for the surge and those it replaces", "", `{hard: {pods: "12"}}`, "2", "0", ""},
		{"room for the surge alone", "", `{hard: {pods: "11"}}`, "2", "0", refused},
		{"room for one at a time", "", `{hard: {pods: "9"}}`, "2", "0", refused},
		{"no room, none may lack", "", `{hard: {pods: "8"}}`, "2", "0", deadlock},
		{"no room, one may lack", "", `{hard: {pods: "8"}}`, "2", "1", refused},
		{"no room and no surge", "", `{hard: {pods: "8"}}`, "0", "2", refused},
		{"room for what lacks", "", `{hard: {pods: "10"}}`, "0", "2", ""},
		{"the same with pods that are slow to stop", slow, `{hard: {pods: "10"}}`, "0", "2", refused},
		{"as fast as they start", "podStop: {distribution: fixed, value: 1s}", `{hard: {pods: "10"}}`, "0", "2", ""},
		{"two rounds are stopping", "podStop: {distribution: fixed, value: 2s}", `{hard: {pods: "11"}}`, "0", "2", refused},
		{"room for two rounds", "podStop: {distribution: fixed, value: 2s}", `{hard: {pods: "12"}}`, "0", "2", ""},
		{"room for all pods twice", slow, `{hard: {pods: "16"}}`, "2", "2", ""},
		{"room for nearly all twice", slow, `{hard: {pods: "15"}}`, "2", "2", refused},
		{"too small a quota", "", `{hard: {pods: "7"}}`, "0", "2", tooSmall},
		{"CPU is the tighter one", "", `{hard: {pods: "20", requests.cpu: "4.4"}}`, "2", "0", deadlock},
		{"CPU for one more", "", `{hard: {cpu: "5"}}`, "1", "0", ""},
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

// TestForecastsByPhase updates pods while a quota is full, after half of them are gone, when there is
// room for the others.
func TestForecastsByPhase(t *testing.T) {
	text := fmt.Sprintf(quotaScenario, "", `{hard: {pods: "8"}}`, "2", "0")
	text += `
    - name: fewer
      actions: [{scale: {workload: web, replicas: 4}}]
    - name: again
      actions:
        - rollout: {workload: web, patch: {spec: {template: {metadata: {annotations: {version: "3"}}}}}}
`
	s, err := spec.Decode("quota.yaml", []byte(text), spec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Build(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"update": Never}
	if diff := cmp.Diff(want, p.Updates[0].Forecasts); diff != "" || p.Updates[0].Forecast != Never {
		t.Errorf("forecasts (-want +got):\n%s", diff)
	}
}

// TestScaledQuotaWarnings has the answers of the arithmetic: of n pods n less a quarter, rounded down,
// must be available, and a quota that allows no more than that keeps every old pod.
func TestScaledQuotaWarnings(t *testing.T) {
	const stuck, still = "cannot be complete while its autoscaler asks for more than", "From %d on it stands still: %d of them"
	for _, test := range []struct {
		quota, most int
		want        string // Empty if nothing is said of the autoscaler.
		not         string
	}{
		{quota: 10, most: 13, want: fmt.Sprintf(still, 13, 10)},
		{quota: 10, most: 12, want: stuck + " 10 pods, and it may ask for 12", not: "stands still"},
		{quota: 9, most: 30, want: fmt.Sprintf(still, 11, 9)},
		{quota: 12, most: 14, want: stuck + " 12 pods, and it may ask for 14", not: "stands still"},
		{quota: 12, most: 15, want: fmt.Sprintf(still, 15, 12)},
		{quota: 12, most: 12, not: "autoscaler"},
		{quota: 16, most: 14, want: "asks for up to 11 pods more than its autoscaler, which may ask for 14, and quota q (pods) allows 16", not: "stands still"},
		{quota: 25, most: 14, not: "autoscaler"},
		{quota: 10, most: 8, not: "autoscaler"},
		{quota: 7, most: 30, want: "fewer pods than there are", not: "autoscaler"},
	} {
		t.Run(fmt.Sprintf("%d pods, up to %d", test.quota, test.most), func(t *testing.T) {
			text := strings.Replace(fmt.Sprintf(quotaScenario, "", fmt.Sprintf(`{hard: {pods: "%d"}}`, test.quota), "25%", "25%"), "  phases:\n", fmt.Sprintf(`
    - name: autoscaler
      manifest:
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: web}
        spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 1, maxReplicas: %d}
  phases:
`, test.most), 1)
			text = strings.Replace(text, "  fleet:", "  cluster: {metricsServer: {}}\n  fleet:", 1)
			s, err := spec.Decode("quota.yaml", []byte(text), spec.Options{})
			if err != nil {
				t.Fatal(err)
			}
			p, err := Build(s, 1)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(p.Warnings, "\n")
			if !strings.Contains(got, test.want) || test.not != "" && strings.Contains(got, test.not) {
				t.Errorf("warnings %q, want %q and not %q", got, test.want, test.not)
			}
			if forecast := p.Updates[0].Forecast; strings.Contains(got, stuck) != (forecast == Stuck) {
				t.Errorf("the forecast is %q with the warnings %q", forecast, got)
			}
		})
	}
}

// TestRolloutEstimate: 8 pods are replaced in rounds of as many as may lack or be too many, each as long
// as a pod takes to stop and then, at the 99th percentile of 3 s, to start.
func TestRolloutEstimate(t *testing.T) {
	const slow = "podStop: {distribution: fixed, value: 20s}"
	for _, test := range []struct {
		fleet, surge, unavailable, giveUp string
		want                              float64
	}{
		{"", "2", "0", "", 12},
		{"", "2", "2", "", 6},
		{"", "0", "3", "", 9},
		{slow, "0", "2", "", 92},
		{slow, "0", "2", ", giveUp: 30s", 30},
	} {
		text := fmt.Sprintf(quotaScenario, test.fleet, `{hard: {pods: "20"}}`, test.surge, test.unavailable)
		text = strings.Replace(text, "rollout: {workload: web", "rollout: {workload: web"+test.giveUp, 1)
		s, err := spec.Decode("quota.yaml", []byte(text), spec.Options{})
		if err != nil {
			t.Fatal(err)
		}
		p, err := Build(s, 1)
		if err != nil {
			t.Fatal(err)
		}
		const before = 3.1 // The wait for the first pods, and what their creation takes.
		if got := p.Estimate.Duration.Seconds() - before; got < test.want-0.1 || got > test.want+0.3 {
			t.Errorf("%s, surge %s, unavailable %s%s: %.2f s, want about %v", test.fleet, test.surge, test.unavailable, test.giveUp, got, test.want)
		}
	}
}
