package plan

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubedyno/kubedyno/results/autoscaler"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// AutoscalerKind is the kind of the objects that scale workloads.
const AutoscalerKind = "HorizontalPodAutoscaler"

// The controller's tolerance, and the flag of kube-controller-manager that changes it.
const (
	defaultTolerance = 0.1
	toleranceFlag    = "horizontal-pod-autoscaler-tolerance"
	syncFlag         = "horizontal-pod-autoscaler-sync-period"
)

// An Autoscaler is a HorizontalPodAutoscaler of the scenario, what it scales and within which
// bounds.
type Autoscaler struct {
	HPA      string `json:"hpa"`               // As the metrics of HPAs label it: its name, with a namespace of its own before it.
	Workload string `json:"workload"`          // The workload whose object it scales; empty if that is none of the scenario.
	Service  string `json:"service,omitempty"` // The service whose pods it scales; empty if there is none.
	Min      int    `json:"min"`
	Max      int    `json:"max"`
	// ToleranceUp and ToleranceDown are how far the metric may be from its target, as a share,
	// without a change.
	ToleranceUp   float64 `json:"toleranceUp"`
	ToleranceDown float64 `json:"toleranceDown"`
	// SyncPeriod is how often the controller means to look at it.
	SyncPeriod sample.Offset `json:"syncPeriod"`
	// Rule is by what it decides; nil where an oracle does not know that.
	Rule *autoscaler.Rule `json:"rule,omitempty"`
}

// IsAutoscaler reports whether the workload's objects are HorizontalPodAutoscalers.
func (w Workload) IsAutoscaler() bool { return w.Kind == AutoscalerKind }

// autoscalers lists the HPAs of the scenario in the order of their workloads' names.
func (p *Plan) autoscalers() []Autoscaler {
	if !slices.ContainsFunc(slices.Collect(maps.Values(p.Workloads)), Workload.IsAutoscaler) {
		return nil
	}
	scaled := p.objectOwners()
	tolerance := quantity(p.Cluster.ControllerManager.Flags[toleranceFlag], defaultTolerance)
	var all []Autoscaler
	for _, w := range p.autoscalerWorkloads() {
		for i := range w.Count {
			a := newAutoscaler(w.Render(i), tolerance)
			a.Workload = scaled[targetOf(w.Render(i))]
			a.SyncPeriod = sample.Offset(p.controllerTime(syncFlag, autoscaler.DefaultSyncPeriod))
			for _, service := range slices.Sorted(maps.Keys(p.Services)) {
				if p.Services[service].Workload == a.Workload && a.Workload != "" {
					a.Service = cmp.Or(a.Service, service)
				}
			}
			all = append(all, a)
		}
	}
	p.addRules(all)
	return all
}

// autoscalerWorkloads are those whose objects are HPAs, in the order of their names.
func (p *Plan) autoscalerWorkloads() []Workload {
	var all []Workload
	for _, name := range slices.Sorted(maps.Keys(p.Workloads)) {
		if p.Workloads[name].IsAutoscaler() {
			all = append(all, p.Workloads[name])
		}
	}
	return all
}

// controllerTime returns a time that a flag of kube-controller-manager sets.
func (p *Plan) controllerTime(flag string, otherwise time.Duration) time.Duration {
	if set, err := time.ParseDuration(p.Cluster.ControllerManager.Flags[flag]); err == nil {
		return set
	}
	return otherwise
}

// An objectName tells objects apart. A namespace is empty for the run's own.
type objectName struct{ kind, namespace, name string }

// objectOwners returns the workloads by the names of their objects.
func (p *Plan) objectOwners() map[objectName]string {
	owners := map[objectName]string{}
	for _, w := range p.Workloads {
		for i := range w.Count {
			namespace, name := Named(w.Render(i))
			owners[objectName{w.Kind, namespace, name}] = w.Name
		}
	}
	return owners
}

// Named returns what an object is called; its namespace is empty for the run's own.
func Named(object map[string]any) (namespace, name string) {
	namespace, _ = spec.Lookup(object, "metadata", "namespace").(string)
	name, _ = spec.Lookup(object, "metadata", "name").(string)
	return namespace, name
}

// targetOf names what an HPA scales, which is in its own namespace.
func targetOf(hpa map[string]any) objectName {
	namespace, _ := Named(hpa)
	kind, _ := spec.Lookup(hpa, "spec", "scaleTargetRef", "kind").(string)
	name, _ := spec.Lookup(hpa, "spec", "scaleTargetRef", "name").(string)
	return objectName{kind, namespace, name}
}

func newAutoscaler(hpa map[string]any, tolerance float64) Autoscaler {
	namespace, name := Named(hpa)
	if namespace != "" {
		name = namespace + "/" + name
	}
	a := Autoscaler{HPA: name, Min: 1} // As the API server defaults it.
	if least, ok := spec.Lookup(hpa, "spec", "minReplicas").(int64); ok {
		a.Min = int(least)
	}
	if most, ok := spec.Lookup(hpa, "spec", "maxReplicas").(int64); ok {
		a.Max = int(most)
	}
	a.ToleranceUp = quantity(spec.Lookup(hpa, "spec", "behavior", "scaleUp", "tolerance"), tolerance)
	a.ToleranceDown = quantity(spec.Lookup(hpa, "spec", "behavior", "scaleDown", "tolerance"), tolerance)
	return a
}

// quantity reads a number as manifests and flags have it; what is none is otherwise.
func quantity(value any, otherwise float64) float64 {
	switch value := value.(type) {
	case float64:
		return value
	case int64:
		return float64(value)
	case string:
		if q, err := resource.ParseQuantity(value); err == nil {
			return q.AsApproximateFloat64()
		}
	}
	return otherwise
}
