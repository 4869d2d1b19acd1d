package doctor

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
)

// The limits of the machine. A control plane of 5,000 nodes and its kwok take about 4 cores at
// work and 3.5 GB of memory; the notes of each say what less means.
const (
	fewCPUs     = 4
	quietLoad   = 0.25 // Of the CPUs; what waits or runs already is in the way of a run.
	lateSleep   = time.Millisecond
	littleBytes = 6 << 30
	leastBytes  = 2 << 30
	openNodes   = 5000
	fewFiles    = 2 * openNodes // Two connections a node are far more than HTTP/2 needs.
	leastFiles  = 1024
	fewPorts    = 10_000
)

func cpus(f Facts) Check {
	c := Check{Name: "CPUs", State: OK, Found: fmt.Sprintf("%d", f.CPUs)}
	allowed := float64(f.CPUs)
	if f.CPUQuota != nil && *f.CPUQuota < allowed {
		allowed = *f.CPUQuota
		c.Found += ", of which a cgroup allows " + sample.Format(allowed, sample.Cores)
		c.Meaning = "A CPU limit stops all processes for the rest of each 100 ms once it is used up, which shows as latency."
		c.Cure = "Remove the CPU limit of the container or service that kubedyno runs in."
		c.State = Look
	}
	switch {
	case allowed < 2:
		c.State = Bad
		c.Meaning = "The control plane and kubedyno wait for each other; latencies are those of the queue for the CPU."
		c.Cure = "Use a machine with 2 CPUs or more, better 4."
	case allowed < fewCPUs && c.State == OK:
		c.State = Look
		c.Meaning = "The control plane and kubedyno share them; rates and latencies are those of a small machine."
		c.Cure = "Compare only with runs on the same machine; use 4 CPUs or more for absolute figures."
	}
	return c
}

func governor(f Facts) Check {
	c := Check{Name: "CPU frequency", State: OK}
	switch {
	case f.Governor == nil:
		return unknown(c.Name, f)
	case *f.Governor == "":
		c.Found = "no governor, as in most virtual machines"
	case *f.Governor == "performance":
		c.Found = "governor performance"
	default:
		c.State, c.Found = Look, "governor "+*f.Governor
		c.Meaning = "CPUs slow down when there is little to do, so a light load has longer latencies than a heavy one."
		c.Cure = "sudo cpupower frequency-set -g performance"
	}
	return c
}

func load(f Facts) Check {
	const name = "Load"
	if f.Load == nil {
		return unknown(name, f)
	}
	c := Check{Name: name, State: OK, Found: fmt.Sprintf("%.2f tasks run or wait, on average of the last minute", *f.Load)}
	share := *f.Load / float64(max(f.CPUs, 1))
	if share >= quietLoad {
		c.State = Look
		c.Meaning = "Something else uses the CPUs; whoever waits for one because of it looks slow."
		c.Cure = "End it, or wait until it is over; 'top' shows what it is."
	}
	if share >= 1 {
		c.State = Bad
		c.Meaning = "All CPUs are busy with something else; figures taken now would be about that."
	}
	return c
}

// fastClocks are the clock sources that are read without a system call on Linux (vDSO).
var fastClocks = []string{"tsc", "kvm-clock", "arch_sys_counter", "hyperv_clocksource_tsc_page", "timebase", "riscv_clocksource", "tod"}

func clockSource(f Facts) Check {
	const name = "Clock source"
	if f.ClockSource == nil {
		return unknown(name, f)
	}
	c := Check{Name: name, State: OK, Found: *f.ClockSource}
	if !slices.Contains(fastClocks, *f.ClockSource) {
		c.State = Look
		c.Meaning = "Each reading of the time is a system call, 10 to 100 times as slow as with tsc; it costs CPU in every component."
		c.Cure = "See 'dmesg | grep -i tsc' for why the kernel distrusts it; on a cloud, take another instance type."
	}
	return c
}

