package spec

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

func readBase(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("testdata/base.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func decodeBase(t *testing.T, set map[string]string) *Scenario {
	t.Helper()
	s, err := Decode("base.yaml", []byte(readBase(t)), Options{Set: set})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDecode(t *testing.T) {
	s := decodeBase(t, map[string]string{"nodes": "20", "tier": "silver", "fresh": "false"})
	want := map[string]string{"nodes": "20", "tier": "silver", "rate": "2.5", "calm": "5s", "fresh": "false", "memory": "64Mi"}
	if diff := cmp.Diff(want, s.Values); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	pool := Pool{Name: "general", NodeType: "m6i.2xlarge", Count: 20, Zones: DefaultZones(),
		Taints: []Taint{{Key: "example.com/only", Effect: "NoSchedule"}}}
	fleet := Fleet{Pools: []Pool{pool}, PodStartup: Latency{Distribution: "uniform", Min: time.Second, Max: 2 * time.Second}}
	if diff := cmp.Diff(fleet, s.Spec.Fleet); diff != "" {
		t.Errorf("fleet (-want +got):\n%s", diff)
	}
	if got := s.Spec.Cluster.APIServer.Flags["max-requests-inflight"]; got != "400" {
		t.Errorf("flag = %q, want 400", got)
	}
	manifest := s.Spec.Workloads[0].Manifest
	if got := Lookup(manifest, "spec", "replicas"); got != int64(20) {
		t.Errorf("replicas = %#v, want int64 20", got)
	}
	if got := Lookup(manifest, "metadata", "annotations", "number"); got != "20" {
		t.Errorf("quoted parameter = %#v, want text", got)
	}
	name, _ := Lookup(manifest, "metadata", "name").(string)
	if got := ReplaceIndex(name, 7); got != "web-silver-7" {
		t.Errorf("name = %q", got)
	}
	escaped, _ := Lookup(manifest, "metadata", "annotations", "escaped").(string)
	if got := ReplaceIndex(escaped, 7); got != "${index} of 64Mi" {
		t.Errorf("escaped = %q", got)
	}
	rollout := s.Spec.Phases[1].Actions[3].Rollout
	patch := map[string]any{"spec": map[string]any{"paused": nil, "template": map[string]any{"metadata": map[string]any{
		"annotations": map[string]any{"version": "${two}"}}}}}
	if diff := cmp.Diff(patch, rollout.Patch); diff != "" {
		t.Errorf("patch (-want +got):\n%s", diff)
	}
}

func TestDefaults(t *testing.T) {
	s := decodeBase(t, nil)
	if s.Metadata.Title != "base" || s.Spec.Workloads[1].Count != 1 {
		t.Errorf("title %q, count %d", s.Metadata.Title, s.Spec.Workloads[1].Count)
	}
	if got := s.Spec.Phases[0].Timeout; got != DefaultPhaseTimeout {
		t.Errorf("phase timeout = %v", got)
	}
	load := s.Spec.Phases[1].Actions[2].Load
	want := []Request{
		{Verb: "list", Resource: "pods", Scope: "namespace", Weight: 1, Mode: "consistent", Encoding: "protobuf"},
		{Verb: "create", Resource: "configmaps", Scope: "resource", Weight: 1, Objects: DefaultOwnObjects, Encoding: "protobuf"},
	}
	if diff := cmp.Diff(want, load.Requests); diff != "" || load.Timeout != DefaultLoadTimeout {
		t.Errorf("load timeout %v, requests (-want +got):\n%s", load.Timeout, diff)
	}
	if got := s.Spec.Phases[1].Actions[1].Wait.For; got != "ready" {
		t.Errorf("wait for = %q", got)
	}
	if got := s.Spec.Objectives[2].Judged(); got != "value" {
		t.Errorf("statistic of a scalar = %q", got)
	}
	if got := s.Spec.Fleet.LeaseDuration; got != 0 {
		t.Errorf("explicit lease duration 0 became %v", got)
	}
	text := strings.Replace(readBase(t), "leaseDuration: 0", "", 1)
	s, err := Decode("base.yaml", []byte(text), Options{})
	if err != nil || s.Spec.Fleet.LeaseDuration != DefaultLeaseDuration {
		t.Errorf("lease duration without a value: %v, %v", s, err)
	}
}

func TestResolvedDecodesToTheSameScenario(t *testing.T) {
	s := decodeBase(t, map[string]string{"nodes": "20", "rate": "1e3"})
	again, err := Decode("resolved.yaml", s.Resolved, Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, s.Resolved)
	}
	s.Spec.Parameters = nil
	if diff := cmp.Diff(s.Spec, again.Spec); diff != "" {
		t.Errorf("(-first +again):\n%s", diff)
	}
	if diff := cmp.Diff(string(s.Resolved), string(again.Resolved)); diff != "" {
		t.Errorf("resolved twice (-first +again):\n%s", diff)
	}
}

func TestManifestFile(t *testing.T) {
	const manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${tier}-${index}\n"
	text := replaceOnce(t, readBase(t), baseSettings, "      file: files/settings.yaml\n")
	dir := fstest.MapFS{"files/settings.yaml": {Data: []byte(manifest)}}
	s, err := Decode("base.yaml", []byte(text), Options{Files: dir})
	if err != nil {
		t.Fatal(err)
	}
	if got := Lookup(s.Spec.Workloads[1].Manifest, "metadata", "name"); got != "gold-${index}" {
		t.Errorf("name = %v", got)
	}
	if strings.Contains(string(s.Resolved), "files/") {
		t.Errorf("the resolved scenario still names the file:\n%s", s.Resolved)
	}
	dir["files/settings.yaml"].Data = []byte("apiVersion: v1\nkind: CronJob\nmetadata:\n  name: ${teir}\n")
	_, err = Decode("base.yaml", []byte(text), Options{Files: dir})
	golden(t, "manifest-file", err.Error())
}

const baseSettings = `      manifest:
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: settings
        data:
          text: hello
`

func replaceOnce(t *testing.T, text, from, to string) string {
	t.Helper()
	if strings.Count(text, from) != 1 {
		t.Fatalf("%q stands %d times in the base scenario", from, strings.Count(text, from))
	}
	return strings.Replace(text, from, to, 1)
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "faults", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got+"\n"); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// TestFaults changes one place of the base scenario, given as from and to by turns, and
// compares the faults with a golden file.
func TestFaults(t *testing.T) {
	for _, test := range []struct {
		name    string
		options Options
		changes []string
	}{
		{name: "unknown-field", changes: []string{"        count: ${nodes}", "        cuont: ${nodes}"}},
		{name: "unknown-field-at-top", changes: []string{"apiVersion: kubedyno", "apiversoin: kubedyno"}},
		{name: "wrong-types", changes: []string{"rate: 10\n", "rate: fast\n", "duration: 1m\n", "duration: 60\n",
			"      count: 2", "      count: 2.5", "mode: consistent", "mode: maybe",
			"      where:\n        phase: work\n", "      where: [work]\n"}},
		{name: "missing", changes: []string{"            pool: general\n", "            rate: 5\n", "metadata:\n  name: base\n", ""}},
		{name: "impossible", changes: []string{"            rate: ${rate}\n", "            rate: -1\n", "replicas: 3", "replicas: 1000001",
			"      count: 2\n", "      count: 0\n", "percentile: 99", "percentile: 100", "duration: ${calm}", "duration: 25h"}},
		{name: "bad-word", changes: []string{"verb: list", "verb: lst", "effect: NoSchedule", "effect: noschedule"}},
		{name: "bad-label", changes: []string{"  name: base", "  name: Base_1", "- name: work", "- name: work-"}},
		{name: "duplicates", changes: []string{"    - name: work\n", "    - name: fleet\n", "    - name: settings\n", "    - name: web\n",
			"      timeout: 5m\n", "      timeout: 5m\n      timeout: 6m\n"}},
		{name: "references", changes: []string{"            pool: general", "            pool: genral", "        - scale:\n            workload: web",
			"        - scale:\n            workload: wab", "web-${tier}", "web-${teir}", "        phase: work", "        phase: wrok"}},
		{name: "no-verb", changes: []string{"        - hold:\n            duration: ${calm}\n", "        - background: true\n        - {}\n        -\n"}},
		{name: "two-verbs", changes: []string{"        - wait:\n", "          wait:\n"}},
		{name: "load-classes", changes: []string{`              - verb: create
                resource: configmaps
`, `              - {verb: create, resource: configmaps, scope: cluster}
              - {verb: create, resource: pods}
              - {verb: list, resource: secrets, scope: resource}
              - {verb: list, resource: nodes}
              - {verb: get, resource: nodes, objects: 5}
              - {verb: patch, resource: configmaps, mode: paged}
              - {verb: get, resource: secrets, weight: 2}
              - {verb: get, resource: secrets}
              - {verb: get, resource: Secrets}
`}},
		{name: "sawtooth", changes: []string{"            rate: 10\n", `            rate: 10
            pace: {shape: sawtooth, from: -1, to: 1000000, amplitude: 1, period: 0s}
`}},
		{name: "sawtooth-period", changes: []string{"            rate: 10\n", `            rate: 10
            pace: {shape: sawtooth, to: 3}
`}},
		{name: "load-settings", changes: []string{`              - verb: create
                resource: configmaps
`, `              - {verb: get, resource: configmaps, mode: paged}
              - {verb: list, resource: configmaps, pageSize: 10}
              - {verb: update, resource: configmaps, patchType: json, size: 2000000}
              - {verb: patch, resource: roles.rbac.authorization.k8s.io, size: 500000}
              - {verb: get, resource: pods, size: 10}
              - {verb: create, resource: secrets, weight: 2, rate: 3}
              - {verb: watch, resource: secrets, scope: resource, labelSelector: a=b}
              - {verb: apply, resource: secrets, encoding: xml}
            connections: 0
            arrivals: random
            pace: {shape: sine, amplitude: 2, from: 1}
`}},
		{name: "load-users", changes: []string{`              - verb: create
                resource: configmaps
`, `              - {verb: get, resource: secrets, user: tenent}
              - {verb: get, resource: secrets, encoding: json, user: tenant}
            users:
              - {name: tenant, count: 0, groups: [a b]}
              - {name: tenant}
              - {name: idle}
              - {name: -x}
`}},
		{name: "load-subresources", changes: []string{`              - verb: create
                resource: configmaps
`, `              - {verb: create, resource: pods, subresource: binding}
              - {verb: get, resource: pods, subresource: eviction}
              - {verb: get, resource: deployments.apps, subresource: sacle}
              - {verb: list, resource: deployments.apps, subresource: scale}
              - {verb: create, resource: secrets, subresource: token}
              - {verb: create, resource: serviceaccounts, subresource: token, size: 10}
              - {verb: patch, resource: deployments.apps, subresource: scale}
              - {verb: update, resource: deployments.apps, subresource: status}
              - {verb: patch, resource: widgets.example.com, subresource: status, patchType: json, manifest: {apiVersion: example.com/v1, kind: Widget}}
`}},
		{name: "load-manifests", changes: []string{`              - verb: create
                resource: configmaps
`, `              - {verb: create, resource: deployments.apps}
              - {verb: get, resource: deployments.apps, objects: 5}
              - {verb: list, resource: deployments.apps, size: 5}
              - {verb: delete, resource: deployments.apps, manifest: {apiVersion: apps/v1, kind: Deployment, spec: {replicas: 3}}}
              - {verb: list, resource: pods, scope: cluster, manifest: {apiVersion: v1, kind: Pod}}
              - {verb: update, resource: widgets.example.com, manifest: {apiVersion: example.com/v1, kind: Widget}}
              - {verb: create, resource: widgets.example.com, encoding: protobuf, manifest: {apiVersion: example.com/v1, kind: Widget}}
              - {verb: patch, resource: widgets.example.com, patchType: strategic, manifest: {apiVersion: example.com/v1, kind: Widget}}
              - {verb: patch, resource: widgets.example.com, patchType: json}
              - {verb: apply, resource: widgets.example.com, manifest: {apiVersion: other.com/v1, kind: "${index}", metadata: {name: a, namespace: b}}}
              - {verb: get, resource: widgets.example.com, manifest: {a: "${nodes"}}
`}},
		{name: "too-large", changes: []string{"              - verb: create\n                resource: configmaps\n", `              - {verb: create, resource: secrets, size: 900000}
              - {verb: list, resource: configmaps, objects: 1000, size: 900000}
`}},
		{name: "rates", changes: []string{"            rate: 10\n            duration: 1m\n", "            duration: 1m\n            pace: {shape: trace, points: [{at: 2s, factor: 1}, {at: 1s, factor: -1}]}\n"}},
		{name: "all-rates", changes: []string{"                mode: consistent\n", "                mode: consistent\n                rate: 5\n",
			"                resource: configmaps\n", "                resource: configmaps\n                rate: 5\n"}},
		{name: "too-much", changes: []string{"            rate: 10\n            duration: 1m\n", "            rate: 100000\n            duration: 4m\n            pace: {shape: ramp, to: 30}\n"}},
		{name: "too-long", changes: []string{"      timeout: 5m\n", "      timeout: 3h\n", "            rate: 10\n            duration: 1m\n", "            rate: 100000\n            duration: 2h\n"}},
		{name: "no-trace", changes: []string{"            rate: 10\n", "            rate: 10\n            pace: {shape: trace, file: none.csv}\n"}},
		{name: "bad-trace", options: Options{Files: fstest.MapFS{"load.csv": {Data: []byte("seconds,factor\n0,1\n# calm\n5,x\n")}}},
			changes: []string{"            rate: 10\n", "            rate: 10\n            pace: {shape: trace, file: load.csv}\n"}},
		{name: "watch", changes: []string{"        - hold:\n            duration: ${calm}\n", `        - watch: {watchers: 20000, duration: 1m}
        - watch: {watchers: 500, duration: 5m, resource: pods, encoding: xml}
        - watch: {watchers: 500, duration: 1m, connections: 4}
        - watch: {watchers: 5000, duration: 1m, rate: 50}
        - watch: {watchers: 2000, duration: 4m, rate: 100, objects: 0}
        - watch: {watchers: 6000, duration: 1m, size: 200000}
        - watch: {watchers: 30, duration: 1m}
        - watch: {watchers: 30, duration: 2m}
        - watch: {watchers: 30, duration: 2m, resource: secrets}
        - watch: {}
`, "    - metric: component_memory_bytes\n", `    - {metric: watch_delivery_seconds, percentile: 99, most: 1s, where: {watchers: "31"}}
    - {metric: watch_events_total, statistic: last, most: 0, where: {state: lost}}
    - {metric: watch_fanout_seconds, percentile: 99, most: 1s, where: {phase: fleet}}
    - {metric: api_request_seconds, percentile: 99, most: 1s, where: {verb: update, resource: secrets}}
    - metric: component_memory_bytes
`}},
		{name: "set-of-objectives", changes: []string{"  objectives:\n", "  objectiveSets: [sig-scalability/v2]\n  objectives:\n"}},
		{name: "order", changes: []string{"        - create:\n            workload: web\n            rate: ${rate}\n", "        - hold: {duration: 6m}\n        - create: {workload: settings}\n        - create: {workload: settings}\n        - wait: {workload: settings}\n        - scale: {workload: settings, replicas: 1}\n        - rollout: {workload: settings, patch: {a: 1}}\n"}},
		{name: "amounts", changes: []string{"            pool: general\n", `            pool: general
            upTo: 0
        - nodes: {pool: general, upTo: 101%}
        - nodes: {pool: general, upTo: 11}
        - nodes: {pool: general, upTo: 2.5%}
        - nodes: {pool: general, upTo: some}
        - fail: {pool: general, nodes: 0%}
`}},
		{name: "parts", changes: []string{"            pool: general\n", `            pool: general
            upTo: 30%
        - nodes: {pool: general, upTo: 5}
        - create: {workload: settings, upTo: 1}
        - create: {workload: settings, upTo: 100%}
    - name: more
      actions:
        - nodes: {pool: general, upTo: 4}
        - create: {workload: web, upTo: 1}
        - create: {workload: web, upTo: 50%}
        - create: {workload: web}
        - delete: {workload: web}
    - name: all
      actions:
        - nodes: {pool: general}
    - name: beyond
      actions:
        - nodes: {pool: general, upTo: 100%}
`}},
		{name: "failures", changes: []string{"        - nodes:\n            pool: general\n", `        - fail: {pool: general, nodes: 1}
        - nodes: {pool: general, upTo: 5}
    - name: lose
      actions:
        - recover: {pool: general}
        - recover: {pool: general}
        - fail: {pool: general, nodes: 6}
        - fail: {pool: genral, nodes: 100%}
        - fail: {pool: general, nodes: 1}
        - nodes: {pool: general}
        - recover: {pool: general}
`, "  objectives:\n", `  objectives:
    - {metric: node_not_ready_seconds, statistic: max, most: 1m, where: {phase: work}}
    - {metric: pod_replacement_seconds, statistic: max, most: 1m, where: {phase: lose}}
    - {metric: node_recovered_seconds, statistic: max, most: 1m, where: {phase: fleet}}
`}},
		{name: "rollout", changes: []string{"        - hold:\n            duration: ${calm}\n", `        - rollout: {workload: web, patch: {spec: {paused: true}}}
        - rollout: {workload: web, patch: {spec: {template: {a: 1}}}}
        - rollout: {workload: web, patch: {spec: {template: {a: 1}}}}
        - rollout: {workload: web, patch: {}}
        - wait: {workload: web, for: deleted}
`}},
		{name: "objectives", changes: []string{"    - metric: component_memory_bytes\n", `    - {metric: pod_startup_second, percentile: 99, most: 5s}
    - {metric: component_cpu_cores, percentile: 99, most: 1}
    - {metric: component_cpu_cores, statistic: value, most: 1}
    - {metric: pod_startup_seconds, most: 1s}
    - {metric: pod_startup_seconds, percentile: 99, statistic: max, most: 1s}
    - {metric: pod_startup_seconds, percentile: 99, most: 1s, least: 1s}
    - {metric: pod_startup_seconds, percentile: 99}
    - {metric: pod_startup_seconds, percentile: 99, most: soon}
    - {metric: pod_startup_seconds, statistic: count, least: 5s}
    - {metric: pods_ready_per_second, least: 5s}
    - {metric: pod_startup_seconds, percentile: 99, most: 1s, where: {work: web}}
    - {metric: pod_startup_seconds, percentile: 99, most: 1s, where: {phase: wrok}}
    - {metric: pod_startup_seconds, percentile: 99, most: 1s, where: {phase: fleet}}
    - {metric: pod_startup_seconds, percentile: 99, most: 1s, where: {workload: settings}}
    - {metric: api_request_seconds, percentile: 99, most: 1s, where: {verb: delete}}
    - metric: component_memory_bytes
`}},
		{name: "queries", changes: []string{"  objectives:\n", `  queries:
    - {name: up, expr: up}
    - {name: up, expr: up, unit: second}
    - {name: Slow, expr: up, step: 100ms}
    - {name: fine, expr: up, unit: seconds, step: 1s}
    - {name: broken, expr: up, step: 1500500us}
    - {name: memory, unit: bytes}
    - {name: nothing, expr: " "}
  objectives:
    - {metric: query_total, where: {query: upp}, statistic: max, most: 1}
    - {metric: query_total, where: {query: fine}, statistic: max, most: 500ms}
    - {metric: query_seconds, where: {query: fine}, percentile: 99, most: 500ms}
    - {metric: query_seconds, where: {query: fine, job: api}, statistic: max, most: 500ms}
    - {metric: query_ratio, statistic: max, most: 50%}
    - {metric: query_missing_points_total, where: {query: none}, most: 0}
`, "      timeout: 5m\n", "      timeout: 4h\n"}},
		{name: "no-autoscaler", changes: []string{"  objectives:\n", `  objectives:
    - {metric: hpa_reaction_seconds, most: 30s, where: {phase: work, direction: up}}
    - {metric: hpa_desired_replicas_total, statistic: max, most: 10, where: {hpa: web}}
    - {metric: hpa_first_ready_seconds, most: 30s, where: {direction: down}}
    - {metric: elasticity_under_time_ratio, percentile: 99, most: 10%}
`}},
		{name: "no-attempts", changes: []string{"  objectives:\n", `  objectives:
    - {metric: refused_attempts_total, where: {workload: settings}, statistic: last, most: 0}
    - {metric: refused_attempts_total, where: {workload: web, reason: full}, statistic: last, most: 0}
    - {metric: refused_attempts_total, where: {workload: web, reason: quota, phase: work}, statistic: last, most: 0}
    - {metric: quota_conflicts_per_pod, where: {phase: work}, most: 1}
`}},
		{name: "no-query", changes: []string{"  objectives:\n", "  objectives:\n    - {metric: query_lost_points_total, most: 0}\n"}},
		{name: "no-load", changes: []string{"        - background: ${fresh}\n          load:\n            rate: 10\n            duration: 1m\n            requests:\n              - verb: list\n                resource: pods\n                mode: consistent\n              - verb: create\n                resource: configmaps\n", "",
			"    - metric: component_memory_bytes\n      statistic: max\n      most: 500Mi\n", "    - metric: api_request_seconds\n      percentile: 99\n      most: 1s\n"}},
		{name: "latency", changes: []string{"      min: 1s\n      max: 2s\n", "      min: 3s\n      max: 2s\n      p99: 1s\n"}},
		{name: "latency-missing", changes: []string{"distribution: uniform\n      min: 1s\n      max: 2s\n", "distribution: lognormal\n      median: 2s\n"}},
		{name: "latency-quantiles", changes: []string{"distribution: uniform\n      min: 1s\n      max: 2s\n", "distribution: quantiles\n      quantiles: [1s, 3s, 2s]\n"}},
		{name: "manifests", changes: []string{"kind: Deployment", "kind: CronJob", "          name: web-${tier}-${index}\n", "          name: web-${tier}\n", "          name: settings\n", "          name: Settings\n"}},
		{name: "same-objects", changes: []string{baseSettings, baseSettings + "    - name: again\n" + baseSettings}},
		{name: "no-manifest", changes: []string{baseSettings, ""}},
		{name: "no-file", changes: []string{baseSettings, "      file: ../settings.yaml\n"}},
		{name: "set", options: Options{Set: map[string]string{"nodes": "501", "teir": "gold", "tier": "bronze", "fresh": "yes", "calm": "5", "memory": "64MB", "rate": "x", "zzz": "1"}}},
		{name: "parameters", changes: []string{"default: 10, min: 1", "default: 0, min: 1", "default: 2.5}", "default: 2.5, enum: [a]}",
			"default: 5s}", "default: 5s, max: 3}\n    - {name: index, type: string, default: a}\n    - {name: calm, type: string, default: a}\n    - {name: unused, type: string, default: a}\n    - {name: bad, type: text, default: a}\n    - {name: none, type: string}"}},
		{name: "placeholders", changes: []string{"text: hello", "text: hello ${nodes", "pool: general", "pool: general-${index}", "app: web", `app: web, "${tier}": a`}},
		{name: "null", changes: []string{"      most: 5s\n", "      most:\n"}},
		{name: "merge-key", changes: []string{"  name: base", "  name: base\n  labels:\n    <<: {a: b}\n    ? [c]\n    : d"}},
		{name: "catalog", changes: []string{"  cluster:\n", "  cluster:\n    kubernetes: v1.36.2\n", "nodeType: m6i.2xlarge", "nodeType: m6i.larg"},
			options: Options{NodeTypes: []string{"m6i.large", "t3.medium"}, Kubernetes: []string{"v1.37.2", "v1.36.3"}}},
		{name: "tag", changes: []string{"  name: base", "  name: !secret base"}},
		{name: "aliases", changes: []string{"  name: base", "  name: &name base\n  labels: &labels\n    a: *name\n    b: *labels"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := readBase(t)
			for i := 0; i+1 < len(test.changes); i += 2 {
				text = replaceOnce(t, text, test.changes[i], test.changes[i+1])
			}
			_, err := Decode("base.yaml", []byte(text), test.options)
			if err == nil {
				t.Fatal("no fault was found")
			}
			golden(t, test.name, err.Error())
		})
	}
}

// TestUnreadable gives Decode files that are no scenario at all.
func TestUnreadable(t *testing.T) {
	bomb := "a: &a [x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c < 'k'; c++ {
		bomb += fmt.Sprintf("%c: &%c [*%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c]\n", c, c, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1)
	}
	for _, test := range []struct{ name, text, want string }{
		{"empty", "", "f:1:1: the file is empty"},
		{"comment", "# nothing\n", "f:1:1: the file is empty"},
		{"list", "- a\n", "f:1:1: a scenario is a mapping, not a list"},
		{"word", "\nscenario\n", "f:2:1: a scenario is a mapping, not a single value"},
		{"two documents", "a: 1\n---\nb: 2\n", "f:2:1: a second YAML document begins here"},
		{"tab", "a:\n\t- b\n", "f:2:1: not YAML: found character that cannot start any token"},
		{"open list", "a: [1, 2\n", "f:2:1: not YAML: did not find expected ',' or ']'"},
		{"parameter in braces", "a: {count: ${n}}\n", `put quotes around a parameter`},
		{"unknown alias", "a: *b\n", "f:1:4: not YAML: unknown anchor 'b' referenced"},
		{"latin-1", "a: \xe9\n", "f:1:4: byte 0xe9 is not UTF-8"},
		{"control character", "a: 1\nb: \x00", "f:2:4: control character U+0000 is not allowed"},
		{"itself", "a: &a [*a]\n", "f:1:8: the alias contains itself"},
		{"bomb", bomb, "the scenario has more than 200000 values"},
		{"big bomb", "a: &a " + strings.Repeat("x", 500_000) + "\nb: [" + strings.Repeat("*a,", 100) + "*a]\n", "the scenario has more than 16777216 bytes"},
		{"deep", strings.Repeat("[", 1000) + strings.Repeat("]", 1000), "f:1:65: more than 64 levels"},
		{"very deep", strings.Repeat("[", 500_000), "not YAML"},
		{"large", strings.Repeat("a", MaxFileBytes+1), "f:1:1: the file has 1048577 bytes"},
		{"many faults", strings.Repeat("? [a]\n: b\n", 500), "more faults, not shown"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Decode("f", []byte(test.text), Options{})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %.500v\nwant %s", err, test.want)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(readBase(f)))
	f.Add([]byte("a: &a [*a]\n"))
	f.Add([]byte("spec:\n  phases:\n  - actions: [{load: {requests: [{}]}}]\r\n\tx"))
	f.Add([]byte("spec: {parameters: [{name: a, type: string, default: \"${a}\"}], workloads: [{name: \"${a\"}]}"))
	f.Add([]byte("a: \"\\u0000\"\n--- \u2028\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Decode("f.yaml", text, Options{Set: map[string]string{"nodes": "5"}, Files: fstest.MapFS{}})
		if err == nil {
			if again, err := Decode("again.yaml", s.Resolved, Options{}); err != nil || again == nil {
				t.Fatalf("the resolved scenario does not decode: %v\n%s", err, s.Resolved)
			}
			return
		}
		faults, ok := err.(Faults)
		if !ok || len(faults) == 0 {
			t.Fatalf("an error that is not Faults: %v", err)
		}
		src := newSource("f.yaml", text)
		for _, fault := range faults {
			if fault.Line < 1 || fault.Line > len(src.lines) || fault.Column < 1 || fault.Message == "" ||
				fault.Column > len([]rune(strings.ToValidUTF8(src.lines[fault.Line-1], "\uFFFD")))+1 {
				t.Fatalf("a fault outside the file: %+v", fault)
			}
		}
		_ = err.Error()
	})
}
