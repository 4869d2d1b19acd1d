package main

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// clusterFlags configure a control plane that kubedyno starts.
type clusterFlags struct {
	kubernetes string
	flags      map[cluster.Component]*[]string
}

// flagNames are the command-line flags that set a component's flags.
var flagNames = []struct {
	component cluster.Component
	name      string
}{
	{cluster.Etcd, "etcd-flag"},
	{cluster.APIServer, "api-server-flag"},
	{cluster.ControllerManager, "controller-manager-flag"},
	{cluster.Scheduler, "scheduler-flag"},
	{cluster.Kwok, "kwok-flag"},
}

func (f *clusterFlags) register(command *cobra.Command) {
	kubernetesFlag(command, &f.kubernetes)
	f.flags = make(map[cluster.Component]*[]string)
	for _, flag := range flagNames {
		f.flags[flag.component] = command.Flags().StringArray(flag.name, nil,
			fmt.Sprintf("a flag of %s as name=value; may be repeated", flag.component))
	}
}

// settings returns the scenario's settings with those of the command line over them.
func (f *clusterFlags) settings(scenario *spec.Cluster) (map[cluster.Component]cluster.Settings, error) {
	settings := make(map[cluster.Component]cluster.Settings)
	if scenario != nil {
		for component, s := range map[cluster.Component]spec.Component{
			cluster.Etcd: scenario.Etcd, cluster.APIServer: scenario.APIServer,
			cluster.ControllerManager: scenario.ControllerManager, cluster.Scheduler: scenario.Scheduler,
			cluster.Kwok: scenario.Kwok,
		} {
			settings[component] = cluster.Settings{Flags: maps.Clone(s.Flags), Env: s.Env}
		}
	}
	var faults []error
	for component, given := range f.flags {
		for _, text := range *given {
			name, value, ok := strings.Cut(strings.TrimLeft(text, "-"), "=")
			if !ok || name == "" {
				faults = append(faults, fmt.Errorf("flag %q of %s: must be name=value", text, component))
				continue
			}
			set(settings, component, name, value)
		}
	}
	faults = append(faults, cluster.CheckSettings(settings)...)
	if len(faults) > 0 {
		return nil, invalid(errors.Join(faults...))
	}
	return settings, nil
}

func set(settings map[cluster.Component]cluster.Settings, component cluster.Component, name, value string) {
	s := settings[component]
	if s.Flags == nil {
		s.Flags = make(map[string]string)
	}
	s.Flags[name] = value
	settings[component] = s
}
