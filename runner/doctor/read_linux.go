package doctor

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// readSystem reads what the kernel says of itself below root, which is / but in tests.
func readSystem(f *Facts, root string) {
	if text, ok := readText(root, "sys/devices/system/clocksource/clocksource0/current_clocksource"); ok {
		f.ClockSource = &text
	}
	if _, err := os.Stat(filepath.Join(root, "sys/devices/system/cpu")); err == nil {
		governor, _ := readText(root, "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
		f.Governor = &governor
	}
	if text, ok := readText(root, "proc/loadavg"); ok {
		var load float64
		if _, err := fmt.Sscan(text, &load); err == nil {
			f.Load = &load
		}
	}
	if text, ok := readText(root, "proc/sys/net/ipv4/ip_local_port_range"); ok {
		var first, last int
		if _, err := fmt.Sscan(text, &first, &last); err == nil {
			n := last - first + 1
			f.Ports = &n
		}
	}
	f.MemoryFree = memoryAvailable(root)
	quota, room := cgroups(root)
	f.CPUQuota, f.MemoryLimit = &quota, &room
	f.Processes = countProcesses(root)
	var files syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files) == nil {
		limit := files.Cur
		f.OpenFiles = &limit
	}
	f.DiskFree = freeBytes(f.Cache)
}

// readText reads a small file of the kernel; not ok if there is none.
func readText(root, name string) (text string, ok bool) {
	data, err := os.ReadFile(filepath.Join(root, name))
	return strings.TrimSpace(string(data)), err == nil
}

func memoryAvailable(root string) *uint64 {
	text, _ := readText(root, "proc/meminfo")
	for line := range strings.Lines(text) {
		var kib uint64
		if _, err := fmt.Sscanf(line, "MemAvailable: %d kB", &kib); err == nil {
			bytes := kib << 10
			return &bytes
		}
	}
	return nil
}

// cgroups returns the cores that the control groups of this process allow, +Inf without a limit,
// and the bytes of memory that they still allow, 0 without a limit. In version 2 every group
// above counts, too (Linux documentation, cgroup-v2); of version 1 the process's own is read.
func cgroups(root string) (cores float64, room uint64) {
	cores = math.Inf(1)
	text, _ := readText(root, "proc/self/cgroup")
	for line := range strings.Lines(text) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		switch {
		case fields[0] == "0":
			for group := fields[2]; ; group = filepath.Dir(group) {
				base := filepath.Join("sys/fs/cgroup", group)
				cores = min(cores, quotaV2(root, base))
				room = tighter(room, roomOf(root, filepath.Join(base, "memory.max"), filepath.Join(base, "memory.current")))
				if group == "/" || group == "." {
					break
				}
			}
		case hasController(fields[1], "cpu"):
			cores = min(cores, quotaV1(root, firstFolder(root, "cpu", fields[2])))
		case hasController(fields[1], "memory"):
			base := firstFolder(root, "memory", fields[2])
			room = tighter(room, roomOf(root, filepath.Join(base, "memory.limit_in_bytes"), filepath.Join(base, "memory.usage_in_bytes")))
		}
	}
	return cores, room
}

func hasController(list, name string) bool {
	for controller := range strings.SplitSeq(list, ",") {
		if controller == name {
			return true
		}
	}
	return false
}

// firstFolder returns the folder of a version 1 group; in a container it is often the root that
// is mounted, whatever the group's path.
func firstFolder(root, controller, group string) string {
	base := filepath.Join("sys/fs/cgroup", controller)
	if _, err := os.Stat(filepath.Join(root, base, group)); err == nil {
		return filepath.Join(base, group)
	}
	return base
}

func quotaV2(root, base string) float64 {
	text, _ := readText(root, filepath.Join(base, "cpu.max"))
	fields := strings.Fields(text)
	if len(fields) != 2 {
		return math.Inf(1)
	}
	return coresOf(fields[0], fields[1])
}

func quotaV1(root, base string) float64 {
	quota, _ := readText(root, filepath.Join(base, "cpu.cfs_quota_us"))
	period, _ := readText(root, filepath.Join(base, "cpu.cfs_period_us"))
	return coresOf(quota, period)
}

// coresOf divides a quota by its period; "max", -1 and what is no number are no limit.
func coresOf(quota, period string) float64 {
	q, qErr := strconv.ParseFloat(quota, 64)
	p, pErr := strconv.ParseFloat(period, 64)
	if qErr != nil || pErr != nil || !(q > 0) || !(p > 0) {
		return math.Inf(1)
	}
	return q / p
}

// unlimited is beyond any memory: version 1 writes a number near 2^63 for no limit.
const unlimited = 1 << 60

// roomOf returns what is left of a limit of memory, at least 1; 0 without a limit.
func roomOf(root, limitFile, usedFile string) uint64 {
	limitText, _ := readText(root, limitFile)
	usedText, _ := readText(root, usedFile)
	limit, err := strconv.ParseUint(limitText, 10, 64)
	if err != nil || limit >= unlimited {
		return 0
	}
	used, err := strconv.ParseUint(usedText, 10, 64)
	if err != nil || used >= limit {
		used = limit - min(limit, 1)
	}
	return limit - used
}

// tighter returns the smaller of two rooms, of which 0 is none.
func tighter(a, b uint64) uint64 {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

// countProcesses counts the processes that were started from a control plane's binary in a cache
// of kubedyno.
func countProcesses(root string) *int {
	entries, err := os.ReadDir(filepath.Join(root, "proc"))
	if err != nil {
		return nil
	}
	n := 0
	for _, entry := range entries {
		if _, err := strconv.Atoi(entry.Name()); err != nil {
			continue
		}
		line, _ := readText(root, filepath.Join("proc", entry.Name(), "cmdline"))
		program, _, _ := strings.Cut(line, "\x00")
		if filepath.Base(program) == "controlplane" && strings.Contains(program, "/controlplane/v") {
			n++
		}
	}
	return &n
}

// freeBytes returns what the disk of a folder, or of the nearest one above that is there, has
// free for this user.
func freeBytes(folder string) *uint64 {
	for {
		var disk syscall.Statfs_t
		if syscall.Statfs(folder, &disk) == nil {
			free := disk.Bavail * uint64(disk.Bsize)
			return &free
		}
		above := filepath.Dir(folder)
		if above == folder {
			return nil
		}
		folder = above
	}
}
