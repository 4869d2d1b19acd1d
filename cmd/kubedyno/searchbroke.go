package main

import (
	"errors"

	"github.com/kubedyno/kubedyno/results/exitcode"
	record "github.com/kubedyno/kubedyno/results/search"
	"github.com/kubedyno/kubedyno/runner/engine"
)

// brokeOff notes why the run of a trial did not come to its end, if the load may have done that: a
// component gave up, or a phase took too long. Anything else is a fault of the environment, as is a control
// plane that does not even start: its run has begun no records.
func brokeOff(t *record.Trial, err error) {
	if exitcode.Of(err) != exitcode.Environment {
		return
	}
	var broke *engine.Breakdown
	if errors.As(err, &broke) {
		t.Breakdown = &record.Breakdown{Component: string(broke.Component), How: broke.How, Phase: broke.Phase, At: broke.At,
			Harness: broke.Phase == "" || !broke.Component.OfControlPlane()}
		return
	}
	var timeout *engine.Timeout
	if t.TimedOut = outOfTime(err); t.TimedOut && errors.As(err, &timeout) {
		t.Unfinished = timeout.Phase
	}
}
