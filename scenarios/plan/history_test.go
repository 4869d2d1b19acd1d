package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// 8,000 updates a second of 1,000 bytes make 2.24 GiB in 5 minutes.
func TestHistoryThatFillsEtcd(t *testing.T) {
	const own = "{verb: update, resource: secrets, size: 1000}"
	for _, test := range []struct {
		name, duration, request string
		rate                    int
		want                    string
	}{
		{"too much in 5 minutes", "20m", own, 8000, "The load of phase p writes 2.24 GiB of revisions within 5m, before"},
		{"a load of less than 5 minutes", "4m", own, 8000, ""},
		{"a short load that is too fast", "4m", own, 10_000, "2.24 GiB of revisions within 4m"},
		{"reads", "20m", "{verb: get, resource: secrets, size: 1000}", 8000, ""},
		{"tokens", "20m", "{verb: create, resource: serviceaccounts, subresource: token, manifest: {apiVersion: v1, kind: ServiceAccount, text: " +
			strings.Repeat("x", 1000) + "}}", 8000, ""},
		{"manifests", "20m", "{verb: patch, resource: a.example.com, manifest: {apiVersion: example.com/v1, kind: A, text: " +
			strings.Repeat("x", 1000) + "}}", 8000, "2.35 GiB"},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := fmt.Sprintf("apiVersion: kubedyno.dev/v1alpha1\nkind: Scenario\nmetadata: {name: h}\nspec:\n  phases:\n"+
				"    - {name: p, timeout: 1h, actions: [{load: {rate: %d, duration: %s, requests: [%s]}}]}\n", test.rate, test.duration, test.request)
			s, err := spec.Decode("h.yaml", []byte(text), spec.Options{})
			if err != nil {
				t.Fatal(err)
			}
			p, err := Build(s, 1)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(p.Warnings, "\n")
			if test.want == "" && got != "" || !strings.Contains(got, test.want) {
				t.Errorf("warnings %q, want %q", got, test.want)
			}
		})
	}
}
