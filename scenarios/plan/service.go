package plan

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// A Service is what the pods of a workload can do and what it costs them, in base units. All pods
// of all objects of the workload serve it together.
type Service struct {
	Name         string        `json:"name"`
	Workload     string        `json:"workload"`
	Unit         string        `json:"unit"`        // What units of work are called.
	Capacity     float64       `json:"capacity"`    // Units a second of one warm pod, without its CPU limit.
	PodCapacity  float64       `json:"podCapacity"` // The same under its CPU limit.
	IdleCores    float64       `json:"idleCores"`
	CoresPerUnit float64       `json:"coresPerUnit"` // For each unit a second.
	IdleBytes    float64       `json:"idleBytes"`
	BytesPerUnit float64       `json:"bytesPerUnit"` // For each unit a second.
	CPULimit     float64       `json:"cpuLimit"`     // Cores that a pod may use; 0 is no limit.
	Warmup       time.Duration `json:"warmup"`
	Queue        int           `json:"queue"` // Units that may wait; 0 loses what cannot be served.
	Noise        float64       `json:"noise"`
	RequestCores float64       `json:"requestCores"` // That each pod requests.
	RequestBytes float64       `json:"requestBytes"` // Of memory that each pod requests.

	RateMetric    string `json:"rateMetric"`    // Of the units a second, where a metrics adapter runs.
	WaitingMetric string `json:"waitingMetric"` // Of the units that wait, where a metrics adapter runs.
}

// services resolves the services of a scenario by their names.
func services(s spec.Spec) map[string]Service {
	if len(s.Services) == 0 {
		return nil
	}
	all := map[string]Service{}
	for _, from := range s.Services {
		service := Service{
			Name: from.Name, Workload: from.Workload, Unit: from.Unit, Capacity: from.Capacity,
			IdleCores: from.CPU.Idle.Value(), CoresPerUnit: from.CPU.PerUnit.Value(),
			IdleBytes: from.Memory.Idle.Value(), BytesPerUnit: from.Memory.PerUnit.Value(),
			Warmup: from.Warmup, Queue: from.Queue, Noise: from.Noise,
			RateMetric: from.RateMetric(), WaitingMetric: from.WaitingMetric(),
		}
		for _, w := range s.Workloads {
			if w.Name == from.Workload {
				service.CPULimit = w.CPULimit()
				service.RequestCores, service.RequestBytes = w.Requests()
			}
		}
		service.PodCapacity = from.PodCapacity(service.CPULimit)
		all[from.Name] = service
	}
	return all
}

// mostPods returns the most pods that autoscalers may give the objects of a workload together; 0
// without one.
func mostPods(w spec.Workload, all []spec.Workload) int {
	most := 0
	for _, other := range all {
		most += w.ScaledBy(other)
	}
	return most
}

// needed returns the fewest warm pods whose capacity is so many units a second.
func (s Service) needed(demand float64) int {
	const rounding = 1e-9
	return int(math.Ceil(demand/s.PodCapacity - rounding))
}

// demand asks work of a service. Its autoscaler may add pods up to its maximum meanwhile.
func (s *simulation) demand(phase string, d spec.Demand) effect {
	s.observe(sample.FromDemand, d.Units(), sample.Labels{"phase": phase, "service": d.Service})
	w := s.Workloads[s.Services[d.Service].Workload]
	return effect{seconds: d.Duration.Seconds(), surge: max(0, w.MostPods-s.pods[w.Name])}
}

// demandWords says what is asked of a service and how many pods that takes: "demand web 100
// requests/s, steps 1x 4x 1x over 5m: needs 2 to 8 pods at capacity".
func (p *Plan) demandWords(d spec.Demand) string {
	service := p.Services[d.Service]
	words := fmt.Sprintf("demand %s %s %s/s", d.Service, number(d.Rate), service.Unit)
	if d.Pace.Shape == "steps" && len(d.Pace.Factors) <= maxFactors {
		words += ", steps"
		for _, factor := range d.Pace.Factors {
			words += " " + number(factor) + "x"
		}
	} else {
		words += shapeWords(d.Pace)
	}
	low, high := service.needed(d.Rate*d.Pace.Lowest()), service.needed(d.Rate*d.Pace.Peak())
	words += fmt.Sprintf(" over %s: needs %s", short(d.Duration), grouped(low))
	if low != high {
		words += " to " + grouped(high)
	}
	words += fmt.Sprintf(" %s at capacity", plural("pod", high))
	if service.PodCapacity < service.Capacity {
		words += fmt.Sprintf(", which the CPU limit holds to %.3g of %s a second", service.PodCapacity, number(service.Capacity))
	}
	return words
}

// maxFactors is how many factors of a pace are listed.
const maxFactors = 12

// serviceRows lists what the pods of services can do, in the order of their names.
func (p *Plan) serviceRows() [][]string {
	var rows [][]string
	for _, name := range slices.Sorted(maps.Keys(p.Services)) {
		s := p.Services[name]
		queue := "none: the rest is lost"
		if s.Queue > 0 {
			queue = grouped(s.Queue)
		}
		rows = append(rows, []string{name, s.Workload, fmt.Sprintf("%.4g %s/s", s.PodCapacity, s.Unit),
			fmt.Sprintf("%s + %s/unit", sample.Format(s.IdleCores, sample.Cores), sample.Format(s.CoresPerUnit, sample.Cores)),
			short(s.Warmup), queue})
	}
	return rows
}

// servedMetrics lists the names of the custom and external metrics that the services have.
func (p *Plan) servedMetrics() string {
	names := map[string]bool{}
	for _, s := range p.Services {
		names[s.RateMetric], names[s.WaitingMetric] = true, true
	}
	if len(names) == 0 {
		return "no metrics"
	}
	return strings.Join(slices.Sorted(maps.Keys(names)), ", ")
}
