// Command controlplane is a whole Kubernetes control plane in one binary. The name it is
// called by, or else its first argument, selects the component:
//
//	controlplane kube-apiserver --version
//	ln -s controlplane etcd && ./etcd --version
//
// It is built by "kubedyno controlplane build" and run by package kwok/cluster. It adds
// nothing to the components but a lifeline: see watchLifeline.
package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// components maps each component's usual binary name to its entry point. An entry point
// finds its own name in os.Args[0] and returns the process's exit code.
var components = map[string]func() int{
	"etcd":                    etcd,
	"kube-apiserver":          kubeAPIServer,
	"kube-controller-manager": kubeControllerManager,
	"kube-scheduler":          kubeScheduler,
	"kwok":                    kwok,
	"metrics-server":          metricsServer,
	"metrics-adapter":         metricsAdapter,
}

func main() {
	run, args := selectComponent(os.Args)
	if run == nil {
		names := strings.Join(slices.Sorted(maps.Keys(components)), "|")
		fmt.Fprintf(os.Stderr, "usage: %s %s [flags]\n", filepath.Base(os.Args[0]), names)
		os.Exit(2)
	}
	os.Args = args
	watchLifeline()
	os.Exit(run())
}

// selectComponent returns the entry point that args asks for and the arguments to give it,
// beginning with the component's name; nil when args names none.
func selectComponent(args []string) (func() int, []string) {
	name := strings.TrimSuffix(filepath.Base(args[0]), ".exe")
	if run, ok := components[name]; ok {
		return run, append([]string{name}, args[1:]...)
	}
	if len(args) < 2 {
		return nil, nil
	}
	return components[args[1]], args[1:]
}
