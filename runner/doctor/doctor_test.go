package doctor

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

func pointer[T any](value T) *T { return &value }

func repeat(d time.Duration, n int) []time.Duration { return slices.Repeat([]time.Duration{d}, n) }

// good is a machine with which nothing is wrong.
func good() Facts {
	return Facts{
		OS: "linux", CPUs: 8, CPUQuota: pointer(math.Inf(1)), ClockSource: pointer("tsc"), Governor: pointer("performance"),
		Load: pointer(.2), MemoryFree: pointer(uint64(16 << 30)), MemoryLimit: pointer(uint64(0)), OpenFiles: pointer(uint64(1 << 20)),
		Ports: pointer(28_000), Sleeps: repeat(80*time.Microsecond, 200),
		Cache: "/cache", DiskFree: pointer(uint64(100 << 30)), Fsyncs: repeat(time.Millisecond, 50), Processes: pointer(0),
		Go: "go1.26.8", OldestGo: "1.26.4", ControlPlane: Binary{"v1.37.2", "/cache/controlplane", true}, Kubectl: "/usr/bin/kubectl",
	}
}

func TestGoodMachine(t *testing.T) {
	checks := Examine(good())
	for _, c := range checks {
		if c.State != OK || c.Found == "" || c.Cure != "" {
			t.Errorf("%+v", c)
		}
	}
	if !Fit(checks) {
		t.Error("it is not fit")
	}
}

