package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/kwok/fleet"
	"github.com/kubedyno/kubedyno/kwok/usage"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/action"
	"github.com/kubedyno/kubedyno/runner/measure"
	"github.com/kubedyno/kubedyno/scenarios/plan"
)

// idle is what a pod uses of which nobody says anything: as a small process that waits.
var idle = usage.Usage{Cores: 0.001, Bytes: 16 << 20}

// Limits of the connections to the kubelets' endpoint.
const (
	headerLimit = 10 * time.Second
	idleLimit   = 2 * time.Minute // Longer than most resolutions, so that connections are used again.
)

// idleOf returns what the pods of a workload use before work is asked of them: those of a service
// what it says, others as idle says.
func idleOf(services map[string]plan.Service) func(workload string) usage.Usage {
	serving := make(map[string]usage.Usage, len(services))
	for _, s := range services {
		serving[s.Workload] = usage.Usage{Cores: s.IdleCores, Bytes: s.IdleBytes}
	}
	return func(workload string) usage.Usage {
		if known, ok := serving[workload]; ok {
			return known
		}
		return idle
	}
}

// kubelets stand in for those of the fake nodes where metrics-server asks them.
type kubelets struct {
	meter  *usage.Meter
	server *http.Server
	port   int32
	done   sync.WaitGroup
}

// serveUsage begins to answer for the kubelets, if the scenario has a metrics-server.
func (e *engine) serveUsage(ctx context.Context) error {
	if e.Plan.Cluster.MetricsServer == nil {
		return nil
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen in place of the kubelets: %w", err)
	}
	k := &kubelets{
		meter: usage.NewMeter(usage.Options{Seed: e.Plan.Seed}),
		port:  int32(listener.Addr().(*net.TCPAddr).Port),
	}
	k.server = &http.Server{Handler: k.meter, ReadHeaderTimeout: headerLimit, IdleTimeout: idleLimit}
	k.done.Go(func() {
		if err := k.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			e.event(sample.Event{Kind: sample.Warning, Message: "the usage of pods is no longer served: " + err.Error()})
		}
	})
	e.kubelets = k
	return nil
}

// close ends the answers; what is nil has none.
func (k *kubelets) close() {
	if k != nil {
		_ = k.server.Close()
		k.done.Wait()
	}
}

// address is what nodes report as their kubelet's. It is no name, so that nothing must be resolved
// a thousand times a scrape.
func (k *kubelets) address() fleet.Kubelet {
	if k == nil {
		return fleet.Kubelet{}
	}
	return fleet.Kubelet{Host: "127.0.0.1", Port: k.port, Path: usage.Path}
}

// counting returns what is to be told of the pods that run; nil if nobody wants to know.
func (k *kubelets) counting() measure.Meter {
	if k == nil {
		return nil
	}
	return k.meter
}

// startMetricsServer starts metrics-server, if the scenario has one, and tells the actions whom to
// tell what pods use.
func (e *engine) startMetricsServer(ctx context.Context) error {
	if e.kubelets == nil {
		return nil
	}
	e.env.Usage = e.kubelets.meter
	err := e.Cluster.StartMetricsServer(ctx, cluster.MetricsServerOptions{
		Resolution: e.Plan.Cluster.MetricsServer.Resolution, Settings: e.MetricsServer,
		Labels: map[string]string{action.RunLabel: e.Run},
	})
	if err != nil {
		return fmt.Errorf("start metrics-server: %w", err)
	}
	return nil
}

// What cluster.StartMetricsServer and StartMetricsAdapter have made, by its label.
var (
	apiServiceResource = schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"}
	serviceResource    = schema.GroupVersionResource{Version: "v1", Resource: "services"}
)

// deleteMetricsAPI deletes what leads the API server to the metrics-server and the adapter of a run. It comes before
// everything else: a namespace is not deleted while an API that is announced does not answer.
func deleteMetricsAPI(ctx context.Context, client dynamic.Interface, selector string) error {
	there, err := deleteAll(ctx, client, apiServiceResource, selector)
	if err != nil || !there {
		return err
	}
	services := client.Resource(serviceResource).Namespace(metav1.NamespaceSystem)
	found, err := services.List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return fmt.Errorf("list the services of runs in %s: %w", metav1.NamespaceSystem, err)
	}
	for _, service := range found.Items {
		if err := services.Delete(ctx, service.GetName(), metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("delete the service %s/%s: %w", metav1.NamespaceSystem, service.GetName(), err)
		}
	}
	return nil
}
