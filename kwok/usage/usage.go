// Package usage says what the containers of fake nodes use, in the words of their kubelets: the
// resource-metrics endpoint that metrics-server reads, here for all nodes at once.
//
// The numbers come as late as a kubelet's. cAdvisor looks at a container from time to time, and
// the kubelet reports the last look with its time. So a container is first reported a while after
// it has started, and a step of its usage shows as a ramp between two looks.
package usage

import (
	"math"
	"time"
)

// DefaultHousekeeping is the time between two looks at a container, as a kubelet asks cAdvisor for
// (defaultHousekeepingInterval of kubernetes/pkg/kubelet/cadvisor). cAdvisor looks at a new
// container at once, for the second time between one and two intervals later, and spreads the
// later looks, too. Here the looks of a pod are exactly one interval apart, and the second one, from
// which on a rate is known, is between one and two intervals after the start all the same.
const DefaultHousekeeping = 10 * time.Second

// What is used beside the containers and what is never reported as 0, because metrics-server takes
// a container with a counter or a memory of 0 for one that is not measured, and drops its pod.
const (
	nodeCores = 0.05      // Of a node's own daemons, in cores.
	nodeBytes = 256 << 20 // Of the same, in bytes.
	startCPU  = 1e-6      // Core-seconds that starting a container has cost.
	leastRAM  = 4096      // Bytes of a container's working set: one page.
)

// A Usage is what runs at a time: CPU in cores and a working set in bytes.
type Usage struct{ Cores, Bytes float64 }

// A Pod is a pod that runs on a node.
type Pod struct {
	Namespace, Name, UID, Node string
	Containers                 []string // Their names; they share the pod's usage evenly.
	Idle                       Usage    // From its start until something else is said.
}

// A rate is a Usage in whole units, so that a sum does not drift as usages come and go.
type rate struct{ nanoCores, bytes int64 }

func (r rate) plus(s rate) rate  { return rate{r.nanoCores + s.nanoCores, r.bytes + s.bytes} }
func (r rate) minus(s rate) rate { return rate{r.nanoCores - s.nanoCores, r.bytes - s.bytes} }

// over returns the core-seconds that a rate makes in a time.
func (r rate) over(d time.Duration) float64 { return float64(r.nanoCores) * 1e-9 * d.Seconds() }

// mostUnits bounds a pod's usage, in billionths of a core and in bytes: the sum of 100,000 such pods
// still fits. It is 92,000 cores and 84 TiB.
const mostUnits = math.MaxInt64 / 100_000

// rate returns the usage in whole units. What is negative or no number counts as nothing.
func (u Usage) rate() rate { return rate{whole(u.Cores * 1e9), whole(u.Bytes)} }

func whole(units float64) int64 {
	if !(units > 0) {
		return 0
	}
	return int64(math.Round(min(units, mostUnits)))
}

// A counter integrates a rate that is constant from one change to the next, and keeps how it stood
// at the last look. Times are since the meter was made.
type counter struct {
	rate   rate
	until  time.Duration // Up to which used is known.
	used   float64       // Core-seconds.
	first  time.Duration // Of the looks, which are an interval apart.
	looked look
}

// A look is what housekeeping has seen. Its time is 0 before the first one.
type look struct {
	at    time.Duration
	used  float64 // Core-seconds since the start.
	bytes int64
}

// advance integrates until now and takes the last look that is due by then.
func (c *counter) advance(now, interval time.Duration) {
	if now <= c.until {
		return
	}
	if now >= c.first {
		at := c.first + (now-c.first)/interval*interval
		if at > c.looked.at {
			c.looked = look{at: at, used: c.used + c.rate.over(at-c.until), bytes: c.rate.bytes}
		}
	}
	c.used += c.rate.over(now - c.until)
	c.until = now
}
