package spec

import (
	"reflect"
	"slices"
	"time"

	"go.yaml.in/yaml/v4"
)

// Etcd holds the settings of etcd.
type Etcd struct {
	Flags map[string]string `yaml:"flags" doc:"Command-line flags without the dashes; they replace kubedyno's own."`
	Env   map[string]string `yaml:"env" doc:"Environment variables, such as GOGC."`
	// Disk is nil for the machine's own.
	Disk *Disk `yaml:"disk" json:",omitempty" doc:"The disk under etcd: real (the default), none (it does not wait for one), tmpfs (memory), a kind of volume such as gp3 (kubedyno disks lists them), a duration by which every fsync takes longer, or a mapping. Only under the run's own control plane, and all but real and none on Linux only."`
}

// Component returns the settings of the process.
func (e Etcd) Component() Component { return Component{Flags: e.Flags, Env: e.Env} }

// A Disk is what is under etcd. A single value stands for a preset or for a constant fsync.
type Disk struct {
	Preset string  `yaml:"preset" doc:"real, none, tmpfs or a kind of volume such as gp3; kubedyno disks lists them."`
	Fsync  *Fsync  `yaml:"fsync" doc:"By how much an fsync takes longer than on the machine's own disk; instead of preset."`
	IOPS   float64 `yaml:"iops" is:"iops" doc:"The most fsyncs a second (default those of the preset, or no limit)."`
	Burst  int     `yaml:"burst" is:"own" doc:"How many fsyncs may go at once after a pause (default 1); with iops."`
}

// Fsync is how long an fsync takes.
type Fsync struct {
	Distribution string        `yaml:"distribution" need:"yes" one:"fixed lognormal" doc:"fixed or lognormal."`
	Value        time.Duration `yaml:"value" is:"fsync" doc:"fixed: the duration."`
	Median       time.Duration `yaml:"median" is:"fsync" doc:"lognormal: the median."`
	P99          time.Duration `yaml:"p99" is:"fsync" doc:"lognormal: the 99th percentile."`
}

// diskWords are the presets that are no kind of volume.
var diskWords = []string{"real", "none", "tmpfs"}

// Plain reports whether the disk is nothing that kubedyno emulates: real, none or tmpfs.
func (d *Disk) Plain() bool { return d == nil || slices.Contains(diskWords, d.Preset) }

// Own reports whether the disk is the machine's own.
func (d *Disk) Own() bool { return d == nil || d.Preset == diskWords[0] }

// decodeDisk decodes a mapping, or the one value that stands for it.
func (d *decoder) decodeDisk(node *yaml.Node, path string) Disk {
	var disk Disk
	if _, err := time.ParseDuration(node.Value); node.Kind == yaml.ScalarNode && err == nil {
		disk.Fsync = &Fsync{Distribution: "fixed"}
		for _, below := range []string{".fsync", ".fsync.distribution"} {
			d.at[path+below] = d.place(node)
		}
		d.decode(node, reflect.ValueOf(&disk.Fsync.Value).Elem(), path+".fsync.value", field{name: "disk", is: "fsync"})
		return disk
	}
	d.decode(node, reflect.ValueOf(&disk.Preset).Elem(), path+".preset", field{name: "disk"})
	return disk
}

// disk checks the disk of etcd. Names are the presets there are; an empty list allows any.
func (c *checker) disk(names []string) {
	const path = "spec.cluster.etcd.disk"
	d := c.s.Spec.Cluster.Etcd.Disk
	if d == nil || !c.sound(path) {
		return
	}
	const flag = "unsafe-no-fsync"
	if _, given := c.s.Spec.Cluster.Etcd.Flags[flag]; given {
		c.fault("spec.cluster.etcd.flags."+flag, "leave the flag out; disk: none is the same", "the flag %s and the disk contradict each other", flag)
	}
	c.known(d.Preset, path+".preset", "disk", names)
	preset, fsync, iops, burst := c.has(path+".preset"), c.has(path+".fsync"), c.has(path+".iops"), c.has(path+".burst")
	switch {
	case !preset && !fsync && !iops:
		c.fault(path, "", "a disk needs preset, fsync or iops")
	case preset && fsync:
		c.fault(path+".fsync", "leave one of them out", "the preset %s says already how long an fsync takes", d.Preset)
	case preset && d.Plain() && iops:
		c.fault(path+".iops", "", "the disk %s has no limit of operations that could be set", d.Preset)
	case preset && d.Plain() && burst:
		c.fault(path+".burst", "", "the disk %s has no limit of operations that could be set", d.Preset)
	case burst && !iops && !preset:
		c.fault(path+".burst", "add iops", "a burst needs a limit of operations a second")
	}
	if d.Fsync != nil && c.sound(path+".fsync") {
		c.fsync(*d.Fsync, path+".fsync")
	}
}

// fsync checks the parts of a distribution as latency does.
func (c *checker) fsync(f Fsync, path string) {
	l := Latency{Distribution: f.Distribution, Value: f.Value, Median: f.Median, P99: f.P99}
	c.latency(l, path)
}
