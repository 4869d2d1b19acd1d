package action

import (
	"context"
	"time"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// hold lets time pass.
func (s Step) hold(ctx context.Context, a *spec.Hold) (string, error) {
	timer := time.NewTimer(a.Duration)
	defer timer.Stop()
	select {
	case <-timer.C:
		return "", nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}
