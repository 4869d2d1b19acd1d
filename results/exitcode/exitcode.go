// Package exitcode is the one list of kubedyno's exit codes and how errors and verdicts map
// to them. It exits nothing: only main does.
package exitcode

import (
	"context"
	"errors"

	"github.com/kubedyno/kubedyno/results/slo"
)

// The exit codes. They are stable: scripts and CI systems depend on them.
const (
	OK           = 0  // Every objective passed, or the command did what was asked.
	Missed       = 1  // An objective was missed, or a regression was found.
	InvalidInput = 2  // A flag, scenario or file is not valid.
	Environment  = 3  // The cluster, the machine or the network failed.
	Interrupted  = 4  // A signal stopped the run.
	Inconclusive = 5  // The data does not allow a verdict, or there is none.
	Bug          = 70 // kubedyno itself is wrong.
)

// Words returns what an exit code says, without the code: "an objective was missed".
func Words(code int) string {
	switch code {
	case OK:
		return "all objectives were met"
	case Missed:
		return "an objective was missed"
	case InvalidInput:
		return "the input is not valid"
	case Environment:
		return "the environment failed"
	case Interrupted:
		return "it was interrupted"
	case Inconclusive:
		return "inconclusive, the data allows no verdict"
	default:
		return "a bug in kubedyno"
	}
}

// An Error is an error with the exit code of its cause.
type Error struct {
	Code int
	Err  error
	Hint string // What the user can do about it, a sentence; may be empty.
}

// Error returns the text of the cause, without the hint.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Of returns the exit code of an error: that of the innermost Error in its chain, because the
// cause nearest to the fault knows it best; of joined errors the first that has one counts.
// Without any Error, a cancelled context counts as an interruption and everything else as a
// bug: every expected error has been given its code where it happened.
func Of(err error) int {
	if err == nil {
		return OK
	}
	if found := innermost(err); found != nil {
		return found.Code
	}
	if errors.Is(err, context.Canceled) {
		return Interrupted
	}
	return Bug
}

// Hint returns the hint of the innermost Error that has one, or "".
func Hint(err error) string {
	hint := ""
	visit(err, func(e *Error) {
		if e.Hint != "" {
			hint = e.Hint
		}
	})
	return hint
}

func innermost(err error) *Error {
	var last *Error
	visit(err, func(e *Error) { last = e })
	return last
}

// visit calls see with every Error from the outermost to the innermost. Where errors were
// joined it follows the first that holds an Error.
func visit(err error, see func(*Error)) {
	for err != nil {
		if e, ok := err.(*Error); ok {
			see(e)
		}
		switch wrapped := err.(type) {
		case interface{ Unwrap() error }:
			err = wrapped.Unwrap()
		case interface{ Unwrap() []error }:
			err = firstCoded(wrapped.Unwrap())
		default:
			return
		}
	}
}

func firstCoded(all []error) error {
	for _, err := range all {
		var coded *Error
		if errors.As(err, &coded) {
			return err
		}
	}
	return nil
}

// ForVerdict returns the exit code of a run's verdict.
func ForVerdict(verdict slo.Verdict) int {
	switch verdict {
	case slo.Pass:
		return OK
	case slo.Miss:
		return Missed
	case slo.Inconclusive, slo.NoData:
		return Inconclusive
	default:
		return Bug
	}
}
