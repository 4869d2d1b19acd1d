package measure

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"unique"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kubedyno/kubedyno/kwok/usage"
	"github.com/kubedyno/kubedyno/results/sample"
)

// WorkloadLabel names the workload that a pod belongs to.
const WorkloadLabel = "kubedyno.dev/workload"

// PodsOptions say which pods to measure.
type PodsOptions struct {
	Run
	Config    *rest.Config
	Namespace string // Empty means all.
	Selector  string // A label selector, such as that of the run's label.
	// Creation returns how the harness created a pod, for the pods that it creates itself. It
	// is asked once, when the pod's first record is written. It may be nil.
	Creation func(namespace, name string) (Creation, bool)
	// ConfiguredStart returns the delay in seconds that the simulator was told to put
	// between scheduled and Running for a pod. It may be nil.
	ConfiguredStart func(uid string) (float64, bool)
	Meter           Meter // Is told which pods run. It may be nil.
	// Idle returns what a pod of a workload uses before anything else is said of it. It may be nil
	// where Meter is.
	Idle func(workload string) usage.Usage
}

// A Creation says when the harness created a pod: when that was due, when it was sent and when
// it was answered, 0 if it was not.
type Creation struct{ Intended, Sent, Acknowledged sample.Offset }

// PodCounts counts the pods that exist. Each of Created, Scheduled, Running and Ready
// includes the ones after it; a pod that is being deleted or on a failed node is not Ready.
// Deleted counts those that have gone since the watch began.
type PodCounts struct {
	Created, Scheduled, Running, Ready, Deleted int
}

// Pods measures pods. A sample.Pod is written when a pod is first seen Ready, when it is gone
// before that - no startup failed then, as its controller gave it up, so such records have
// Deleted and no Ready and are counted apart - and by Close for every pod that is neither. One
// that was Ready is written a second time when it is gone, or by Close if it is being deleted
// then. A pod of which something came late, as the watch was interrupted, is marked uncertain; if
// that was its creation, it counts from the last moment at which it was known not to exist.
type Pods struct {
	options   PodsOptions
	following *following
	waiters   waiters

	// These two are of the watch's goroutine.
	late  bool          // What comes next comes late.
	since sample.Offset // When the watch had last brought something, if it does.

	mu       sync.Mutex
	pods     map[types.UID]*pod
	starting int               // Pods whose record is not written.
	levels   map[string]*tally // By workload.

	dead map[string]bool  // Failed nodes.
	owed map[string]*owed // By workload; only those that lost pods.

	losses     map[lossSeries]*sample.Histogram // Since windowFrom.
	deletions  map[string]*sample.Histogram     // By workload, since windowFrom.
	unmeasured int                              // Deletions whose beginning was missed.
	windowFrom sample.Offset
}

// tally counts the pods of one workload by what they have reached.
type tally struct {
	at      [levels]int
	ready   map[*pod]struct{} // Those at levelReady.
	deleted int
}

// StartPods begins to watch and returns when the pods that exist are known. The watch ends
// with ctx; Close must be called all the same.
func StartPods(ctx context.Context, options PodsOptions) (*Pods, error) {
	client, err := kubernetes.NewForConfig(typedConfig(options.Config))
	if err != nil {
		return nil, fmt.Errorf("make a client to watch pods: %w", err)
	}
	p := newPods(options)
	api := client.CoreV1().Pods(options.Namespace)
	lw := listWatch(api, labelled(options.Selector))
	p.following = follow(ctx, options.Run, "pods", lw, &corev1.Pod{}, p)
	if err := p.following.waitSynced(ctx, "pods"); err != nil {
		return nil, err
	}
	p.following.also(ctx, func(ctx context.Context) { every(ctx, p.gauge) })
	return p, nil
}

func newPods(options PodsOptions) *Pods {
	return &Pods{options: options, pods: map[types.UID]*pod{}, levels: map[string]*tally{},
		dead: map[string]bool{}, owed: map[string]*owed{},
		losses: map[lossSeries]*sample.Histogram{}, deletions: map[string]*sample.Histogram{}}
}

// Add takes a pod that is new, or new to this watch.
func (p *Pods) Add(object any) error { return p.change(object, p.options.Clock.Now()) }

// Update takes a pod that has changed.
func (p *Pods) Update(object any) error { return p.change(object, p.options.Clock.Now()) }

func (p *Pods) change(object any, now sample.Offset) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.waiters.wake()
	p.observe(object.(*corev1.Pod), now, p.late)
	return nil
}

// Delete takes a pod that is gone.
func (p *Pods) Delete(object any) error {
	now := p.options.Clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.waiters.wake()
	p.remove(object.(*corev1.Pod).UID, now, p.late)
	return nil
}

// Replace takes the state of everything, at the start and after a watch could not be resumed.
// Whatever differs from what is known happened some time before.
func (p *Pods) Replace(list []any, _ string) error {
	now := p.options.Clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.waiters.wake()
	present := make(map[types.UID]bool, len(list))
	for _, object := range list {
		pod := object.(*corev1.Pod)
		present[pod.UID] = true
		p.observe(pod, now, true)
	}
	for uid := range p.pods {
		if !present[uid] {
			p.remove(uid, now, true)
		}
	}
	return nil
}

// doubt says whether what comes next comes late, and when the watch had last brought something.
func (p *Pods) doubt(late bool, since sample.Offset) { p.late, p.since = late, since }

