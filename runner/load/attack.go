package load

import (
	"context"
	"fmt"
	"net/http"
	"sync"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/kubedyno/kubedyno/runner/load/pace"
	"github.com/kubedyno/kubedyno/runner/load/wire"
)

// initialWorkers is how many requests of a class vegeta can have in flight from the start; it
// adds workers as it needs them.
const initialWorkers = 16

// An Attack is a load whose objects exist. Run it once.
type Attack struct {
	options   Options
	schedules []*pace.Schedule
	targeters []*targeter
}

// Run sends the load and waits for the answers, each for at most Options.Timeout. All classes
// begin at the same moment. It returns what was counted, with ctx's error if it was interrupted.
func (a *Attack) Run(ctx context.Context) (Result, error) {
	life, end := context.WithCancel(ctx)
	defer end()
	clients, err := a.connect(life)
	if err != nil {
		return Result{}, err
	}
	began := a.options.Clock.Now()
	result := Result{Classes: make([]ClassResult, len(clients))}
	var classes sync.WaitGroup
	for i, c := range clients {
		pacer := &pacer{
			ctx:      life,
			schedule: a.schedules[i],
			clock:    a.options.Clock,
			began:    began,
			duration: a.options.Duration,
			grace:    a.options.Timeout,
		}
		classes.Go(func() { result.Classes[i] = a.shoot(c, a.targeters[i], pacer) })
	}
	classes.Wait()
	for _, c := range clients {
		c.Close()
	}
	if ctx.Err() != nil {
		return result, fmt.Errorf("load %s was interrupted: %w", a.options.Name, context.Cause(ctx))
	}
	return result, nil
}

// connect makes a client for each class and opens its connections.
func (a *Attack) connect(ctx context.Context) ([]*wire.Client, error) {
	clients := make([]*wire.Client, len(a.targeters))
	var warming sync.WaitGroup
	defer warming.Wait()
	for i, t := range a.targeters {
		c, err := wire.NewClient(ctx, a.options.Config, a.options.Connections)
		if err != nil {
			return nil, err
		}
		clients[i] = c
		version := t.base
		version.Path = "/version"
		warming.Go(func() { c.Warm(ctx, version.String()) })
	}
	return clients, nil
}

// shoot sends one class and records it.
func (a *Attack) shoot(c *wire.Client, t *targeter, p *pacer) ClassResult {
	limit := uint64(a.options.MaxInFlight)
	attacker := vegeta.NewAttacker(
		vegeta.Client(&http.Client{Transport: &operation{next: c, target: t}, Timeout: a.options.Timeout}),
		vegeta.Workers(min(initialWorkers, limit)),
		vegeta.MaxWorkers(limit),
		vegeta.MaxBody(0), // Keeps nothing; the rest of the body is read all the same.
	)
	defer context.AfterFunc(p.ctx, func() { attacker.Stop() })()
	fresh, stop := context.WithCancel(p.ctx)
	var following sync.WaitGroup
	following.Go(func() { t.follow(fresh, a.options.Names) })
	following.Go(func() { t.followVersion(fresh, &http.Client{Transport: c, Timeout: a.options.Timeout}) })
	defer following.Wait()
	defer stop()
	results := attacker.Attack(t.next, p, 0, "")
	return newRecorder(a.options, t, p).consume(results)
}