// timers judges the sleeps by their 95th percentile: 200 of them have 10 beyond it.
func timers(f Facts) Check {
	c := Check{Name: "Timers", State: OK}
	if len(f.Sleeps) == 0 {
		return unknown(c.Name, f)
	}
	late := quantile(f.Sleeps, 0.95)
	c.Found = fmt.Sprintf("a sleep of 1 ms ends %s late (median), %s (p95 of %d)",
		seconds(quantile(f.Sleeps, 0.5)), seconds(late), len(f.Sleeps))
	if late > lateSleep {
		c.State = Look
		c.Meaning = "Requests leave that much after their time, which is counted as their latency; other work or a hypervisor is in the way."
		c.Cure = "Run on a quiet machine with CPUs of its own."
	}
	return c
}

func memory(f Facts) Check {
	const name = "Memory"
	if f.MemoryFree == nil {
		return unknown(name, f)
	}
	free := *f.MemoryFree
	c := Check{Name: name, State: OK, Found: sample.Format(float64(free), sample.Bytes) + " available"}
	if f.MemoryLimit != nil && *f.MemoryLimit > 0 && *f.MemoryLimit < free {
		free = *f.MemoryLimit
		c.Found += ", of which a cgroup allows " + sample.Format(float64(free), sample.Bytes)
	}
	switch {
	case free < leastBytes:
		c.State = Bad
		c.Meaning = "A control plane at work takes 1 to 4 GB; the kernel may kill it."
		c.Cure = "Free memory, or raise the limit of the container, to 2 GiB or more."
	case free < littleBytes:
		c.State = Look
		c.Meaning = "Enough for about 1,000 nodes; 5,000 nodes with their pods take about 4 GB."
		c.Cure = "Free memory before a run of thousands of nodes."
	}
	return c
}

func openFiles(f Facts) Check {
	const name = "Open files"
	if f.OpenFiles == nil {
		return unknown(name, f)
	}
	c := Check{Name: name, State: OK, Found: fmt.Sprintf("limit %s", count(*f.OpenFiles))}
	c.Meaning = fmt.Sprintf("%s nodes need fewer than %s: they share connections, and no file watches (inotify) are used.",
		sample.FormatCount(openNodes), sample.FormatCount(fewFiles))
	switch {
	case *f.OpenFiles < leastFiles:
		c.State, c.Cure = Bad, fmt.Sprintf("ulimit -n %d", fewFiles)
		c.Meaning = "etcd, the API server and a load of many connections run into it; they then refuse connections."
	case *f.OpenFiles < fewFiles:
		c.State, c.Cure = Look, fmt.Sprintf("ulimit -n %d", fewFiles)
		c.Meaning = "Enough for a few thousand connections; scenarios with more users or watchers run into it."
	}
	return c
}

func loopback(f Facts) Check {
	c := Check{Name: "Loopback", State: OK, Found: "127.0.0.1 takes connections"}
	if f.Loopback != nil {
		c.State, c.Found = Bad, f.Loopback.Error()
		c.Meaning = "The control plane's components and kubedyno talk over it."
		c.Cure = "Allow connections on 127.0.0.1: sudo ip link set lo up, and no firewall on it."
	}
	return c
}

func ports(f Facts) Check {
	const name = "Local ports"
	if f.Ports == nil {
		return unknown(name, f)
	}
	c := Check{Name: name, State: OK, Found: sample.FormatCount(int64(*f.Ports)) + " for connections"}
	if *f.Ports < fewPorts {
		c.State = Look
		c.Meaning = "Each connection takes one, for a minute after its end too; scenarios with many connections run out."
		c.Cure = `sudo sysctl net.ipv4.ip_local_port_range="32768 60999"`
	}
	return c
}

// quantile returns the smallest duration that at least the share q does not exceed; 0 of none.
func quantile(all []time.Duration, q float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[sample.Rank(q, int64(len(sorted)))-1]
}

func seconds(d time.Duration) string { return sample.Format(d.Seconds(), sample.Seconds) }

// count writes a number, which may be the one that stands for no limit.
func count(n uint64) string {
	if n > math.MaxInt64 {
		return "none"
	}
	return sample.FormatCount(int64(n))
}
