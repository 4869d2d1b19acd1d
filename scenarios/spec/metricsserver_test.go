package spec

import (
	"strings"
	"testing"
	"time"
)

func TestMetricsServer(t *testing.T) {
	const place = "  cluster:\n"
	base := readBase(t)
	for name, test := range map[string]struct {
		given string
		want  *MetricsServer
		fault string
	}{
		"none":     {given: ""},
		"defaults": {given: "{}", want: &MetricsServer{Resolution: DefaultResolution}},
		"all": {given: "{resolution: 30s, flags: {v: 2}, env: {GOGC: 50}}", want: &MetricsServer{Resolution: 30 * time.Second,
			Flags: map[string]string{"v": "2"}, Env: map[string]string{"GOGC": "50"}}},
		"too quick": {given: "{resolution: 5s}", fault: "resolution must be a duration from 10s to 1h, not 5s"},
		"no value":  {given: " ", fault: "there is no value"},
		"a typo":    {given: "{resolutoin: 15s}", fault: `unknown field "resolutoin"`},
	} {
		t.Run(name, func(t *testing.T) {
			text := base
			if test.given != "" {
				text = strings.Replace(base, place, place+"    metricsServer: "+test.given+"\n", 1)
			}
			s, err := Decode("base.yaml", []byte(text), Options{})
			if test.fault != "" {
				if err == nil || !strings.Contains(err.Error(), test.fault) {
					t.Errorf("got %v, want %q", err, test.fault)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := s.Spec.Cluster.MetricsServer
			if (got == nil) != (test.want == nil) || got != nil && got.Resolution != test.want.Resolution {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
			if c, want := got.Component(), test.want.Component(); len(c.Flags) != len(want.Flags) || c.Env["GOGC"] != want.Env["GOGC"] {
				t.Errorf("got the settings %+v, want %+v", c, want)
			}
		})
	}
}

// The freshness of what metrics-server tells is only promised where it runs.
func TestFreshnessNeedsAMetricsServer(t *testing.T) {
	const place = "  objectives:\n"
	text := strings.Replace(readBase(t), place, place+"    - {metric: metrics_freshness_seconds, percentile: 99, most: 30s}\n", 1)
	_, err := Decode("base.yaml", []byte(text), Options{})
	if err == nil || !strings.Contains(err.Error(), "no metrics-server runs") {
		t.Errorf("got %v", err)
	}
	text = strings.Replace(text, "  cluster:\n", "  cluster:\n    metricsServer: {}\n", 1)
	if _, err := Decode("base.yaml", []byte(text), Options{}); err != nil {
		t.Error(err)
	}
}
