package action

import (
	"context"
	"time"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// hold lets time pass.
func (s Step) hold(ctx context.Context, a *spec.Hold) (string, error) {
	return "", until(ctx, time.Now().Add(a.Duration))
}
