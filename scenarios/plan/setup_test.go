package plan

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// TestSetupTakesTime: a load that makes objects of its own begins only when they are there, and what is
// created by the load itself is not made before.
func TestSetupTakesTime(t *testing.T) {
	for _, test := range []struct {
		name    string
		request string
		want    time.Duration
	}{
		{"listed", "{verb: list, resource: configmaps, scope: namespace, objects: 8000}", 43333 * time.Millisecond},
		{"created", "{verb: create, resource: configmaps}", 30 * time.Second},
		{"deleted", "{verb: delete, resource: configmaps}", 35 * time.Second}, // 100/s for 30 s.
	} {
		for _, background := range []string{"", "\n          background: true"} {
			s, err := spec.Decode("setup.yaml", []byte(`apiVersion: kubedyno.dev/v1alpha1
kind: Scenario
metadata: {name: setup}
spec:
  phases:
    - name: load
      actions:
        - load:
            rate: 100
            duration: 30s
            requests: [`+test.request+`]`+background+`
`), spec.Options{})
			if err != nil {
				t.Fatal(err)
			}
			p, err := Build(s, 1)
			if err != nil {
				t.Fatal(err)
			}
			if d := p.Estimate.Duration; d != test.want.Round(time.Second) {
				t.Errorf("%s: the run is expected to take %v, want %v", test.name, d, test.want)
			}
			var text bytes.Buffer
			if err := p.WriteText(&text); err != nil {
				t.Fatal(err)
			}
			words := strings.Join(strings.Fields(text.String()), " ")
			if says := strings.Contains(words, "600 of the objects that loads make beforehand"); says != (test.name != "created") {
				t.Errorf("%s: the plan says so: %t\n%s", test.name, says, words)
			}
		}
	}
}
