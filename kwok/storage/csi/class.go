package csi

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/kubedyno/kubedyno/kwok/stages"
)

// An Operation is a kind of call to the storage behind a driver.
type Operation string

// The operations, by the names that metrics use.
const (
	Provision Operation = "provision" // CreateVolume of CSI.
	Delete    Operation = "delete"    // DeleteVolume.
	Attach    Operation = "attach"    // ControllerPublishVolume.
	Detach    Operation = "detach"    // ControllerUnpublishVolume.
	Resize    Operation = "resize"    // ControllerExpandVolume.
)

// Operations returns all of them.
func Operations() []Operation { return []Operation{Provision, Delete, Attach, Detach, Resize} }

// A Topology says from where a volume can be reached.
type Topology string

// The topologies.
const (
	Zone     Topology = "zone" // From the nodes of its zone.
	Node     Topology = "node" // From its node alone, as a disk in the machine.
	Anywhere Topology = "none" // From every node.
)

// Limits of a class.
const (
	// MaxParallelism is how many operations of a kind may be under way at once.
	MaxParallelism = 1000
	// MaxFailures is the largest share of attempts that may fail: beyond it most volumes would
	// wait for the longest pause between attempts.
	MaxFailures = 0.9
)

// A Class is a StorageClass and what the storage behind it takes.
type Class struct {
	Name string
	// Delays are how long a call of an operation takes; one that is not in it takes no time.
	Delays map[Operation]stages.Latency
	// Parallelism is how many calls of each operation may be under way at once; the others wait.
	Parallelism int
	// Rate is how many calls a second the storage takes, of all operations together, and Burst how
	// many at once after a pause, as the token buckets of clouds do. 0 is no limit.
	Rate  float64
	Burst int
	// Failures is the share of calls that fail after their delay, from 0 to MaxFailures. They are
	// tried again after a pause that doubles from firstPause to longestPause.
	Failures float64
	Topology Topology
	Zones    []string // Where volumes may be; none for every zone that has nodes.
	// Capacity is how many bytes of storage there are in each place that the topology tells apart: a
	// zone, a node, or all together; 0 is no limit.
	Capacity  int64
	Immediate bool // Volumes are made at once, and not only when a pod that uses them is placed.
	Expansion bool // Claims may grow.
}

// Check returns everything that is wrong with the class.
func (c Class) Check() error {
	var faults []error
	bad := func(wrong bool, format string, args ...any) {
		if wrong {
			faults = append(faults, fmt.Errorf("storage class %s: %s", c.Name, fmt.Sprintf(format, args...)))
		}
	}
	bad(c.Name == "", "it has no name")
	bad(c.Parallelism < 1 || c.Parallelism > MaxParallelism, "%d calls at once: want 1 to %d", c.Parallelism, MaxParallelism)
	bad(c.Rate < 0 || math.IsNaN(c.Rate) || math.IsInf(c.Rate, 0), "%g calls a second: want a number from 0", c.Rate)
	bad(c.Rate > 0 && c.Burst < 1, "a burst of %d calls: a limit of calls lets at least one through", c.Burst)
	bad(c.Rate == 0 && c.Burst != 0, "a burst without a limit of calls a second")
	bad(!(c.Failures >= 0 && c.Failures <= MaxFailures), "%g of the calls fail: want 0 to %g", c.Failures, MaxFailures)
	bad(c.Capacity < 0, "%d bytes of storage: want a number from 0", c.Capacity)
	switch c.Topology {
	case Zone:
	case Node, Anywhere:
		bad(len(c.Zones) > 0, "zones, but its topology is %s", c.Topology)
		bad(c.Topology == Node && c.Immediate, "volumes in a node are made where a pod is placed, and not at once")
	default:
		bad(true, "there is no topology %q", c.Topology)
	}
	return errors.Join(faults...)
}

// draw returns a number from 0 to before 1 that belongs to an object's UID, an operation and how
// often it was tried: a delay is known afterwards, and a second run on the same objects is the same.
func draw(uid string, o Operation, attempt int, what string) float64 {
	sum := sha256.Sum256([]byte(uid + "/" + string(o) + "/" + strconv.Itoa(attempt) + "/" + what))
	const bits = 53 // Of a float64's mantissa.
	return float64(binary.BigEndian.Uint64(sum[:8])>>(64-bits)) / (1 << bits)
}
