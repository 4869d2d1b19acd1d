package action

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/kubedyno/kubedyno/kwok/fleet"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// fail takes the heartbeats of some nodes of a pool away and waits until all of these are seen
// not Ready. What becomes of their pods is measured on.
func (s Step) fail(ctx context.Context, a *spec.Fail) (string, error) {
	there := s.size()
	if s.Env.Plan.Fits(a.Pool) { // Only the run knows.
		there = s.nodesOf(a.Pool)
	}
	if some := a.Nodes.Of(there); some > there {
		return "", fmt.Errorf("let %d nodes of pool %s fail: it has %d", some, a.Pool, there)
	}
	doomed := choose(a.Pool, there, a.Nodes.Of(there), s.Env.Plan.Seed)
	s.mutex.Lock()
	if s.failed == nil {
		s.failed = make(map[string][]string)
	}
	s.failed[a.Pool] = doomed
	s.mutex.Unlock()
	began := time.Now()
	s.Pods.NodesFailed(doomed)
	err := fleet.Kill(ctx, s.Client, doomed, func(name string, sent time.Time) { s.Nodes.Failed(name, s.Clock.At(sent)) })
	if err != nil {
		return "", fmt.Errorf("let nodes of pool %s fail: %w", a.Pool, err)
	}
	if err := s.Nodes.WaitNotReady(ctx, doomed, s.progress(len(doomed)).set); err != nil {
		return "", fmt.Errorf("pool %s: %w", a.Pool, err)
	}
	if err := s.remedy(ctx, a, doomed); err != nil {
		return "", fmt.Errorf("pool %s: %w", a.Pool, err)
	}
	return fmt.Sprintf("%d nodes, all seen not Ready after %.1f s", len(doomed), time.Since(began).Seconds()), nil
}

// recover gives the failed nodes of a pool their heartbeats back and waits until all are Ready.
func (s Step) recover(ctx context.Context, a *spec.Recover) (string, error) {
	s.mutex.Lock()
	failed := s.failed[a.Pool]
	delete(s.failed, a.Pool)
	tainted := s.tainted[a.Pool]
	delete(s.tainted, a.Pool)
	s.mutex.Unlock()
	began := time.Now()
	if tainted {
		if err := fleet.InService(ctx, s.Client, failed); err != nil {
			return "", fmt.Errorf("let nodes of pool %s recover: %w", a.Pool, err)
		}
	}
	err := fleet.Revive(ctx, s.Client, failed, func(name string, sent time.Time) { s.Nodes.Revived(name, s.Clock.At(sent)) })
	if err != nil {
		return "", fmt.Errorf("let nodes of pool %s recover: %w", a.Pool, err)
	}
	if err := s.Nodes.WaitRecovered(ctx, failed, s.progress(len(failed)).set); err != nil {
		return "", fmt.Errorf("pool %s: %w", a.Pool, err)
	}
	s.Pods.NodesRecovered(failed)
	return fmt.Sprintf("%d nodes, all Ready after %.1f s", len(failed), time.Since(began).Seconds()), nil
}

// choose returns the names of some of the there nodes of a pool, in the order in which they
// fail. The same seed chooses the same nodes.
func choose(pool string, there, some int, seed uint64) []string {
	order := rand.New(rand.NewPCG(seed, uint64(there))).Perm(there)
	names := make([]string, 0, some)
	for _, index := range order[:min(some, there)] {
		names = append(names, pool+"-"+strconv.Itoa(index))
	}
	return names
}
