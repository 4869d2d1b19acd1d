package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/kwok/usage/values"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/action"
	"github.com/kubedyno/kubedyno/runner/measure"
	"github.com/kubedyno/kubedyno/scenarios/plan"
)

// instruments are what the pods of services would report of themselves, where the metrics adapter
// asks.
type instruments struct {
	values *values.Values
	server *http.Server
	url    string
	done   sync.WaitGroup
	end    context.CancelFunc // Of the sampling; nil before it has begun.
}

// startMetricsAdapter starts the metrics adapter and what it asks, if the scenario has one.
func (e *engine) startMetricsAdapter(ctx context.Context) error {
	if e.Plan.Cluster.MetricsAdapter == nil {
		return nil
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen for the metrics adapter: %w", err)
	}
	i := &instruments{values: values.New(e.counted()), url: "http://" + listener.Addr().String()}
	i.server = &http.Server{Handler: i.values, ReadHeaderTimeout: headerLimit, IdleTimeout: idleLimit}
	i.done.Go(func() {
		if err := i.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			e.event(sample.Event{Kind: sample.Warning, Message: "the values of services are no longer served: " + err.Error()})
		}
	})
	e.instruments, e.env.Values = i, i.values
	err = e.Cluster.StartMetricsAdapter(ctx, cluster.MetricsAdapterOptions{
		URL: i.url, Settings: e.MetricsAdapter, Labels: map[string]string{action.RunLabel: e.Run},
	})
	if err != nil {
		return fmt.Errorf("start the metrics adapter: %w", err)
	}
	return nil
}

// counted returns the services of the plan as the values know them.
func (e *engine) counted() []values.Service {
	var all []values.Service
	for _, name := range slices.Sorted(maps.Keys(e.Plan.Services)) {
		s := e.Plan.Services[name]
		all = append(all, values.Service{
			Name: s.Name, Rate: s.RateMetric, Waiting: s.WaitingMetric, Object: e.onlyObject(e.Plan.Workloads[s.Workload]),
		})
	}
	return all
}

// onlyObject describes what a workload consists of; nil if that is not one object.
func (e *engine) onlyObject(w plan.Workload) *values.Object {
	if w.Count != 1 {
		return nil
	}
	namespace, name := plan.Named(w.Render(0))
	if namespace == "" {
		namespace = e.env.Namespace
	}
	group := schema.FromAPIVersionAndKind(w.APIVersion, w.Kind).Group
	plural := schema.GroupResource{Group: group, Resource: strings.ToLower(w.Kind) + "s"} // So it is of all that can serve.
	return &values.Object{
		Resource: plural.String(), APIVersion: w.APIVersion, Kind: w.Kind, Namespace: namespace, Name: name,
	}
}

// sample begins to read the values of the services from their pods, every resolution; of nil, it
// does nothing.
func (i *instruments) sample(ctx context.Context, p *plan.Plan, pods *measure.Pods) {
	if i == nil {
		return
	}
	ctx, i.end = context.WithCancel(ctx)
	ready := func(service string) []string {
		var uids []string
		for _, pod := range pods.Ready(p.Services[service].Workload) {
			uids = append(uids, pod.UID)
		}
		return uids
	}
	i.done.Go(func() {
		ticker := time.NewTicker(p.Cluster.MetricsAdapter.Resolution)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				i.values.Read(time.Now(), ready)
			}
		}
	})
}

// close ends the sampling and the answers; what is nil has none.
func (i *instruments) close() {
	if i == nil {
		return
	}
	if i.end != nil {
		i.end()
	}
	_ = i.server.Close()
	i.done.Wait()
}
