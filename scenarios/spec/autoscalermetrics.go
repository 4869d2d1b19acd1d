package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// autoscalerMetrics checks that what an autoscaler reads is there to be read. Scaled is the workload
// that it scales; nil if that is not known.
func (c *checker) autoscalerMetrics(w, scaled *Workload, least int, path string) {
	version, _ := w.Manifest["apiVersion"].(string)
	metrics, _ := Lookup(w.Manifest, "spec", "metrics").([]any)
	if strings.HasSuffix(version, "/v1") || len(metrics) == 0 {
		c.needsMetricsServer(path + ".spec") // Without metrics, it is 80% of the CPU requests.
	}
	fromZero := false
	for i := range metrics {
		metric, _ := metrics[i].(map[string]any)
		at := fmt.Sprintf("%s.spec.metrics[%d]", path, i)
		kind, _ := metric["type"].(string)
		fromZero = fromZero || kind == "Object" || kind == "External"
		switch kind {
		case "Resource", "ContainerResource":
			c.needsMetricsServer(at)
		case "Pods", "Object", "External":
			if c.s.Spec.Cluster.MetricsAdapter == nil && !c.faulted["spec.cluster.metricsAdapter"] {
				c.fault(at, "give the scenario spec.cluster.metricsAdapter", "no adapter runs that serves %s metrics: the autoscaler would fail and scale nothing", kind)
				continue
			}
			c.servedMetric(kind, metric, scaled, at)
		}
	}
	if least == 0 && !fromZero {
		c.fault(path+".spec.minReplicas", "use 1, or scale on a metric of type Object or External",
			"with no pods there is nothing left to read: the API server would refuse it")
	}
}

func (c *checker) needsMetricsServer(at string) {
	if c.s.Spec.Cluster.MetricsServer == nil && !c.faulted["spec.cluster.metricsServer"] {
		c.fault(at, "give the scenario spec.cluster.metricsServer",
			"no metrics-server runs that serves CPU and memory: the autoscaler would fail and scale nothing")
	}
}

// servedMetric checks a metric that the adapter serves, or should.
func (c *checker) servedMetric(kind string, metric map[string]any, scaled *Workload, at string) {
	field := strings.ToLower(kind)
	name, _ := Lookup(metric, field, "metric", "name").(string)
	named := at + "." + field + ".metric.name"
	if name == "" {
		c.fault(at, "", "a metric of type %s needs %s.metric.name", kind, field)
		return
	}
	var offered []string
	switch kind {
	case "Pods":
		offered = c.offered(func(s *Service) bool { return scaled == nil || s.Workload == scaled.Name }, Service.RateMetric)
		if len(offered) == 0 && len(c.services) > 0 {
			c.fault(named, "", "no service says what the pods that it scales serve, so they have no %s", name)
			return
		}
	case "Object":
		described := c.described(metric)
		if described == nil {
			c.fault(at+".object.describedObject", "name the object of a workload that consists of one object and serves", "nothing is known of this object")
			return
		}
		offered = c.offered(func(s *Service) bool { return s.Workload == described.Name }, Service.RateMetric)
	case "External":
		var sound bool
		if offered, sound = c.external(metric, at); !sound {
			return
		}
	}
	if !slices.Contains(offered, name) {
		c.fault(named, meant(name, offered), "no service offers %q as a metric of type %s", name, kind)
	}
}

// offered returns the names of metrics of those services that are meant.
func (c *checker) offered(is func(*Service) bool, names ...func(Service) string) []string {
	all := map[string]bool{}
	for _, service := range c.services {
		for _, name := range names {
			if is(service) {
				all[name(*service)] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// described returns the workload whose only object an Object metric is of, if a service has it; nil
// if there is none.
func (c *checker) described(metric map[string]any) *Workload {
	kind, _ := Lookup(metric, "object", "describedObject", "kind").(string)
	name, _ := Lookup(metric, "object", "describedObject", "name").(string)
	for _, service := range c.services {
		w := c.workloads[service.Workload]
		if w != nil && w.Kind() == kind && w.Count == 1 && w.HasObject(ReplaceIndex(name, 0)) {
			return w
		}
	}
	return nil
}

// external returns the names of the external metrics that a metric's selector leaves.
func (c *checker) external(metric map[string]any, at string) (offered []string, sound bool) {
	selected, _ := Lookup(metric, "external", "metric", "selector", "matchLabels").(map[string]any)
	path := at + ".external.metric.selector.matchLabels"
	for label := range selected {
		if label != ServiceLabel {
			c.fault(path+"."+label, "use service", "external metrics have no label %q", label)
			return nil, false
		}
	}
	name, chosen := selected[ServiceLabel].(string)
	if chosen && c.services[ReplaceIndex(name, 0)] == nil {
		c.fault(path+"."+ServiceLabel, meant(name, sortedKeys(c.services)), "there is no service %q", name)
		return nil, false
	}
	return c.offered(func(s *Service) bool { return !chosen || s.Name == ReplaceIndex(name, 0) },
		Service.RateMetric, Service.WaitingMetric), true
}
