package provisioner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubedyno/kubedyno/kwok/fleet"
)

// The limits of removals, with the flags and constants of cluster-autoscaler that they follow.
const (
	maxRemovals   = 10               // Nodes of a pool at once, --max-scale-down-parallelism.
	maxDrains     = 1                // Of these, nodes with pods, --max-drain-parallelism.
	maxCandidates = 30               // Nodes with pods that a scan looks at, --scale-down-non-empty-candidates-count.
	evictPause    = 10 * time.Second // Until a pod is tried again that a disruption budget keeps, EvictionRetryTime.
	evictLimit    = 2 * time.Minute  // Until a node is kept whose pods do not go, --max-pod-eviction-time.
)

// leavingAnnotation is on a node that is being removed; a provisioner that starts goes on with it.
const leavingAnnotation = "kubedyno.dev/leaving"

// keepAnnotations keep the node of a pod that has one of them: those of cluster-autoscaler and Karpenter.
var keepAnnotations = map[string]string{
	"cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
	"karpenter.sh/do-not-disrupt":                    "true",
}

// A removal is a node that is being removed.
type removal struct {
	pool    *pool
	began   time.Time
	empty   bool // When it began.
	retry   time.Time
	deleted bool
}

// resume takes up the removals that the API shows.
func (p *Provisioner) resume() {
	nodes, err := p.nodes.List(labels.Everything())
	if err != nil {
		p.options.Observer.Trouble(fmt.Errorf("list nodes: %w", err))
	}
	for _, node := range nodes {
		for _, of := range p.pools {
			if node.Labels[fleet.PoolLabel] == of.Name && node.Annotations[leavingAnnotation] != "" {
				p.leaving[node.Name] = &removal{pool: of, began: time.Now()}
			}
		}
	}
}

// A candidate is a node that may be unneeded.
type candidate struct {
	node  *corev1.Node
	moves []*corev1.Pod
	share float64
}

// scaleIn begins to remove the nodes of a pool that have been unneeded for long enough.
func (p *Provisioner) scaleIn(ctx context.Context, of *pool, s *state, now time.Time) {
	all, total := p.candidates(of, s)
	unneeded := p.unneeded(of, s, all, now)
	if now.Sub(of.added) < of.AfterAdd {
		return
	}
	removing, draining := 0, 0
	for _, r := range p.leaving {
		if r.pool == of {
			removing++
			if !r.empty {
				draining++
			}
		}
	}
	for _, c := range unneeded {
		empty := len(c.moves) == 0
		switch {
		case now.Sub(of.idle[c.node.Name]) < of.Unneeded:
		case total <= of.Min || removing >= maxRemovals || !empty && draining >= maxDrains:
		default:
			if err := p.mark(ctx, c.node.Name, true); err != nil {
				p.options.Observer.Trouble(fmt.Errorf("begin to remove node %s: %w", c.node.Name, err))
				continue
			}
			delete(of.idle, c.node.Name)
			p.leaving[c.node.Name] = &removal{pool: of, began: now, empty: empty}
			p.look = now.Add(removalPause)
			total, removing = total-1, removing+1
			if !empty {
				draining++
			}
		}
	}
}

// candidates are the nodes of a pool of which pods request little, the emptiest first, and how many nodes
// stay if none of them goes.
func (p *Provisioner) candidates(of *pool, s *state) (all []candidate, total int) {
	for _, name := range slices.Sorted(maps.Keys(s.nodes)) {
		node := s.nodes[name]
		if node.Labels[fleet.PoolLabel] != of.Name || p.leaving[name] != nil || node.Spec.Unschedulable || !isReady(node) {
			continue
		}
		total++
		c := candidate{node: node}
		has, taken := allocatable(node), amounts{}
		for _, pod := range s.pods[name] {
			for resource, n := range requests(pod) {
				taken[resource] += n
			}
			if !ofDaemon(pod) {
				c.moves = append(c.moves, pod)
			}
		}
		for _, resource := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
			c.share = max(c.share, float64(taken[resource])/float64(max(has[resource], 1)))
		}
		if (c.share < of.Utilization || len(c.moves) == 0) && !slices.ContainsFunc(c.moves, stays) {
			all = append(all, c)
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(a.share, b.share) })
	return all, total
}

