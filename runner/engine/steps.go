package engine

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/kubedyno/kubedyno/results/exitcode"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/action"
	"github.com/kubedyno/kubedyno/scenarios/plan"
)

// steps runs the steps of a phase. The first to fail ends the others.
func (e *engine) steps(ctx context.Context, phase plan.Phase) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		for _, step := range phase.Steps {
			if step.Action.Background {
				group.Go(func() error { return e.step(ctx, phase.Name, step) })
				continue
			}
			if err := e.step(ctx, phase.Name, step); err != nil {
				return err
			}
		}
		return nil
	})
	return group.Wait()
}

func (e *engine) step(ctx context.Context, phase string, step plan.Step) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	e.event(sample.Event{Kind: sample.StepStarted, Phase: phase, Step: step.Name})
	message, err := action.Step{Env: e.env, Phase: phase, Plan: step}.Do(ctx)
	if err != nil {
		e.event(sample.Event{Kind: sample.StepFailed, Phase: phase, Step: step.Name, Message: err.Error()})
		return coded(exitcode.Environment, fmt.Errorf("phase %s, step %s: %w", phase, step.Name, err))
	}
	e.event(sample.Event{Kind: sample.StepFinished, Phase: phase, Step: step.Name, Message: message})
	return nil
}
