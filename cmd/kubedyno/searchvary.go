package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kubedyno/kubedyno/kwok/builder"
	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/kwok/storage/disk"
	record "github.com/kubedyno/kubedyno/results/search"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// The names by which --vary means the Kubernetes version and the disk under etcd, if no parameter has them.
const (
	varyKubernetes = "kubernetes"
	varyDisk       = "disk"
)

// A varied is what the variants of a search differ in: a parameter unless one of the others is set.
type varied struct {
	kubernetes, disk bool
	component        cluster.Component // Whose flag it is.
	flag             string            // Its name.
}

// readVaried finds out what --vary names. A parameter of the scenario goes before what is its namesake.
func readVaried(name string, parameters map[string]string) (varied, error) {
	if _, parameter := parameters[name]; parameter {
		return varied{}, nil
	}
	flag, of, named := strings.Cut(name, ":")
	switch {
	case name == varyKubernetes:
		return varied{kubernetes: true}, nil
	case name == varyDisk:
		return varied{disk: true}, nil
	}
	var flags []string
	for _, f := range flagNames {
		if of = strings.TrimLeft(of, "-"); f.name == flag && named && of != "" {
			return varied{component: f.component, flag: of}, nil
		}
		flags = append(flags, f.name+":NAME")
	}
	known := append(slices.Sorted(maps.Keys(parameters)), varyKubernetes, varyDisk)
	return varied{}, hinted(invalid(fmt.Errorf("--vary %s: the scenario has no such parameter, and it is nothing else that can be varied", name)),
		fmt.Sprintf("what can be varied: %s; a component's flag as %s", strings.Join(known, ", "), strings.Join(flags, ", ")))
}

// check finds what is wrong with a value beyond what the scenario says of its parameters.
func (v varied) check(value string) error {
	switch {
	case v.kubernetes && !slices.Contains(builder.Versions(), value):
		return invalid(fmt.Errorf("--vary kubernetes=%s: kubedyno can build %s", value, strings.Join(builder.Versions(), " or ")))
	case v.disk:
		return checkDiskName("--vary disk="+value, value)
	}
	return nil
}

// apply makes the flags of a run those of a value. It changes nothing that other variants share.
func (v varied) apply(flags *runFlags, name, value string) {
	switch {
	case v.kubernetes:
		flags.cluster.kubernetes = value
	case v.disk:
		flags.scenario.disk = value
	case v.flag != "":
		given := append(slices.Clone(*flags.cluster.flags[v.component]), v.flag+"="+value)
		flags.cluster.flags = maps.Clone(flags.cluster.flags)
		flags.cluster.flags[v.component] = &given
	default:
		flags.scenario.set = append(slices.Clone(flags.scenario.set), name+"="+value)
	}
}

// checkDiskName refuses what is neither a disk that there is nor a duration. The option is how it was
// given.
func checkDiskName(option, name string) error {
	if took, err := time.ParseDuration(name); err == nil && took > 0 || slices.Contains(disk.Names(), name) {
		return nil
	}
	return hinted(invalid(fmt.Errorf("%s: there is no such disk", option)),
		"a duration such as 5ms by which every fsync takes longer, or one of "+strings.Join(disk.Names(), ", "))
}

// readVariants reads --vary.
func (x *searching) readVariants(base *spec.Scenario) error {
	x.record.Variants = []record.Variant{{Intervals: []record.Interval{}, Trials: []record.Trial{}}}
	if x.flags.vary == "" {
		return nil
	}
	name, list, ok := strings.Cut(x.flags.vary, "=")
	values := strings.Split(list, ",")
	if !ok || name == "" || len(values) < 2 {
		return hinted(invalid(fmt.Errorf("--vary %q: must be name=a,b", x.flags.vary)), "two values or more of one parameter")
	}
	if name == x.record.Parameter {
		return invalid(fmt.Errorf("--vary %s: this parameter is the load", name))
	}
	var err error
	if x.varied, err = readVaried(name, base.Values); err != nil {
		return err
	}
	x.record.Vary, x.record.Variants = name, nil
	x.record.Interleaved = x.record.Reset == record.ResetCluster
	for i, value := range values {
		if value == "" || slices.Contains(values[:i], value) {
			return invalid(fmt.Errorf("--vary %q: every value must be there, and once", x.flags.vary))
		}
		if err := x.varied.check(value); err != nil {
			return err
		}
		x.record.Variants = append(x.record.Variants, record.Variant{Label: name + "=" + value, Value: value,
			Intervals: []record.Interval{}, Trials: []record.Trial{}})
	}
	return nil
}
