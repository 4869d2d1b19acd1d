package plan

import (
	"math"
	"strings"
	"time"

	"github.com/kubedyno/kubedyno/results/autoscaler"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// downWindowFlag changes the stabilisation window before scaling down.
const downWindowFlag = "horizontal-pod-autoscaler-downscale-stabilization"

// addRules tells by what HPAs decide, of those for which that can be worked out from the work that
// their service does: HPAs with one CPU-utilisation metric, each alone in scaling the one object
// of a service. Requests are those of the manifests, which a rollout may change later.
func (p *Plan) addRules(all []Autoscaler) {
	scalers := map[string]int{}
	for _, a := range all {
		scalers[a.Service]++
	}
	i := 0
	for _, w := range p.autoscalerWorkloads() {
		for index := range w.Count {
			a := &all[i]
			i++
			if service, ok := p.Services[a.Service]; ok && scalers[a.Service] == 1 && p.Workloads[a.Workload].Count == 1 {
				a.Rule = p.rule(w.Render(index), *a, service)
			}
		}
	}
}

// rule reads by what an HPA decides; nil if it reads something else than the CPU utilisation of
// pods whose requests the manifest has.
func (p *Plan) rule(hpa map[string]any, a Autoscaler, service Service) *autoscaler.Rule {
	target, ok := utilizationTarget(hpa)
	request := cpuRequest(p.Workloads[a.Workload].Render(0))
	if !ok || request <= 0 || a.Min < 1 {
		return nil
	}
	return &autoscaler.Rule{
		Spec:       p.scaling(hpa, a),
		Target:     autoscaler.Target{Utilization: true, Value: target, Request: int64(math.Round(1000 * request))},
		Tolerances: autoscaler.Tolerances{Down: a.ToleranceDown, Up: a.ToleranceUp},
		IdleCores:  service.IdleCores, CoresPerUnit: service.CoresPerUnit,
	}
}

// defaultTarget is the CPU utilisation at which an HPA without metrics aims, in percent.
const defaultTarget = 80

// utilizationTarget returns the CPU utilisation at which an HPA aims, in percent; not ok if it has
// other metrics.
func utilizationTarget(hpa map[string]any) (percent int64, ok bool) {
	if version, _ := hpa["apiVersion"].(string); !strings.HasSuffix(version, "/v2") {
		return 0, false
	}
	metrics, _ := spec.Lookup(hpa, "spec", "metrics").([]any)
	if len(metrics) == 0 {
		return defaultTarget, true
	}
	metric, _ := metrics[0].(map[string]any)
	if len(metrics) > 1 || spec.Lookup(metric, "resource", "name") != "cpu" {
		return 0, false
	}
	percent, ok = spec.Lookup(metric, "resource", "target", "averageUtilization").(int64)
	return percent, ok
}

// cpuRequest returns the cores that a pod of an object requests; 0 if one of its containers does
// not say so.
func cpuRequest(object map[string]any) float64 {
	if spec.Lookup(object, "spec", "template", "spec", "resources") != nil {
		return 0 // The pod as a whole has resources, which count otherwise.
	}
	containers, _ := spec.Lookup(object, "spec", "template", "spec", "containers").([]any)
	total := 0.0
	for _, c := range containers {
		container, _ := c.(map[string]any)
		cores := quantity(spec.Lookup(container, "resources", "requests", "cpu"), 0)
		if cores <= 0 {
			return 0
		}
		total += cores
	}
	return total
}

// scaling reads bounds and behavior of an HPA, with what the API server and the controller put
// where nothing is said.
func (p *Plan) scaling(hpa map[string]any, a Autoscaler) autoscaler.Spec {
	window := p.controllerTime(downWindowFlag, autoscaler.DefaultDownWindow)
	behavior, behaves := spec.Lookup(hpa, "spec", "behavior").(map[string]any)
	s := autoscaler.Spec{Min: a.Min, Max: a.Max, Behavior: behaves, Down: autoscaler.Rules{Window: window}}
	if behaves {
		down := autoscaler.DefaultDown()
		down.Window = window
		s.Up = rulesOf(behavior, "scaleUp", autoscaler.DefaultUp())
		s.Down = rulesOf(behavior, "scaleDown", down)
	}
	return s
}

func rulesOf(behavior map[string]any, direction string, rules autoscaler.Rules) autoscaler.Rules {
	if seconds, ok := spec.Lookup(behavior, direction, "stabilizationWindowSeconds").(int64); ok {
		rules.Window = time.Duration(seconds) * time.Second
	}
	if selected, ok := spec.Lookup(behavior, direction, "selectPolicy").(string); ok {
		rules.Select = autoscaler.Select(selected)
	}
	policies, _ := spec.Lookup(behavior, direction, "policies").([]any)
	if len(policies) == 0 {
		return rules
	}
	rules.Policies = nil
	for _, p := range policies {
		policy, _ := p.(map[string]any)
		value, _ := policy["value"].(int64)
		period, _ := policy["periodSeconds"].(int64)
		rules.Policies = append(rules.Policies, autoscaler.Policy{Percent: policy["type"] == "Percent",
			Value: int(value), Period: time.Duration(period) * time.Second})
	}
	return rules
}
