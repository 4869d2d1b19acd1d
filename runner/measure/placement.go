package measure

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kubedyno/kubedyno/results/packing"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/scenarios/evaluator"
)

// placementQuiet is how long nothing may happen to pods before those that are pending count as tried
// in vain, where the scheduler does not say so: it does not try a pod again that a new node is no
// help to. It is long against a round of the scheduler, and against the second that it holds a pod
// back after a failure.
const placementQuiet = 5 * time.Second

// PlacementOptions say whose pods to watch.
type PlacementOptions struct {
	Run
	Config   *rest.Config
	Selector string                     // A label selector.
	Daemon   func(workload string) bool // Whether a workload is a DaemonSet.
	// May says onto which kinds of nodes a pod may go; it is asked once for each pod. With nil nothing is said.
	May func(corev1.PodSpec) packing.Kinds
}

// Placement watches where the scheduler puts pods, and what it says of those that it cannot place.
type Placement struct {
	options   PlacementOptions
	following *following
	waiters   waiters

	mu      sync.Mutex
	pods    map[types.UID]packing.Pod
	changed sample.Offset // When something last happened to a pod.
	placed  sample.Offset // When a pod was last bound.
}

// StartPlacement begins to watch and returns when the pods that exist are known. The watch ends with
// ctx; Close must be called all the same.
func StartPlacement(ctx context.Context, options PlacementOptions) (*Placement, error) {
	client, err := kubernetes.NewForConfig(typedConfig(options.Config))
	if err != nil {
		return nil, fmt.Errorf("make a client to watch where pods are placed: %w", err)
	}
	p := newPlacement(options)
	lw := listWatch(client.CoreV1().Pods(""), labelled(options.Selector))
	p.following = follow(ctx, options.Run, "placement", lw, &corev1.Pod{}, p)
	if err := p.following.waitSynced(ctx, "where pods are placed"); err != nil {
		return nil, err
	}
	return p, nil
}

func newPlacement(options PlacementOptions) *Placement {
	return &Placement{options: options, pods: map[types.UID]packing.Pod{}, changed: options.Clock.Now()}
}

// Close stops watching.
func (p *Placement) Close() { p.following.stop() }

// Add takes a pod that is new, or new to this watch.
func (p *Placement) Add(object any) error { return p.Update(object) }

// Update takes a pod that has changed.
func (p *Placement) Update(object any) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.waiters.wake()
	p.observe(object.(*corev1.Pod))
	return nil
}

// Delete takes a pod that is gone.
func (p *Placement) Delete(object any) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.waiters.wake()
	delete(p.pods, object.(*corev1.Pod).UID)
	p.changed = p.options.Clock.Now()
	return nil
}

// Replace takes the state of everything.
func (p *Placement) Replace(list []any, _ string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.waiters.wake()
	clear(p.pods)
	p.changed = p.options.Clock.Now()
	for _, object := range list {
		p.observe(object.(*corev1.Pod))
	}
	return nil
}

// observe keeps what packing needs of a pod. One that has ended, or is on its way out, takes no part.
func (p *Placement) observe(seen *corev1.Pod) {
	known, there := p.pods[seen.UID]
	if seen.DeletionTimestamp != nil || seen.Status.Phase == corev1.PodSucceeded || seen.Status.Phase == corev1.PodFailed {
		delete(p.pods, seen.UID)
		return
	}
	now := packing.Pod{Workload: intern(seen.Labels[WorkloadLabel]), Node: intern(seen.Spec.NodeName), MilliCPU: known.MilliCPU, Bytes: known.Bytes, Volumes: known.Volumes, May: known.May}
	if !there {
		takes := Requests(seen.Spec)
		now.MilliCPU, now.Bytes, now.Volumes = takes.MilliCPU, takes.Bytes, ownVolumes(seen)
		if p.options.May != nil {
			now.May = p.options.May(seen.Spec)
		}
	}
	now.Daemon = p.options.Daemon != nil && p.options.Daemon(now.Workload)
	for i := range seen.Status.Conditions {
		if c := &seen.Status.Conditions[i]; c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse && now.Node == "" {
			now.Message = c.Message
		}
	}
	if now == known && there {
		return
	}
	p.pods[seen.UID] = now
	p.changed = p.options.Clock.Now()
	if now.Node != known.Node {
		p.placed = p.changed
	}
}

// ownVolumes counts the volumes that a pod shares with no other: those of its ephemeral claims, and of the
// claims that a StatefulSet made for it, which are named by the template and the pod.
func ownVolumes(pod *corev1.Pod) (n int64) {
	for i := range pod.Spec.Volumes {
		v := &pod.Spec.Volumes[i]
		if v.Ephemeral != nil || v.PersistentVolumeClaim != nil && v.PersistentVolumeClaim.ClaimName == v.Name+"-"+pod.Name {
			n++
		}
	}
	return n
}

