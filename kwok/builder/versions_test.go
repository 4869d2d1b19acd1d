package builder

import "testing"

func TestComponentVersions(t *testing.T) {
	for _, kubernetes := range Versions() {
		got, err := ComponentVersions(kubernetes)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"kube-scheduler": kubernetes, "etcd": "v3.7.0", "kwok": "v0.8.0", "metrics-server": "v0.9.0"}
		want["metrics-adapter"] = map[string]string{"v1.37.2": "v1.37.0", "v1.36.3": "v1.36.0"}[kubernetes]
		for component, version := range want {
			if got[component] != version {
				t.Errorf("Kubernetes %s has %s %s, want %s", kubernetes, component, got[component], version)
			}
		}
	}
	if _, err := ComponentVersions("v1.0.0"); err == nil {
		t.Error("a version that cannot be built has components")
	}
}
