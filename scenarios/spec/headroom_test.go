package spec

import (
	"fmt"
	"strings"
	"testing"
)

// headroomScenario has a quota, a Deployment of 8 pods and a drain.
const headroomScenario = `
apiVersion: kubedyno.dev/v1alpha1
kind: Scenario
metadata: {name: room}
spec:
  fleet: {pools: [{name: general, nodeType: m6i.large, count: 4}]}
  workloads:
    - name: quota
      headroom: %s
      manifest: %s
    - name: web
      count: %d
      manifest: {apiVersion: apps/v1, kind: Deployment, metadata: {name: "web-${index}"}, spec: {replicas: 8}}
  phases:
    - name: all
      timeout: 2m
      actions: [{nodes: {pool: general}}, {create: {workload: quota}}, {create: {workload: web}}, {drain: {pool: general, nodes: 1, giveUp: %s}}]
`

const someQuota = "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}}"

// TestHeadroom has the pods that a quota allows; a part of a pod is none.
func TestHeadroom(t *testing.T) {
	for _, test := range []struct {
		share    string
		objects  int
		manifest string
		want     string
	}{
		{"0%", 1, someQuota, "8"},
		{"25%", 1, someQuota, "10"},
		{"10%", 1, someQuota, "8"},
		{"10%", 2, someQuota, "17"},
		{"150%", 1, "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: {services: 1}}}", "20"},
	} {
		text := fmt.Sprintf(headroomScenario, "{workload: web, share: "+test.share+"}", test.manifest, test.objects, "1m")
		s, err := Decode("room.yaml", []byte(text), Options{})
		if err != nil {
			t.Fatal(err)
		}
		again, err := Decode("room.yaml", s.Resolved, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []*Scenario{s, again} {
			hard, _ := Lookup(s.Spec.Workloads[0].Manifest, "spec", "hard").(map[string]any)
			if hard["pods"] != test.want {
				t.Errorf("%s of %d objects: the quota allows %v pods, want %s", test.share, test.objects, hard["pods"], test.want)
			}
			if other := strings.Contains(test.manifest, "services"); other != (hard["services"] != nil) {
				t.Errorf("%s: what else the quota has is %v", test.share, hard)
			}
		}
	}
}

func TestHeadroomFaults(t *testing.T) {
	for _, test := range []struct{ headroom, manifest, giveUp, want string }{
		{"{workload: web, share: 25}", someQuota, "1m", "9:40: share must be a percentage from 0% to 9999%"},
		{"{workload: wbe, share: 25%}", someQuota, "1m", `9:28: there is no workload "wbe"`},
		{"{workload: quota, share: 25%}", someQuota, "1m", "9:28: a ResourceQuota has no pods"},
		{"{workload: web, share: 25%}", "{apiVersion: v1, kind: ConfigMap, metadata: {name: q}}", "1m", "9:17: headroom is for a ResourceQuota, not for a ConfigMap"},
		{"{workload: web, share: 25%}", "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: {pods: 9}}}", "1m",
			"10:96: the headroom says how many pods"},
		{"{workload: web, share: 25%}", "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q, namespace: other}}", "1m",
			`9:28: the quota is in another namespace than workload "web"`},
		{"{workload: web, share: 25%}", someQuota, "2m", "17:141: 2m0s does not fit into the phase's timeout of 2m0s"},
	} {
		text := fmt.Sprintf(headroomScenario, test.headroom, test.manifest, 1, test.giveUp)
		_, err := Decode("room.yaml", []byte(text), Options{})
		if err == nil || !strings.Contains(err.Error(), "room.yaml:"+test.want) || !strings.Contains(err.Error(), "1 fault") {
			t.Errorf("%s %s: %v, want one fault %s", test.headroom, test.manifest, err, test.want)
		}
	}
}