func TestExamine(t *testing.T) {
	tests := []struct {
		name, check string
		change      func(*Facts)
		state       State
		found       string
	}{
		{"two CPUs", "CPUs", func(f *Facts) { f.CPUs = 2 }, Look, "2"},
		{"one CPU", "CPUs", func(f *Facts) { f.CPUs = 1 }, Bad, "1"},
		{"a quota", "CPUs", func(f *Facts) { *f.CPUQuota = 4 }, Look, "8, of which a cgroup allows 4 cores"},
		{"a small quota", "CPUs", func(f *Facts) { *f.CPUQuota = 1.5 }, Bad, "8, of which a cgroup allows 1.5 cores"},
		{"a quota that is no limit", "CPUs", func(f *Facts) { *f.CPUQuota = 8 }, OK, "8"},
		{"power saving", "CPU frequency", func(f *Facts) { *f.Governor = "powersave" }, Look, "governor powersave"},
		{"no governor", "CPU frequency", func(f *Facts) { *f.Governor = "" }, OK, "no governor, as in most virtual machines"},
		{"some load", "Load", func(f *Facts) { *f.Load = 2 }, Look, "2.00 tasks run or wait, on average of the last minute"},
		{"all busy", "Load", func(f *Facts) { *f.Load = 8 }, Bad, "8.00 tasks run or wait, on average of the last minute"},
		{"a slow clock", "Clock source", func(f *Facts) { *f.ClockSource = "hpet" }, Look, "hpet"},
		{"kvm-clock", "Clock source", func(f *Facts) { *f.ClockSource = "kvm-clock" }, OK, "kvm-clock"},
		{"late timers", "Timers", func(f *Facts) { copy(f.Sleeps, repeat(2*time.Millisecond, 11)) }, Look,
			"a sleep of 1 ms ends 80 µs late (median), 2 ms (p95 of 200)"},
		{"timers late now and then", "Timers", func(f *Facts) { copy(f.Sleeps, repeat(2*time.Millisecond, 10)) }, OK,
			"a sleep of 1 ms ends 80 µs late (median), 80 µs (p95 of 200)"},
		{"little memory", "Memory", func(f *Facts) { *f.MemoryFree = 4 << 30 }, Look, "4 GiB available"},
		{"no memory", "Memory", func(f *Facts) { *f.MemoryFree = 1 << 30 }, Bad, "1 GiB available"},
		{"a memory limit", "Memory", func(f *Facts) { *f.MemoryLimit = 1 << 30 }, Bad, "16 GiB available, of which a cgroup allows 1 GiB"},
		{"few files", "Open files", func(f *Facts) { *f.OpenFiles = 1024 }, Look, "limit 1,024"},
		{"too few files", "Open files", func(f *Facts) { *f.OpenFiles = 256 }, Bad, "limit 256"},
		{"files without limit", "Open files", func(f *Facts) { *f.OpenFiles = math.MaxUint64 }, OK, "limit none"},
		{"no loopback", "Loopback", func(f *Facts) { f.Loopback = errors.New("refused") }, Bad, "refused"},
		{"few ports", "Local ports", func(f *Facts) { *f.Ports = 1000 }, Look, "1,000 for connections"},
		{"a small disk", "Disk space", func(f *Facts) { *f.DiskFree = 2 << 30 }, Look, "2 GiB free for the cache /cache"},
		{"a full disk", "Disk space", func(f *Facts) { *f.DiskFree = 100 << 20 }, Bad, "100 MiB free for the cache /cache"},
		{"a slow disk", "Disk fsync", func(f *Facts) { f.Fsyncs = repeat(20*time.Millisecond, 50) }, Look,
			"4 KiB take 20 ms (median), 20 ms (longest of 50)"},
		{"a disk that stalls", "Disk fsync", func(f *Facts) { f.Fsyncs[7] = 80 * time.Millisecond }, Look,
			"4 KiB take 1 ms (median), 80 ms (longest of 50)"},
		{"a very slow disk", "Disk fsync", func(f *Facts) { f.Fsyncs = repeat(60*time.Millisecond, 50) }, Bad,
			"4 KiB take 60 ms (median), 60 ms (longest of 50)"},
		{"a cache that cannot be written", "Disk fsync", func(f *Facts) { f.CacheErr = errors.New("read-only") }, Bad, "read-only"},
		{"no Go", "Go toolchain", func(f *Facts) { f.Go = "" }, Bad, "none on the PATH"},
		{"an old Go", "Go toolchain", func(f *Facts) { f.Go = "go1.25.1" }, Look, "go1.25.1"},
		{"a development Go", "Go toolchain", func(f *Facts) { f.Go = "devel go1.28-abc" }, OK, "devel go1.28-abc"},
		{"nothing built", "Control plane", func(f *Facts) { f.ControlPlane.Built = false }, Look, "Kubernetes v1.37.2 is not built yet"},
		{"nobody knows what is built", "Control plane", func(f *Facts) { f.ControlPlane = Binary{Kubernetes: "v1.37.2"} }, Unknown,
			"not known without a Go toolchain that can build it"},
		{"a cluster is up", "Clusters", func(f *Facts) { f.Clusters = []Cluster{{"a", true}, {"b", false}, {"c", true}} }, Look, "up: a, c; broken: b"},
		{"leftovers", "Left over", func(f *Facts) { f.Leftovers = 2; *f.Processes = 5 }, Look,
			"folders of runs in the cache: 2, processes of control planes: 5"},
		{"processes of a cluster", "Left over", func(f *Facts) { *f.Processes = 5; f.Clusters = []Cluster{{"a", true}} }, OK, "nothing"},
		{"no kubectl", "kubectl", func(f *Facts) { f.Kubectl = "" }, OK, "none; it is of use to look into a cluster, and nothing needs it"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := good()
			test.change(&f)
			checks := Examine(f)
			for _, c := range checks {
				switch {
				case c.Name != test.check:
					if c.State != OK && (test.check != "Clusters" && test.name != "processes of a cluster") {
						t.Errorf("%s is %s, too", c.Name, c.State)
					}
				case c.State != test.state || c.Found != test.found:
					t.Errorf("is %s: %s; want %s: %s", c.State, c.Found, test.state, test.found)
				case (c.State == Look || c.State == Bad) && (!strings.HasSuffix(c.Meaning, ".") || c.Cure == ""):
					t.Errorf("says not what it means or what to do: %+v", c)
				}
			}
			if Fit(checks) != (test.state != Bad) {
				t.Errorf("fit: %v", Fit(checks))
			}
		})
	}
}

// TestOtherSystems is about a system of which only what every system tells is known.
func TestOtherSystems(t *testing.T) {
	f := good()
	f.OS, f.CPUQuota, f.ClockSource, f.Governor, f.Load, f.MemoryFree = "darwin", nil, nil, nil, nil, nil
	f.MemoryLimit, f.OpenFiles, f.Ports, f.DiskFree, f.Processes = nil, nil, nil, nil, nil
	checks := Examine(f)
	unknown := 0
	for _, c := range checks {
		if c.State == Unknown {
			unknown++
			if c.Found != "not known here (darwin)" {
				t.Errorf("%+v", c)
			}
		}
	}
	if unknown != 7 || !Fit(checks) {
		t.Errorf("%d are not known, fit: %v", unknown, Fit(checks))
	}
}
