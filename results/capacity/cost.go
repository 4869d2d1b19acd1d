package capacity

import (
	"cmp"
	"maps"
	"slices"

	"github.com/kubedyno/kubedyno/results/model"
	"github.com/kubedyno/kubedyno/results/sample"
)

// Costs are what each node and each pod took, over the phases of runs that are alike.
type Costs struct {
	Runs   int     `json:"runs"`
	Phases int     `json:"phases"`
	Nodes  float64 `json:"nodes"` // The largest numbers at the end of a phase.
	Pods   float64 `json:"pods"`
	// Kept is what is held as long as nodes and pods are there.
	Kept []Kept `json:"kept,omitempty"`
	// Brought is the CPU time that it takes to bring them.
	Brought []Brought `json:"brought,omitempty"`
	// Needs is what is asked for by these; see Need.
	Needs []Need `json:"needs,omitempty"`
}

// Kept is the memory or storage at the end of phases as a plane over nodes and pods: its base is an
// empty control plane's, A is that of a node and B that of a pod.
type Kept struct {
	Component string      `json:"component"`
	Resource  string      `json:"resource"` // "memory" or "database".
	Unit      sample.Unit `json:"unit"`
	model.Plane
}

// Brought is the CPU time of a component, in seconds, over how many nodes or pods came meanwhile; 0 if
// none came alone. All that ran then is counted in.
type Brought struct {
	Component string `json:"component"`
	Node      Share  `json:"node"`
	Pod       Share  `json:"pod"`
}

// A Share is the mean over phases, and that of the phases which ended with the fewest and with the
// most nodes and pods: what comes to a large cluster may cost more than what comes to a small one.
type Share struct {
	Mean  float64 `json:"mean"`
	Small float64 `json:"small"`
	Large float64 `json:"large"`
}

// A Need is arithmetic: the costs times what was asked for. Unlike a prediction it has no interval, as
// nothing says that costs stay what they were in a cluster so many Times as large as measured.
type Need struct {
	What  string      `json:"what"`
	Unit  sample.Unit `json:"unit"`
	Value float64     `json:"value"`
	Limit float64     `json:"limit,omitempty"` // 0 if there is none.
	Of    string      `json:"of,omitempty"`    // What the limit is that of, or how it is computed.
}

// A moment is the end of a phase.
type moment struct {
	nodes, pods float64
	newNodes    float64 // That came in the phase.
	newPods     float64
	loaded      bool // Requests were sent.
	seconds     float64
	kept        map[Kept]float64 // By component, resource and unit.
	cpu         map[string]float64
}

// costs reads the runs that are alike, those that go with the largest first. It is nil if in no runs the
// shares of nodes and pods can be told apart.
func costs(runs []Run, q Question) *Costs {
	tried := map[string]bool{}
	for _, largest := range slices.SortedStableFunc(slices.Values(runs), func(a, b Run) int { return cmp.Compare(b.Nodes+b.Pods, a.Nodes+a.Pods) }) {
		if tried[largest.settings] {
			continue
		}
		tried[largest.settings] = true
		c, all := &Costs{}, []moment(nil)
		for _, r := range runs {
			if r.settings == largest.settings {
				all = append(all, moments(r)...)
				c.Runs++
			}
		}
		if c.Kept = kept(all); len(c.Kept) == 0 {
			continue
		}
		c.Phases, c.Brought = len(all), brought(all)
		for _, m := range all {
			c.Nodes, c.Pods = max(c.Nodes, m.nodes), max(c.Pods, m.pods)
		}
		if q.Nodes > 0 || q.Pods > 0 {
			c.Needs = c.needs(q, largest)
		}
		return c
	}
	return nil
}

// moments reads the phases of a run that came to their end.
func moments(r Run) (all []moment) {
	m := &meter{run: r.source, s: r.source.Summary}
	ready := sample.Labels{"state": "ready"}
	before := moment{}
	for _, phase := range m.s.Phases {
		nodes, hasNodes := m.gauge(sample.NodesByState, phase.Name, ready)
		pods, _ := m.gauge(sample.PodsByState, phase.Name, ready)
		if !phase.Ended || !hasNodes {
			continue
		}
		at := moment{nodes: nodes.Last, pods: pods.Last, newNodes: nodes.Last - before.nodes, newPods: pods.Last - before.pods,
			loaded: m.offered(phase.Name) > 0, seconds: (phase.End - phase.Start).Seconds(), kept: map[Kept]float64{}, cpu: map[string]float64{}}
		for _, g := range m.s.Gauges {
			switch component := g.Labels["component"]; {
			case g.Labels["phase"] != phase.Name:
			case g.Metric == sample.ComponentMemory:
				at.kept[Kept{Component: component, Resource: "memory", Unit: sample.Bytes}] = g.Last
			case g.Metric == sample.EtcdSize:
				at.kept[Kept{Component: "etcd", Resource: "database", Unit: sample.Bytes}] = g.Last
			case g.Metric == sample.ComponentCPU:
				at.cpu[component] = g.Mean
			}
		}
		all = append(all, at)
		before = at
	}
	return all
}