// Requests returns what a pod takes up on a node, by its spec.
func Requests(spec corev1.PodSpec) packing.Amount {
	usage := evaluator.PodUsage(spec)
	return packing.Amount{MilliCPU: usage.Cpu().MilliValue(), Bytes: usage.Memory().Value(), Pods: 1}
}

// Pods returns the pods, in no order, and when the last of them was bound.
func (p *Placement) Pods() ([]packing.Pod, sample.Offset) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]packing.Pod, 0, len(p.pods))
	for _, pod := range p.pods {
		all = append(all, pod)
	}
	return all, p.placed
}

// WaitCreated waits until there are as many pods, without those of DaemonSets.
func (p *Placement) WaitCreated(ctx context.Context, want int, progress Progress) error {
	there := func() (n int) {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, pod := range p.pods {
			if !pod.Daemon {
				n++
			}
		}
		return n
	}
	check := func() (int, int, bool) {
		n := there()
		return n, want, n >= want
	}
	if err := p.waiters.wait(ctx, check, progress); err != nil {
		return fmt.Errorf("wait for %d pods to be created, %d are: %w", want, there(), err)
	}
	return nil
}

// Expected is what there must be before a wait can end without a rest.
type Expected struct {
	Pods    int // Without those of DaemonSets: more may be on their way, in place of some that were evicted.
	Daemons int // Pods of DaemonSets.
	Nodes   int // Of the whole cluster; 0 if not known.
	Failed  int // Of these, those that have failed, whose taint keeps pods off.
}

// WaitEvicted waits until no pod is on nodes that have failed, but for those of DaemonSets, which stay
// there, and as many pods exist as before.
func (p *Placement) WaitEvicted(ctx context.Context, failed []string, want int, progress Progress) error {
	gone := map[string]bool{}
	for _, name := range failed {
		gone[name] = true
	}
	left := func() (lost, there int) {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, pod := range p.pods {
			switch {
			case pod.Daemon:
			case gone[pod.Node]:
				lost++
			default:
				there++
			}
		}
		return lost, there
	}
	check := func() (int, int, bool) {
		lost, there := left()
		return there, want, lost == 0 && there >= want
	}
	if err := p.waiters.wait(ctx, check, progress); err != nil {
		lost, _ := left()
		return fmt.Errorf("wait until no pod is on a failed node, %d are: %w", lost, err)
	}
	return nil
}

// WaitTried waits until the scheduler has placed all pods that are expected, or says of those that are
// left that it has tried all nodes; or until nothing has happened to pods for placementQuiet, as when a
// DaemonSet does not want some nodes. It returns how many are pending.
func (p *Placement) WaitTried(ctx context.Context, want Expected, progress Progress) (pending int, err error) {
	p.mu.Lock()
	p.changed = p.options.Clock.Now() // The nodes have.
	p.mu.Unlock()
	check := func() (int, int, bool) {
		p.mu.Lock()
		defer p.mu.Unlock()
		told, daemons := true, 0
		pending = 0
		for _, pod := range p.pods {
			if pod.Daemon {
				daemons++
			}
			if pod.Node == "" {
				pending++
				told = told && triedOn(pod.Message, want)
			}
		}
		there := daemons >= want.Daemons && len(p.pods)-daemons >= want.Pods
		quiet := duration(p.changed, p.options.Clock.Now()) >= placementQuiet
		return len(p.pods) - pending, len(p.pods), told && there || quiet
	}
	if err := p.waiters.wait(ctx, check, progress); err != nil {
		return pending, fmt.Errorf("wait until the scheduler has tried all pods, %d are pending: %w", pending, err)
	}
	return pending, nil
}

// untolerated is how the scheduler counts the nodes that a taint keeps a pod off.
var untolerated = regexp.MustCompile(`\b([0-9]+) node\(s\) had untolerated taint`)

// triedOn reports whether the scheduler says that it has tried a pod on as many nodes, of which none is
// cordoned, and no more than have failed have a taint that keeps the pod off: a new node has one until it
// is Ready.
func triedOn(message string, want Expected) bool {
	seen, ok := packing.NodesSeen(message)
	if found := untolerated.FindStringSubmatch(message); found != nil {
		tainted, err := strconv.Atoi(found[1])
		ok = ok && err == nil && tainted <= want.Failed
	}
	return ok && want.Nodes > 0 && seen >= want.Nodes && !strings.Contains(message, "were unschedulable")
}
