package action

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubedyno/kubedyno/kwok/fleet"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// nodes creates nodes of a pool and waits until these and those before are Ready.
func (s Step) nodes(ctx context.Context, a *spec.Nodes) (string, error) {
	total := s.Plan.Until
	var first, last time.Time
	var names []string
	var mutex sync.Mutex
	observe := func(o fleet.Observation) {
		sent := o.Sent
		if a.Rate > 0 {
			sent = o.Scheduled // An open loop counts from when the node was due.
		}
		s.Nodes.Observe(a.Pool, o.Name, s.Clock.At(sent))
		mutex.Lock()
		defer mutex.Unlock()
		names = append(names, o.Name)
		if first.IsZero() || sent.Before(first) {
			first = sent
		}
		if o.Acknowledged.After(last) {
			last = o.Acknowledged
		}
	}
	created, err := s.Fleet.Create(ctx, s.Client, fleet.CreateOptions{
		Pools: []string{a.Pool}, From: s.Plan.From, Until: s.Plan.Until, Rate: a.Rate,
	}, observe)
	if err != nil {
		return "", fmt.Errorf("create the nodes of pool %s: %w", a.Pool, err)
	}
	lastReady, err := s.Nodes.WaitReady(ctx, a.Pool, total, s.progress(total).set)
	if err != nil {
		return "", fmt.Errorf("pool %s: %w", a.Pool, err)
	}
	tainted, err := s.Nodes.WaitOpen(ctx, a.Pool)
	if err == nil {
		err = s.registered(ctx, names)
	}
	if err != nil {
		return "", fmt.Errorf("pool %s: %w", a.Pool, err)
	}
	ready := lastReady - s.Clock.At(first)
	rate := float64(created.Nodes) / max(last.Sub(first).Seconds(), 1e-3)
	labels := sample.Labels{"pool": a.Pool, "phase": s.Phase}
	s.Sink.Point(sample.Point{At: s.Clock.Now(), Metric: sample.FleetCreateRate, Labels: labels, Value: rate})
	s.Sink.Point(sample.Point{At: s.Clock.Now(), Metric: sample.FleetReady, Labels: labels, Value: ready.Seconds()})
	words := fmt.Sprintf("%d nodes, %.0f/s, all Ready after %.1f s", s.size(), rate, ready.Seconds())
	if tainted > 0 {
		words += fmt.Sprintf("; %d take no pods, as the taint %s is not taken away", tainted, corev1.TaintNodeNotReady)
	}
	return words, nil
}
