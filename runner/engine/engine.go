// Package engine executes a plan against a cluster: it brings up the fake nodes' simulator,
// runs the phases with their deadlines, keeps the measurements going beside them, and cleans
// up. It emits records and renders nothing.
package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/results/exitcode"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/action"
	"github.com/kubedyno/kubedyno/runner/audit"
	"github.com/kubedyno/kubedyno/runner/measure"
	"github.com/kubedyno/kubedyno/runner/query"
	"github.com/kubedyno/kubedyno/runner/scrape"
	"github.com/kubedyno/kubedyno/scenarios/plan"
)

// Limits of what surrounds the phases.
const (
	prepareLimit = 2 * time.Minute
	cleanupLimit = 10 * time.Minute // 100,000 pods take long to delete.
	settleLimit  = 5 * time.Second  // For pods that are still starting when the last phase ends.
	lossLimit    = time.Second      // For the news that a component was lost, which explains a failed step.
)

// ErrTimeout is in the error of a run in which a phase took longer than it may.
var ErrTimeout = errors.New("timed out")

// Options describe a run. All fields are required unless said otherwise.
type Options struct {
	Plan    *plan.Plan
	Cluster *cluster.Cluster
	Kwok    cluster.Settings // Of the kwok process that the run brings.
	// MetricsServer is of the metrics-server process, if the plan has one.
	MetricsServer cluster.Settings
	// MetricsAdapter is of the metrics adapter's process, if the plan has one.
	MetricsAdapter cluster.Settings
	Run            string // The run's ID, a DNS label of at most 40 characters.
	Clock          sample.Clock
	Sink           sample.Sink
	Dropped        func() int64 // How many records were dropped so far.
	// Waiting returns the most records that waited for the disk since it was last called, and
	// Throttle what the process's clients were held back by. Both may be nil.
	Waiting  func() int64
	Throttle *audit.Throttle
	// SinkFailed is closed when records can no longer be kept; SinkErr then says why.
	SinkFailed <-chan struct{}
	SinkErr    func() error
	// Queries reads what the scenario asks of the user's Prometheus; nil if that is nothing.
	Queries *query.Reader
	// ThrowAway says that the cluster ends with the run, so that nothing needs to be deleted.
	ThrowAway bool
	// Karpenter is its binary and the settings of its process, if the plan has one; what it may choose
	// from, the plan says.
	Karpenter cluster.KarpenterOptions
}

// Run executes the plan and returns when nothing of it is under way any more. When ctx is
// cancelled it stops, cleans up and returns the cause; a run whose phases were all complete
// by then has not failed.
func Run(ctx context.Context, o Options) error {
	e := &engine{Options: o}
	e.event(sample.Event{Kind: sample.RunStarted, Message: "run " + o.Run})
	err := e.measure(ctx)
	e.ThrowAway = e.ThrowAway || lostControlPlane(err)
	err = errors.Join(err, coded(exitcode.Environment, e.cleanUp(ctx)))
	message := "run ended"
	if err != nil {
		message = "run ended early: " + err.Error()
	}
	e.event(sample.Event{Kind: sample.RunFinished, Message: message})
	return err
}

type engine struct {
	Options
	env      *action.Env
	scraper  *scrape.Scraper
	kubelets *kubelets // nil without metrics-server.

	recount *measure.Recount // nil without ResourceQuotas in the plan.

	instruments *instruments           // nil without a metrics adapter.
	current     atomic.Pointer[string] // The phase's name.
}

// measure runs the phases with the measurements beside them, and ends both.
func (e *engine) measure(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var guarding sync.WaitGroup
	guarding.Go(func() { e.guard(ctx, cancel) })
	defer guarding.Wait()
	defer cancel(nil)
	bench, err := e.prepare(ctx)
	if err != nil {
		err = coded(exitcode.Environment, err)
	} else if err = e.phases(ctx); err == nil {
		bench.settle(ctx)
	}
	e.Queries.Finish(ctx)
	if err != nil {
		err = because(ctx, err)
	}
	bench.close()
	e.instruments.close()
	e.kubelets.close()
	return err
}

// because returns what cancelled the run, which explains every other error, or else err. A
// step that fails with its component may be quicker than the news of the loss.
func because(ctx context.Context, err error) error {
	if !errors.Is(err, ErrTimeout) {
		limit := time.NewTimer(lossLimit)
		defer limit.Stop()
		select {
		case <-ctx.Done():
		case <-limit.C:
		}
	}
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// guard cancels the run when a component is lost or the records can no longer be kept.
func (e *engine) guard(ctx context.Context, cancel context.CancelCauseFunc) {
	select {
	case <-ctx.Done():
	case loss := <-e.Cluster.Lost():
		e.event(sample.Event{Kind: sample.ComponentLost, Message: fmt.Sprintf("%s: %v", loss.Component, loss.Cause)})
		cancel(coded(exitcode.Environment, e.lost(loss)))
	case <-e.SinkFailed:
		cancel(coded(exitcode.Environment, fmt.Errorf("the results can no longer be written: %w", e.SinkErr())))
	}
}

func (e *engine) phases(ctx context.Context) error {
	defer e.scraper.Mark("")
	for _, phase := range e.Plan.Phases {
		e.scraper.Mark(phase.Name)
		if err := e.phase(ctx, phase); err != nil {
			return err
		}
		e.recountQuotas(ctx, phase.Name)
	}
	return nil
}

// phase runs the steps of a phase in order, those in the background beside the later ones,
// and ends when all have ended or one has failed.
func (e *engine) phase(ctx context.Context, phase plan.Phase) error {
	began := e.Clock.Now()
	e.current.Store(&phase.Name)
	e.event(sample.Event{At: began, Kind: sample.PhaseStarted, Phase: phase.Name})
	run := ctx
	timeout := &Timeout{Phase: phase.Name, Limit: phase.Timeout}
	ctx, cancel := context.WithTimeoutCause(ctx, phase.Timeout, timeout)
	defer cancel()
	err := e.steps(ctx, phase)
	err = coded(exitcode.Environment, explained(ctx, err))
	ended := e.Clock.Now()
	e.Sink.Point(sample.Point{At: ended, Metric: sample.PhaseDuration,
		Labels: sample.Labels{"phase": phase.Name}, Value: (ended - began).Seconds()})
	e.event(sample.Event{At: ended, Kind: sample.PhaseFinished, Phase: phase.Name})
	e.Queries.Phase(run, phase.Name, began, ended)
	return err
}

func (e *engine) event(event sample.Event) {
	if event.At == 0 {
		event.At = e.Clock.Now()
	}
	e.Sink.Event(event)
}

// explained adds to an error why ctx ended, unless it says so already or ctx goes on.
func explained(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if err == nil || cause == nil || errors.Is(err, cause) {
		return err
	}
	return fmt.Errorf("%w: %w", cause, err)
}

// coded gives an error its exit code, unless it has one or is a cancellation.
func coded(code int, err error) error {
	var known *exitcode.Error
	if err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) {
		return err
	}
	return &exitcode.Error{Code: code, Err: err}
}
