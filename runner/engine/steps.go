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
			finish, err := e.begin(ctx, phase.Name, step)
			if err != nil {
				return err
			}
			if step.Action.Background {
				group.Go(finish)
				continue
			}
			if err := finish(); err != nil {
				return err
			}
		}
		return nil
	})
	return group.Wait()
}

// begin prepares a step and returns what carries it out.
func (e *engine) begin(ctx context.Context, phase string, step plan.Step) (finish func() error, err error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	e.event(sample.Event{Kind: sample.StepStarted, Phase: phase, Step: step.Name})
	carryOut, err := action.Step{Env: e.env, Phase: phase, Plan: step}.Begin(ctx)
	if err != nil {
		return nil, e.failed(phase, step, err)
	}
	return func() error {
		message, err := carryOut(ctx)
		if err != nil {
			return e.failed(phase, step, err)
		}
		e.event(sample.Event{Kind: sample.StepFinished, Phase: phase, Step: step.Name, Message: message})
		return nil
	}, nil
}

// failed tells that a step has failed and returns its error in the words of the run.
func (e *engine) failed(phase string, step plan.Step, err error) error {
	e.event(sample.Event{Kind: sample.StepFailed, Phase: phase, Step: step.Name, Message: err.Error()})
	return coded(exitcode.Environment, fmt.Errorf("phase %s, step %s: %w", phase, step.Name, e.outOfSpace(phase, err)))
}
