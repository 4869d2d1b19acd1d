package engine

import (
	"context"

	"k8s.io/client-go/rest"

	"github.com/kubedyno/kubedyno/runner/measure"
)

// prepareRecount makes what recounts the quotas that match a selector.
func (e *engine) prepareRecount(config *rest.Config, selector string) (err error) {
	e.recount, err = measure.NewRecount(measure.RecountOptions{
		Run: e.env.Measure, Config: config, Mapper: e.env.Mapper, Namespace: e.env.Namespace, Selector: selector,
	})
	return err
}

// recountQuotas holds the quotas against their objects between the phase that has just ended and the
// next one. Its requests are counted in neither.
func (e *engine) recountQuotas(ctx context.Context, phase string) {
	if e.recount == nil {
		return
	}
	ended := e.Clock.Now()
	e.scraper.Mark("")
	e.recount.After(ctx, phase, ended)
}
