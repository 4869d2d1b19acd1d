package spec

import (
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

func TestVolumeClaims(t *testing.T) {
	for _, test := range []struct {
		manifest    string
		made, named int
		asks        bool
	}{
		{"{kind: PersistentVolumeClaim}", 0, 0, true},
		{"{kind: StatefulSet, spec: {volumeClaimTemplates: [{metadata: {name: data}}, {metadata: {name: log}}]}}", 2, 0, true},
		{"{kind: StatefulSet, spec: {volumeClaimTemplates: []}}", 0, 0, false},
		{"{kind: Pod, spec: {volumes: [{name: a, emptyDir: {}}, {name: b, persistentVolumeClaim: {claimName: c}}]}}", 0, 1, true},
		{"{kind: Deployment, spec: {template: {spec: {volumes: [{name: a, ephemeral: {volumeClaimTemplate: {}}}]}}}}", 1, 0, true},
		{"{kind: Deployment, spec: {template: {spec: {volumes: [{name: a, emptyDir: {}}]}}}}", 0, 0, false},
		{"{kind: ConfigMap, spec: [1], data: {volumes: x}}", 0, 0, false},
		{"{kind: Pod, spec: {volumes: [1]}}", 0, 0, false},
	} {
		var parsed map[string]any
		if err := yaml.Unmarshal([]byte(test.manifest), &parsed); err != nil {
			t.Fatal(err)
		}
		if made, named := VolumeClaims(parsed); made != test.made || named != test.named {
			t.Errorf("%s: %d made and %d named, want %d and %d", test.manifest, made, named, test.made, test.named)
		}
		if got := AsksForVolumes(parsed); got != test.asks {
			t.Errorf("%s asks for volumes: %t, want %t", test.manifest, got, test.asks)
		}
	}
}

const claiming = `apiVersion: kubedyno.dev/v1alpha1
kind: Scenario
metadata: {name: claiming}
spec:
  fleet:
    pools: [{name: general, nodeType: m6i.large, count: 1}]
  workloads:
    - name: db
      manifest:
        apiVersion: v1
        kind: Pod
        metadata: {name: "db-${index}"}
        spec: {containers: [{name: a, image: a}], volumes: [{name: a, ephemeral: {volumeClaimTemplate: {}}}]}
  phases:
    - name: fleet
      actions: [{nodes: {pool: general}}]
    - name: up
      actions: [{create: {workload: db}}]
  objectives:
    - {metric: volume_attach_seconds, percentile: 50, where: {class: fast, phase: up}, most: 5s}
    - {metric: pod_volume_stage_seconds, percentile: 50, where: {workload: db, stage: attach}, most: 5s}
    - {metric: volume_errors_total, statistic: last, where: {operation: attach}, most: "0"}
`

// TestObjectivesOnVolumes: an objective on volumes needs something that asks for them.
func TestObjectivesOnVolumes(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"", "", ""},
		{"stage: attach", "stage: mount", `pod_volume_stage_seconds never has stage "mount" in this scenario`},
		{"operation: attach", "operation: mount", `volume_errors_total never has operation "mount" in this scenario`},
		{"ephemeral: {volumeClaimTemplate: {}}", "emptyDir: {}", "volume_attach_seconds would have no data: no action of the scenario creates what has claims for volumes"},
	} {
		_, err := Decode("claiming.yaml", []byte(strings.Replace(claiming, c.old, c.new, 1)), Options{})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%q: %v\nwant %q", c.new, err, c.want)
		}
	}
}