// observe brings a pod up to date; late says that the change may have happened long before now.
func (p *Pods) observe(seen *corev1.Pod, now sample.Offset, late bool) {
	known, ok := p.pods[seen.UID]
	if !ok {
		known = newPod(seen, p.options.phase(), now)
		if late {
			known.firstLate, known.uncertain, known.after = true, true, p.since
		}
		p.pods[seen.UID] = known
		p.starting++
		p.tally(known.workload).at[known.level]++
	}
	known.seen = levelOf(seen)
	p.meter(seen, known)
	if known.node == "" {
		known.node = intern(seen.Spec.NodeName)
	}
	p.count(known, now)
	if seen.DeletionTimestamp != nil {
		known.leave(now, late)
		p.evicted(known, now)
	}
	if known.written {
		return
	}
	if known.advance(seen, now) && late {
		known.uncertain = true
	}
	if known.seen == levelReady {
		p.write(seen.UID, known, now, nil)
	}
}

func (p *Pods) remove(uid types.UID, now sample.Offset, late bool) {
	known, ok := p.pods[uid]
	if !ok {
		return
	}
	if known.metered {
		p.options.Meter.Stop(string(uid))
	}
	counts := p.tally(known.workload)
	counts.at[known.level]--
	delete(counts.ready, known)
	counts.deleted++
	known.uncertain = known.uncertain || late
	p.evicted(known, now)
	p.gone(known, now, late)
	p.write(uid, known, now, &now)
	delete(p.pods, uid)
}

func (p *Pods) tally(workload string) *tally {
	counts, ok := p.levels[workload]
	if !ok {
		counts = &tally{ready: map[*pod]struct{}{}}
		p.levels[workload] = counts
	}
	return counts
}

// write hands over what is known of a pod. The first time, its startup is over.
func (p *Pods) write(uid types.UID, known *pod, now sample.Offset, deleted *sample.Offset) {
	if !known.written {
		known.written = true
		p.starting--
		if p.options.Creation != nil {
			if c, ok := p.options.Creation(known.namespace, known.name); ok {
				known.creation = &c
			}
		}
	}
	record := known.record(uid, now)
	record.Deleted = deleted
	if p.options.ConfiguredStart != nil {
		if seconds, ok := p.options.ConfiguredStart(record.UID); ok {
			record.ConfiguredStartSeconds = &seconds
		}
	}
	p.options.Sink.Pod(record)
}

// gauge writes how many pods there are.
func (p *Pods) gauge() {
	counts, now := p.Counts(""), p.options.Clock.Now()
	p.writeDeletions(now)
	for _, state := range []struct {
		name  string
		count int
	}{
		{"created", counts.Created},
		{"scheduled", counts.Scheduled},
		{"running", counts.Running},
		{"ready", counts.Ready},
		{"deleted", counts.Deleted},
	} {
		p.options.point(now, sample.PodsByState, sample.Labels{"state": state.name}, float64(state.count))
	}
}

// Counts returns the counts of a workload's pods; of all pods if workload is empty.
func (p *Pods) Counts(workload string) PodCounts {
	p.mu.Lock()
	defer p.mu.Unlock()
	if workload != "" {
		return p.tally(workload).counts()
	}
	var all tally
	for _, one := range p.levels {
		for level, count := range one.at {
			all.at[level] += count
		}
		all.deleted += one.deleted
	}
	return all.counts()
}

func (t *tally) counts() PodCounts {
	ready := t.at[levelReady]
	running := ready + t.at[levelRunning]
	scheduled := running + t.at[levelScheduled]
	return PodCounts{
		Created: scheduled + t.at[levelCreated], Scheduled: scheduled, Running: running,
		Ready: ready, Deleted: t.deleted,
	}
}

// Names returns the names of the pods that exist in a namespace and are not being deleted, in
// order.
func (p *Pods) Names(namespace string) []string {
	p.mu.Lock()
	names := make([]string, 0, len(p.pods))
	for _, pod := range p.pods {
		if pod.namespace == namespace && pod.leaving == 0 {
			names = append(names, pod.name)
		}
	}
	p.mu.Unlock() // Sorting thousands of names must not hold up the watch.
	slices.Sort(names)
	return names
}

// WaitReady waits until at least want pods of a workload are Ready. Want is asked again with every
// change of a pod, as an autoscaler may change it meanwhile.
func (p *Pods) WaitReady(ctx context.Context, workload string, want func() int, progress Progress) error {
	check := func() (int, int, bool) {
		ready, wanted := p.Counts(workload).Ready, want()
		return ready, wanted, ready >= wanted
	}
	if err := p.waiters.wait(ctx, check, progress); err != nil {
		return fmt.Errorf("wait for %d Ready pods of %s, %d are: %w", want(), workload, p.Counts(workload).Ready, err)
	}
	return nil
}

// WaitStarted waits until every pod that exists has been seen Ready.
func (p *Pods) WaitStarted(ctx context.Context) error {
	var starting int
	check := func() (int, int, bool) {
		p.mu.Lock()
		defer p.mu.Unlock()
		starting = p.starting
		return 0, starting, starting == 0
	}
	if err := p.waiters.wait(ctx, check, nil); err != nil {
		return fmt.Errorf("wait for the pods that are starting, %d are left: %w", starting, err)
	}
	return nil
}

// WaitGone waits until no pod of a workload exists. Progress is told how many of those that
// existed at the call are gone.
func (p *Pods) WaitGone(ctx context.Context, workload string, progress Progress) error {
	total := p.Counts(workload).Created
	check := func() (int, int, bool) {
		left := p.Counts(workload).Created
		return max(total-left, 0), total, left == 0
	}
	if err := p.waiters.wait(ctx, check, progress); err != nil {
		return fmt.Errorf("wait for the pods of %s to go, %d are left: %w", workload, p.Counts(workload).Created, err)
	}
	return nil
}

// intern returns one copy of equal strings.
func intern(s string) string { return unique.Make(s).Value() }
