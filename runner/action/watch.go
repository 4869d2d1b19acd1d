package action

import (
	"context"
	"fmt"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/fanout"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// watch opens the watches of a fan-out and makes its objects, and returns what sends the updates.
func (s Step) watch(ctx context.Context, a *spec.Watch) (func(context.Context) (string, error), error) {
	resource, _, _, err := s.served(ctx, a.Resource)
	if err != nil {
		return nil, fmt.Errorf("find out how the cluster serves %s: %w", a.Resource, err)
	}
	f, err := fanout.Prepare(ctx, fanout.Options{
		Config: s.REST, Namespace: s.Namespace, Name: loadName(s.Phase, s.Plan.Name), Resource: resource,
		Watchers: a.Watchers, Connections: a.Connections, Objects: a.Objects, Rate: a.Rate, Size: a.Size,
		Duration: a.Duration, Timeout: a.Timeout, Encoding: a.Encoding,
		Phase: s.Phase, Labels: map[string]string{RunLabel: s.Run}, Seed: s.Env.Plan.Seed, Clock: s.Clock, Sink: s.Sink,
	})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (string, error) {
		r, err := f.Run(ctx)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%s writes, %s failed; %s events expected, %s delivered, %s missing",
			sample.FormatCount(r.Writes), sample.FormatCount(r.Failed), sample.FormatCount(r.Expected),
			sample.FormatCount(r.Delivered), sample.FormatCount(r.Missing)), f.Cleanup(ctx)
	}, nil
}
