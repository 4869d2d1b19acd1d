package spec

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubedyno/kubedyno/results/sample"
)

// A NodeType is a machine type that the catalog does not have. What the provider keeps from pods is
// either computed by a rule, or what is left to them is stated.
type NodeType struct {
	Name              string  `yaml:"name" need:"yes" is:"typeName" doc:"What pools call it; no type of the catalog has the name."`
	Provider          string  `yaml:"provider" is:"typeName" doc:"Who rents it out, such as aws, gcp or azure."`
	Region            string  `yaml:"region" is:"typeName" doc:"Where the price holds."`
	Date              string  `yaml:"date" is:"date" doc:"When the price held: a day or a month, such as 2026-08-31 or 2026-08."`
	Source            string  `yaml:"source" doc:"Where the numbers come from."`
	Arch              string  `yaml:"arch" need:"yes" one:"amd64 arm64" doc:"amd64 or arm64."`
	VCPU              int     `yaml:"vcpu" need:"yes" is:"vcpu" doc:"Virtual cores."`
	Memory            string  `yaml:"memory" need:"yes" is:"quantity" doc:"Memory of the machine, such as 16Gi."`
	MaxPods           int     `yaml:"maxPods" is:"maxPods" doc:"Pods that the kubelet takes."`
	MaxPodsRule       string  `yaml:"maxPodsRule" doc:"Why so many."`
	Interfaces        int     `yaml:"interfaces" is:"interfaces" doc:"Of EC2, with addresses and instead of maxPods: network interfaces."`
	Addresses         int     `yaml:"addresses" is:"interfaces" doc:"Of EC2: IPv4 addresses of each interface; interfaces x (addresses - 1) + 2 pods."`
	Reservation       string  `yaml:"reservation" one:"eks gke aks karpenter-kwok none" doc:"The rule for what is kept from pods: eks, gke, aks, karpenter-kwok or none."`
	AllocatableCPU    string  `yaml:"allocatableCPU" is:"quantity" doc:"CPU left to pods, instead of a reservation."`
	AllocatableMemory string  `yaml:"allocatableMemory" is:"quantity" doc:"Memory left to pods, instead of a reservation."`
	PricePerHour      float64 `yaml:"pricePerHour" is:"price" doc:"US dollars an hour on demand (default: not known)."`
	SpotPerHour       float64 `yaml:"spotPerHour" is:"price" doc:"US dollars an hour for a machine that may be taken away (default: not known)."`
	PerPod            *PerPod `yaml:"perPod" json:",omitempty" doc:"What a pod costs where nodes are not paid for, as on serverless containers; instead of a price."`
	Volumes           int     `yaml:"volumes" is:"volumes" doc:"Data volumes that can be attached (default: not known)."`
	Burstable         bool    `yaml:"burstable" doc:"The cores are shared, with credits."`
}

// PerPod is what a pod costs an hour.
type PerPod struct {
	CPUHour  float64   `yaml:"cpuHour" need:"yes" is:"price" doc:"US dollars an hour for a vCPU."`
	GiBHour  float64   `yaml:"gibHour" need:"yes" is:"price" doc:"US dollars an hour for a GiB of memory."`
	Overhead string    `yaml:"overhead" is:"quantity" doc:"Memory that is added to each pod and paid for, such as 256Mi (default 0)."`
	Sizes    []PodSize `yaml:"sizes" is:"podSizes" doc:"What pods are rounded up to, with the least CPU first (default: they are not)."`
}

// A PodSize is the CPU of a pod and the memory that it can have with that.
type PodSize struct {
	CPU  string `yaml:"cpu" need:"yes" is:"quantity" doc:"CPU of the pod."`
	From string `yaml:"from" need:"yes" is:"quantity" doc:"The least memory."`
	To   string `yaml:"to" need:"yes" is:"quantity" doc:"The most memory."`
	Step string `yaml:"step" is:"quantity" doc:"From one amount of memory to the next; 0, the default, where from is to."`
}

// nodeTypes checks the scenario's own node types and returns the names of all that there are; none if
// any name is allowed.
func (c *checker) nodeTypes(o Options) []string {
	all, own := o.NodeTypes, map[string]*NodeType{}
	for i := range c.s.Spec.Fleet.NodeTypes {
		t := &c.s.Spec.Fleet.NodeTypes[i]
		path := fmt.Sprintf("spec.fleet.nodeTypes[%d]", i)
		if c.has(path+".name") && slices.Contains(o.NodeTypes, t.Name) {
			c.fault(path+".name", "call it otherwise", "the catalog has a node type %q already", t.Name)
		} else if unique(c, own, t.Name, path, "node type") {
			own[t.Name], c.ownTypes[t.Name] = t, t.PerPod != nil
		}
		c.nodeType(*t, path, o.CheckNodeType)
		if len(o.NodeTypes) > 0 {
			all = append(all[:len(all):len(all)], t.Name)
		}
	}
	c.prices(own)
	c.spot(own, o.Prices)
	return all
}