// kept fits a plane to each component's memory and to etcd's database.
func kept(all []moment) (fitted []Kept) {
	points := map[Kept][]model.PlanePoint{}
	for _, m := range all {
		for what, value := range m.kept {
			points[what] = append(points[what], model.PlanePoint{A: m.nodes, B: m.pods, Y: value})
		}
	}
	for what, at := range points {
		if plane, ok := model.PlaneOf(at); ok {
			what.Plane = plane
			fitted = append(fitted, what)
		}
	}
	slices.SortFunc(fitted, func(a, b Kept) int {
		return cmp.Or(-cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Component, b.Component))
	})
	return fitted
}

// brought divides CPU time by what came in phases in which only nodes came, or only pods.
func brought(all []moment) (each []Brought) {
	nodes := func(m moment) float64 { return m.newNodes }
	pods := func(m moment) float64 { return m.newPods }
	components := map[string]bool{}
	for _, m := range all {
		for name := range m.cpu {
			components[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(components)) {
		b := Brought{Component: name, Node: shareOf(all, name, nodes, pods), Pod: shareOf(all, name, pods, nodes)}
		if b.Node.Mean > 0 || b.Pod.Mean > 0 {
			each = append(each, b)
		}
	}
	return each
}

// leastBrought is how many nodes or pods a phase must bring for its CPU time to be theirs.
const leastBrought = 100

// shareOf is a component's CPU time for each of what came, in phases in which nothing else did.
func shareOf(all []moment, component string, came, other func(moment) float64) (s Share) {
	total, count := 0.0, 0.0
	least, most := 0.0, 0.0
	for _, m := range all {
		cores, known := m.cpu[component]
		if !known || m.loaded || came(m) < leastBrought || other(m) != 0 {
			continue
		}
		each, size := cores*m.seconds/came(m), m.nodes+m.pods
		if count == 0 || size < least {
			least, s.Small = size, each
		}
		if count == 0 || size > most {
			most, s.Large = size, each
		}
		total, count = total+cores*m.seconds, count+came(m)
	}
	if count > 0 {
		s.Mean = total / count
	}
	return s
}

// A kubelet renews its lease every leaseRenewal seconds, a quarter of the 40 s that a lease lasts, and
// reports the status of a node that does not change every statusReport seconds. Source: kubernetes.io,
// KubeletConfiguration, nodeLeaseDurationSeconds and nodeStatusReportFrequency.
const (
	leaseRenewal = 10
	statusReport = 300
)

// needs multiplies what was asked for with what each takes.
func (c *Costs) needs(q Question, largest Run) (all []Need) {
	machine, memory := largest.source.Manifest.Machine, 0.0
	for _, k := range c.Kept {
		value := k.At(q.Nodes, q.Pods)
		need := Need{What: k.Component + " " + k.Resource, Unit: k.Unit, Value: value}
		if k.Resource == "database" {
			need.Limit, need.Of = (&meter{run: largest.source}).quota(), "etcd's --quota-backend-bytes"
		} else if !harness(k.Component) {
			memory += value
		}
		all = append(all, need)
	}
	all = append(all, Need{What: "control plane memory", Unit: sample.Bytes, Value: memory, Limit: float64(machine.MemoryBytes), Of: "what the machine has"})
	nodes, pods := 0.0, 0.0
	for _, b := range c.Brought {
		if !harness(b.Component) {
			nodes, pods = nodes+b.Node.Large*q.Nodes, pods+b.Pod.Large*q.Pods
		}
	}
	if cores := float64(machine.CPUs); cores > 0 && nodes+pods > 0 {
		all = append(all, Need{What: "CPU time to bring them", Unit: sample.Seconds, Value: nodes + pods,
			Of: "at what each took in the largest cluster: " + sample.Format((nodes+pods)/cores, sample.Seconds) + " with all of " + plural(machine.CPUs, "CPU")})
	}
	if q.Nodes > 0 {
		all = append(all,
			Need{What: "lease renewals", Unit: sample.PerSecond, Value: q.Nodes / leaseRenewal, Of: "a kubelet's every 10 s"},
			Need{What: "node status reports", Unit: sample.PerSecond, Value: q.Nodes / statusReport, Of: "a kubelet's every 5 min"})
	}
	return all
}

// harness reports whether a component is there only because the cluster is a fake.
func harness(component string) bool { return component == "kwok" || component == "kubedyno" }
