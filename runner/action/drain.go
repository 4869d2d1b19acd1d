package action

import (
	"context"
	"errors"
	"fmt"
	"hash/crc64"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/runner/measure"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// evictPause is the time between two attempts to evict a pod that its disruption budget keeps, as
// kubectl drain has it (k8s.io/kubectl/pkg/drain).
const evictPause = 5 * time.Second

// A drainer empties the nodes of one action.
type drainer struct {
	Step
	pool    string
	refused atomic.Int64 // Evictions that a disruption budget refused.
	pods    atomic.Int64 // Pods that were evicted.

	mutex sync.Mutex
	took  sample.Histogram // For each node that is empty.
	// waited is for how long the others were waited for; 0 for those whose turn never came.
	waited sample.Histogram
}

// drain cordons some nodes of a pool and evicts their pods, as kubectl drain does, and waits until
// these are gone, or until it gives up. Pods of DaemonSets stay.
func (s Step) drain(ctx context.Context, a *spec.Drain) (string, error) {
	// Another drain empties other nodes: those of this one have no pods then.
	seed := s.Env.Plan.Seed ^ crc64.Checksum([]byte(s.Phase), crc64.MakeTable(crc64.ECMA))
	names := choose(a.Pool, s.size(), a.Nodes.Of(s.size()), seed)
	d := &drainer{Step: s, pool: a.Pool}
	began, from := time.Now(), s.Clock.Now()
	waiting, cancel := patience(ctx, a.GiveUp)
	defer cancel()
	err := d.nodes(waiting, names, max(a.Parallel, 1))
	d.record(from)
	if err != nil && (ctx.Err() != nil || waiting.Err() == nil) {
		return "", errors.Join(err, context.Cause(ctx))
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.drained == nil {
		s.drained = map[string][]string{}
	}
	s.drained[a.Pool] = append(s.drained[a.Pool], names...)
	nodes := fmt.Sprintf("%d nodes", len(names))
	if err != nil {
		nodes = fmt.Sprintf("given up after %s: %d of %d nodes empty", a.GiveUp, d.took.Count(), len(names))
	}
	return fmt.Sprintf("%s, %d pods evicted in %.1f s, %d attempts refused by disruption budgets",
		nodes, d.pods.Load(), time.Since(began).Seconds(), d.refused.Load()), nil
}

// nodes empties nodes, so many at once; the first error ends all.
func (d *drainer) nodes(ctx context.Context, names []string, parallel int) error {
	progress := d.progress(len(names))
	group, drains := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, name := range names {
		group.Go(func() error {
			if err := d.node(drains, name); err != nil {
				return fmt.Errorf("drain the node %s: %w", name, err)
			}
			progress.add()
			return nil
		})
	}
	return group.Wait()
}

// node empties one node, and keeps for how long it did, or tried to.
func (d *drainer) node(ctx context.Context, name string) error {
	began := d.Clock.Now()
	err := d.empty(ctx, name)
	d.mutex.Lock()
	defer d.mutex.Unlock()
	h := &d.took
	if err != nil {
		h = &d.waited
	}
	h.Record(time.Duration(d.Clock.Now() - began))
	return err
}

// empty cordons a node and evicts its pods until they are gone.
func (d *drainer) empty(ctx context.Context, name string) error {
	if err := d.cordon(ctx, name, true); err != nil {
		return err
	}
	var pods []measure.PodOnNode
	for _, pod := range d.Pods.OnNode(name) {
		if d.Env.Plan.Workloads[pod.Workload].Kind != "DaemonSet" {
			pods = append(pods, pod)
		}
	}
	err := each(ctx, len(pods), 0, func(ctx context.Context, c call) error { return d.evict(ctx, pods[c.index]) })
	if err != nil {
		return err
	}
	return d.Pods.WaitLeft(ctx, pods)
}

// cordon says whether a node takes new pods.
func (s Step) cordon(ctx context.Context, name string, closed bool) error {
	patch := fmt.Sprintf(`{"spec":{"unschedulable":%t}}`, closed)
	_, err := s.Client.CoreV1().Nodes().Patch(ctx, name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	if err != nil {
		return fmt.Errorf("set unschedulable to %t: %w", closed, err)
	}
	return nil
}

// evict asks for a pod's eviction until its disruption budget lets it go.
func (d *drainer) evict(ctx context.Context, pod measure.PodOnNode) error {
	eviction := &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Namespace: pod.Namespace, Name: pod.Name},
		DeleteOptions: &metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &pod.UID}}}
	for {
		err := d.Client.PolicyV1().Evictions(pod.Namespace).Evict(ctx, eviction)
		switch {
		case err == nil:
			d.pods.Add(1)
			return nil
		case apierrors.IsNotFound(err) || apierrors.IsConflict(err):
			return nil // It is gone, or another one of its name is there.
		case !apierrors.IsTooManyRequests(err):
			return fmt.Errorf("evict the pod %s/%s: %w", pod.Namespace, pod.Name, err)
		}
		d.refused.Add(1)
		if err := until(ctx, time.Now().Add(evictPause)); err != nil {
			return fmt.Errorf("evict the pod %s/%s, which its disruption budget keeps: %w", pod.Namespace, pod.Name, err)
		}
	}
}

// record writes how long the nodes took. Those that are not empty are censored: they take at least as
// long as they were waited for.
func (d *drainer) record(from sample.Offset) {
	now := d.Clock.Now()
	labels := func() sample.Labels { return sample.Labels{"pool": d.pool, "phase": d.Phase} }
	for _, h := range []*sample.Histogram{&d.took, &d.waited} {
		if h.Count() > 0 {
			d.Sink.Window(sample.Window{From: from, To: now, Metric: sample.DrainDuration, Labels: labels(),
				Histogram: *h, Censored: h == &d.waited})
		}
	}
	d.Sink.Point(sample.Point{At: now, Metric: sample.EvictionsRefused, Labels: labels(), Value: float64(d.refused.Load())})
	d.Sink.Point(sample.Point{At: now, Metric: sample.Evictions, Labels: labels(), Value: float64(d.pods.Load())})
}

// uncordon lets the drained nodes of a pool take pods again.
func (s Step) uncordon(ctx context.Context, a *spec.Uncordon) (string, error) {
	s.mutex.Lock()
	names := s.drained[a.Pool]
	delete(s.drained, a.Pool)
	s.mutex.Unlock()
	err := each(ctx, len(names), 0, func(ctx context.Context, c call) error {
		if err := s.cordon(ctx, names[c.index], false); err != nil {
			return fmt.Errorf("uncordon the node %s: %w", names[c.index], err)
		}
		return nil
	})
	return fmt.Sprintf("%d nodes", len(names)), err
}
