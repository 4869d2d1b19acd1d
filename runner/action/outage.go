package action

import (
	"context"
	"fmt"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// Components ends components of the control plane as a crash does, and starts them again. It
// returns when a component is gone, and when it serves again.
type Components interface {
	Kill(component string) error
	Restart(ctx context.Context, component string) error
}

// outage kills a component, waits and starts it again. When ctx ends before, the component stays
// away.
func (s Step) outage(ctx context.Context, a *spec.Outage) (string, error) {
	if err := s.Components.Kill(a.Component); err != nil {
		return "", err
	}
	killed := time.Now()
	s.component(sample.ComponentKilled, a.Component, a.Component+" was killed; it is started again after "+a.Duration.String())
	if err := until(ctx, killed.Add(a.Duration)); err != nil {
		return "", err
	}
	started := time.Now()
	s.component(sample.ComponentStarted, a.Component, a.Component+" is started again")
	if err := s.Components.Restart(ctx, a.Component); err != nil {
		return "", fmt.Errorf("start %s again: %w", a.Component, err)
	}
	back := time.Now()
	s.component(sample.ComponentBack, a.Component, a.Component+" serves again")
	return fmt.Sprintf("away for %.1f s, served again %.1f s after that",
		started.Sub(killed).Seconds(), back.Sub(started).Seconds()), nil
}

// component tells what became of a component.
func (s Step) component(kind sample.EventKind, name, message string) {
	s.Sink.Event(sample.Event{At: s.Clock.Now(), Kind: kind, Phase: s.Phase, Step: s.Plan.Name, Message: message,
		Fields: map[string]string{"component": name}})
}
