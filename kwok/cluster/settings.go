package cluster

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Component names one process of a cluster, by its usual binary name.
type Component string

// The components, in the order in which they are started.
const (
	Etcd              Component = "etcd"
	APIServer         Component = "kube-apiserver"
	ControllerManager Component = "kube-controller-manager"
	Scheduler         Component = "kube-scheduler"
	Kwok              Component = "kwok"
	MetricsServer     Component = "metrics-server"
	MetricsAdapter    Component = "metrics-adapter"
	Karpenter         Component = "karpenter"
)

// Settings change how one component runs.
type Settings struct {
	// Flags are command-line flags without their dashes. They replace the default of the
	// same name; those that the supervisor depends on cannot be replaced (see reserved).
	Flags map[string]string `json:"flags,omitempty"`
	// Env holds further environment variables, such as GOGC.
	Env map[string]string `json:"env,omitempty"`
}

// OfControlPlane reports whether a component is one of the control plane itself, and not what a run brings
// beside it.
func (c Component) OfControlPlane() bool {
	return c == Etcd || c == APIServer || c == ControllerManager || c == Scheduler
}

// components are all that a cluster can consist of, in the order of their start.
var components = []Component{Etcd, APIServer, ControllerManager, Scheduler, Kwok, MetricsServer, MetricsAdapter, Karpenter}

// reserved are the flags that tie the components together. A setting that replaced one would
// break the cluster or open it to the network.
var reserved = map[Component][]string{
	Etcd: {"config-file", "data-dir", "wal-dir", "listen-client-urls", "listen-client-http-urls", "listen-peer-urls",
		"listen-metrics-urls", "advertise-client-urls", "initial-advertise-peer-urls", "initial-cluster", "name",
		"cert-file", "key-file", "trusted-ca-file", "client-cert-auth", "auto-tls",
		"peer-cert-file", "peer-key-file", "peer-trusted-ca-file", "peer-client-cert-auth", "peer-auto-tls"},
	APIServer: {"bind-address", "secure-port", "etcd-servers", "etcd-cafile", "etcd-certfile", "etcd-keyfile",
		"tls-cert-file", "tls-private-key-file", "client-ca-file", "advertise-address"},
	ControllerManager: {"kubeconfig", "bind-address", "secure-port", "leader-elect", "tls-cert-file", "tls-private-key-file"},
	Scheduler:         {"kubeconfig", "bind-address", "secure-port", "leader-elect", "tls-cert-file", "tls-private-key-file"},
	Kwok:              {"kubeconfig", "config", "server-address", "master"},
	MetricsServer: {"kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig", "bind-address", "secure-port",
		"tls-cert-file", "tls-private-key-file", "metric-resolution", "kubelet-preferred-address-types", "kubelet-port",
		"kubelet-use-node-status-port", "deprecated-kubelet-completely-insecure"},
	MetricsAdapter: {"lister-kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig", "bind-address", "secure-port",
		"tls-cert-file", "tls-private-key-file", "values-url"},
	Karpenter: {"disable-leader-election", "health-probe-port", "metrics-port", "instance-types-file-path"},
}

// reservedVariables are the environment variables that kubedyno sets itself.
var reservedVariables = []string{lifelineVariable, "KWOK_WORKDIR", "KUBECONFIG"}

// CheckSettings returns one fault for every setting that cannot be honoured.
func CheckSettings(settings map[Component]Settings) []error {
	var faults []error
	for _, component := range slices.Sorted(maps.Keys(settings)) {
		if !slices.Contains(components, component) {
			faults = append(faults, fmt.Errorf("there is no component %q", component))
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(settings[component].Flags)) {
			if name == "" || strings.HasPrefix(name, "-") || strings.ContainsAny(name, "= ") {
				faults = append(faults, fmt.Errorf("flag %q of %s: must be a name without dashes before it", name, component))
			} else if slices.Contains(reserved[component], flagName(name)) {
				faults = append(faults, fmt.Errorf("--%s of %s is kubedyno's own and cannot be set", name, component))
			}
		}
		for _, name := range slices.Sorted(maps.Keys(settings[component].Env)) {
			if slices.Contains(reservedVariables, name) {
				faults = append(faults, fmt.Errorf("%s of %s is kubedyno's own and cannot be set", name, component))
			}
		}
	}
	return faults
}

// flagName returns the spelling by which the components know a flag: most take underscores
// for dashes.
func flagName(name string) string { return strings.ReplaceAll(name, "_", "-") }

// merge returns a component's arguments: the given ones, with those of settings in the place
// of equal names and behind them.
func merge(own []string, settings Settings) []string {
	replaced := make(map[string]bool)
	for name := range settings.Flags {
		replaced[flagName(name)] = true
	}
	var merged []string
	for _, argument := range own {
		name, _, _ := strings.Cut(strings.TrimLeft(argument, "-"), "=")
		if !replaced[name] {
			merged = append(merged, argument)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(settings.Flags)) {
		merged = append(merged, "--"+name+"="+settings.Flags[name])
	}
	return merged
}
