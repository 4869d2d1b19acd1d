package spec

import (
	"strings"
	"testing"
	"time"
)

func TestMetricsAdapter(t *testing.T) {
	const place = "  cluster:\n"
	base := readBase(t)
	for name, test := range map[string]struct {
		given string
		want  *MetricsAdapter
		fault string
	}{
		"none":     {given: ""},
		"defaults": {given: "{}", want: &MetricsAdapter{Resolution: DefaultResolution}},
		"all": {given: "{resolution: 1s, flags: {v: 2}, env: {GOGC: 50}}", want: &MetricsAdapter{Resolution: time.Second,
			Flags: map[string]string{"v": "2"}, Env: map[string]string{"GOGC": "50"}}},
		"too quick": {given: "{resolution: 500ms}", fault: "resolution must be a duration from 1s to 1h, not 500ms"},
		"no value":  {given: " ", fault: "there is no value"},
	} {
		t.Run(name, func(t *testing.T) {
			text := base
			if test.given != "" {
				text = strings.Replace(base, place, place+"    metricsAdapter: "+test.given+"\n", 1)
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
			got := s.Spec.Cluster.MetricsAdapter
			if (got == nil) != (test.want == nil) || got != nil && got.Resolution != test.want.Resolution {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
			if c, want := got.Component(), test.want.Component(); len(c.Flags) != len(want.Flags) || c.Env["GOGC"] != want.Env["GOGC"] {
				t.Errorf("got the settings %+v, want %+v", c, want)
			}
		})
	}
}

func TestMetricNames(t *testing.T) {
	for unit, want := range map[string]string{"requests": "requests_per_second requests_waiting", "api-calls in all": "api_calls_in_all_per_second api_calls_in_all_waiting"} {
		s := Service{Unit: unit}
		if got := s.RateMetric() + " " + s.WaitingMetric(); got != want {
			t.Errorf("of %s the metrics are %s, want %s", unit, got, want)
		}
	}
}

// adapted is a scenario with one object that serves requests, two that serve jobs together, and an
// autoscaler of the first whose metrics are to be filled in.
const adapted = `apiVersion: kubedyno.dev/v1alpha1
kind: Scenario
metadata: {name: adapted}
spec:
  cluster: {CLUSTER}
  workloads:
    - name: web
      manifest:
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 2
          selector: {matchLabels: {app: web}}
          template: {metadata: {labels: {app: web}}, spec: {containers: [{name: main, image: fake, resources: {requests: {cpu: 1}}}]}}
    - name: workers
      count: 2
      manifest:
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: "worker-${index}"}
        spec:
          replicas: 2
          selector: {matchLabels: {app: worker}}
          template: {metadata: {labels: {app: worker}}, spec: {containers: [{name: main, image: fake}]}}
    - name: plain
      manifest:
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: plain}
        spec:
          selector: {matchLabels: {app: plain}}
          template: {metadata: {labels: {app: plain}}, spec: {containers: [{name: main, image: fake}]}}
    - name: scaler
      manifest:
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: web}
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: TARGET}
          minReplicas: LEAST
          maxReplicas: 10
          metrics: [METRICS]
  services:
    - {name: web, workload: web, capacity: 50}
    - {name: work, workload: workers, unit: jobs, capacity: 5}
  phases:
    - name: run
      actions: [{create: {workload: web}}, {create: {workload: scaler}}]
`

func TestAutoscalerMetrics(t *testing.T) {
	const (
		pods     = `{type: Pods, pods: {metric: {name: NAME}, target: {type: AverageValue, averageValue: 60}}}`
		object   = `{type: Object, object: {describedObject: {apiVersion: apps/v1, kind: Deployment, name: OBJECT}, metric: {name: NAME}, target: {type: Value, value: 60}}}`
		external = `{type: External, external: {metric: {name: NAME, selector: {matchLabels: {LABEL}}}, target: {type: AverageValue, averageValue: 60}}}`
		cpu      = `{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}`
	)
	for name, test := range map[string]struct {
		metrics, cluster, target, least string
		fault, hint                     string // Empty: it is sound.
	}{
		"what a pod serves":  {metrics: named(pods, "requests_per_second")},
		"a typo":             {metrics: named(pods, "request_per_second"), fault: `no service offers "request_per_second" as a metric of type Pods`, hint: "did you mean requests_per_second?"},
		"another's":          {metrics: named(pods, "jobs_per_second"), fault: `no service offers "jobs_per_second"`, hint: "known here: requests_per_second"},
		"a queue of pods":    {metrics: named(pods, "requests_waiting"), fault: `no service offers "requests_waiting" as a metric of type Pods`},
		"no service":         {metrics: named(pods, "requests_per_second"), target: "plain", fault: "no service says what the pods that it scales serve"},
		"no name":            {metrics: `{type: Pods, pods: {}}`, fault: "a metric of type Pods needs pods.metric.name"},
		"no adapter":         {metrics: named(pods, "requests_per_second"), cluster: "metricsServer: {}", fault: "no adapter runs that serves Pods metrics", hint: "give the scenario spec.cluster.metricsAdapter"},
		"no metrics-server":  {metrics: cpu, cluster: "metricsAdapter: {}", fault: "no metrics-server runs that serves CPU and memory", hint: "give the scenario spec.cluster.metricsServer"},
		"nothing to read":    {metrics: "", cluster: "metricsAdapter: {}", fault: "no metrics-server runs"},
		"both":               {metrics: cpu + ", " + named(pods, "requests_per_second")},
		"an object":          {metrics: named(strings.Replace(object, "OBJECT", "web", 1), "requests_per_second")},
		"its metric":         {metrics: named(strings.Replace(object, "OBJECT", "web", 1), "requests_waiting"), fault: "as a metric of type Object"},
		"one of many":        {metrics: named(strings.Replace(object, "OBJECT", "worker-1", 1), "jobs_per_second"), fault: "nothing is known of this object"},
		"a queue":            {metrics: named(strings.Replace(external, "LABEL", "service: work", 1), "jobs_waiting")},
		"any queue":          {metrics: named(strings.Replace(external, "LABEL", "", 1), "jobs_waiting")},
		"another's queue":    {metrics: named(strings.Replace(external, "LABEL", "service: work", 1), "requests_waiting"), fault: "as a metric of type External", hint: "known here: jobs_per_second, jobs_waiting"},
		"a wrong label":      {metrics: named(strings.Replace(external, "LABEL", "queue: work", 1), "jobs_waiting"), fault: `external metrics have no label "queue"`},
		"a wrong service":    {metrics: named(strings.Replace(external, "LABEL", "service: wob", 1), "jobs_waiting"), fault: `there is no service "wob"`, hint: "did you mean web?"},
		"from zero":          {metrics: named(strings.Replace(external, "LABEL", "service: web", 1), "requests_waiting"), least: "0"},
		"from zero by pods":  {metrics: named(pods, "requests_per_second"), least: "0", fault: "with no pods there is nothing left to read"},
		"an unfinished type": {metrics: `{type: External}`, fault: "a metric of type External needs external.metric.name"},
	} {
		t.Run(name, func(t *testing.T) {
			or := func(text, otherwise string) string {
				if text == "" {
					return otherwise
				}
				return text
			}
			text := strings.NewReplacer("CLUSTER", or(test.cluster, "metricsServer: {}, metricsAdapter: {}"),
				"TARGET", or(test.target, "web"), "LEAST", or(test.least, "1"), "METRICS", test.metrics).Replace(adapted)
			_, err := Decode("adapted.yaml", []byte(text), Options{})
			switch {
			case test.fault == "" && err != nil:
				t.Error(err)
			case test.fault != "" && (err == nil || !strings.Contains(err.Error(), test.fault) || !strings.Contains(err.Error(), test.hint)):
				t.Errorf("got %v, want %q with %q", err, test.fault, test.hint)
			case test.fault != "" && !strings.HasSuffix(err.Error(), "\n1 fault"):
				t.Errorf("got more than one fault: %v", err)
			}
		})
	}
}

func named(metric, name string) string { return strings.Replace(metric, "NAME", name, 1) }
