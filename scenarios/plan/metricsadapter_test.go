package plan

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

func TestMetricsAdapterIsPlanned(t *testing.T) {
	p := buildFile(t, "../quickstart.yaml", nil)
	for _, test := range []struct {
		adapter  *spec.MetricsAdapter
		services map[string]Service
		want     string // Empty: nothing is said.
	}{
		{},
		{adapter: &spec.MetricsAdapter{Resolution: 5 * time.Second}, want: "no metrics of services, sampled every 5s"},
		{&spec.MetricsAdapter{Resolution: 15 * time.Second}, map[string]Service{
			"a": {RateMetric: "requests_per_second", WaitingMetric: "requests_waiting"},
			"b": {RateMetric: "jobs_per_second", WaitingMetric: "jobs_waiting"},
			"c": {RateMetric: "jobs_per_second", WaitingMetric: "jobs_waiting"},
		}, "jobs_per_second, jobs_waiting, requests_per_second, requests_waiting of services, sampled every 15s"},
	} {
		p.Cluster.MetricsAdapter, p.Services = test.adapter, test.services
		var b bytes.Buffer
		if err := p.WriteText(&b); err != nil {
			t.Fatal(err)
		}
		said := strings.Contains(b.String(), "for the metrics adapter\n")
		if said != (test.want != "") || !strings.Contains(b.String(), test.want) {
			t.Errorf("%+v: the plan does not say %q:\n%s", test.adapter, test.want, &b)
		}
	}
}
