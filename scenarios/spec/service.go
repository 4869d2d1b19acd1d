package spec

import (
	"fmt"
	"strings"
	"time"
)

// DefaultQueue is how many units of work may wait for a service that says nothing else.
const DefaultQueue = 1000

// A Service says what the pods of a workload can do, and what that costs them. Fake pods do no
// work, so kubedyno computes what real ones would. All pods of all objects of the workload
// serve it together.
type Service struct {
	Name     string        `yaml:"name" need:"yes" is:"label" doc:"A DNS label; demand actions and objectives name it."`
	Workload string        `yaml:"workload" need:"yes" doc:"The workload whose pods serve: a Deployment, StatefulSet or ReplicaSet; the pods of all its objects together."`
	Unit     string        `yaml:"unit" is:"unit" doc:"What units of work are called (default requests)."`
	Capacity float64       `yaml:"capacity" need:"yes" is:"load" doc:"Units a second that one warm pod serves at most; a CPU limit of its containers may bound it further."`
	CPU      Cost          `yaml:"cpu" doc:"CPU that a pod takes, in cores: perUnit is for each unit of work a second."`
	Memory   Cost          `yaml:"memory" doc:"Memory that a pod takes, in bytes: perUnit is for each unit of work a second."`
	Warmup   time.Duration `yaml:"warmup" is:"duration" doc:"How long after Ready a pod's capacity grows, evenly from 0 (default 0s: it is there at once)."`
	Overload string        `yaml:"overload" one:"queue drop" doc:"What becomes of work that cannot be served at once: queue (the default) lets it wait, drop loses it."`
	Queue    int           `yaml:"queue" is:"waiting" doc:"Units that may wait in all (default 1000); more are lost."`
	Noise    float64       `yaml:"noise" is:"noise" doc:"How unevenly work is spread over the pods: the relative standard deviation of their shares, drawn with the seed (default 0: evenly)."`
}

// A Cost is what a pod takes of a resource.
type Cost struct {
	Idle    Quantity `yaml:"idle" is:"quantity" doc:"At rest (default 0)."`
	PerUnit Quantity `yaml:"perUnit" is:"quantity" doc:"For each unit of work a second (default 0)."`
}

// A Quantity is an amount as Kubernetes writes it, such as 250m or 64Mi. The empty one is 0.
type Quantity string

// Value returns the amount in base units: cores or bytes.
func (q Quantity) Value() float64 {
	value, err := parseQuantity(string(q))
	if err != nil {
		return 0 // The empty one; of a decoded scenario, every other one can be read.
	}
	return value.AsApproximateFloat64()
}

// Demand is the work that is asked of a service.
type Demand struct {
	Service  string        `yaml:"service" need:"yes" doc:"The service."`
	Rate     float64       `yaml:"rate" need:"yes" is:"load" doc:"Units of work per second."`
	Pace     Pace          `yaml:"pace" doc:"How the rate changes over time (default: it does not)."`
	Duration time.Duration `yaml:"duration" need:"yes" is:"span" doc:"How long."`
}

// Units returns how many units of work the demand comes to.
func (d Demand) Units() float64 { return d.Rate * d.Pace.Mean(d.Duration) * d.Duration.Seconds() }

func (s *Service) applyDefaults(queueGiven bool) {
	if s.Unit == "" {
		s.Unit = "requests"
	}
	if s.Overload == "" {
		s.Overload = "queue"
	}
	if s.Overload == "queue" && !queueGiven {
		s.Queue = DefaultQueue
	}
}

// PodCapacity returns the units a second that one warm pod of the service serves at most, when its
// containers may use so many cores; 0 is no limit. It is 0 if they cannot work at all.
func (s Service) PodCapacity(limit float64) float64 {
	if limit <= 0 || s.CPU.PerUnit.Value() <= 0 {
		return s.Capacity
	}
	return min(s.Capacity, max(0, limit-s.CPU.Idle.Value())/s.CPU.PerUnit.Value())
}

// readServices checks the services, once the workloads are known.
func (c *checker) readServices() {
	served := map[string]string{}
	for i := range c.s.Spec.Services {
		service := &c.s.Spec.Services[i]
		path := fmt.Sprintf("spec.services[%d]", i)
		if unique(c, c.services, service.Name, path, "service") {
			c.services[service.Name] = service
		}
		if service.Overload == "drop" && c.has(path+".queue") {
			c.fault(path+".queue", "use overload: queue", "with overload: drop nothing waits")
		}
		w := c.workload(service.Workload, path)
		if w == nil || refused(w.Kind()) {
			continue
		}
		if other, there := served[w.Name]; there {
			c.fault(path+".workload", "", "the pods of workload %q serve %q already", w.Name, other)
		}
		served[w.Name] = service.Name
		if !podKinds[w.Kind()].scales {
			c.fault(path+".workload", "use a Deployment, StatefulSet or ReplicaSet",
				"a %s does not scale, so it cannot serve", w.Kind())
			continue
		}
		if limit := w.CPULimit(); c.sound(path+".capacity") && !c.faulted[path+".cpu"] && service.PodCapacity(limit) <= 0 {
			c.fault(path+".cpu.idle", "raise the limit",
				"a pod takes %s of CPU at rest, and its containers may use %.3g cores: nothing is left to work with",
				service.CPU.Idle, limit)
		}
	}
}

func (c *checker) demand(h *history, phase Phase, d Demand, path string) {
	c.fits(d.Duration, phase, path)
	if c.has(path + ".pace") {
		c.pace(d.Pace, path+".pace")
	}
	if !c.sound(path + ".service") {
		return
	}
	service := c.services[d.Service]
	if service == nil {
		c.fault(path+".service", meant(d.Service, sortedKeys(c.services)), "there is no service %q", d.Service)
		return
	}
	if w := c.workloads[service.Workload]; w != nil && !h.made[w.Name] {
		c.fault(path+".service", "create it in an action before",
			"no object of workload %q, which serves %q, is there yet, or any more", w.Name, d.Service)
	}
	c.oneDemand(phase, d, path)
	for at := range c.faulted {
		if strings.HasPrefix(at, path+".") {
			return
		}
	}
	switch peak := d.Rate * d.Pace.Peak(); {
	case peak > MaxRate:
		c.fault(path+".rate", "lower the rate or the factors", "the demand is up to %.3g a second, more than the %d allowed", peak, MaxRate)
	case peak <= 0:
		c.fault(path+".pace", "", "the demand is 0 throughout")
	}
}

// oneDemand reports a demand that would go on beside another one on the same service.
func (c *checker) oneDemand(phase Phase, d Demand, path string) {
	for i, a := range phase.Actions {
		if strings.HasSuffix(path, fmt.Sprintf(".actions[%d].demand", i)) {
			return // Those after this one have their own turn.
		}
		if a.Background && a.Demand != nil && a.Demand.Service == d.Service {
			c.fault(path+".service", "let the first one end before, or make one demand of both with a pace",
				"an earlier demand on %q of this phase may still go on in the background", d.Service)
			return
		}
	}
}
