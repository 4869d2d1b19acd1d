package doctor

import (
	"math"
	"os"
	"path/filepath"
	"testing"
)

// machine writes the files of a kernel into a folder and returns it.
func machine(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestReadSystem(t *testing.T) {
	f := Facts{Cache: filepath.Join(t.TempDir(), "not", "made", "yet")}
	readSystem(&f, machine(t, map[string]string{
		"sys/devices/system/clocksource/clocksource0/current_clocksource": "kvm-clock\n",
		"sys/devices/system/cpu/cpu0/cpufreq/scaling_governor":            "schedutil\n",
		"proc/loadavg":                          "1.25 6.04 3.78 4/377 9401\n",
		"proc/sys/net/ipv4/ip_local_port_range": "32768\t60999\n",
		"proc/meminfo":                          "MemTotal: 100 kB\nMemAvailable:   50 kB\n",
		"proc/12/cmdline":                       "/home/u/.cache/kubedyno/controlplane/v1.37.2-0a/controlplane\x00etcd\x00",
		"proc/13/cmdline":                       "/usr/bin/vi\x00/controlplane/v1/controlplane",
		"proc/self/cgroup":                      "0::/a/b\n",
	}))
	if *f.ClockSource != "kvm-clock" || *f.Governor != "schedutil" || *f.Load != 1.25 || *f.Ports != 28232 ||
		*f.MemoryFree != 50<<10 || *f.Processes != 1 || *f.OpenFiles == 0 || *f.DiskFree == 0 {
		t.Errorf("read %+v", f)
	}
	var none Facts
	readSystem(&none, t.TempDir())
	if none.ClockSource != nil || none.Governor != nil || none.Load != nil || none.Ports != nil || none.MemoryFree != nil {
		t.Errorf("made up %+v", none)
	}
}

func TestCgroups(t *testing.T) {
	unlimited := math.Inf(1)
	tests := []struct {
		name  string
		files map[string]string
		cores float64
		room  uint64
	}{
		{"none", nil, unlimited, 0},
		{"version 2, no limit", map[string]string{"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/cpu.max": "max 100000\n",
			"sys/fs/cgroup/a/memory.max": "max\n"}, unlimited, 0},
		{"version 2, the group above is tighter", map[string]string{"proc/self/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/b/cpu.max": "400000 100000\n", "sys/fs/cgroup/a/cpu.max": "150000 100000\n",
			"sys/fs/cgroup/a/b/memory.max": "1000\n", "sys/fs/cgroup/a/b/memory.current": "100\n",
			"sys/fs/cgroup/a/memory.max": "900\n", "sys/fs/cgroup/a/memory.current": "300\n"}, 1.5, 600},
		{"version 2, in a container", map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "200000 100000\n"}, 2, 0},
		{"version 1", map[string]string{"proc/self/cgroup": "5:memory:/x\n3:cpu,cpuacct:/x\n",
			"sys/fs/cgroup/cpu/x/cpu.cfs_quota_us": "50000\n", "sys/fs/cgroup/cpu/x/cpu.cfs_period_us": "100000\n",
			"sys/fs/cgroup/memory/x/memory.limit_in_bytes": "500\n", "sys/fs/cgroup/memory/x/memory.usage_in_bytes": "600\n"}, .5, 1},
		{"version 1, no limit", map[string]string{"proc/self/cgroup": "5:memory:/x\n3:cpu:/x\n",
			"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, unlimited, 0},
		{"damaged", map[string]string{"proc/self/cgroup": "0\n0::/\n", "sys/fs/cgroup/cpu.max": "x 0\n", "sys/fs/cgroup/memory.max": "-5"}, unlimited, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cores, room := cgroups(machine(t, test.files))
			if cores != test.cores || room != test.room {
				t.Errorf("%v cores, %d bytes; want %v, %d", cores, room, test.cores, test.room)
			}
		})
	}
}

// TestRead reads this machine: the measurements are there, and leave nothing behind.
func TestRead(t *testing.T) {
	cache := t.TempDir()
	f := Read(t.Context(), cache)
	if len(f.Sleeps) != sleeps || len(f.Fsyncs) == 0 || f.CacheErr != nil || f.Loopback != nil || f.CPUs < 1 {
		t.Errorf("read %+v", f)
	}
	for _, late := range f.Sleeps {
		if late < 0 {
			t.Errorf("a sleep was %s too short", -late)
		}
	}
	if entries, err := os.ReadDir(cache); err != nil || len(entries) > 0 {
		t.Errorf("left %v in the cache, %v", entries, err)
	}
	file := filepath.Join(cache, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if f := Read(t.Context(), file); f.CacheErr == nil {
		t.Error("a file was taken for a cache folder")
	}
}
