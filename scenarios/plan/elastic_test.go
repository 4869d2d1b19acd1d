package plan

import (
	"strings"
	"testing"
	"time"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

const elasticScenario = `apiVersion: kubedyno.dev/v1alpha1
kind: Scenario
metadata: {name: elastic}
spec:
  fleet:
    podStartup: {distribution: fixed, value: 1s}
    pools:
      - name: general
        nodeType: m6i.large
        count: 40
        elastic: {min: 1, delay: {distribution: uniform, min: 30s, max: 50s}, scan: 10s, quota: {nodes: 30}}
  workloads:
    - name: web
      manifest: {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 80}}
  phases:
    - name: run
      actions: [{create: {workload: web}}, {wait: {workload: web}}]
  objectives:
    - {metric: elastic_wait_seconds, percentile: 50, where: {workload: web}, most: 1m}
    - {metric: elastic_wait_seconds, percentile: 99, where: {workload: web}, most: 1m}
`

func TestElastic(t *testing.T) {
	s, err := spec.Decode("elastic.yaml", []byte(elasticScenario), spec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Build(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	const words = "1 to 40 nodes, looked at every 10s; one that is ordered takes uniform from 30s to 50s; a pod without room waits at least 30s for one, " +
		"and up to 10s more for the order; removed when unneeded for 10m (below 50% of CPU and memory), and 10m after the last has come at the earliest; " +
		"quota of 30 nodes; a zone that refuses one is left alone for 5m"
	if got := p.ElasticWords(p.Fleet.Pools[0]); got != words {
		t.Errorf("in words: %q\nwant %q", got, words)
	}
	if got := p.ElasticWords(spec.Pool{}); got != "" {
		t.Errorf("of a pool that is not elastic: %q", got)
	}
	// 80 pods take 1 s to make; then a scan, the slowest node and a start are waited for.
	if expected := p.Phases[0].Expected; expected < 61*time.Second || expected > 63*time.Second {
		t.Errorf("expected to take %s", expected)
	}
	if len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], "p99") {
		t.Errorf("80 pods are enough for a p50 and too few for a p99: %q", p.Warnings)
	}
	var text strings.Builder
	if err := p.WriteText(&text); err != nil || !strings.Contains(text.String(), "elastic      general: 1 to 40 nodes") {
		t.Errorf("%v\n%s", err, text.String())
	}
}

// TestElasticWarns of what the estimate of nodes ignores.
func TestElasticWarns(t *testing.T) {
	for pod, want := range map[string]string{
		"{containers: [{name: a}]}": "",
		"{affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1}]}, nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {}}}}": "",
		"{affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: a}]}}}":                                                                 "a required podAntiAffinity",
		"{affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: a}]}}}":                                                                     "a required podAffinity",
		"{topologySpreadConstraints: [{whenUnsatisfiable: ScheduleAnyway}]}":                                                                                                  "",
		"{topologySpreadConstraints: [{whenUnsatisfiable: DoNotSchedule}]}":                                                                                                   "topologySpreadConstraints",
		"{containers: [{name: a, ports: [{containerPort: 80}]}]}":                                                                                                             "",
		"{containers: [{name: a, ports: [{hostPort: 80}]}]}":                                                                                                                  "a hostPort",
		"{volumes: [{name: a, emptyDir: {}}]}":                                                                                                                                "",
		"{volumes: [{name: a, persistentVolumeClaim: {claimName: a}}]}":                                                                                                       "persistent volumes",
		"{resourceClaims: [{name: a}]}":                                                                                                                                       "resourceClaims",
	} {
		for elastic, text := range map[bool]string{true: elasticScenario, false: strings.Replace(elasticScenario, "elastic: {min", "labels: {a: b} # {min", 1)} {
			text = strings.Replace(text, "spec: {replicas: 80}", "spec: {replicas: 80, template: {spec: "+pod+"}}", 1)
			text, _, _ = strings.Cut(text, "  objectives:\n")
			s, err := spec.Decode("elastic.yaml", []byte(text), spec.Options{})
			if err != nil {
				t.Fatal(err)
			}
			p, err := Build(s, 1)
			if err != nil {
				t.Fatal(err)
			}
			warns := len(p.Warnings) == 1 && strings.HasPrefix(p.Warnings[0], "The pods of web have "+want+", which the estimate")
			if (want != "" && elastic) != warns || len(p.Warnings) > 1 {
				t.Errorf("elastic %t, %s: %q, want %q", elastic, pod, p.Warnings, want)
			}
		}
	}
}
