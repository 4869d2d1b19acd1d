package audit

import (
	"fmt"
	"os"

	"github.com/prometheus/procfs"
)

// processesReadable says that this system tells what other processes use.
const processesReadable = true

// readProcess reads /proc/<pid>/stat: user and system time in units of 10 ms, and resident
// memory.
func readProcess(pid int) (usage, error) {
	process, err := procfs.NewProc(pid)
	if err != nil {
		return usage{}, fmt.Errorf("process %d has ended: %w", pid, err)
	}
	stat, err := process.Stat()
	if err != nil {
		return usage{}, fmt.Errorf("process %d has ended: %w", pid, err)
	}
	if stat.State == "Z" || stat.State == "X" {
		return usage{}, fmt.Errorf("process %d has ended", pid)
	}
	return usage{
		cpuSeconds: stat.CPUTime(),
		bytes:      float64(stat.ResidentMemory()),
		identity:   stat.Starttime + 1, // Never 0, which stands for "not read yet".
	}, nil
}

func readSelf() (usage, error) { return readProcess(os.Getpid()) }

// readMachine reads /proc/stat: the CPU seconds of all processes, and those that a hypervisor gave
// to others. Interrupts are left out: they serve the run's own connections, too.
func readMachine() (seconds float64, ok bool) {
	all, err := procfs.NewDefaultFS()
	if err != nil {
		return 0, false
	}
	stat, err := all.Stat()
	if err != nil {
		return 0, false
	}
	cpu := stat.CPUTotal
	return cpu.User + cpu.Nice + cpu.System + cpu.Steal, true
}
