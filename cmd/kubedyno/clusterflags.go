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
	example   string
}{
	{cluster.Etcd, "etcd-flag", "snapshot-count=100000"},
	{cluster.APIServer, "api-server-flag", "max-requests-inflight=800"},
	{cluster.ControllerManager, "controller-manager-flag", "kube-api-qps=100"},
	{cluster.Scheduler, "scheduler-flag", "kube-api-qps=100"},
	{cluster.Kwok, "kwok-flag", "node-lease-parallelism=8"},
	{cluster.MetricsServer, "metrics-server-flag", "kubelet-request-timeout=5s"},
	{cluster.MetricsAdapter, "metrics-adapter-flag", "v=4"},
	{cluster.Karpenter, "karpenter-flag", "batch-idle-duration=2s"},
}

func (f *clusterFlags) register(command *cobra.Command) {
	kubernetesFlag(command, &f.kubernetes)
	f.flags = make(map[cluster.Component]*[]string)
	for _, flag := range flagNames {
		f.flags[flag.component] = command.Flags().StringArray(flag.name, nil,
			fmt.Sprintf("a flag of %s as name=value; may be repeated", flag.component))
	}
}

// scenarioSettings returns a scenario's settings of the components.
func scenarioSettings(scenario *spec.Cluster) map[cluster.Component]cluster.Settings {
	settings := make(map[cluster.Component]cluster.Settings)
	for component, s := range map[cluster.Component]spec.Component{
		cluster.Etcd: scenario.Etcd.Component(), cluster.APIServer: scenario.APIServer,
		cluster.ControllerManager: scenario.ControllerManager, cluster.Scheduler: scenario.Scheduler,
		cluster.Kwok: scenario.Kwok, cluster.MetricsServer: scenario.MetricsServer.Component(),
		cluster.MetricsAdapter: scenario.MetricsAdapter.Component(),
		cluster.Karpenter:      scenario.Karpenter.Component(),
	} {
		settings[component] = cluster.Settings{Flags: maps.Clone(s.Flags), Env: s.Env}
	}
	return settings
}

// settings returns the scenario's settings with those of the command line over them.
func (f *clusterFlags) settings(scenario *spec.Cluster) (map[cluster.Component]cluster.Settings, error) {
	settings := scenarioSettings(scenario)
	var faults []error
	for _, flag := range flagNames {
		for _, text := range *f.flags[flag.component] {
			name, value, ok := strings.Cut(strings.TrimLeft(text, "-"), "=")
			if !ok || name == "" {
				faults = append(faults, fmt.Errorf("--%s %q: must be name=value, such as %s", flag.name, text, flag.example))
				continue
			}
			set(settings, flag.component, name, value)
		}
	}
	faults = append(faults, cluster.CheckSettings(settings)...)
	if len(faults) > 0 {
		return nil, invalid(errors.Join(faults...))
	}
	return settings, nil
}

// given returns the flags on the command line that change components of a control plane which
// kubedyno starts. Those of what each run starts for itself are not among them.
func (f *clusterFlags) given() []string {
	var names []string
	for _, flag := range flagNames {
		if !ofRun(flag.component) && len(*f.flags[flag.component]) > 0 {
			names = append(names, "--"+flag.name)
		}
	}
	return names
}

func set(settings map[cluster.Component]cluster.Settings, component cluster.Component, name, value string) {
	s := settings[component]
	if s.Flags == nil {
		s.Flags = make(map[string]string)
	}
	s.Flags[name] = value
	settings[component] = s
}

// ofRun reports whether each run starts its own of a component, on whatever cluster.
func ofRun(component cluster.Component) bool {
	return !component.OfControlPlane()
}
