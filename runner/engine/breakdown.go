package engine

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kubedyno/kubedyno/kwok/cluster"
	"github.com/kubedyno/kubedyno/results/sample"
)

// noSpace is in what etcd answers to a write once its database has reached --quota-backend-bytes; the API
// server passes it on (ErrNoSpace in go.etcd.io/etcd/api/v3/v3rpc/rpctypes).
const noSpace = "mvcc: database space exceeded"

// A Breakdown is in the error of a run that could not go on because a component of its cluster gave up
// by itself. What it says is what Err says.
type Breakdown struct {
	Component cluster.Component
	How       string        // In words that follow its name: "ended (signal: killed)".
	Phase     string        // The phase that went on; "" before the first.
	At        sample.Offset // When it was noticed.
	Err       error         // A cluster.Loss, or the error of the step that failed because of it.
}

// Error returns the text of the cause.
func (b *Breakdown) Error() string { return b.Err.Error() }

// Unwrap returns the cause.
func (b *Breakdown) Unwrap() error { return b.Err }

// lost is the end of a component that nobody had asked for.
func (e *engine) lost(loss cluster.Loss) error {
	return &Breakdown{Component: loss.Component, How: fmt.Sprintf("ended (%v)", loss.Cause), Phase: e.phaseNow(), At: e.Clock.Now(), Err: loss}
}

// outOfSpace returns the error of a step, as a breakdown of etcd if the step failed because etcd takes no
// more writes: the process then lives on, but the control plane does not.
func (e *engine) outOfSpace(phase string, err error) error {
	if !strings.Contains(err.Error(), noSpace) {
		return err
	}
	return &Breakdown{Component: cluster.Etcd, How: "took no more writes (its database has reached its quota)", Phase: phase, At: e.Clock.Now(), Err: err}
}

// lostControlPlane reports whether a component of the control plane has ended. Only one that ends with
// this process is watched, so nothing that the run made outlives it; and nobody is left to delete it.
func lostControlPlane(err error) bool {
	var loss cluster.Loss
	return errors.As(err, &loss) && loss.Component.OfControlPlane()
}

// A Timeout is in the error of a run in which a phase took longer than it may. It is an ErrTimeout.
type Timeout struct {
	Phase string
	Limit time.Duration
}

// Error names the phase and its limit.
func (t *Timeout) Error() string {
	return fmt.Sprintf("phase %s %v: it took longer than %s", t.Phase, ErrTimeout, t.Limit)
}

// Unwrap returns ErrTimeout.
func (t *Timeout) Unwrap() error { return ErrTimeout }
