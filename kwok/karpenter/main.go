// Command karpenter is Karpenter with its kwok provider, whose machines are Node objects that a
// kwok controller keeps alive:
//
//	karpenter crds              the definitions of its custom resources, as JSON
//	karpenter karpenter [flags] the controller, for the cluster that KUBECONFIG names
//
// It is built when a scenario asks for it and run by package kwok/cluster. It is a module of its own
// because its Kubernetes libraries are older than those of the control plane. Upstream's own main is
// kwok/main.go of sigs.k8s.io/karpenter; this one differs in that nothing listens outside of
// loopback, and in the lifeline: see watchLifeline.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	kwokapis "sigs.k8s.io/karpenter/kwok/apis"
	kwok "sigs.k8s.io/karpenter/kwok/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/apis"
	"sigs.k8s.io/karpenter/pkg/cloudprovider/overlay"
	"sigs.k8s.io/karpenter/pkg/controllers"
	"sigs.k8s.io/karpenter/pkg/controllers/state"
	"sigs.k8s.io/karpenter/pkg/operator"
)

func main() {
	command := ""
	if len(os.Args) > 1 {
		command = os.Args[1]
		os.Args = append(os.Args[:1], os.Args[2:]...) // Karpenter reads its flags from there.
	}
	err := fmt.Errorf("usage: %s karpenter [flags] | crds", filepath.Base(os.Args[0]))
	switch command {
	case "crds":
		err = writeDefinitions(os.Stdout)
	case "karpenter":
		watchLifeline()
		err = run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// writeDefinitions writes a list of what Karpenter's chart would install before it starts.
func writeDefinitions(w io.Writer) error {
	all := append([]*apiextensionsv1.CustomResourceDefinition{}, apis.CRDs...)
	return json.NewEncoder(w).Encode(append(all, kwokapis.CRDs...))
}

// run is upstream's main. It never returns but for an error, and like upstream leaves the signals to
// the Go runtime, which ends the process at once.
func run() error {
	ctrl.NewManager = onLoopback
	ctx, op := operator.NewOperator()
	instanceTypes, err := kwok.ConstructInstanceTypes(ctx)
	if err != nil {
		return fmt.Errorf("read the instance types: %w", err)
	}
	plain := kwok.NewCloudProvider(ctx, op.GetClient(), instanceTypes)
	decorated := overlay.Decorate(plain, op.GetClient(), op.InstanceTypeStore)
	known := state.NewCluster(op.Clock, op.GetClient(), decorated)
	all := controllers.NewControllers(ctx, op.Manager, op.Clock, op.GetClient(), op.EventRecorder,
		decorated, plain, known, op.InstanceTypeStore)
	op.WithControllers(ctx, all...).Start(ctx)
	return nil
}

// onLoopback is manager.New for a manager that listens as loopback says.
func onLoopback(config *rest.Config, options manager.Options) (manager.Manager, error) {
	return manager.New(config, loopback(options))
}

// loopback lets a manager serve its health on loopback alone and its metrics nowhere: upstream has
// options for the ports only, and listens on every address.
func loopback(options manager.Options) manager.Options {
	options.Metrics.BindAddress = "0" // What controller-runtime takes for none.
	at := options.HealthProbeBindAddress
	options.HealthProbeBindAddress = "127.0.0.1" + at[strings.LastIndex(at, ":"):]
	return options
}