// nodeType checks a type by itself; further finds what only the formulas can tell.
func (d *decoder) nodeType(t NodeType, path string, further func(NodeType) error) {
	eni := d.has(path+".interfaces") || d.has(path+".addresses")
	switch {
	case eni && d.has(path+".maxPods"):
		d.fault(path+".maxPods", "", "maxPods, or interfaces and addresses say how many pods a node takes, not both")
	case eni && !(d.has(path+".interfaces") && d.has(path+".addresses")):
		d.fault(path+".maxPods", "", "interfaces and addresses belong together")
	case !eni && !d.has(path+".maxPods"):
		d.fault(path+".maxPods", "", "a node type needs maxPods, or interfaces and addresses")
	}
	stated := d.has(path+".allocatableCPU") || d.has(path+".allocatableMemory")
	switch {
	case stated && d.has(path+".reservation"):
		d.fault(path+".reservation", "", "a reservation, or allocatableCPU and allocatableMemory say what is left to pods, not both")
	case stated && !(d.has(path+".allocatableCPU") && d.has(path+".allocatableMemory")):
		d.fault(path+".allocatableCPU", "", "allocatableCPU and allocatableMemory belong together")
	case !stated && !d.has(path+".reservation"):
		d.fault(path+".reservation", "use eks, gke, aks, karpenter-kwok or none, or state allocatableCPU and allocatableMemory",
			"a node type needs a reservation")
	}
	for _, name := range []string{"pricePerHour", "spotPerHour", "perPod"} {
		if at := path + "." + name; d.sound(at) && !(d.has(path+".region") && d.has(path+".date")) {
			d.fault(at, "add region and date, or leave the price out", "a price says little without the region and the date for which it holds")
		}
	}
	if d.sound(path+".spotPerHour") && t.PricePerHour > 0 && t.SpotPerHour > t.PricePerHour {
		d.fault(path+".spotPerHour", "", "the spot price of %v is above the price on demand of %v", t.SpotPerHour, t.PricePerHour)
	}
	if further == nil || d.faultyBelow(path) {
		return
	}
	if err := further(t); err != nil {
		for i, line := range strings.Split(err.Error(), "\n") { // Each is a fault of its own, of the type as a whole.
			d.fault(fmt.Sprintf("%s.(%d)", path, i), "", "%s", line)
		}
	}
}

// faultyBelow reports whether the value at path or any in it has a fault.
func (d *decoder) faultyBelow(path string) bool {
	for faulty := range d.faulted {
		if faulty == path || strings.HasPrefix(faulty, path+".") {
			return true
		}
	}
	return false
}

// prices reports pools without a price where something is about what they cost.
func (c *checker) prices(own map[string]*NodeType) {
	about := ""
	for _, o := range c.s.Spec.Objectives {
		if metric, _ := sample.Lookup(o.Metric); metric.Unit == sample.Dollars {
			about = cmp.Or(about, o.Metric)
		}
	}
	for _, f := range c.s.Spec.Trials.Figures {
		if metric, _ := sample.Lookup(f.Metric); metric.Unit == sample.Dollars {
			about = cmp.Or(about, f.Metric)
		}
	}
	if about == "" {
		return
	}
	for i, pool := range c.s.Spec.Fleet.Pools {
		if t := own[pool.NodeType]; t != nil && !pool.Spot && t.PricePerHour == 0 && t.PerPod == nil {
			c.fault(fmt.Sprintf("spec.fleet.pools[%d].nodeType", i), "give the node type pricePerHour, region and date",
				"the price of %s is not known, so %s would have no data", t.Name, about)
		}
	}
}

// Amounts returns the memory in bytes and what is stated to be left to pods, 0 if nothing is. The
// error says what is no quantity.
func (t NodeType) Amounts() (memory, allocatableMilliCPU, allocatableBytes int64, err error) {
	read := func(text string) resource.Quantity {
		if text == "" || err != nil {
			return resource.Quantity{}
		}
		var q resource.Quantity
		q, err = parseQuantity(text)
		return q
	}
	memoryQuantity, cpu, bytes := read(t.Memory), read(t.AllocatableCPU), read(t.AllocatableMemory)
	return memoryQuantity.Value(), cpu.MilliValue(), bytes.Value(), err
}
