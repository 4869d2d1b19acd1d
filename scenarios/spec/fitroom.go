package spec

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

// Room returns what a node of a type leaves to pods, in millicores and bytes; own is the type if it is the
// scenario's, or else nil. It is false if that is not known.
type Room func(nodeType string, own *NodeType) (milliCPU, bytes int64, known bool)

// fitRoom reports the workloads of which no node of any pool has room for a pod, even if it is empty: a
// fit would add nodes in vain. With Karpenter there are nodes of other types.
func (c *checker) fitRoom(h *history) {
	if c.options.Room == nil || c.s.Spec.Cluster.Karpenter != nil {
		return
	}
	for i := range c.s.Spec.Workloads {
		w := &c.s.Spec.Workloads[i]
		path := fmt.Sprintf("spec.workloads[%d]", i)
		if !h.made[w.Name] || !w.HasPods() || w.Kind() == "DaemonSet" || c.faultyBelow(path) {
			continue
		}
		cores, memory := w.Requests()
		rooms, fits := c.rooms(int64(math.Ceil(cores*1000-1e-6)), int64(memory))
		if fits {
			continue
		}
		c.fault(path+".name", "request less, or give a pool a larger node type", "a pod of %s requests %s CPU and %s of memory, and no node leaves as much to pods: %s",
			w.Name, plainNumber(cores), quantityOf(int64(memory)), strings.Join(rooms, ", "))
	}
}

// rooms says what a node of each pool's type leaves to pods, and whether one has room for a pod that
// requests so much, or may have.
func (c *checker) rooms(milliCPU, bytes int64) (rooms []string, fits bool) {
	for i := range c.s.Spec.Fleet.Pools {
		pool := c.s.Spec.Fleet.Pools[i]
		cpu, memory, known := c.options.Room(pool.NodeType, c.ownType(pool.NodeType))
		if !known || milliCPU <= cpu && bytes <= memory {
			return nil, true
		}
		words := fmt.Sprintf("%s leaves %s CPU and %s", pool.NodeType, plainNumber(float64(cpu)/1000), quantityOf(memory))
		if !slices.Contains(rooms, words) {
			rooms = append(rooms, words)
		}
	}
	return rooms, len(rooms) == 0
}

// ownType returns the scenario's own node type of that name; nil if it has none.
func (c *checker) ownType(name string) *NodeType {
	for i := range c.s.Spec.Fleet.NodeTypes {
		if t := &c.s.Spec.Fleet.NodeTypes[i]; t.Name == name {
			return t
		}
	}
	return nil
}

// quantityOf writes bytes as a scenario does: 100Gi, 256Mi.
func quantityOf(bytes int64) string { return resource.NewQuantity(bytes, resource.BinarySI).String() }
