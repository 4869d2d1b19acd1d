package plan

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

func TestOutageIsPlanned(t *testing.T) {
	s, err := spec.Decode("breaking.yaml", []byte(`apiVersion: kubedyno.dev/v1alpha1
kind: Scenario
metadata: {name: breaking}
spec:
  phases:
    - name: run
      actions:
        - outage: {component: kube-scheduler, duration: 40s}
`), spec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Build(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	if name := p.Phases[0].Steps[0].Name; name != "outage kube-scheduler 40s" {
		t.Errorf("the step is called %q", name)
	}
	if want := (40 + AssumedRestart) * time.Second; p.Estimate.Duration != want {
		t.Errorf("the run is expected to take %v, want %v", p.Estimate.Duration, want)
	}
	var text bytes.Buffer
	if err := p.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	if want := "kill kube-scheduler, start it again after 40s; until it serves again"; !strings.Contains(text.String(), want) {
		t.Errorf("the plan does not say %q:\n%s", want, text.String())
	}
}
