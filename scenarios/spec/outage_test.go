package spec

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const breaking = `apiVersion: kubedyno.dev/v1alpha1
kind: Scenario
metadata: {name: breaking}
spec:
  cluster:
    metricsServer: {}
  phases:
    - name: run
      actions:
        - outage: {component: metrics-server, duration: 40s}
        - {background: true, outage: {component: kube-scheduler, duration: 20s}}
        - outage: {component: kube-controller-manager, duration: 20s}
  objectives:
    - {metric: component_away_seconds, where: {component: metrics-server, phase: run}, most: 1m}
`

func TestOutage(t *testing.T) {
	s, err := Decode("breaking.yaml", []byte(breaking), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []Action{
		{Outage: &Outage{Component: "metrics-server", Duration: 40 * time.Second}},
		{Background: true, Outage: &Outage{Component: "kube-scheduler", Duration: 20 * time.Second}},
		{Outage: &Outage{Component: "kube-controller-manager", Duration: 20 * time.Second}},
	}
	if diff := cmp.Diff(want, s.Spec.Phases[0].Actions); diff != "" {
		t.Errorf("actions (-want +got):\n%s", diff)
	}
}

func TestOutageFaults(t *testing.T) {
	text := replaceOnce(t, breaking, "    metricsServer: {}\n", "    etcd: {}\n")
	text = replaceOnce(t, text, "        - outage: {component: kube-controller-manager, duration: 20s}\n", `        - outage: {component: kube-scheduler, duration: 20s}
        - outage: {component: etcd, duration: 20s}
        - outage: {duration: 10m}
        - outage: {component: kube-scheduler, duration: 0s}
`)
	text = replaceOnce(t, text, "component: metrics-server, phase: run", "component: kube-controller-manager, phase: run")
	text += "    - {metric: metrics_scrape_seconds, statistic: mean, most: 4s}\n"
	_, err := Decode("breaking.yaml", []byte(text), Options{})
	if err == nil {
		t.Fatal("no fault was found")
	}
	golden(t, "outages", err.Error())
}
