package spec

import (
	"testing"

	"sigs.k8s.io/yaml"
)

func TestRequests(t *testing.T) {
	const mib = 1 << 20
	for _, test := range []struct {
		name, pod    string // As YAML.
		cores, bytes float64
	}{
		{"two containers", `{containers: [{resources: {requests: {cpu: 500m, memory: 64Mi}}}, {resources: {requests: {cpu: 1}}}]}`, 1.5, 64 * mib},
		{"limits are requests", `{containers: [{resources: {limits: {cpu: 2, memory: 1Gi}, requests: {cpu: 500m}}}]}`, 0.5, 1024 * mib},
		{"nothing", `{containers: [{name: main}]}`, 0, 0},
		{"a large init container", `{initContainers: [{resources: {requests: {cpu: 3}}}], containers: [{resources: {requests: {cpu: 1, memory: 1Mi}}}]}`, 3, mib},
		{"a sidecar and an init container after it", `{initContainers: [{restartPolicy: Always, resources: {requests: {cpu: 1}}}, {resources: {requests: {cpu: 2}}}],
  containers: [{resources: {requests: {cpu: 1500m}}}]}`, 3, 0},
		{"a sidecar", `{initContainers: [{restartPolicy: Always, resources: {requests: {cpu: 1}}}], containers: [{resources: {requests: {cpu: 2}}}]}`, 3, 0},
		{"of the pod itself, with overhead", `{overhead: {cpu: 100m}, resources: {requests: {cpu: 4}}, containers: [{resources: {requests: {cpu: 1, memory: 1Mi}}}]}`, 4.1, mib},
	} {
		var pod map[string]any
		if err := yaml.Unmarshal([]byte(test.pod), &pod); err != nil {
			t.Fatal(err)
		}
		for kind, manifest := range map[string]map[string]any{
			"Deployment": {"spec": map[string]any{"template": map[string]any{"spec": pod}}},
			"Pod":        {"spec": pod},
			"CronJob":    {"spec": map[string]any{"jobTemplate": map[string]any{"spec": map[string]any{"template": map[string]any{"spec": pod}}}}},
		} {
			manifest["kind"] = kind
			cores, bytes := Workload{Manifest: manifest}.Requests()
			if cores != test.cores || bytes != test.bytes {
				t.Errorf("%s of a %s: %v cores, %v bytes, want %v and %v", test.name, kind, cores, bytes, test.cores, test.bytes)
			}
		}
	}
	if cores, bytes := (Workload{Manifest: map[string]any{"kind": "ConfigMap"}}).Requests(); cores != 0 || bytes != 0 {
		t.Errorf("what has no pods requests %v cores and %v bytes", cores, bytes)
	}
}
