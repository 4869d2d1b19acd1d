package engine

import (
	"context"
	"sync"

	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/results/exitcode"
	"github.com/kubedyno/kubedyno/runner/scrape"
)

// checkOutages returns why the plan's outages cannot happen in this cluster, before the first one
// is due.
func (e *engine) checkOutages() error {
	for _, phase := range e.Plan.Phases {
		for _, step := range phase.Steps {
			if step.Action.Outage == nil {
				continue
			}
			if err := e.Cluster.CanRestart(cluster.Component(step.Action.Outage.Component)); err != nil {
				return &exitcode.Error{Code: exitcode.InvalidInput, Err: err}
			}
		}
	}
	return nil
}

// outages kill and restart components, one at a time, and let the scraper follow them.
type outages struct {
	cluster *cluster.Cluster
	scraper *scrape.Scraper
	mutex   sync.Mutex
}

// Kill ends a component that is no longer read from then on.
func (o *outages) Kill(component string) error {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.scraper.Leave(component)
	return o.cluster.Kill(cluster.Component(component))
}

// Restart starts a component that is read from then on.
func (o *outages) Restart(ctx context.Context, component string) error {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if err := o.cluster.Restart(ctx, cluster.Component(component)); err != nil {
		return err
	}
	endpoints, err := o.cluster.Metrics()
	if err != nil {
		return err
	}
	for _, endpoint := range endpoints {
		if string(endpoint.Component) == component {
			o.scraper.Follow(component, endpoint.URL)
		}
	}
	return nil
}
