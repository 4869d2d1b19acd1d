package scrape

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestHPAFamilies reads what the HPA controller of Kubernetes 1.37 says of itself.
func TestHPAFamilies(t *testing.T) {
	const text = `# TYPE horizontal_pod_autoscaler_controller_num_horizontal_pod_autoscalers gauge
horizontal_pod_autoscaler_controller_num_horizontal_pod_autoscalers 60
# TYPE horizontal_pod_autoscaler_controller_reconciliations_total counter
horizontal_pod_autoscaler_controller_reconciliations_total{action="none",error="none"} 70
horizontal_pod_autoscaler_controller_reconciliations_total{action="none",error="internal"} 3
horizontal_pod_autoscaler_controller_reconciliations_total{action="scale_up",error="none"} 5
# TYPE horizontal_pod_autoscaler_controller_reconciliation_duration_seconds histogram
horizontal_pod_autoscaler_controller_reconciliation_duration_seconds_bucket{action="none",error="none",le="0.001"} 10
horizontal_pod_autoscaler_controller_reconciliation_duration_seconds_bucket{action="none",error="none",le="+Inf"} 73
horizontal_pod_autoscaler_controller_reconciliation_duration_seconds_sum{action="none",error="none"} 1.5
horizontal_pod_autoscaler_controller_reconciliation_duration_seconds_count{action="none",error="none"} 73
horizontal_pod_autoscaler_controller_reconciliation_duration_seconds_bucket{action="scale_up",error="none",le="0.001"} 0
horizontal_pod_autoscaler_controller_reconciliation_duration_seconds_bucket{action="scale_up",error="none",le="+Inf"} 5
horizontal_pod_autoscaler_controller_reconciliation_duration_seconds_sum{action="scale_up",error="none"} 1
horizontal_pod_autoscaler_controller_reconciliation_duration_seconds_count{action="scale_up",error="none"} 5
# TYPE rest_client_rate_limiter_duration_seconds histogram
rest_client_rate_limiter_duration_seconds_bucket{host="a",verb="GET",le="0.005"} 1
rest_client_rate_limiter_duration_seconds_bucket{host="a",verb="GET",le="+Inf"} 4
rest_client_rate_limiter_duration_seconds_sum{host="a",verb="GET"} 2
rest_client_rate_limiter_duration_seconds_count{host="a",verb="GET"} 4
`
	p, err := readPage("kube-controller-manager", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for key, v := range p.gauges {
		got[key] = v.value
	}
	for key, v := range p.counters {
		got[key] = v.value
	}
	for key, h := range p.histograms {
		got[key] = float64(h.total())
	}
	want := map[string]float64{
		"hpa_controlled_total{}":                                              60,
		"hpa_reconciliations_total{action=none,error=none}":                   70,
		"hpa_reconciliations_total{action=none,error=internal}":               3,
		"hpa_reconciliations_total{action=scale_up,error=none}":               5,
		"hpa_reconcile_seconds{}":                                             78, // Of all labels.
		"client_throttle_seconds{component=kube-controller-manager,verb=get}": 4,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
