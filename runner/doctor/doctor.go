// Package doctor says whether a machine is fit for measurements: what it found, what that means
// for the figures of a run, and what to do about it.
//
// Read finds facts and judges nothing; Examine judges facts and reads nothing.
package doctor

import "time"

// A State is the outcome of one check.
type State string

// The states. Only Bad says that measurements are of no use, or impossible, as things are.
const (
	OK      State = "OK"
	Look    State = "LOOK"
	Bad     State = "BAD"
	Unknown State = "NOT KNOWN"
)

// A Check is one thing that was looked at.
type Check struct {
	Name    string `json:"name"`
	State   State  `json:"state"`
	Found   string `json:"found"`
	Meaning string `json:"meaning,omitempty"` // For measurements; empty if there is nothing to say.
	Cure    string `json:"cure,omitempty"`    // Empty if nothing needs one.
}

// Facts are what is known of a machine. A nil pointer is a fact that is not known here.
type Facts struct {
	OS          string
	CPUs        int      // That kubedyno may use.
	CPUQuota    *float64 // Cores that a cgroup allows; +Inf without a limit.
	ClockSource *string
	Governor    *string // Of the CPUs' frequency; "" if the machine has none.
	Load        *float64
	MemoryFree  *uint64         // Bytes available without swapping.
	MemoryLimit *uint64         // Bytes that a cgroup still allows; 0 without a limit.
	OpenFiles   *uint64         // The limit of this process.
	Ports       *int            // Local ports for connections.
	Loopback    error           // Why nothing can connect on loopback; nil if something can.
	Sleeps      []time.Duration // How much longer than asked each sleep took.

	Cache     string
	CacheErr  error // Why the cache folder cannot be measured.
	DiskFree  *uint64
	Fsyncs    []time.Duration // How long each took.
	Processes *int            // Of control planes, on the whole machine.
	Leftovers int             // Folders of runs in the cache.
	Clusters  []Cluster

	Go           string // The release of the toolchain, such as go1.26.4; "" if there is none.
	OldestGo     string // That builds the control plane, such as 1.26.4.
	ControlPlane Binary
	Kubectl      string // Its path; "" if there is none.
}

// A Cluster is one of "kubedyno up".
type Cluster struct {
	Name    string
	Running bool
}

// A Binary is the control plane of a Kubernetes version.
type Binary struct {
	Kubernetes string
	Path       string // "" if it is not known where it would be.
	Built      bool
}

// Fit reports whether nothing is Bad.
func Fit(checks []Check) bool {
	for _, c := range checks {
		if c.State == Bad {
			return false
		}
	}
	return true
}

// Examine judges the facts, the machine's first.
func Examine(f Facts) []Check {
	return []Check{
		cpus(f), governor(f), load(f), clockSource(f), timers(f),
		memory(f), openFiles(f), loopback(f), ports(f),
		diskFree(f), diskSync(f),
		goToolchain(f), controlPlane(f), clusters(f), leftovers(f), kubectl(f),
	}
}

// unknown is a check of something that this system does not tell.
func unknown(name string, f Facts) Check {
	return Check{Name: name, State: Unknown, Found: "not known here (" + f.OS + ")"}
}
