package spec

import (
	"strings"
	"testing"
)

// TestFitRoom: a pod that no node of any pool has room for is a fault of its workload, and one that some
// node may have room for is none.
func TestFitRoom(t *testing.T) {
	room := func(nodeType string, own *NodeType) (int64, int64, bool) {
		if nodeType == "unknown" {
			return 0, 0, false
		}
		return 1930, 7 << 30, true
	}
	text := func(requests, nodeType string) string {
		with := "metadata: {name: web}, spec: {containers: [{name: web, image: pause, resources: {requests: {" + requests + "}}}]}}}"
		return strings.Replace(strings.Replace(fitting, "metadata: {name: web}}}", with, 1), "{name: other, nodeType: m6i.large", "{name: other, nodeType: "+nodeType, 1)
	}
	for _, c := range []struct{ requests, nodeType, want string }{
		{"cpu: 1930m, memory: 7Gi", "m6i.large", ""},
		{"cpu: 1931m", "m6i.large", "fitting.yaml:8:14: a pod of web requests 1.931 CPU and 0 of memory, and no node leaves as much to pods: m6i.large leaves 1.93 CPU and 7Gi"},
		{"memory: 8Gi", "m6i.large", "a pod of web requests 0 CPU and 8Gi of memory"},
		{"memory: 8Gi", "unknown", ""},
	} {
		_, err := Decode("fitting.yaml", []byte(text(c.requests, c.nodeType)), Options{Room: room})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s on %s: %v\nwant %s", c.requests, c.nodeType, err, c.want)
		}
	}
}

// TestFitFaultAlone: what follows from the name of a pool that is not there is not reported as well.
func TestFitFaultAlone(t *testing.T) {
	for _, wrong := range []string{"fit: {pool: generl}", "fit: {pools: general+othr}", "fit: {pools: \"\"}", "fit: {step: 2}"} {
		_, err := Decode("fitting.yaml", []byte(strings.Replace(fitting, "fit: {pool: general}", wrong, 1)), Options{})
		if err == nil || strings.Contains(err.Error(), "capacity_pending_pods_total") {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

// TestUnreadTypes: the types of a file that cannot be read are not reported as missing; others are, with
// where to look.
func TestUnreadTypes(t *testing.T) {
	options := Options{NodeTypes: []string{"a", "b"}}
	_, err := Decode("fitting.yaml", []byte(fitting), options)
	if err == nil || !strings.Contains(err.Error(), `there is no node type "m6i.large"`) {
		t.Errorf("a type that is not there: %v", err)
	}
	_, err = Decode("fitting.yaml", []byte(strings.Replace(fitting, "  fleet:\n", "  fleet:\n    nodeTypeFiles: [types.json]\n", 1)), options)
	if err == nil || !strings.Contains(err.Error(), "types.json") || strings.Contains(err.Error(), "there is no node type") {
		t.Errorf("with a file that is not there: %v", err)
	}
}