// unneeded are the candidates whose pods all fit elsewhere, also if all before them go, and notes since
// when.
func (p *Provisioner) unneeded(of *pool, s *state, all []candidate, now time.Time) []candidate {
	bins := s.bins()
	var gone []candidate
	since := map[string]time.Time{}
	tried := 0
	for _, c := range all {
		full := len(c.moves) > 0
		if full {
			tried++
		}
		if tried > maxCandidates {
			break
		}
		rest := make([]*bin, 0, len(bins))
		for _, b := range bins {
			if full { // Else nothing takes room of it.
				b = &bin{node: b.node, free: maps.Clone(b.free)}
			}
			if b.node.Name != c.node.Name {
				rest = append(rest, b)
			}
		}
		if len(pack(c.moves, allocatable(c.node), rest, nil)) > 0 {
			continue
		}
		bins, gone = rest, append(gone, c)
		since[c.node.Name] = now
		if before, known := of.idle[c.node.Name]; known {
			since[c.node.Name] = before
		}
	}
	of.idle = since
	return gone
}

// stays reports whether a pod keeps its node: nobody would make it anew, or it says so.
func stays(pod *corev1.Pod) bool {
	for name, value := range keepAnnotations {
		if pod.Annotations[name] == value {
			return true
		}
	}
	return metav1.GetControllerOf(pod) == nil
}

func isReady(node *corev1.Node) bool {
	for _, c := range node.Status.Conditions {
		if c.Type == corev1.NodeReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// mark cordons a node that leaves, or takes that back.
func (p *Provisioner) mark(ctx context.Context, node string, leaves bool) error {
	patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:null}},"spec":{"unschedulable":null}}`, leavingAnnotation)
	if leaves {
		patch = fmt.Sprintf(`{"metadata":{"annotations":{%q:"true"}},"spec":{"unschedulable":true}}`, leavingAnnotation)
	}
	_, err := p.options.Client.CoreV1().Nodes().Patch(ctx, node, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	return err
}

// remove goes on with the removals.
func (p *Provisioner) remove(ctx context.Context, now time.Time) {
	s, err := p.state()
	if err != nil {
		p.options.Observer.Trouble(err)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(p.leaving)) {
		r := p.leaving[name]
		if s.nodes[name] == nil {
			delete(p.leaving, name)
			continue
		}
		if err := p.advance(ctx, name, r, s.pods[name], now); err != nil && ctx.Err() == nil {
			p.options.Observer.Trouble(fmt.Errorf("remove node %s: %w", name, err))
		}
	}
}

// advance evicts the pods of a node that leaves, deletes it once they are gone, or keeps it if they do not
// go. Pods of DaemonSets stay until the node is gone.
func (p *Provisioner) advance(ctx context.Context, name string, r *removal, pods []*corev1.Pod, now time.Time) error {
	pods = slices.DeleteFunc(slices.Clone(pods), ofDaemon)
	switch {
	case r.deleted:
		return nil
	case len(pods) == 0:
		err := p.cloud.remove(ctx, name)
		r.deleted = err == nil
		return err
	case now.Sub(r.began) >= evictLimit:
		if err := p.mark(ctx, name, false); err != nil {
			return err
		}
		delete(p.leaving, name)
		return fmt.Errorf("kept: %d pods did not go within %s", len(pods), evictLimit)
	case now.Before(r.retry):
		return nil
	}
	var faults []error
	for _, pod := range pods {
		if pod.DeletionTimestamp != nil {
			continue
		}
		eviction := &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Namespace: pod.Namespace, Name: pod.Name},
			DeleteOptions: &metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &pod.UID}}}
		err := p.options.Client.PolicyV1().Evictions(pod.Namespace).Evict(ctx, eviction)
		switch {
		case apierrors.IsTooManyRequests(err): // A disruption budget keeps it.
			r.retry = now.Add(evictPause)
		case err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err):
			faults = append(faults, fmt.Errorf("evict pod %s/%s: %w", pod.Namespace, pod.Name, err))
		}
	}
	return errors.Join(faults...)
}
